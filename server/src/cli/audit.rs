//! `audit verify`.

use clap::Subcommand;
use keyward::console::ChainError;

use super::{CliError, Session, print_json};
use crate::{boot::Upgrade, config::Flags};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Walk the hash chain: exit 0 when it is whole, 1 when it is broken, and where
    Verify {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(flags: &Flags, command: Command) -> Result<(), CliError> {
    let Command::Verify { json } = command;
    let session = Session::open(flags, Upgrade::No).await?;
    match session.console.verify_audit(&session.operator).await {
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
        Err(ChainError::Console(error)) => Err(error.into()),
        Err(broken) => {
            if json {
                print_json(&serde_json::json!({ "whole": false, "why": broken.to_string() }));
            }
            Err(CliError::No(format!("the chain is broken: {broken}")))
        }
    }
}
