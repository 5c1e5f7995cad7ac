//! What services can ask: whether a presented key opens something. Answers come from memory while the node hears the
//! store, from the store otherwise, and never from a guess. An ordinary question writes nothing.

mod memory;
mod usage;

use std::{net::IpAddr, sync::Arc, time::Duration};

pub use self::usage::FLUSH_EVERY;
use self::{memory::Memory, usage::Usage};
use crate::{
    clock::Clock,
    decision::{Decision, Facts, Presented, judge},
    id::KeyId,
    scope::Demand,
    secret::Digest,
    store::{Store, StoreError, StoredKey},
    token,
};

/// How often a node asks the store what has changed.
pub const HEAR_EVERY: Duration = Duration::from_millis(250);
/// How long a node trusts its memory after the store was last heard, in milliseconds.
const LEASE: i64 = 1000;
/// How long a question waits for the store.
const PATIENCE: Duration = Duration::from_secs(1);

/// Answers whether keys open doors.
pub struct Verifier {
    store: Store,
    clock: Clock,
    memory: Arc<Memory>,
    usage: Usage,
}

/// What a service wants to know.
pub struct Question<'a> {
    /// The text that was presented as a key.
    pub token: &'a str,
    /// What the service needs the key to hold.
    pub demand: &'a Demand,
    /// The name of the tenant the service is in; `None` accepts the key's own.
    pub tenant: Option<&'a str>,
    /// Where the call came from.
    pub address: Option<IpAddr>,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Yes, or no and why.
    pub decision: Decision,
    /// The key, when its exact secret was presented.
    pub key: Option<Arc<StoredKey>>,
}

/// The store did not answer and memory is not trusted: nobody can tell.
#[derive(Debug, thiserror::Error)]
#[error("the store did not answer")]
pub struct Unavailable;

impl Verifier {
    /// A verifier on this store. Changes of this process reach it at once, those of others by [`Verifier::hear`].
    pub fn new(store: Store, clock: Clock, capacity: usize) -> Self {
        let memory = Arc::new(Memory::new(capacity));
        let listening = memory.clone();
        store.on_change(move |generation, target| listening.forget(generation, target));
        Self { store, clock, memory, usage: Usage::default() }
    }

    /// Answers one question and counts it.
    pub async fn verify(&self, question: &Question<'_>) -> Result<Answer, Unavailable> {
        let answer = self.look(question).await?;
        if let Some(stored) = &answer.key {
            self.usage.count(stored.key.id, self.clock.now(), answer.decision, question.address);
        }
        Ok(answer)
    }

    /// Answers one question without counting it.
    pub async fn look(&self, question: &Question<'_>) -> Result<Answer, Unavailable> {
        let parsed = token::parse(question.token);
        let key = match parsed {
            Some(token) => {
                let digest = Digest::of(token.secret.as_bytes());
                self.find(token.id).await?.filter(|stored| stored.digest.matches(&digest))
            }
            None => None,
        };
        let presented = match (&key, parsed) {
            (Some(stored), _) => Presented::Known(&stored.key),
            (None, Some(_)) => Presented::Unknown,
            (None, None) => Presented::Malformed,
        };
        let facts = Facts { presented, now: self.clock.now(), tenant: question.tenant, demand: question.demand };
        Ok(Answer { decision: judge(&facts), key })
    }

    async fn find(&self, id: KeyId) -> Result<Option<Arc<StoredKey>>, Unavailable> {
        if let Some(remembered) = self.memory.get(id, self.clock.steady()) {
            return Ok(Some(remembered));
        }
        let filling = self.memory.begin();
        let found = tokio::time::timeout(PATIENCE, self.store.key(id)).await.map_err(|_| Unavailable)?;
        let found = found.map_err(|error| {
            tracing::warn!(%error, "a key could not be read from the store");
            Unavailable
        })?;
        let found = found.map(|(stored, _)| Arc::new(stored));
        if let Some(stored) = &found {
            self.memory.keep(filling, stored.clone());
        }
        Ok(found)
    }

    /// Asks the store what has changed, forgets it, and trusts memory for another lease, counted from before the
    /// question was sent. Called every [`HEAR_EVERY`].
    pub async fn hear(&self) -> Result<(), StoreError> {
        let asked = self.clock.steady();
        loop {
            let heard = self.memory.heard();
            let changes = match heard {
                Some(heard) => self.store.audit_after(heard).await?,
                None => Vec::new(),
            };
            if changes.is_empty() {
                let last = self.store.audit_head().await?.seq;
                if heard.is_none_or(|heard| last < heard) {
                    // The first time, or the store was put back to an earlier state: begin anew.
                    self.memory.restart(last);
                } else if heard != Some(last) {
                    continue;
                }
                break;
            }
            for change in &changes {
                self.memory.forget(change.seq, &change.target);
            }
            self.memory.heard_up_to(changes.last().map_or(0, |change| change.seq));
        }
        self.memory.trust_until(asked.saturating_add(LEASE));
        Ok(())
    }

    /// Writes what was counted to the store. What could not be written is kept for the next time.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.usage.flush(&self.store).await
    }

    /// How many keys are in memory.
    pub fn remembered(&self) -> usize {
        self.memory.len()
    }
}
