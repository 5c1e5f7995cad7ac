//! Who listens for changes: so many streams, and no more.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::id::AccountId;
use tokio::sync::watch;

/// Streams that a node keeps open.
const STREAMS: usize = 1000;
/// Streams of one person: a page has one while it is looked at.
const STREAMS_EACH: usize = 20;

/// Who listens, and whether it is over. Cheap to clone.
#[derive(Clone, Default)]
pub struct Live(Arc<Listeners>);

#[derive(Default)]
struct Listeners {
    counts: Mutex<HashMap<AccountId, usize>>,
    over: watch::Sender<bool>,
}

impl Live {
    /// Ends every stream: the process is stopping and waits for what is under way.
    pub fn end(&self) {
        self.0.over.send_replace(true);
    }

    /// Hears when it is over.
    pub fn over(&self) -> watch::Receiver<bool> {
        self.0.over.subscribe()
    }

    /// A place for this person, if there is one.
    pub fn take(&self, account: AccountId) -> Option<Place> {
        let mut counts = self.counts();
        let all: usize = counts.values().sum();
        let own = counts.get(&account).copied().unwrap_or_default();
        if all >= STREAMS || own >= STREAMS_EACH || *self.0.over.borrow() {
            return None;
        }
        counts.insert(account, own + 1);
        Some(Place { live: self.clone(), account })
    }

    /// A panic elsewhere leaves counts that are still counts.
    fn counts(&self) -> MutexGuard<'_, HashMap<AccountId, usize>> {
        self.0.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the listeners, given back when it is dropped.
pub struct Place {
    live: Live,
    account: AccountId,
}

impl Place {
    /// Whose it is.
    pub fn account(&self) -> AccountId {
        self.account
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.live.counts();
        if let Some(own) = counts.get_mut(&self.account) {
            *own -= 1;
            if *own == 0 {
                counts.remove(&self.account);
            }
        }
    }
}
