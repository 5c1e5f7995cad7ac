//! What a node remembers of keys, of ids that no key has and of the rules, and for how long it may trust that. A key read
//! from the store before a change was heard cannot come back after it, and neither can an absence.

use std::{
    collections::HashMap,
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering},
    },
};

use crypto::secret::Digest;
use model::{
    audit::{Event, Verb},
    catalog::Kind,
    id::KeyId,
    key::Key,
    tenant::CredentialSources,
};
use quick_cache::{Weighter, sync::Cache};
use serde_json::value::RawValue;
use store::{Imports, StoredKey};
use tokio::sync::OnceCell;

/// A key as verification knows it, with what is told of it.
#[derive(Debug)]
pub struct KnownKey {
    stored: StoredKey,
    public_json: OnceLock<Box<RawValue>>,
}

impl KnownKey {
    /// A key as it was stored.
    pub fn new(stored: StoredKey) -> Self {
        Self { stored, public_json: OnceLock::new() }
    }

    /// What an endpoint tells of it, written by the endpoint once and kept as long as the key is remembered.
    pub fn public_json(&self, write: impl FnOnce(&Key) -> Box<RawValue>) -> &RawValue {
        self.public_json.get_or_init(|| write(&self.stored.key))
    }
}

impl Deref for KnownKey {
    type Target = StoredKey;

    fn deref(&self) -> &StoredKey {
        &self.stored
    }
}

/// Before anything was heard.
const NOTHING: i64 = -1;
/// Bytes that a remembered key is reckoned to take on average; the bound on memory is so many for each key of its capacity.
const KEY_BYTES: u64 = 2048;
/// Ids that are remembered to be nobody's, at most.
const ABSENT: usize = 65_536;

/// The names that tenants added to carry keys, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Headers.
    pub headers: Vec<String>,
    /// Schemes of `Authorization`.
    pub schemes: Vec<String>,
}

/// What holds for every key, as far as verification needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    /// What the policy accepts.
    pub accepted: Option<CredentialSources>,
    /// The longest life of a JWT, in milliseconds.
    pub longest: i64,
    /// Whether keys were imported.
    pub imports: Imports,
    /// What each tenant added, by its name; tenants that added nothing are left out.
    pub names: HashMap<String, Arc<Names>>,
}

/// The names of all tenants together, and of each.
#[derive(Default)]
struct AllNames {
    every: Arc<Names>,
    by_tenant: HashMap<String, Arc<Names>>,
}

/// What a key takes of memory, in bytes: its texts, twice (answers are kept as they are sent), and the rest by estimate.
#[derive(Clone)]
struct Weight;

