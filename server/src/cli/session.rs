//! What a command works with, and why it did not do what it was asked.

use std::io::IsTerminal;

use admin::{Admin, AdminError, Permit};
use crypto::{clock::Clock, secret::Entropy};
use store::Store;

use crate::{
    boot::{self, BootError, Upgrade},
    config::{Config, ConfigError, Flags, LogFormat},
};

/// Why a command did not do what it was asked.
pub(super) enum CliError {
    /// The answer is no.
    No(String),
    /// It was asked wrongly.
    Usage(String),
    /// The environment: settings, files, the database.
    Environment(String),
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::Environment(error.to_string())
    }
}

impl From<BootError> for CliError {
    fn from(error: BootError) -> Self {
        Self::Environment(error.to_string())
    }
}

impl From<AdminError> for CliError {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Invalid(_) => Self::Usage(error.to_string()),
            AdminError::NotFound
            | AdminError::Forbidden
            | AdminError::Conflict
            | AdminError::Repeated(_)
            | AdminError::Reused(_) => Self::No(error.to_string()),
            AdminError::Busy | AdminError::Store(_) => Self::Environment(error.to_string()),
        }
    }
}

impl From<store::StoreError> for CliError {
    fn from(error: store::StoreError) -> Self {
        BootError::Store(error).into()
    }
}

/// What a command works with.
pub(super) struct Session {
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) admin: Admin,
    pub(super) operator: Permit,
}

impl Session {
    pub(super) async fn open(flags: &Flags, upgrade: Upgrade) -> Result<Self, CliError> {
        let config = Config::load(flags)?;
        start_log(&config, "warn");
        let store = boot::open(&config, upgrade).await?;
        let admin = Admin::new(store.clone(), Clock::system(), Entropy::system(), config.checkpoint())
            .with_issuer(&config.public_url);
        let operator = boot::operator(&config, &admin)?;
        Ok(Self { config, store, admin, operator })
    }

    /// After a change: its event is anchored before the command ends. Where that fails, the change stands all the same.
    pub(super) async fn close(self) -> Result<(), CliError> {
        if let Err(error) = self.admin.checkpoint_audit().await {
            eprintln!("keyward: this is done, but the audit chain could not be anchored: {error}");
        }
        self.store.close().await;
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
