//! What services can ask: whether a presented key opens something. Answers come from memory while the node hears the
//! store, from the store otherwise, and never from a guess. An ordinary question writes nothing; what must be exact and
//! outlive a restart, quotas and the nonces of signatures, does.

mod change_feed;
mod gateway;
mod imported;
mod key_cache;
mod limiter;
mod refusals;
mod request;
mod usage;

use std::{collections::HashMap, sync::Arc, time::Duration};

use crypto::{
    clock::Clock,
    jwt,
    secret::Digest,
    signature::{self, Content, Refusal},
};
use model::{
    activity::RequestKind,
    decision::{Decision, DecisionInput, KeyLookup, LimitOutcome, Reason, Signature, decide, remedy},
    id::KeyId,
    key::Form,
    scope::ClosedGates,
    tenant::{CredentialSources, Tokens},
    time::Timestamp,
    token,
};
use store::{RefusalFilter, Store, StoreError, StoredKey};
use tokio::sync::watch;

use self::{
    change_feed::ChangeFeed,
    gateway::GatewaySighting,
    imported::{FirstUses, TooMany},
    key_cache::{KeyCache, Known, KnownImport, Rules},
    limiter::Limiter,
    refusals::Refusals,
    usage::{CountedCall, Usage},
};
pub use self::{
    change_feed::ChangeNotice,
    key_cache::{KnownKey, Names},
    limiter::{LimitLeft, LimitUsage},
    refusals::RecordedRefusal,
    request::{Signed, VerifyRequest},
    usage::FLUSH_EVERY,
};

/// How often a node asks the store what has changed.
pub const POLL_EVERY: Duration = Duration::from_millis(250);
/// How long a node trusts its memory after the store was last heard, in milliseconds.
const LEASE: i64 = 1000;
/// How long a question waits for the store.
const PATIENCE: Duration = Duration::from_secs(1);

/// Answers what keys may do.
pub struct Verifier {
    store: Store,
    clock: Clock,
    cache: Arc<KeyCache>,
    limiter: Limiter,
    refusals: Refusals,
    usage: Usage,
    gateway: GatewaySighting,
    changes: Arc<ChangeFeed>,
    /// In whose name JWTs are issued.
    issuer: String,
    first_uses: FirstUses,
    /// Held by whoever reads the rules for a question.
    reading_rules: tokio::sync::Mutex<()>,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Verification {
    /// Yes, or no and why.
    pub decision: Decision,
    /// What would have made a refused request pass; empty when it passed.
    pub remedy: String,
    /// The key, when its exact secret was presented.
    pub key: Option<Arc<KnownKey>>,
    /// What it took of its limits.
    pub limits: LimitUsage,
}

/// What a refusal is recorded under: the request's id and the endpoint's name.
pub type RequestTag<'a> = (&'a str, &'a str);

/// The store did not answer and memory is not trusted: nobody can tell.
#[derive(Debug, thiserror::Error)]
#[error("the store did not answer")]
pub struct Unavailable;

/// What a presented text claims: to be the key of this id, proved by this digest.
struct Credential<'a> {
    id: KeyId,
    digest: Digest,
    /// The pair whose checksum shows only with the key's prefix.
    pair: Option<&'a str>,
    /// What it says of itself, when it is a JWT.
    jwt: Option<jwt::ParsedJwt>,
}

impl<'a> Credential<'a> {
    fn read(text: &'a str) -> Option<Self> {
        match text.split_once(':') {
            None => Self::whole(text),
            Some((token, "") | ("", token)) => Self::whole(token),
            Some(_) => {
                let token = token::pair(text)?;
                Some(Self { id: token.id, digest: Digest::of(token.secret.as_bytes()), pair: Some(text), jwt: None })
            }
        }
    }

    /// A token or a JWT. Of a JWT we know the digest of the one text that we signed.
    fn whole(text: &str) -> Option<Self> {
        if let Some(token) = token::parse(text) {
            return Some(Self { id: token.id, digest: Digest::of(token.secret.as_bytes()), pair: None, jwt: None });
        }
        let jwt = jwt::parse(text)?;
        Some(Self { id: jwt.id, digest: Digest::of(text.as_bytes()), pair: None, jwt: Some(jwt) })
    }

    fn is_proved_by(&self, stored: &StoredKey) -> bool {
        stored.key.form != Form::Imported
            && stored.digest.matches(&self.digest)
            && self.pair.is_none_or(|pair| token::joined(stored.key.prefix.as_str(), pair))
    }
}