impl Weighter<KeyId, Arc<KnownKey>> for Weight {
    fn weight(&self, _: &KeyId, stored: &Arc<KnownKey>) -> u64 {
        let spec = &stored.key.spec;
        let scopes: usize = spec.scopes.iter().map(|scope| scope.as_str().len() + 32).sum();
        let texts = spec.name.as_str().len()
            + spec.description.as_str().len()
            + spec.metadata.as_str().len()
            + stored.key.tenant.docs.len()
            + scopes;
        let bytes = 1024 + 2 * texts + 512 * stored.request_signing_keys.len();
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// A read of one key that several questions wait for.
pub(super) type Flight = Arc<OnceCell<Option<Arc<KnownKey>>>>;
/// Reads under way, by key and by what had been forgotten when they began: who asks after a change joins none from before.
type Flights = Mutex<HashMap<(KeyId, u64), Flight>>;

pub(super) struct KeyCache {
    keys: Cache<KeyId, Arc<KnownKey>, Weight>,
    /// Ids that no key had when the store was asked.
    absent: Cache<KeyId, ()>,
    /// Imported keys by the SHA-256 of their strings. Whether one still is that key's is seen at the key.
    imported: Cache<[u8; 32], KeyId>,
    /// The SHA-256 of texts that were no imported key's when the store was asked.
    unknown: Cache<[u8; 32], ()>,
    /// Whether keys were imported, as last read.
    has_imports: AtomicBool,
    has_unused_imports: AtomicBool,
    flights: Flights,
    /// What the policy accepts; no bit before it was read.
    accepted: AtomicU8,
    /// The longest life of a JWT, in milliseconds.
    longest: AtomicI64,
    /// The names that tenants added; a lock nobody takes while there are none.
    names: RwLock<AllNames>,
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
#[derive(Clone, Copy)]
pub(super) struct Filling(u64);

/// A place in a flight. The last one to leave takes it off the list.
pub(super) struct Seat<'a> {
    flights: &'a Flights,
    of: (KeyId, u64),
    flight: Option<Flight>,
}

/// What memory knows of a text that may be an imported key's string.
pub(super) enum KnownImport {
    /// It was this key's.
    Key(KeyId),
    /// It is no key's.
    Nobody,
}

/// What memory knows of an id.
#[derive(Debug)]
pub(super) enum Known {
    /// The key it names.
    Key(Arc<KnownKey>),
    /// No key has it.
    Absent,
    /// Nothing that may be trusted.
    Nothing,
}

impl KeyCache {
    pub(super) fn new(capacity: usize) -> Self {
        let bytes = u64::try_from(capacity).unwrap_or(u64::MAX).saturating_mul(KEY_BYTES);
        Self {
            keys: Cache::with_weighter(capacity, bytes, Weight),
            absent: Cache::new(ABSENT),
            imported: Cache::new(capacity),
            unknown: Cache::new(ABSENT),
            has_imports: AtomicBool::new(false),
            has_unused_imports: AtomicBool::new(false),
            flights: Flights::default(),
            accepted: AtomicU8::new(0),
            longest: AtomicI64::new(0),
            names: RwLock::default(),
            has_names: AtomicBool::new(false),
            rules_changed: AtomicBool::new(true),
            heard: AtomicI64::new(NOTHING),
            forgotten: AtomicU64::new(0),
            trusted_until: AtomicI64::new(i64::MIN),
        }
    }

    /// What is remembered of this id, while memory is trusted.
    pub(super) fn get(&self, id: KeyId, steady: i64) -> Known {
        if steady >= self.trusted_until.load(Ordering::SeqCst) {
            return Known::Nothing;
        }
        match self.keys.get(&id) {
            Some(stored) => Known::Key(stored),
            None if self.absent.get(&id).is_some() => Known::Absent,
            None => Known::Nothing,
        }
    }

    /// Whether keys were imported, as last read.
    pub(super) fn imports(&self) -> Imports {
        Imports { any: self.has_imports.load(Ordering::SeqCst), unused: self.has_unused_imports.load(Ordering::SeqCst) }
    }

    /// The imported key whose string has this digest, or that there is none; `None` when memory does not know.
    pub(super) fn imported(&self, digest: &Digest, steady: i64) -> Option<KnownImport> {
        if let Some(id) = self.imported.get(&digest.bytes()) {
            return Some(KnownImport::Key(id));
        }
        let is_trusted = steady < self.trusted_until.load(Ordering::SeqCst);
        (is_trusted && self.unknown.get(&digest.bytes()).is_some()).then_some(KnownImport::Nobody)
    }

    /// Remembers whose string has this digest, or that it is no imported key's, unless something was forgotten since.
    pub(super) fn keep_import(&self, filling: Filling, digest: &Digest, found: Option<KeyId>) {
        match found {
            Some(id) => self.imported.insert(digest.bytes(), id),
            None => self.unknown.insert(digest.bytes(), ()),
        }
        if self.forgotten.load(Ordering::SeqCst) != filling.0 {
            self.forget_import(digest);
        }
    }

    /// Forgets whose string has this digest.
    pub(super) fn forget_import(&self, digest: &Digest) {
        self.imported.remove(&digest.bytes());
        self.unknown.remove(&digest.bytes());
    }

    /// Forgets a key, which is another than it was remembered to be.
    pub(super) fn forget(&self, id: KeyId) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.keys.remove(&id);
    }

    /// Taken before the store is read.
    pub(super) fn begin(&self) -> Filling {
        Filling(self.forgotten.load(Ordering::SeqCst))
    }

    /// A place in the one read of this key that began since the last change was heard.
    pub(super) fn board(&self, id: KeyId, filling: Filling) -> Seat<'_> {
        let of = (id, filling.0);
        let flight = lock(&self.flights).entry(of).or_default().clone();
        Seat { flights: &self.flights, of, flight: Some(flight) }
    }

    /// Remembers what was read, unless something was forgotten meanwhile. The order matters: insert first, look second.
    /// [`KeyCache::invalidate`] counts first and removes second, so that one of the two sees the other.
    pub(super) fn insert(&self, filling: Filling, id: KeyId, found: Option<Arc<KnownKey>>) {
        match found {
            Some(stored) => self.keys.insert(id, stored),
            None => self.absent.insert(id, ()),
        }
        if self.forgotten.load(Ordering::SeqCst) != filling.0 {
            self.keys.remove(&id);
            self.absent.remove(&id);
        }
    }

