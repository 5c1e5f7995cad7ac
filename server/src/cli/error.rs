//! Why a command did not do what it was asked, and its exit code.

use admin::AdminError;

use crate::{boot::BootError, config::ConfigError};

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(super) enum CliError {
    /// The answer is no.
    No(String),
    /// There is no such thing, or the caller does not reach it.
    NotFound,
    /// It was asked wrongly.
    Usage(String),
    /// The environment: settings, files, the database, the server.
    Environment(String),
}

impl CliError {
    /// The exit code, and what is said.
    pub(super) fn report(&self) -> (u8, &str) {
        match self {
            Self::No(message) => (1, message),
            Self::NotFound => (1, "there is no such thing"),
            Self::Usage(message) => (2, message),
            Self::Environment(message) => (3, message),
        }
    }

    /// Says what there is none of.
    pub(super) fn naming(self, missing: impl FnOnce() -> String) -> Self {
        match self {
            Self::NotFound => Self::No(missing()),
            other => other,
        }
    }
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
            AdminError::NotFound => Self::NotFound,
            AdminError::Forbidden | AdminError::Conflict | AdminError::Repeated(_) | AdminError::Reused(_) => {
                Self::No(error.to_string())
            }
            AdminError::Busy | AdminError::Store(_) => Self::Environment(error.to_string()),
        }
    }
}

impl From<store::StoreError> for CliError {
    fn from(error: store::StoreError) -> Self {
        BootError::Store(error).into()
    }
}
