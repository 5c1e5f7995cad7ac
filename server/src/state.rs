//! What every handler may need, made once when the process starts.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use admin::Admin;
use crypto::{clock::Clock, secret::Entropy};
use model::time::Timestamp;
use store::Store;
use verify::Verifier;

use crate::{
    config::Config,
    console::{site::Site, streams::Live},
    machine::report_limit::ReportLimit,
    ops::metrics::Metrics,
    request_id::RequestIds,
};

/// Everything a handler may need. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// What an [`AppState`] is made of.
pub struct Parts {
    /// The settings.
    pub config: Config,
    /// The clock.
    pub clock: Clock,
    /// When the process began.
    pub started: Timestamp,
    /// Randomness.
    pub entropy: Entropy,
    /// The database.
    pub store: Store,
    /// What the console and its forms do.
    pub admin: Arc<Admin>,
    /// What verify and forward auth do.
    pub verifier: Verifier,
    /// The counters.
    pub metrics: Metrics,
    /// How many secrets anyone reported as leaked.
    pub report_limit: ReportLimit,
    /// The ids of requests.
    pub request_ids: RequestIds,
    /// The bundled files.
    pub site: Site,
    /// Who listens for changes.
    pub live: Live,
    /// Whether the process is stopping.
    pub stopping: AtomicBool,
}

impl AppState {
    /// Shares the parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Whether the process is stopping.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

impl std::ops::Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
