//! `restore`: everything is replaced by a backup, and what ended or narrowed access since is done again.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use admin::{Admin, Later, Redone, Replayed, Restoring};
use clap::Args;
use crypto::{
    clock::Clock,
    secret::{Entropy, MasterKey},
};
use model::audit::{Event, Head};
use store::{BackupError, BackupReport, ChainCheck, Location, Schema, Store};

use crate::{
    backups,
    boot::{self, BootError},
    cli::{
        backup::{as_json, contents, progress},
        error::CliError,
        globals::Globals,
        later,
        output::print_json,
        session::start_log,
    },
    config::Config,
};

/// The folder beside the data that a restore works in.
const SCRATCH: &str = "restore.tmp";

#[derive(Args)]
#[command(after_help = "Examples:\n  keyward restore /backups/keyward-20270314T235959Z.backup --plan\n  \
    keyward restore /backups/keyward-20270314T235959Z.backup --replace\n  \
    keyward restore /backups/keyward-20270314T235959Z.backup --replay audit.json\n\
    Stop every server first, and put the backup's master key in place. A database that is there and knows what happened since \
    the backup is asked; so is every audit given with --replay: the console's export, pages of GET /api/v1/audit, or a later \
    backup. Keys that were archived, switched off or purged since, and accounts and identities that were disabled, are \
    so again, and edits are made again. A key whose edit cannot be told is switched off and named.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Arguments {
    /// The backup
    file: PathBuf,
    /// An audit that knows what happened since; can be repeated
    #[arg(long, value_name = "FILE")]
    replay: Vec<PathBuf>,
    /// Do nothing again: keys that were archived since work again
    #[arg(long, conflicts_with = "replay")]
    no_replay: bool,
    /// Replace a database that holds data, after a backup of it
    #[arg(long)]
    replace: bool,
    /// Say what would be done, and change nothing
    #[arg(long)]
    plan: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The database that a backup is restored into.
struct Target {
    store: Store,
    /// Whether somebody did something there.
    is_used: bool,
}

pub(super) async fn run(globals: &Globals, arguments: Arguments) -> Result<(), CliError> {
    let config = Config::load(globals.here()?)?;
    start_log(&config, "warn");
    let master = Arc::new(master_key(&config)?);
    let report = check(&arguments.file, &master).await?;
    let head = report.header.head().unwrap_or(Head::START);
    boot::make_folder(&config.data_dir)?;
    let _turn = if arguments.plan { None } else { Store::turn(&config.database).await? };
    let target = open(&config, &master, arguments.plan).await?;
    let is_used = target.as_ref().is_some_and(|target| target.is_used);
    if is_used && !arguments.replace && !arguments.plan {
        return Err(CliError::No(
            "the database holds data: give --replace to replace it; a backup of it is made first. \
             --plan says what would be lost"
                .to_owned(),
        ));
    }
    let _alone = match &target {
        Some(target) if !arguments.plan => Some(target.store.alone().await?.ok_or_else(live)?),
        _ => None,
    };
    let scratch = Scratch::make(config.data_dir.join(SCRATCH))?;
    let planning = Store::open(&Location::Sqlite(scratch.0.join("plan.db")), master.clone()).await?;
    let store = match &target {
        Some(target) if !arguments.plan => &target.store,
        _ => {
            planning.migrate().await?;
            &planning
        }
    };
    let known = target.as_ref().filter(|target| target.is_used).map(|target| &target.store);
    let later = later_events(&arguments, store, known, head, &report).await?;
    let backup = store.upgraded(&arguments.file, &scratch.0).await?;
    if let (Some(known), false) = (known, arguments.plan) {
        let now = Clock::system().now();
        let kept = config.data_dir.join(format!("before-restore-{}", backups::name(now)));
        known.back_up(&kept, backups::VERSION, now, progress("Backup of what is there")).await?;
        eprintln!("What was there is kept in {}.", kept.display());
    }
    let checkpoint = if arguments.plan { scratch.0.join("checkpoint") } else { config.checkpoint() };
    let admin = Admin::new(store.clone(), Clock::system(), Entropy::system(), checkpoint);
    let operator = boot::operator(&config, &admin)?;
    let restoring = admin.restore(&operator, &backup, &report.header, &later, progress("Restore")).await?;
    let replayed = restoring.replayed.clone();
    finish(&admin, &operator, restoring, arguments.plan).await?;
    if arguments.json {
        let events: Vec<_> = replayed.iter().map(event_json).collect();
        print_json(&serde_json::json!({
            "backup": as_json(&arguments.file, &report), "restored": !arguments.plan,
            "proven": later.is_proven(), "events": events,
        }));
    } else {
        tell(&arguments, &report, &later, &replayed);
    }
    planning.close().await;
    store.close().await;
    Ok(())
}

async fn finish(admin: &Admin, operator: &admin::Permit, restoring: Restoring, is_plan: bool) -> Result<(), CliError> {
    if is_plan {
        drop(restoring);
        return Ok(());
    }
    Ok(admin.keep_restored(operator, restoring).await?)
}

impl From<admin::RestoreError> for CliError {
    fn from(error: admin::RestoreError) -> Self {
        match error {
            admin::RestoreError::Backup(error) => error.into(),
            admin::RestoreError::Admin(error) => error.into(),
            admin::RestoreError::Checkpoint(_) => Self::Environment(error.to_string()),
        }
    }
}

/// What is said while a server runs.
pub(super) fn live() -> CliError {
    CliError::No("a server serves from this database: stop it first, on every node".to_owned())
}

fn master_key(config: &Config) -> Result<MasterKey, CliError> {
    let path = &config.master_key_file;
    MasterKey::load(path).map_err(|error| {
        let hint = "a backup does not hold its master key: put that file in place first";
        CliError::Environment(format!("the master key {}: {error}; {hint}", path.display()))
    })
}

/// Reads the backup to its end: nothing is touched for one that is broken, newer, or of another master key.
async fn check(file: &Path, master: &Arc<MasterKey>) -> Result<BackupReport, CliError> {
    let (path, key) = (file.to_owned(), master.clone());
    let checked = tokio::task::spawn_blocking(move || store::verify_backup(&path, Some(&key))).await;
    let report = checked.map_err(|error| CliError::Environment(error.to_string()))??;
    report.header.check_schema()?;
    match report.chain {
        ChainCheck::Whole => Ok(report),
        ChainCheck::NoMasterKey | ChainCheck::OtherMasterKey => Err(BackupError::OtherMasterKey.into()),
    }
}

/// Opens the database. For a plan, one that is not there is not made.
async fn open(config: &Config, master: &Arc<MasterKey>, is_plan: bool) -> Result<Option<Target>, CliError> {
    let schema = Store::schema_at(&config.database).await?;
    if is_plan && schema == Schema::Empty {
        return Ok(None);
    }
    let store = Store::open(&config.database, master.clone()).await?;
    match schema {
        Schema::Empty => drop(store.migrate().await?),
        Schema::Behind => return Err(BootError::Behind.into()),
        Schema::Current if !store.knows_master_key().await? => {
            return Err(BootError::OtherMasterKey(config.master_key_file.clone()).into());
        }
        Schema::Current => {}
    }
    let is_used = !store.is_unused().await?;
    Ok(Some(Target { store, is_used }))
}

/// What happened since the backup, as far as anybody knows.
async fn later_events(
    arguments: &Arguments,
    store: &Store,
    known: Option<&Store>,
    head: Head,
    report: &BackupReport,
) -> Result<Later, CliError> {
    if arguments.no_replay {
        return Ok(Later::nothing());
    }
    if known.is_none() && arguments.replay.is_empty() {
        return Err(CliError::Usage(format!(
            "nothing here knows what was archived or edited since {}, and such keys would work again: give an audit with \
             --replay, or --no-replay",
            report.header.made_at().long(),
        )));
    }
    let mut events: Vec<Event> = Vec::new();
    if let Some(known) = known {
        let mut after = (head.seq - 1).max(0);
        loop {
            let step = known.audit_after(after).await?;
            let Some(last) = step.last() else { break };
            after = last.seq;
            events.extend(step);
        }
        let continues = Later::new(store, head, events.iter().cloned());
        if !continues.is_ok_and(|later| later.is_proven()) {
            return Err(CliError::No(
                "the audit of the database that is there does not go on from this backup, or is broken: it is another \
                 database, or another time of it. Give --no-replay to pass over it"
                    .to_owned(),
            ));
        }
    }
    for path in &arguments.replay {
        let file = path.clone();
        let read = tokio::task::spawn_blocking(move || later::read(&file)).await;
        events.extend(read.map_err(|error| CliError::Environment(error.to_string()))??);
    }
    Later::new(store, head, events).map_err(|error| CliError::No(error.to_string()))
}

fn event_json(replayed: &Replayed) -> serde_json::Value {
    let event = &replayed.event;
    serde_json::json!({
        "seq": event.seq, "at": event.at.to_string(), "actor": event.actor, "action": event.verb,
        "target": event.target, "name": replayed.name(), "outcome": replayed.redone.code(),
    })
}

/// Says what was done, or would be.
fn tell(arguments: &Arguments, report: &BackupReport, later: &Later, replayed: &[Replayed]) {
    let at = report.header.made_at().long();
    let verb = if arguments.plan { "would be restored" } else { "is restored" };
    println!("The backup of {at} {verb}: {}.", contents(report));
    match later.last() {
        None if arguments.no_replay => println!("What happened since is not done again, as you asked."),
        None => println!("Nothing happened since, as far as is known."),
        Some(_) if later.is_proven() => println!("The audit of what happened since is complete."),
        Some(last) => println!(
            "The audit of what happened since, up to event {last}, is not complete: edits in it are not believed, and \
             their keys are switched off."
        ),
    }
    let would = if arguments.plan { "Would be" } else { "Were" };
    for (redone, words) in [
        (Redone::Again, format!("{would} done again")),
        (Redone::SwitchedOff, format!("{would} switched off, because the audit does not say enough")),
        (Redone::Lost, "Lost: made since, or about what was".to_owned()),
        (Redone::Left, "Left as in the backup: look at these yourself".to_owned()),
    ] {
        let these: Vec<_> = replayed.iter().filter(|one| one.redone == redone).collect();
        if these.is_empty() {
            continue;
        }
        println!("{words} ({}):", these.len());
        for one in these {
            let Event { seq, at, actor, verb, target, .. } = &one.event;
            println!("  {seq:>6}  {}  {verb:<22} {} ({target}) by {actor}", at.long(), one.name());
        }
    }
    if !arguments.plan {
        println!("Sessions ended: everybody signs in again. Give other nodes a copy of the new checkpoint.");
    }
}

/// A folder that is gone at the end, and was emptied at the beginning.
pub(super) struct Scratch(pub(super) PathBuf);

impl Scratch {
    pub(super) fn make(path: PathBuf) -> Result<Self, CliError> {
        let failed = |error: std::io::Error| CliError::Environment(format!("{}: {error}", path.display()));
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        boot::make_folder(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is removed by the next one.
        let _ = fs::remove_dir_all(&self.0);
    }
}
