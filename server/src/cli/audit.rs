//! `audit list`, `audit verify`, `audit anchor`.

use admin::ChainError;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::cli::{
    client::{Client, value},
    error::CliError,
    globals::Globals,
    output::{print_json, text},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List what happened, newest first
    #[command(after_help = "Examples:\n  keyward audit list --action key.archive --from 2026-11-01\n  \
        keyward audit list --limit 1000 --json | jq -r .actor")]
    List(ListFlags),
    /// Walk the hash chain: exit 0 when it is whole, 1 when it is broken, and where
    #[command(after_help = "Example: keyward audit verify")]
    Verify {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Begin a new checkpoint file after the old one was lost for a reason that you know
    #[command(after_help = "Example: keyward audit anchor")]
    Anchor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Which events are listed.
#[derive(Args)]
pub(super) struct ListFlags {
    /// A part of who did it
    #[arg(long)]
    actor: Option<String>,
    /// What was done, such as key.archive, or the beginning that several share, such as key
    #[arg(long)]
    action: Option<String>,
    /// The id of what it was done to, or a part of what is said of it
    #[arg(long)]
    target: Option<String>,
    /// Not before: a day or an instant
    #[arg(long, value_name = "WHEN")]
    from: Option<String>,
    /// Not after: a day or an instant
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// How many at most
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: usize,
    /// Print JSON, one line an event
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(globals: &Globals, command: Command) -> Result<(), CliError> {
    let client = Client::open(globals).await?;
    let (json, found) = match command {
        Command::List(flags) => return list(client, &flags).await,
        Command::Verify { json } => {
            let session = client.session()?;
            (json, session.admin.verify_audit(&session.operator).await)
        }
        Command::Anchor { json } => {
            let session = client.session()?;
            (json, session.admin.anchor_anew(&session.operator).await)
        }
    };
    match found {
        Ok(report) => {
            if json {
                print_json(&json!({ "whole": true, "events": report.events, "anchored": report.anchored }));
            } else {
                let anchor = report.anchored.map_or_else(
                    || "no checkpoint file yet".to_owned(),
                    |seq| format!("the checkpoint file agrees up to event {seq}"),
                );
                println!("The chain is whole: {} events, {anchor}.", report.events);
            }
            Ok(())
        }
        Err(ChainError::Admin(error)) => Err(error.into()),
        Err(broken) => {
            if json {
                print_json(&json!({ "whole": false, "why": broken.to_string() }));
            }
            Err(CliError::No(format!("the chain is broken: {broken}")))
        }
    }
}

async fn list(client: Client, flags: &ListFlags) -> Result<(), CliError> {
    let given = |text: &'_ Option<String>| text.clone().unwrap_or_default();
    let query = [
        ("actor", given(&flags.actor)),
        ("action", given(&flags.action)),
        ("target", given(&flags.target)),
        ("from", given(&flags.from)),
        ("until", given(&flags.until)),
    ];
    let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
    let count = client
        .each("/audit", "events", &query, flags.limit, |event| {
            if flags.json { print_json(&event) } else { println!("{}", line(&value(event))) }
        })
        .await?;
    if count == 0 && !flags.json {
        println!("No event is like that.");
    }
    client.close().await
}

fn line(event: &Value) -> String {
    let [seq, at, actor, action, target] = ["seq", "at", "actor", "action", "target"].map(|name| text(&event[name]));
    format!("{seq:>8}  {at}  {action:<24} {target:<24} by {actor}")
}
