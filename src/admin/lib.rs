//! What administrators can do, one file per family of verbs. Every use case takes a [`Permit`], parses nothing that is
//! already parsed, and answers after its change is durable.

mod accounts;
mod activity;
mod audit;
mod audit_status;
mod bulk;
mod catalog;
mod chain_status;
mod first_run;
mod gateway_check;
mod import;
mod jobs;
mod json;
mod jwt_signing;
mod keys;
mod least_privilege;
mod list;
mod overview;
pub mod password;
mod permit;
mod request_signing_keys;
mod rotation;
mod samples;
mod seed;
mod sign_in;
#[cfg(test)]
mod tampering;
mod throttle;
mod tighten;
mod views;

use std::{path::PathBuf, time::Duration};

use crypto::{
    clock::Clock,
    secret::{Entropy, MasterKey},
};
use model::{id::KeyId, time::DAY};
use store::{Store, StoreError};

pub use self::{
    accounts::{NewAccount, SetupError},
    activity::{Calls, Record},
    audit::{ChainError, ChainReport},
    bulk::{BulkAct, BulkItem, BulkPlan, Pick},
    chain_status::ChainStatus,
    first_run::FirstRun,
    gateway_check::{Attempt, Finding, GatewayCheck, GatewayForm, GatewayReport, Outcome, Seen},
    import::{FieldMistake, ImportLine, ImportedSecret, ReadLine},
    json::{NotAnObject, check_object},
    keys::{Issued, KeyDetail, Mark},
    least_privilege::UnusedScopes,
    list::{KeyList, MATCHES},
    overview::Overview,
    permit::{Forbidden, Permit},
    request_signing_keys::{MAX_REQUEST_SIGNING_KEYS, RequestSigningKeyForm},
    rotation::{Drain, Overlap, Pair, QUIET, Remedy, Successor},
    samples::SamplesAdded,
    seed::MadeUpKey,
    sign_in::{SESSION_LIFE, SignInError, SignedIn},
    tighten::{Break, Broken, BrokenKey, EditPreview, EntryTightening, Tightening},
};
use crate::password::{Busy, Passwords};

/// Passwords hashed at once, so that a flood of sign-ins leaves the machine to verification.
const HASHES_AT_ONCE: usize = 2;
/// How long a sign-in waits for its turn.
const HASH_PATIENCE: Duration = Duration::from_millis(1500);

/// How long refusals are kept, in milliseconds.
const REFUSALS_KEPT: i64 = 7 * DAY;
/// How long the quota of a period is kept after its beginning, in milliseconds.
const QUOTAS_KEPT: i64 = 40 * DAY;

/// How long a form that made a key is remembered, in milliseconds: beyond any page that is still open.
const FORMS_KEPT: i64 = 30 * DAY;

/// The console's use cases.
pub struct Admin {
    store: Store,
    clock: Clock,
    entropy: Entropy,
    passwords: Passwords,
    throttle: throttle::Throttle,
    checkpoint: PathBuf,
    walked: chain_status::Walked,
    issuer: String,
    /// Under what name this process works at jobs.
    worker: String,
}

/// A field that must be mended, and how. The field's name is the form's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The form's name of the field.
    pub field: &'static str,
    /// The sentence for the person who typed it.
    pub message: String,
}

/// Why a use case did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The permit does not reach so far.
    #[error("your role may not do that")]
    Forbidden,
    /// There is no such thing, or the permit does not reach it.
    #[error("there is no such thing")]
    NotFound,
    /// What was typed must be mended first.
    #[error("{}", .0.iter().map(|error| format!("{}: {}", error.field, error.message)).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<FieldError>),
    /// Somebody else changed it meanwhile.
    #[error("somebody else changed it meanwhile")]
    Conflict,
    /// This form was sent already, and made this key.
    #[error("this was sent already and made the key {0}; a second one was not made")]
    Repeated(KeyId),
    /// Another request was sent with this mark, and made this key.
    #[error("another request was sent with this Idempotency-Key and made the key {0}: nothing was made")]
    Reused(KeyId),
    /// Too much at once; try again shortly.
    #[error("Keyward is busy")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Forbidden> for AdminError {
    fn from(_: Forbidden) -> Self {
        Self::Forbidden
    }
}

impl From<Busy> for AdminError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl AdminError {
    /// What has to be mended, without the names of fields.
    fn sentences(&self) -> String {
        match self {
            Self::Invalid(errors) => errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" "),
            other => other.to_string(),
        }
    }

    /// One field to mend.
    pub fn field(field: &'static str, message: impl ToString) -> Self {
        Self::Invalid(vec![FieldError { field, message: message.to_string() }])
    }
}

impl Admin {
    /// The use cases on this store. `checkpoint` is the file that anchors the audit chain outside the database.
    pub fn new(store: Store, clock: Clock, entropy: Entropy, checkpoint: PathBuf) -> Self {
        let worker = entropy.job_id().to_string();
        Self {
            store,
            clock,
            entropy,
            worker,
            issuer: "keyward".to_owned(),
            passwords: Passwords::new(HASHES_AT_ONCE, HASH_PATIENCE),
            throttle: throttle::Throttle::default(),
            checkpoint,
            walked: chain_status::Walked::default(),
        }
    }

    /// The permit of whoever runs a command on this machine. Holding the master key proves it: whoever can read that can
    /// do everything anyway.
    pub fn local_operator(&self, proof: &MasterKey) -> Result<Permit, Forbidden> {
        if self.store.is_opened_with(proof) { Ok(Permit::for_operator()) } else { Err(Forbidden) }
    }

    /// The same, issuing JWTs in the name of this address.
    #[must_use]
    pub fn with_issuer(self, issuer: &str) -> Self {
        Self { issuer: issuer.to_owned(), ..self }
    }

    /// In whose name JWTs are issued.
    fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The clock the use cases go by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Forgets what has outlived its use: expired sessions, old usage. Called now and then.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let (now, store) = (self.clock.now(), &self.store);
        // One that fails keeps none of the others from being done; the first failure is said.
        let done = [
            store.sweep_sessions(now).await,
            store.sweep_places(now).await,
            store.sweep_refusals(now.plus(-REFUSALS_KEPT)).await,
            store.sweep_nonces(now).await,
            store.sweep_call_samples(now).await,
            store.sweep_quotas(now.plus(-QUOTAS_KEPT)).await,
            store.sweep_forms_sent(now.plus(-FORMS_KEPT)).await,
            store.sweep_jobs(now.plus(-jobs::JOBS_KEPT)).await,
            self.sweep_canaries(now).await,
            store.sweep_usage(now).await,
            self.note_first_run_done(now).await,
        ];
        done.into_iter().collect()
    }
}
