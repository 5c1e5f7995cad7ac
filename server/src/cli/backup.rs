//! `backup`, `backup verify`.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use clap::{Args, Subcommand};
use crypto::{clock::Clock, secret::MasterKey};
use store::{BackupError, BackupReport, ChainCheck, Progress, verify_backup};

use crate::{
    backups,
    boot::Upgrade,
    cli::{
        error::CliError,
        globals::Globals,
        output::print_json,
        session::{Session, start_log},
    },
    config::{BackupPlan, Config, backup_count, backup_interval},
};

#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  keyward backup /backups/before-upgrade.backup\n  \
        keyward backup /backups --keep 14            (a folder: the file is named by its time)\n  \
        keyward backup /backups --every 1d --keep 14 (until it is stopped)\n  \
        keyward backup verify /backups/before-upgrade.backup\n\
        It may run beside a server. The master key is not in it: keep a copy of that elsewhere."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The file to make, or a folder to make it in
    #[arg(value_name = "FILE", required = true)]
    path: Option<PathBuf>,
    /// Make one after another in the folder: every 30m, 12h or 1d
    #[arg(long, value_name = "TIME", value_parser = backup_interval)]
    every: Option<i64>,
    /// Keep this many in the folder, and remove older ones
    #[arg(long, value_name = "COUNT", value_parser = backup_count)]
    keep: Option<usize>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Read a backup to its end: exit 0 when it is whole, 1 when it is broken, and where
    #[command(after_help = "Example: keyward backup verify /backups/keyward-20270314T235959Z.backup")]
    Verify {
        /// The file
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl From<BackupError> for CliError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Broken { .. } => Self::No(error.to_string()),
            other => Self::Environment(other.to_string()),
        }
    }
}

pub(super) async fn run(globals: &Globals, arguments: Arguments) -> Result<(), CliError> {
    let Arguments { command, path, every, keep, json } = arguments;
    match (command, path) {
        (Some(Command::Verify { file, json }), _) => verify(globals, file, json).await,
        (None, Some(path)) if path.is_dir() || every.is_some() || keep.is_some() => {
            into_folder(globals, path, every, keep, json).await
        }
        (None, Some(path)) => one(globals, &path, json).await,
        (None, None) => Err(CliError::Usage("name the file to make".to_owned())),
    }
}

async fn one(globals: &Globals, path: &Path, json: bool) -> Result<(), CliError> {
    let session = Session::open(globals, Upgrade::No).await?;
    let now = Clock::system().now();
    let made = session.app.store.back_up(path, backups::VERSION, now, progress("Backup")).await?;
    if made.is_none() {
        return Err(CliError::Environment("another process is making a backup of this database".to_owned()));
    }
    made_words(&session, path, json).await?;
    session.app.store.close().await;
    Ok(())
}

/// Reads what was made once more, and says what it holds.
async fn made_words(session: &Session, path: &Path, json: bool) -> Result<(), CliError> {
    let report = session.app.store.verify_own_backup(path).await?;
    if json {
        print_json(&as_json(path, &report));
    } else {
        let key = session.app.config.master_key_file.display();
        println!("{} holds {}.", path.display(), contents(&report));
        println!(
            "The master key is not in it: keep a copy of {key} elsewhere. Without that key the backup cannot be restored."
        );
    }
    Ok(())
}

