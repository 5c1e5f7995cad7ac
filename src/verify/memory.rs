//! What a node remembers of keys, and for how long it may trust that. A key read from the store before a change was
//! heard cannot come back after it.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering},
};

use quick_cache::sync::Cache;

use crate::{audit::Event, id::KeyId, store::StoredKey, tenant::Presentations};

/// Before anything was heard.
const NOTHING: i64 = -1;

/// The names that tenants added to carry keys, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Headers.
    pub headers: Vec<String>,
    /// Schemes of `Authorization`.
    pub schemes: Vec<String>,
}

pub(super) struct Memory {
    keys: Cache<KeyId, Arc<StoredKey>>,
    /// What the policy accepts.
    accepted: AtomicU8,
    /// The names that tenants added; a lock nobody takes while there are none.
    names: RwLock<Option<Arc<Names>>>,
    has_names: AtomicBool,
    /// Whether the rules have to be read again.
    rules_changed: AtomicBool,
    /// The last generation heard from the store.
    heard: AtomicI64,
    /// Grows with everything forgotten, wherever it was heard from.
    forgotten: AtomicU64,
    /// The steady instant up to which memory is trusted.
    trusted_until: AtomicI64,
}

/// A read of the store under way: what had been forgotten when it began.
pub(super) struct Filling(u64);

impl Memory {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            keys: Cache::new(capacity),
            // Until the store was read, nothing beyond the standard names carries a key.
            accepted: AtomicU8::new(Presentations::ALL.bits()),
            names: RwLock::new(None),
            has_names: AtomicBool::new(false),
            rules_changed: AtomicBool::new(true),
            heard: AtomicI64::new(NOTHING),
            forgotten: AtomicU64::new(0),
            trusted_until: AtomicI64::new(i64::MIN),
        }
    }

    /// A remembered key, while memory is trusted.
    pub(super) fn get(&self, id: KeyId, steady: i64) -> Option<Arc<StoredKey>> {
        if steady < self.trusted_until.load(Ordering::SeqCst) { self.keys.get(&id) } else { None }
    }

    /// Taken before the store is read.
    pub(super) fn begin(&self) -> Filling {
        Filling(self.forgotten.load(Ordering::SeqCst))
    }

    /// Remembers what was read, unless something was forgotten meanwhile. The order matters: insert first, look second.
    /// [`Memory::forget`] counts first and removes second, so that one of the two sees the other.
    pub(super) fn keep(&self, filling: Filling, stored: Arc<StoredKey>) {
        let id = stored.key.id;
        self.keys.insert(id, stored);
        if self.forgotten.load(Ordering::SeqCst) != filling.0 {
            self.keys.remove(&id);
        }
    }

    /// Forgets what a change touched: one key, or, when it was no key's, all of them and the rules.
    pub(super) fn forget(&self, change: &Event) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        if let Some(id) = KeyId::parse(&change.target).filter(|_| change.verb.starts_with("key.")) {
            self.keys.remove(&id);
        } else {
            self.rules_changed.store(true, Ordering::SeqCst);
            self.keys.clear();
        }
        tracing::trace!(generation = change.seq, target = change.target, "heard of a change");
    }

    pub(super) fn accepted(&self) -> Presentations {
        Presentations::from_bits(self.accepted.load(Ordering::Relaxed))
    }

    pub(super) fn names(&self) -> Option<Arc<Names>> {
        if !self.has_names.load(Ordering::Relaxed) {
            return None;
        }
        self.names.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the rules have to be read again; asked once for each time they change.
    pub(super) fn rules_changed(&self) -> bool {
        self.rules_changed.swap(false, Ordering::SeqCst)
    }

    /// Takes the rules as read, or `None` when they could not be read and have to be asked for again.
    pub(super) fn keep_rules(&self, rules: Option<(Presentations, Names)>) {
        let Some((accepted, names)) = rules else { return self.rules_changed.store(true, Ordering::SeqCst) };
        self.accepted.store(accepted.bits(), Ordering::Relaxed);
        let any = !names.headers.is_empty() || !names.schemes.is_empty();
        *self.names.write().unwrap_or_else(PoisonError::into_inner) = any.then(|| Arc::new(names));
        self.has_names.store(any, Ordering::Relaxed);
    }

    pub(super) fn heard(&self) -> Option<i64> {
        Some(self.heard.load(Ordering::SeqCst)).filter(|heard| *heard != NOTHING)
    }

    pub(super) fn heard_up_to(&self, generation: i64) {
        self.heard.store(generation, Ordering::SeqCst);
    }

    /// Forgets everything and begins at this generation.
    pub(super) fn restart(&self, generation: i64) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.keys.clear();
        self.rules_changed.store(true, Ordering::SeqCst);
        self.heard.store(generation, Ordering::SeqCst);
    }

    pub(super) fn trust_until(&self, steady: i64) {
        self.trusted_until.store(steady, Ordering::SeqCst);
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{audit::GENESIS, key::tests::example, secret::Digest, time::Timestamp};

    fn stored() -> Arc<StoredKey> {
        Arc::new(StoredKey::new(example(), Digest::of(b"secret")))
    }

    fn change(seq: i64, verb: &str, target: &str) -> Event {
        Event {
            seq,
            at: Timestamp::from_millis(0),
            actor: String::new(),
            verb: verb.to_owned(),
            target: target.to_owned(),
            detail: String::new(),
            hash: GENESIS,
        }
    }

    #[test]
    fn memory_is_trusted_only_under_a_lease() {
        let memory = Memory::new(10);
        let id = example().id;
        memory.keep(memory.begin(), stored());
        assert!(memory.get(id, 0).is_none(), "no lease yet");
        memory.trust_until(1000);
        assert!(memory.get(id, 999).is_some());
        assert!(memory.get(id, 1000).is_none(), "the lease ran out");
    }

    #[test]
    fn a_read_that_began_before_a_change_cannot_bring_the_key_back() {
        let memory = Memory::new(10);
        let key = example();
        memory.trust_until(1000);
        let filling = memory.begin();
        memory.forget(&change(2, "key.archive", key.id.as_str()));
        memory.keep(filling, stored());
        assert!(memory.get(key.id, 0).is_none());

        memory.keep(memory.begin(), stored());
        assert!(memory.get(key.id, 0).is_some());
        memory.forget(&change(3, "key.edit", "ZZZZZZZZZZZZZZZZ"));
        assert!(memory.get(key.id, 0).is_some(), "another key's change");
        memory.forget(&change(4, "key.archive", key.id.as_str()));
        assert!(memory.get(key.id, 0).is_none());

        assert!(memory.rules_changed() && !memory.rules_changed(), "once");
        memory.keep(memory.begin(), stored());
        memory.forget(&change(5, "subjects.disable", "ZZZZZZZZZZZZZZZZ"));
        assert!(memory.get(key.id, 0).is_none(), "what is no key's may concern every key");
        assert!(memory.rules_changed());
    }
}
