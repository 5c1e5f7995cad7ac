//! That a gateway lets calls through: the first one seen is noted in memory, and written once with the usage. The first
//! run's checklist asks for it.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

use crypto::clock::Clock;
use model::time::Timestamp;
use store::{Store, StoreError};

/// The first call of this process that a gateway let through.
#[derive(Default)]
pub(super) struct GatewaySighting {
    at: OnceLock<Timestamp>,
    is_written: AtomicBool,
}

impl GatewaySighting {
    /// Notes a call that a gateway let through.
    pub(super) fn note(&self, clock: &Clock) {
        self.at.get_or_init(|| clock.now());
    }

    /// Writes the first one, and says whether there was anything to write.
    pub(super) async fn flush(&self, store: &Store) -> Result<bool, StoreError> {
        let Some(at) = self.at.get().filter(|_| !self.is_written.load(Ordering::Relaxed)) else { return Ok(false) };
        store.note_gateway_seen(*at).await?;
        self.is_written.store(true, Ordering::Relaxed);
        Ok(true)
    }
}
