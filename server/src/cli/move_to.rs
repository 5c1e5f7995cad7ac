//! `move`: everything goes to another database.

use std::sync::Arc;

use admin::{Admin, ChainError};
use clap::Args;
use crypto::{
    clock::Clock,
    secret::{Entropy, MasterKey},
};
use store::{Location, Schema, Store};

use crate::{
    backups,
    boot::Upgrade,
    cli::{
        backup::{contents, progress},
        error::CliError,
        globals::Globals,
        output::print_json,
        restore::{Scratch, live},
        session::Session,
    },
    config::Config,
};

/// The folder beside the data that a move works in.
const SCRATCH: &str = "move.tmp";

#[derive(Args)]
#[command(
    after_help = "Examples:\n  keyward move --to postgres://keyward@db.example.com/keyward     (PGPASSWORD holds the password)\n  \
    keyward --database-url postgres://keyward@db.example.com/keyward move --to sqlite://keyward.db\n\
    Stop every server first. The database that it moves to has to be empty. The one that it moves from stays as it is."
)]
pub(super) struct Arguments {
    /// Where to
    #[arg(long, value_name = "URL", help = "Where to: sqlite://FILE (in the data folder) or postgres://…")]
    to: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(globals: &Globals, arguments: Arguments) -> Result<(), CliError> {
    let Session { app, admin, operator } = Session::open(globals, Upgrade::No).await?;
    let (config, store) = (app.config.clone(), app.store.clone());
    let location = Location::parse(&arguments.to, &config.data_dir)
        .ok_or_else(|| CliError::Usage("--to is neither sqlite://FILE nor postgres://USER@HOST/DATABASE".to_owned()))?;
    if location == config.database {
        return Err(CliError::Usage("--to is the database that it moves from".to_owned()));
    }
    let _from = store.alone().await?.ok_or_else(live)?;
    admin.verify_audit(&operator).await.map_err(|error| match error {
        ChainError::Admin(error) => error.into(),
        broken => CliError::No(format!("a broken audit chain is not moved: {broken}")),
    })?;
    let _turn = Store::turn(&location).await?;
    let schema = Store::schema_at(&location).await?;
    let master = MasterKey::load(&config.master_key_file).map_err(|error| {
        CliError::Environment(format!("the master key {}: {error}", config.master_key_file.display()))
    })?;
    let target = Store::open(&location, Arc::new(master)).await?;
    match schema {
        Schema::Empty => drop(target.migrate().await?),
        Schema::Current if target.is_unused().await? => {}
        Schema::Current | Schema::Behind => {
            return Err(CliError::No("the database that it moves to holds data: choose an empty one".to_owned()));
        }
    }
    let _to = target.alone().await?.ok_or_else(live)?;
    let scratch = Scratch::make(config.data_dir.join(SCRATCH))?;
    let file = scratch.0.join("everything.backup");
    let made = store.back_up(&file, backups::VERSION, Clock::system().now(), progress("Read")).await?;
    let header = made.ok_or_else(|| CliError::Environment("a backup of this database is being made".to_owned()))?;
    let report = store.verify_own_backup(&file).await?;
    let checkpoint = Config { database: location, ..config }.checkpoint();
    let mover = Admin::new(target.clone(), Clock::system(), Entropy::system(), checkpoint);
    mover.take_over(&operator, &file, &header.database, progress("Written")).await?;
    let whole = mover.verify_audit(&operator).await;
    let whole = whole.map_err(|error| CliError::No(format!("moved, but its audit chain is broken: {error}")))?;
    let database = target.database().await?.kind;
    if arguments.json {
        print_json(&serde_json::json!({
            "from": header.database, "to": database, "keys": report.keys.values().sum::<i64>(), "events": whole.events,
        }));
    } else {
        println!("Moved from {} to {database}: {}. The chain is whole.", header.database, contents(&report));
        println!("Set KEYWARD_DATABASE_URL to the new database, then start the server. Everybody signs in again.");
        println!(
            "The old database is as it was. Never serve from it again: keys that you archive now would work there."
        );
    }
    store.close().await;
    target.close().await;
    Ok(())
}