impl Verifier {
    /// A verifier on this store, by connections of its own. Changes of this process reach it at once, those of others by
    /// [`Verifier::poll_changes`].
    pub fn new(store: &Store, clock: Clock, capacity: usize) -> Self {
        let store = store.for_verification();
        let cache = Arc::new(KeyCache::new(capacity));
        let changes = Arc::new(ChangeFeed::new());
        let (listening, telling, at) = (cache.clone(), changes.clone(), clock.clone());
        store.on_change(move |change| {
            listening.invalidate(change);
            telling.changed(change.seq, at.now());
        });
        let (limiter, refusals, usage) = (Limiter::default(), Refusals::default(), Usage::default());
        let (issuer, reading_rules) = ("keyward".to_owned(), tokio::sync::Mutex::default());
        let gateway = GatewaySighting::default();
        let first_uses = FirstUses::new();
        Self { store, clock, cache, limiter, refusals, usage, gateway, changes, issuer, first_uses, reading_rules }
    }

    /// The same, taking JWTs that were issued in the name of this address, and no others.
    #[must_use]
    pub fn with_issuer(self, issuer: &str) -> Self {
        Self { issuer: issuer.to_owned(), ..self }
    }

    /// Answers one request, consumes the key's limits, and counts the call.
    pub async fn verify(
        &self,
        request: &VerifyRequest<'_>,
        asked: RequestTag<'_>,
    ) -> Result<Verification, Unavailable> {
        self.answer(request, Some(asked)).await
    }

    /// Answers one request. Nothing is consumed, counted or recorded.
    pub async fn dry_run(&self, request: &VerifyRequest<'_>) -> Result<Verification, Unavailable> {
        self.answer(request, None).await
    }

    /// Answers as if the exact secret of this key had been presented, with a signature of this outcome. The request's
    /// credential is not read, and nothing is consumed, counted or recorded.
    pub async fn dry_run_as(
        &self,
        key: Arc<KnownKey>,
        request: &VerifyRequest<'_>,
        signature: Signature,
    ) -> Result<Verification, Unavailable> {
        self.decide(Some(key), KeyLookup::Unknown, request, signature, None).await
    }

    async fn answer(
        &self,
        request: &VerifyRequest<'_>,
        asked: Option<RequestTag<'_>>,
    ) -> Result<Verification, Unavailable> {
        let credential = Credential::read(request.credential);
        let key = match &credential {
            Some(credential) => self.find(credential.id).await?.filter(|stored| credential.is_proved_by(stored)),
            None => None,
        };
        let key = match key {
            None => self.imported(request.credential, asked.is_some()).await?,
            key => key,
        };
        if let (Some(stored), Some(jwt)) = (&key, credential.as_ref().and_then(|credential| credential.jwt.as_ref())) {
            self.accepted().await?;
            if let Some(remedy) = self.outdated(jwt, stored) {
                tracing::debug!(key = %stored.key.id, remedy, "a JWT is refused");
                let answer = self.decide(None, KeyLookup::Unknown, request, Signature::Missing, asked).await?;
                return Ok(Verification { remedy: remedy.to_owned(), ..answer });
            }
        }
        let otherwise = if credential.is_some() { KeyLookup::Unknown } else { KeyLookup::Malformed };
        self.decide(key, otherwise, request, Signature::Missing, asked).await
    }