async fn into_folder(
    globals: &Globals,
    folder: PathBuf,
    every: Option<i64>,
    keep: Option<usize>,
    json: bool,
) -> Result<(), CliError> {
    let session = Session::open(globals, Upgrade::No).await?;
    let clock = Clock::system();
    let plan = BackupPlan { folder, every: every.unwrap_or(0), keep: keep.unwrap_or(usize::MAX) };
    loop {
        match backups::make(&session.app.store, &plan, &clock, every.is_none(), progress("Backup")).await {
            Ok(Some(path)) => made_words(&session, &path, json).await?,
            Ok(None) if every.is_none() => {
                return Err(CliError::Environment("another process is making a backup in this folder".to_owned()));
            }
            Ok(None) => {}
            Err(error) if every.is_none() => return Err(error.into()),
            Err(error) => eprintln!("keyward: {error}; it is tried again"),
        }
        if every.is_none() {
            session.app.store.close().await;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

async fn verify(globals: &Globals, file: PathBuf, json: bool) -> Result<(), CliError> {
    let config = Config::load(globals.here()?)?;
    start_log(&config, "warn");
    let path = file.clone();
    let key_file = config.master_key_file.clone();
    let checked = tokio::task::spawn_blocking(move || {
        let master = if key_file.exists() {
            Some(MasterKey::load(&key_file).map_err(|error| BackupError::File(key_file, error))?)
        } else {
            None
        };
        verify_backup(&file, master.as_ref())
    });
    let checked =
        checked.await.unwrap_or_else(|error| Err(BackupError::File(path.clone(), std::io::Error::other(error))));
    let report = match checked {
        Ok(report) => report,
        Err(error) => {
            if let (true, BackupError::Broken { why, .. }) = (json, &error) {
                print_json(&serde_json::json!({ "whole": false, "why": why }));
            }
            return Err(error.into());
        }
    };
    let newer = report.header.check_schema().is_err();
    let key = config.master_key_file.display();
    if json {
        print_json(&as_json(&path, &report));
    } else {
        let header = &report.header;
        println!("{} is whole: {}.", path.display(), contents(&report));
        println!(
            "Made {} by Keyward {} from {}, with migration {:04}{}.",
            header.made_at().long(),
            header.version,
            header.database,
            header.schema,
            if newer { ", which this program does not know: restore it with that version" } else { "" },
        );
        println!(
            "{}",
            match report.chain {
                ChainCheck::Whole => format!("The audit chain is whole, and the backup was sealed with {key}."),
                ChainCheck::NoMasterKey => format!("The audit chain was not checked: there is no master key at {key}."),
                ChainCheck::OtherMasterKey => format!("The audit chain was not checked: {key} is not its master key."),
            }
        );
    }
    match report.chain {
        ChainCheck::OtherMasterKey => Err(BackupError::OtherMasterKey.into()),
        _ => Ok(()),
    }
}

/// How many keys there are, by status, and events.
pub(super) fn contents(report: &BackupReport) -> String {
    let all: i64 = report.keys.values().sum();
    let by_status: Vec<_> =
        report.keys.iter().map(|(status, keys)| format!("{keys} {}", status.replace('_', " "))).collect();
    let split = if by_status.is_empty() { String::new() } else { format!(" ({})", by_status.join(", ")) };
    format!("{all} {}{split} and {} audit events", if all == 1 { "key" } else { "keys" }, report.events)
}

pub(super) fn as_json(path: &Path, report: &BackupReport) -> serde_json::Value {
    let header = &report.header;
    let chain = match report.chain {
        ChainCheck::Whole => "whole",
        ChainCheck::NoMasterKey => "no_master_key",
        ChainCheck::OtherMasterKey => "other_master_key",
    };
    serde_json::json!({
        "file": path.display().to_string(), "whole": true, "made_at": header.made_at().to_string(),
        "version": header.version, "database": header.database, "schema": header.schema,
        "keys": report.keys.values().sum::<i64>(), "keys_by_status": report.keys, "events": report.events,
        "chain": chain,
    })
}

/// Says how far it is, in per cent, to a person who watches.
pub(super) fn progress(what: &'static str) -> impl Fn(Progress) {
    let (said, watched) = (AtomicI64::new(-1), std::io::stderr().is_terminal());
    move |Progress { done, all }| {
        let percent = done * 100 / all.max(1);
        if watched && said.swap(percent, Ordering::Relaxed) != percent {
            eprint!("\r{what}: {percent} %{}", if percent == 100 { "\n" } else { "" });
        }
    }
}