    /// Forgets what a change touched: one key, the keys of one tenant, group or identity, or, when that cannot be told,
    /// all of them; and the rules, where they may have changed. Every change may have made keys, under ids that it does
    /// not name: no absence outlives one.
    pub(super) fn invalidate(&self, change: &Event) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.absent.clear();
        self.unknown.clear();
        if let Some(id) = KeyId::parse(&change.target).filter(|_| change.verb.starts_with("key.")) {
            self.keys.remove(&id);
        } else if change.verb.starts_with("entry.") {
            self.forget_entry(change);
        } else if change.verb != Verb::ResetAccount.code() {
            self.rules_changed.store(true, Ordering::SeqCst);
            self.keys.clear();
        }
        tracing::trace!(generation = change.seq, target = change.target, "heard of a change");
    }

    fn forget_entry(&self, change: &Event) {
        let target = change.target.as_str();
        let detail: Option<serde_json::Value> = serde_json::from_str(&change.detail).ok();
        let kind = detail.as_ref().and_then(|detail| Kind::parse(detail["kind"].as_str()?));
        match kind {
            // Templates shape keys that are yet to be made.
            Some(Kind::Template) => {}
            Some(Kind::Policy) => self.rules_changed.store(true, Ordering::SeqCst),
            Some(Kind::Tenant) => {
                self.rules_changed.store(true, Ordering::SeqCst);
                self.keys.retain(|_, stored| stored.key.tenant.id.as_str() != target);
            }
            Some(Kind::Group) => {
                let is_in = |stored: &StoredKey| {
                    stored.key.spec.group.as_ref().is_some_and(|group| group.id.as_str() == target)
                };
                self.keys.retain(|_, stored| !is_in(stored));
            }
            Some(Kind::Identity) => {
                let acts = |stored: &StoredKey| {
                    stored.key.spec.subject.as_ref().is_some_and(|subject| subject.id.as_str() == target)
                };
                self.keys.retain(|_, stored| !acts(stored));
            }
            // A gate may stand in the way of any key.
            Some(Kind::Scope) => self.keys.clear(),
            None => {
                self.rules_changed.store(true, Ordering::SeqCst);
                self.keys.clear();
            }
        }
    }

    /// What the policy accepts, while that may be trusted.
    pub(super) fn accepted(&self, steady: i64) -> Option<CredentialSources> {
        let bits = self.accepted.load(Ordering::SeqCst);
        let trusted = bits != 0
            && !self.rules_changed.load(Ordering::SeqCst)
            && steady < self.trusted_until.load(Ordering::SeqCst);
        trusted.then(|| CredentialSources::from_bits(bits))
    }

    /// The longest life of a JWT, in milliseconds, as last read.
    pub(super) fn longest(&self) -> i64 {
        self.longest.load(Ordering::SeqCst)
    }

    /// The names that this tenant added, or all tenants together.
    pub(super) fn names(&self, tenant: Option<&str>) -> Option<Arc<Names>> {
        if !self.has_names.load(Ordering::Relaxed) {
            return None;
        }
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        match tenant {
            Some(tenant) => names.by_tenant.get(tenant).cloned(),
            None => Some(names.every.clone()),
        }
    }

    /// Whether the rules have to be read again.
    pub(super) fn need_rules(&self) -> bool {
        self.rules_changed.load(Ordering::SeqCst)
    }

    /// Taken before the rules are read: what changes from here on asks for them again.
    pub(super) fn begin_rules(&self) {
        self.rules_changed.store(false, Ordering::SeqCst);
    }

    /// The rules could not be read and have to be asked for again.
    pub(super) fn ask_rules_again(&self) {
        self.rules_changed.store(true, Ordering::SeqCst);
    }

    /// Takes the rules as read.
    pub(super) fn keep_rules(&self, rules: Rules) {
        let mut every = Names::default();
        for names in rules.names.values() {
            every.headers.extend_from_slice(&names.headers);
            every.schemes.extend_from_slice(&names.schemes);
        }
        for list in [&mut every.headers, &mut every.schemes] {
            list.sort_unstable();
            list.dedup();
        }
        let any = !rules.names.is_empty();
        *self.names.write().unwrap_or_else(PoisonError::into_inner) =
            AllNames { every: Arc::new(every), by_tenant: rules.names };
        self.has_names.store(any, Ordering::Relaxed);
        self.longest.store(rules.longest, Ordering::SeqCst);
        self.has_imports.store(rules.imports.any, Ordering::SeqCst);
        self.has_unused_imports.store(rules.imports.unused, Ordering::SeqCst);
        self.accepted.store(rules.accepted.map_or(0, CredentialSources::bits), Ordering::SeqCst);
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
        self.absent.clear();
        self.imported.clear();
        self.unknown.clear();
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

impl Seat<'_> {
    /// The flight it is in.
    pub(super) fn flight(&self) -> Option<&Flight> {
        self.flight.as_ref()
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut flights = lock(self.flights);
        self.flight = None;
        if flights.get(&self.of).is_some_and(|flight| Arc::strong_count(flight) == 1) {
            flights.remove(&self.of);
        }
    }
}

