//! The latest refusals, kept in memory until they are written: a request id explains itself later. No secret is among
//! what is kept, and a flood of refusals keeps just the first ones between two batches.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use model::{
    decision::{Decision, DecisionInput, KeyLookup, Reason, remedy},
    id::KeyId,
    scope::RequiredScopes,
    tenant::CredentialSource,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use store::{Refusal, Store, StoreError};

use super::request::VerifyRequest;

/// Refusals of keys kept between two batches.
const KEPT: usize = 500;
/// Refusals without a key kept between two batches: anybody can cause these, and they take no other's place.
const KEPT_WITHOUT_KEY: usize = 100;

#[derive(Default)]
pub(super) struct Refusals(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    of_keys: Vec<Refusal>,
    without_key: Vec<Refusal>,
}

impl Refusals {
    /// Notes a refusal of the request with this id at this endpoint.
    pub(super) fn note(&self, request: (&str, &str), input: &DecisionInput<'_>, decision: Decision) {
        let Decision::Deny(_, reason) = decision else { return };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (list, bound) = kept.list(matches!(input.lookup, KeyLookup::Known(_)));
        if list.len() < bound {
            list.push(refusal(request, input, reason));
        }
    }

    pub(super) async fn flush(&self, store: &Store) -> Result<(), StoreError> {
        let Kept { of_keys, without_key } = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let batch = [of_keys, without_key].concat();
        if batch.is_empty() {
            return Ok(());
        }
        let written = store.add_refusals(&batch).await;
        if written.is_err() {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for refusal in batch {
                let (list, bound) = kept.list(!refusal.key_id.is_empty());
                if list.len() < bound {
                    list.push(refusal);
                }
            }
        }
        written
    }
}

impl Kept {
    /// Where such refusals are kept, and how many at most.
    fn list(&mut self, of_key: bool) -> (&mut Vec<Refusal>, usize) {
        if of_key { (&mut self.of_keys, KEPT) } else { (&mut self.without_key, KEPT_WITHOUT_KEY) }
    }
}

/// What a refusal rested on, as it is stored.
#[derive(Serialize, Deserialize)]
struct RefusalRecord {
    #[serde(alias = "door")]
    endpoint: String,
    needed: String,
    tenant: Option<String>,
    address: Option<IpAddr>,
    presented: Option<String>,
    writes: bool,
    key: Option<String>,
    remedy: String,
}

/// A refusal, read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedRefusal {
    /// The request's id.
    pub request_id: String,
    /// When.
    pub at: Timestamp,
    /// The check that failed, and why.
    pub decision: Decision,
    /// The key whose exact secret was presented, if there was one.
    pub key: Option<KeyId>,
    /// What that key was called.
    pub key_name: String,
    /// Which endpoint was asked.
    pub endpoint: String,
    /// What the key had to hold.
    pub required: RequiredScopes,
    /// The tenant it had to be in; any when nothing was said.
    pub tenant: Option<String>,
    /// Where the call came from, if that was known.
    pub address: Option<IpAddr>,
    /// How the key was presented, if that was known.
    pub source: Option<CredentialSource>,
    /// Whether the request wrote.
    pub writes: bool,
    /// What would have made it pass.
    pub remedy: String,
}

impl RecordedRefusal {
    /// Reads a stored refusal.
    pub fn read(stored: &Refusal) -> Result<Self, StoreError> {
        let read = || {
            let said: RefusalRecord = serde_json::from_str(&stored.facts).ok()?;
            let reason = Reason::parse(&stored.code)?;
            // Earlier versions stored its words.
            let way = |said: &String| {
                CredentialSource::parse(said)
                    .or_else(|| CredentialSource::ALL.into_iter().find(|way| way.words() == said))
            };
            Some(Self {
                request_id: stored.request_id.clone(),
                at: Timestamp::from_millis(stored.at),
                decision: Decision::Deny(reason.check(), reason),
                key: KeyId::parse(&stored.key_id),
                key_name: said.key.unwrap_or_default(),
                endpoint: said.endpoint,
                required: RequiredScopes::parse(&said.needed)?,
                tenant: said.tenant,
                address: said.address,
                source: said.presented.as_ref().and_then(way),
                writes: said.writes,
                remedy: said.remedy,
            })
        };
        read().ok_or(StoreError::Corrupt("refusal"))
    }

