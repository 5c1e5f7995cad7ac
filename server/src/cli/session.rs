//! The database of this machine, opened for a command, with the permit of whoever runs it.

use std::{io::IsTerminal, sync::Arc};

use admin::{Admin, Permit};
use crypto::{clock::Clock, secret::Entropy};

use crate::{
    boot::{self, Upgrade},
    cli::{error::CliError, globals::Globals},
    config::{Config, LogFormat},
    state::AppState,
};

/// What a command on this machine works with.
pub(super) struct Session {
    pub(super) app: AppState,
    pub(super) admin: Arc<Admin>,
    pub(super) operator: Permit,
}

impl Session {
    pub(super) async fn open(globals: &Globals, upgrade: Upgrade) -> Result<Self, CliError> {
        let config = Config::load(globals.here()?)?;
        start_log(&config, "warn");
        let store = boot::open(&config, upgrade).await?;
        let app = boot::assemble(config, store, Clock::system(), Entropy::system());
        let operator = boot::operator(&app.config, &app.admin)?;
        Ok(Self { admin: app.admin.clone(), app, operator })
    }

    /// After a change: its event is anchored before the command ends. Where that fails, the change stands all the same.
    pub(super) async fn close(self) -> Result<(), CliError> {
        if let Err(error) = self.admin.checkpoint_audit().await {
            eprintln!("keyward: this is done, but the audit chain could not be anchored: {error}");
        }
        self.app.store.close().await;
        Ok(())
    }
}

/// Logs to standard error. `least` is the level when the settings name none but the default.
pub(super) fn start_log(config: &Config, least: &str) {
    let level = if config.log == "info" { least } else { &config.log };
    let filter = tracing_subscriber::EnvFilter::new(level);
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .with_target(false);
    // A second start in one process keeps the first log.
    let _ = match config.log_format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}
