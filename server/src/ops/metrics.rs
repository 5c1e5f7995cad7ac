//! What is counted for operators, in the Prometheus text format.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use model::time::{HOUR, Timestamp};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use verify::Verifier;

/// What asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The verify API.
    Verify,
    /// Forward auth.
    ForwardAuth,
}

impl Endpoint {
    const ALL: [(Self, &'static str); 2] = [(Self::Verify, "verify"), (Self::ForwardAuth, "forward_auth")];
}

/// Which endpoint answered, and with which code.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct VerificationLabels {
    endpoint: &'static str,
    code: &'static str,
}

/// A console request's status.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    status: u16,
}

/// A machine that says for whom it asks, and is not believed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Stranger {
    network: String,
}

/// The most of them that are told apart.
const STRANGERS: usize = 16;
/// How often one of them is said again, in milliseconds.
const SAID_AGAIN: i64 = HOUR;

/// The counters.
pub struct Metrics {
    registry: Registry,
    verifications: Family<VerificationLabels, Counter>,
    /// The counter of yes, for each endpoint: found without a search, as they are asked for thousands of times a second.
    allowed: [Counter; Endpoint::ALL.len()],
    requests: Family<Request, Counter>,
    remembered: Gauge,
    strangers: Family<Stranger, Counter>,
    /// When each was said last.
    said: Mutex<HashMap<IpAddr, Timestamp>>,
}

impl Metrics {
    /// All counters at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("keyward");
        let (verifications, requests, remembered) =
            (Family::<VerificationLabels, Counter>::default(), Family::default(), Gauge::default());
        registry.register(
            "verifications",
            "Answers by endpoint (verify, forward_auth) and code",
            verifications.clone(),
        );
        registry.register("console_requests", "Console requests by status", Family::clone(&requests));
        let strangers = Family::<Stranger, Counter>::default();
        registry.register(
            "forwarded_by_strangers",
            "Requests with X-Forwarded-For from machines that are not in KEYWARD_TRUSTED_PROXIES, by network",
            strangers.clone(),
        );
        registry.register("keys_in_memory", "Keys the verify path remembers", Gauge::clone(&remembered));
        let allowed = Endpoint::ALL.map(|(_, endpoint)| {
            let counter: &Counter = &verifications.get_or_create(&VerificationLabels { endpoint, code: "valid" });
            counter.clone()
        });
        Self { registry, verifications, allowed, requests, remembered, strangers, said: Mutex::default() }
    }

    /// Counts an answer.
    pub fn verified(&self, endpoint: Endpoint, code: &'static str) {
        if code == "valid" {
            self.allowed[endpoint as usize].inc();
            return;
        }
        let (_, endpoint) = Endpoint::ALL[endpoint as usize];
        self.verifications.get_or_create(&VerificationLabels { endpoint, code }).inc();
    }

    /// Counts a console request.
    pub fn requested(&self, status: u16) {
        self.requests.get_or_create(&Request { status }).inc();
    }

    /// Counts a request from a machine that is not believed for whom it asks; whether that should be said.
    pub fn forwarded_by_stranger(&self, network: IpAddr, now: Timestamp) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() >= STRANGERS && !said.contains_key(&network) {
            self.strangers.get_or_create(&Stranger { network: "other".to_owned() }).inc();
            return false;
        }
        let before = said.get(&network).copied();
        let is_due = before.is_none_or(|before| now.since(before) >= SAID_AGAIN);
        if is_due {
            said.insert(network, now);
        }
        self.strangers.get_or_create(&Stranger { network: network.to_string() }).inc();
        is_due
    }

    /// The text.
    pub fn text(&self, verifier: &Verifier) -> String {
        self.remembered.set(i64::try_from(verifier.remembered()).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