    /// The same question again, without its key.
    pub fn request(&self) -> VerifyRequest<'_> {
        VerifyRequest {
            source: self.source,
            tenant: self.tenant.as_deref(),
            address: self.address,
            writes: self.writes,
            ..VerifyRequest::new("", &self.required)
        }
    }
}

fn refusal((request_id, endpoint): (&str, &str), input: &DecisionInput<'_>, reason: Reason) -> Refusal {
    let key = if let KeyLookup::Known(key) = input.lookup { Some(key) } else { None };
    let said = RefusalRecord {
        endpoint: endpoint.to_owned(),
        needed: input.required.to_string(),
        tenant: input.tenant.map(str::to_owned),
        address: input.address,
        presented: input.source.map(|way| way.code().to_owned()),
        writes: input.writes,
        key: key.map(|key| key.spec.name.to_string()),
        remedy: remedy(input, reason),
    };
    Refusal {
        request_id: request_id.to_owned(),
        at: input.now.millis(),
        key_id: key.map(|key| key.id.to_string()).unwrap_or_default(),
        code: reason.code().to_owned(),
        // Texts, an address and a yes or no: writing them cannot fail.
        facts: serde_json::to_string(&said).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{
        decision::{LimitOutcome, Signature},
        example::example,
        scope::ClosedGates,
        tenant::CredentialSources,
    };

    /// Whatever was asked, and whatever the answer: what is stored of it reads back as the same question.
    #[test]
    fn a_refusal_reads_back_as_it_was() {
        let key = example();
        let required = RequiredScopes::parse("things.read doors").unwrap();
        for reason in Reason::ALL {
            for way in CredentialSource::ALL.into_iter().map(Some).chain([None]) {
                for (lookup, name) in [(KeyLookup::Known(&key), "example"), (KeyLookup::Unknown, "")] {
                    let input = DecisionInput {
                        lookup,
                        source: way,
                        accepted: CredentialSources::ALL,
                        now: Timestamp::from_millis(7),
                        tenant: way.map(|_| "default"),
                        address: way.map(|_| "2001:db8::1".parse().unwrap()),
                        required: &required,
                        closed: ClosedGates::NONE,
                        writes: way.is_some(),
                        signature: Signature::Missing,
                        limit: LimitOutcome::Nothing,
                    };
                    let read = RecordedRefusal::read(&refusal(("id", "verify"), &input, reason)).unwrap();
                    let request = read.request();
                    assert_eq!(
                        (read.decision, read.endpoint.as_str()),
                        (Decision::Deny(reason.check(), reason), "verify")
                    );
                    assert_eq!((read.at.millis(), read.key_name.as_str()), (7, name));
                    assert_eq!((request.source, request.address), (input.source, input.address));
                    assert_eq!((request.tenant, request.writes), (input.tenant, input.writes));
                    assert_eq!((request.required, &read.remedy), (input.required, &remedy(&input, reason)));
                }
            }
        }
    }

    #[test]
    fn a_flood_without_keys_leaves_room_for_what_has_one() {
        let (refusals, key, required) = (Refusals::default(), example(), RequiredScopes::parse("things.read").unwrap());
        let input = |lookup| DecisionInput {
            lookup,
            source: Some(CredentialSource::Query),
            accepted: CredentialSources::ALL,
            now: Timestamp::from_millis(7),
            tenant: None,
            address: None,
            required: &required,
            closed: ClosedGates::NONE,
            writes: false,
            signature: Signature::Missing,
            limit: LimitOutcome::Nothing,
        };
        let decision = Decision::Deny(Reason::Expired.check(), Reason::Expired);
        for _ in 0..2000 {
            refusals.note(("id", "verify"), &input(KeyLookup::Unknown), decision);
        }
        refusals.note(("id", "verify"), &input(KeyLookup::Known(&key)), decision);
        let kept = refusals.0.lock().unwrap();
        assert_eq!((kept.of_keys.len(), kept.without_key.len()), (1, KEPT_WITHOUT_KEY));
        assert!(kept.of_keys[0].facts.contains("\"query\""), "a code, which outlives words: {}", kept.of_keys[0].facts);
    }
}
