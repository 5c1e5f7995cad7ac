//! What a process knows of the audit chain.

use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{audit::Head, time::Timestamp};

/// What is known of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainStatus {
    /// The event up to which it was walked.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Where it is broken, and how, if it is.
    pub broken: Option<String>,
}

/// What this process knows of the chain.
#[derive(Default)]
pub(super) struct Walked(Mutex<Option<(Head, ChainStatus)>>);

impl Walked {
    /// A panic elsewhere leaves what was known.
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<(Head, ChainStatus)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
