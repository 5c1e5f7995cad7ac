//! `audit verify`, `audit anchor`.

use admin::ChainError;
use clap::Subcommand;

use crate::{
    boot::Upgrade,
    cli::{
        output::print_json,
        session::{CliError, Session},
    },
    config::Flags,
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Walk the hash chain: exit 0 when it is whole, 1 when it is broken, and where
    Verify {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Begin a new checkpoint file after the old one was lost for a reason that you know
    Anchor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(flags: &Flags, command: Command) -> Result<(), CliError> {
    let session = Session::open(flags, Upgrade::No).await?;
    let (json, found) = match command {
        Command::Verify { json } => (json, session.admin.verify_audit(&session.operator).await),
        Command::Anchor { json } => (json, session.admin.anchor_anew(&session.operator).await),
    };
    match found {
        Ok(report) => {
            if json {
                print_json(&serde_json::json!({ "whole": true, "events": report.events, "anchored": report.anchored }));
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
                print_json(&serde_json::json!({ "whole": false, "why": broken.to_string() }));
            }
            Err(CliError::No(format!("the chain is broken: {broken}")))
        }
    }
}