    /// Why a JWT of ours is none any more: the rules it was issued by are not today's.
    fn outdated(&self, jwt: &jwt::ParsedJwt, stored: &StoredKey) -> Option<&'static str> {
        if jwt.issuer != self.issuer {
            return Some("This JWT was issued in the name of another address than Keyward has now. Make a new one.");
        }
        if jwt.audience != stored.key.tenant.name.as_str() {
            return Some("This JWT is meant for a tenant of another name than its key has now. Make a new one.");
        }
        (jwt.expires_at.since(jwt.issued_at) > self.cache.longest())
            .then_some("This JWT lives longer than the policy allows now. Make a new one.")
    }

    /// Decides about the key that was presented, or about what was presented otherwise.
    async fn decide(
        &self,
        key: Option<Arc<KnownKey>>,
        otherwise: KeyLookup<'_>,
        request: &VerifyRequest<'_>,
        signature: Signature,
        asked: Option<RequestTag<'_>>,
    ) -> Result<Verification, Unavailable> {
        let now = self.clock.now();
        let mut input = DecisionInput {
            lookup: key.as_ref().map_or(otherwise, |stored| KeyLookup::Known(&stored.key)),
            source: request.source,
            accepted: self.accepted().await?,
            now,
            tenant: request.tenant,
            address: request.address,
            required: request.required,
            closed: key.as_ref().map_or(ClosedGates::NONE, |stored| &stored.closed),
            writes: request.writes,
            signature,
            limit: LimitOutcome::Nothing,
        };
        let mut decision = decide(&input);
        if let (Decision::Allow | Decision::Deny(_, Reason::SignatureRequired), Some(stored), Some(signed)) =
            (decision, &key, &request.signed)
        {
            input.signature = self.signature(stored, signed, now, asked.is_some()).await?;
            decision = decide(&input);
        }
        let mut limits = LimitUsage::default();
        let limited = |stored: &&Arc<KnownKey>| !stored.key.spec.limits.is_empty() || stored.key.spec.quota.is_some();
        if let (true, Some(stored)) = (decision.is_allow(), key.as_ref().filter(limited)) {
            limits = self.consume(stored, request.cost, now, asked.is_some()).await?;
            input.limit = limits.outcome;
            decision = decide(&input);
        }
        if let Some(asked) = asked {
            if let Some(stored) = &key {
                let kind = RequestKind::of(request.writes, input.signature == Signature::Proved);
                let VerifyRequest { address, agent, required, source, .. } = *request;
                self.usage.count(stored.key.id, &CountedCall { now, decision, address, agent, required, source, kind });
            }
            self.refusals.note(asked, &input, decision);
        }
        let remedy = match decision {
            Decision::Allow => String::new(),
            Decision::Deny(_, reason) => remedy(&input, reason),
        };
        Ok(Verification { decision, remedy, key, limits })
    }

    /// What the request's signature proves, once all that comes before it passed. Its nonce is spent before anything is
    /// taken from limits, so that a replayed request costs its owner nothing.
    async fn signature(
        &self,
        stored: &StoredKey,
        signed: &Signed<'_>,
        now: Timestamp,
        spend: bool,
    ) -> Result<Signature, Unavailable> {
        let keys: Vec<_> =
            stored.request_signing_keys.iter().filter(|key| key.counts(now)).map(|key| &key.public).collect();
        if keys.is_empty() {
            return Ok(Signature::Missing);
        }
        let proof = match signature::verify(&signed.message, &keys, now) {
            Ok(proof) => proof,
            Err(Refusal::Missing) => return Ok(Signature::Missing),
            Err(Refusal::Invalid(why)) => {
                tracing::debug!(key = %stored.key.id, why, "a signature proves nothing");
                return Ok(Signature::Invalid);
            }
        };
        if let Some(digest) = signed.digest {
            let said = (signed.message.header)("content-digest").unwrap_or_default();
            if signature::check_digest(&said, &Content::Digest(digest)).is_err() {
                return Ok(Signature::Invalid);
            }
        }
        if !spend {
            return Ok(Signature::Proved);
        }
        let spending = self.store.spend_nonce(stored.key.id, proof.nonce_digest(), proof.nonce_expires_at());
        let first = tokio::time::timeout(PATIENCE, spending).await.map_err(|_| Unavailable)?;
        Ok(if first.map_err(|error| unavailable(&error))? { Signature::Proved } else { Signature::Replayed })
    }

    /// Consumes the key's limits, or peeks at them.
    async fn consume(
        &self,
        stored: &StoredKey,
        cost: i64,
        now: Timestamp,
        for_good: bool,
    ) -> Result<LimitUsage, Unavailable> {
        let (key, steady) = (&stored.key, self.clock.steady());
        let taking = async {
            if for_good {
                self.limiter.consume(&self.store, key, cost, now, steady).await
            } else {
                self.limiter.peek(&self.store, key, cost, now, steady).await
            }
        };
        let limits = tokio::time::timeout(PATIENCE, taking).await.map_err(|_| Unavailable)?;
        limits.map_err(|error| unavailable(&error))
    }

    /// What the policy accepts: from memory while that is trusted, from the store otherwise. Whoever reads it reads for
    /// all who wait.
    async fn accepted(&self) -> Result<CredentialSources, Unavailable> {
        if let Some(accepted) = self.cache.accepted(self.clock.steady()) {
            return Ok(accepted);
        }
        let reading = async {
            let _one = self.reading_rules.lock().await;
            match self.cache.accepted(self.clock.steady()) {
                Some(accepted) => Ok(accepted),
                None => self.refresh_rules().await,
            }
        };
        let read = tokio::time::timeout(PATIENCE, reading).await.map_err(|_| Unavailable)?;
        read.map_err(|error| unavailable(&error))
    }

    /// Both what is found and what is not are read once for all who ask at the same time, remembered under the same
    /// lease, and cost the same two questions to the store.
    async fn find(&self, id: KeyId) -> Result<Option<Arc<KnownKey>>, Unavailable> {
        match self.cache.get(id, self.clock.steady()) {
            Known::Key(stored) => return Ok(Some(stored)),
            Known::Absent => return Ok(None),
            Known::Nothing => {}
        }
        let filling = self.cache.begin();
        let seat = self.cache.board(id, filling);
        let read = async || {
            let (found, request_signing_keys) = tokio::join!(self.store.key(id), self.store.request_signing_keys(id));
            let (found, request_signing_keys) = (found?, request_signing_keys?);
            let found = found
                .map(|(stored, _)| Arc::new(KnownKey::new(stored.with_request_signing_keys(request_signing_keys))));
            self.cache.insert(filling, id, found.clone());
            Ok::<_, StoreError>(found)
        };
        let Some(flight) = seat.flight() else { return Err(Unavailable) };
        let found = tokio::time::timeout(PATIENCE, flight.get_or_try_init(read)).await.map_err(|_| Unavailable)?;
        found.cloned().map_err(|error| unavailable(&error))
    }

    /// The imported key that a text is the string of, found by its SHA-256; where another system knew it by a salted hash or
    /// a MAC, at its first use by that, which settles how it is found if it is `for_good`. Where no key was imported, this
    /// costs a question to memory.
    async fn imported(&self, text: &str, for_good: bool) -> Result<Option<Arc<KnownKey>>, Unavailable> {
        self.accepted().await?;
        if self.cache.need_rules() {
            // Heard that something changed: it may be that keys were imported.
            let read = tokio::time::timeout(PATIENCE, self.refresh_rules());
            read.await.map_err(|_| Unavailable)?.map_err(|error| unavailable(&error))?;
        }
        // In Basic the string stands on one side of a colon, and the other is left out.
        let text = text.strip_suffix(':').or_else(|| text.strip_prefix(':')).unwrap_or(text);
        if !self.cache.imports().any || text.is_empty() || text.len() > imported::LONGEST {
            return Ok(None);
        }
        let digest = Digest::of(text.as_bytes());
        match self.cache.imported(&digest, self.clock.steady()) {
            Some(KnownImport::Nobody) => return Ok(None),
            Some(KnownImport::Key(id)) => {
                let found = self.find(id).await?.filter(|stored| stored.digest.matches(&digest));
                if found.is_some() {
                    return Ok(found);
                }
                self.cache.forget_import(&digest);
            }
            None => {}
        }
        let filling = self.cache.begin();
        let read = tokio::time::timeout(PATIENCE, self.store.imported_key(&digest));
        let read = read.await.map_err(|_| Unavailable)?.map_err(|error| unavailable(&error))?;
        if let Some(id) = read {
            self.cache.keep_import(filling, &digest, Some(id));
            let found = self.find(id).await?;
            if found.as_ref().is_some_and(|stored| !stored.digest.matches(&digest)) {
                // Remembered from before its first use, which was at another node.
                self.cache.forget(id);
                return Ok(self.find(id).await?.filter(|stored| stored.digest.matches(&digest)));
            }
            return Ok(found);
        }
        let first = if self.cache.imports().unused { self.first_use(text).await? } else { None };
        let Some(id) = first else {
            self.cache.keep_import(filling, &digest, None);
            return Ok(None);
        };
        if for_good {
            let settled = tokio::time::timeout(PATIENCE, self.store.settle_import(id, &digest));
            settled.await.map_err(|_| Unavailable)?.map_err(|error| unavailable(&error))?;
            self.cache.forget(id);
            tracing::info!(key = %id, "an imported key was used for the first time and is found by its digest now");
        }
        Ok(self.find(id).await?.filter(|stored| stored.key.form == Form::Imported))
    }

    /// The key that another system's hash says this text is the string of.
    async fn first_use(&self, text: &str) -> Result<Option<KeyId>, Unavailable> {
        let candidates = tokio::time::timeout(PATIENCE, self.store.candidates(text));
        let candidates = candidates.await.map_err(|_| Unavailable)?.map_err(|error| unavailable(&error))?;
        self.first_uses.matching(candidates, text).await.map_err(|TooMany| {
            tracing::warn!("an imported key could not be checked in time: too many first uses at once");
            Unavailable
        })
    }

    /// The names that this tenant added to carry keys, or all tenants together where keys of any may come, as last heard,
    /// if there are any.
    pub fn names(&self, tenant: Option<&str>) -> Option<Arc<Names>> {
        self.cache.names(tenant)
    }

    /// Asks the store what has changed, forgets it, reads the rules where they changed, and trusts memory for another
    /// lease, counted from before the question was sent. Rules that cannot be read renew nothing. Called every
    /// [`POLL_EVERY`].
    pub async fn poll_changes(&self) -> Result<(), StoreError> {
        let asked = self.clock.steady();
        let mut awaited = None;
        loop {
            let heard = self.cache.heard();
            let changes = match heard {
                Some(heard) => self.store.audit_after(heard).await?,
                None => Vec::new(),
            };
            if changes.is_empty() {
                let last = self.store.audit_head().await?.seq;
                if heard.is_none_or(|heard| last < heard) {
                    // The first time, or the store was put back to an earlier state: begin anew.
                    self.cache.restart(last);
                    self.changes.restarted(last, self.clock.now());
                } else if heard != Some(last) {
                    // It was added since, and is there the next time: a head without its event was edited by hand.
                    if awaited == Some(last) {
                        return Err(StoreError::Corrupt("audit head"));
                    }
                    awaited = Some(last);
                    continue;
                }
                break;
            }
            for change in &changes {
                self.cache.invalidate(change);
                self.changes.changed(change.seq, self.clock.now());
            }
            self.cache.heard_up_to(changes.last().map_or(0, |change| change.seq));
        }
        while self.cache.need_rules() {
            self.refresh_rules().await?;
        }
        self.cache.trust_until(asked.saturating_add(LEASE));
        Ok(())
    }

    /// Reads the rules. A change heard meanwhile asks for them again.
    async fn refresh_rules(&self) -> Result<CredentialSources, StoreError> {
        self.cache.begin_rules();
        // Given up in the middle, the question stands.
        let mut unread = Unread(Some(&self.cache));
        let policy = self.store.policy().await?;
        let mut names: HashMap<String, Arc<Names>> = HashMap::new();
        for tenant in self.store.readable_tenants().await? {
            let own = |tokens: &Tokens| tokens.iter().map(str::to_owned).collect::<Vec<_>>();
            let own = Names { headers: own(&tenant.headers), schemes: own(&tenant.schemes) };
            if own != Names::default() {
                names.insert(tenant.name.to_string(), Arc::new(own));
            }
        }
        let longest = policy.longest();
        let imports = self.store.imports().await?;
        self.cache.keep_rules(Rules { accepted: Some(policy.presentations), longest, imports, names });
        unread.0 = None;
        Ok(policy.presentations)
    }

    /// Notes that a gateway let a call through. The first one is written with the usage.
    pub fn note_gateway(&self) {
        self.gateway.note(&self.clock);
    }

    /// Writes what was counted to the store. What could not be written is kept for the next time.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.limiter.sweep(self.clock.steady());
        let is_used = self.usage.flush(&self.store).await?;
        if self.gateway.flush(&self.store).await? || is_used {
            self.changes.used(self.clock.now());
        }
        self.refusals.flush(&self.store).await
    }

    /// Writes the refusals noted so far to the store, so that one just seen explains itself.
    pub async fn flush_refusals(&self) -> Result<(), StoreError> {
        self.refusals.flush(&self.store).await
    }

    /// The refusal of the request with this id, if it is remembered.
    pub async fn refusal(&self, request_id: &str) -> Result<Option<RecordedRefusal>, StoreError> {
        self.flush_refusals().await?;
        self.store.refusal(request_id).await?.map(|stored| RecordedRefusal::read(&stored)).transpose()
    }

    /// The latest refusals that fit, at most `limit`.
    pub async fn refusals(&self, filter: &RefusalFilter<'_>, limit: u16) -> Result<Vec<RecordedRefusal>, StoreError> {
        self.flush_refusals().await?;
        self.store.refusals(filter, limit).await?.iter().map(RecordedRefusal::read).collect()
    }

    /// Gives back what was taken of quotas and not used: the process is stopping.
    pub async fn release(&self) -> Result<(), StoreError> {
        self.limiter.release(&self.store).await
    }

    /// What changed, from now on.
    pub fn changes(&self) -> watch::Receiver<ChangeNotice> {
        self.changes.listen()
    }

    /// How many keys are in memory.
    pub fn remembered(&self) -> usize {
        self.cache.len()
    }
}

/// Rules under way: dropped before they were read, they are asked for again.
struct Unread<'a>(Option<&'a KeyCache>);

impl Drop for Unread<'_> {
    fn drop(&mut self) {
        if let Some(cache) = self.0 {
            cache.ask_rules_again();
        }
    }
}

fn unavailable(error: &StoreError) -> Unavailable {
    tracing::warn!(%error, "the store did not answer a question");
    Unavailable
}