/// A panic elsewhere leaves reads that are still reads.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{audit::GENESIS, example::example, key::Metadata, time::Timestamp};

    fn stored() -> Arc<KnownKey> {
        Arc::new(KnownKey::new(StoredKey::new(example(), Digest::of(b"secret"))))
    }

    fn is_known(cache: &KeyCache, steady: i64) -> bool {
        matches!(cache.get(example().id, steady), Known::Key(_))
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
        let cache = KeyCache::new(10);
        let id = example().id;
        cache.insert(cache.begin(), id, Some(stored()));
        assert!(!is_known(&cache, 0), "no lease yet");
        cache.trust_until(1000);
        assert!(is_known(&cache, 999));
        assert!(!is_known(&cache, 1000), "the lease ran out");
    }

    #[test]
    fn a_read_that_began_before_a_change_cannot_bring_the_key_back() {
        let cache = KeyCache::new(10);
        let key = example();
        let id = key.id;
        cache.trust_until(1000);
        let filling = cache.begin();
        cache.invalidate(&change(2, "key.archive", key.id.as_str()));
        cache.insert(filling, id, Some(stored()));
        assert!(!is_known(&cache, 0));

        cache.insert(cache.begin(), id, Some(stored()));
        assert!(is_known(&cache, 0));
        cache.invalidate(&change(3, "key.edit", "ZZZZZZZZZZZZZZZZ"));
        assert!(is_known(&cache, 0), "another key's change");
        cache.invalidate(&change(4, "key.archive", key.id.as_str()));
        assert!(!is_known(&cache, 0));

        cache.begin_rules();
        cache.insert(cache.begin(), id, Some(stored()));
        cache.invalidate(&change(5, "subjects.disable", "ZZZZZZZZZZZZZZZZ"));
        assert!(!is_known(&cache, 0), "what is no key's may concern every key");
        assert!(cache.need_rules());
    }

    #[test]
    fn an_absence_ends_with_the_next_change_and_with_the_lease() {
        let cache = KeyCache::new(10);
        let id = example().id;
        let is_absent = |steady| matches!(cache.get(id, steady), Known::Absent);
        cache.trust_until(1000);
        cache.insert(cache.begin(), id, None);
        assert!(is_absent(999) && !is_absent(1000));
        // A successor is made by a change that names the key before it.
        cache.invalidate(&change(2, "key.rotate", "ZZZZZZZZZZZZZZZZ"));
        assert!(!is_absent(0));
        let filling = cache.begin();
        cache.invalidate(&change(3, "key.issue", id.as_str()));
        cache.insert(filling, id, None);
        assert!(!is_absent(0), "a read that began before the key was made");
    }

    #[test]
    fn an_edit_of_the_catalogue_forgets_the_keys_it_concerns() {
        let cache = KeyCache::new(10);
        let (id, tenant) = (example().id, example().tenant.id);
        cache.trust_until(1000);
        let entry = |seq, kind: &str, target: &str| Event {
            detail: format!("{{\"kind\":\"{kind}\"}}"),
            ..change(seq, "entry.edit", target)
        };
        for (index, (kind, target, stays, rules)) in [
            ("templates", "ZZZZZZZZZZZZZZZZ", true, false),
            ("groups", "ZZZZZZZZZZZZZZZZ", true, false),
            ("identities", "ZZZZZZZZZZZZZZZZ", true, false),
            ("tenants", "ZZZZZZZZZZZZZZZZ", true, true),
            ("policy", "ZZZZZZZZZZZZZZZZ", true, true),
            ("tenants", tenant.as_str(), false, true),
            ("scopes", "ZZZZZZZZZZZZZZZZ", false, false),
            ("something new", "ZZZZZZZZZZZZZZZZ", false, true),
        ]
        .into_iter()
        .enumerate()
        {
            cache.insert(cache.begin(), id, Some(stored()));
            cache.begin_rules();
            cache.invalidate(&entry(i64::try_from(index).unwrap(), kind, target));
            assert_eq!((is_known(&cache, 0), cache.need_rules()), (stays, rules), "{kind} {target}");
        }
    }

    #[test]
    fn memory_is_bounded_by_bytes() {
        let cache = KeyCache::new(1000);
        cache.trust_until(1000);
        for number in 0..1000 {
            let mut key = example();
            key.id = KeyId::parse(&format!("{number:016}")).unwrap();
            key.spec.metadata = Metadata::from_checked(format!("{{\"a\":\"{}\"}}", "x".repeat(8000)));
            let id = key.id;
            cache.insert(cache.begin(), id, Some(Arc::new(KnownKey::new(StoredKey::new(key, Digest::of(b"secret"))))));
        }
        assert!((1..=128).contains(&cache.len()), "{} keys of 16 KB in 2 MB", cache.len());
    }
}
