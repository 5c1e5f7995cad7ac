//! `export`: all keys as JSON Lines, or the configuration as a file for `apply`; never a secret.

use clap::Args;

use crate::cli::{apply::write_config, client::Client, error::CliError, globals::Globals, output::print_json};

/// What is exported, the flags say; `--config` without a file asks for the configuration.
#[derive(Args)]
#[command(after_help = "Examples:
  keyward export > keys.jsonl
  keyward export --config > keyward.toml
With --config alone, it writes the policy, the catalog and the keys as a file for `keyward apply`; otherwise it writes all
keys, archived ones too, one line of JSON each.")]
pub(super) struct Arguments {}

pub(super) async fn run(globals: &Globals, _: Arguments) -> Result<(), CliError> {
    let client = Client::open(globals).await?;
    if globals.asks_for_config() {
        write_config(&client).await?;
    } else {
        client.each("/keys", "keys", &[("status", "any")], usize::MAX, |key| print_json(&key)).await?;
    }
    client.close().await
}
