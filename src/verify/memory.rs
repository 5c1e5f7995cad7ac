//! What a node remembers of keys, and for how long it may trust that. A key read from the store before a change was
//! heard cannot come back after it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use quick_cache::sync::Cache;

use crate::{id::KeyId, store::StoredKey};

/// Before anything was heard.
const NOTHING: i64 = -1;

pub(super) struct Memory {
    keys: Cache<KeyId, Arc<StoredKey>>,
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

    /// Forgets what a change touched: the key of that id, or nothing when the target is no key of ours.
    pub(super) fn forget(&self, generation: i64, target: &str) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        if let Some(id) = KeyId::parse(target) {
            self.keys.remove(&id);
        }
        tracing::trace!(generation, target, "heard of a change");
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
    use crate::{key::tests::example, secret::Digest};

    fn stored() -> Arc<StoredKey> {
        Arc::new(StoredKey { key: example(), digest: Digest::of(b"secret") })
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
        memory.forget(2, key.id.as_str());
        memory.keep(filling, stored());
        assert!(memory.get(key.id, 0).is_none());

        memory.keep(memory.begin(), stored());
        assert!(memory.get(key.id, 0).is_some());
        memory.forget(3, key.id.as_str());
        assert!(memory.get(key.id, 0).is_none());
    }
}
