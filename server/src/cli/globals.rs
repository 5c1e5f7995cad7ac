//! What every command takes: the settings of this machine, and the server that is asked in its place.

use std::path::PathBuf;

use clap::Args;

use crate::{cli::error::CliError, config::Flags};

/// What every command takes.
#[derive(Args)]
pub(super) struct Globals {
    #[command(flatten)]
    server: ServerFlags,
    #[command(flatten)]
    settings: Flags,
}

/// The server that is asked.
#[derive(Args)]
#[command(next_help_heading = "A server that is asked")]
pub(super) struct ServerFlags {
    /// The address
    #[arg(
        long = "server",
        global = true,
        value_name = "URL",
        conflicts_with_all = ["database_url", "data_dir"],
        help = "Ask the Keyward at this address in place of this machine's database; the API key is in KEYWARD_API_KEY, or in the file that KEYWARD_API_KEY_FILE names"
    )]
    pub(super) url: Option<String>,
    /// The file with the API key for --server
    #[arg(long, global = true, value_name = "FILE", requires = "url")]
    pub(super) api_key_file: Option<PathBuf>,
}

impl Globals {
    /// The settings, for what is done on this machine alone.
    pub(super) fn here(&self) -> Result<&Flags, CliError> {
        if self.server.url.is_some() { Err(not_on_a_server()) } else { Ok(&self.settings) }
    }

    /// The server that is asked in place of this machine's database, with its address.
    pub(super) fn server(&self) -> Option<(&str, &ServerFlags)> {
        Some((self.server.url.as_deref()?, &self.server))
    }
}

/// What is said when a server is asked for what is done on its machine alone.
pub(super) fn not_on_a_server() -> CliError {
    let wrong =
        "this command works on this machine's database alone: leave out --server, and run it where Keyward runs";
    CliError::Usage(wrong.to_owned())
}
