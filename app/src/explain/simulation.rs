//! What a key could do, tried in the browser: what a decision needs to know of a key crosses as [`SimulatedKey`], becomes the
//! domain's key again, and is judged by the same function as every request. No secret is part of it.

use model::{
    address::Addresses,
    decision::{Check, Decision, DecisionInput, KeyLookup, LimitOutcome, Signature, decide, remedy},
    id::{EntryId, KeyId, TenantId},
    key::{
        ArchiveReason, Archived, Form, Grantor, Identity, Key, KeySpec, KeyState, Purpose, SignedWrites, SwitchedOff,
    },
    limit::{Limits, Quota},
    name::{Name, Owner, Prefix},
    scope::{ClosedGates, RequiredScopes, Scopes},
    tenant::{AllAccess, CredentialSources, Tenant, Tokens},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{
    explain::{
        checks::{explain_checks, fact},
        view::{ExplanationView, Mark},
    },
    keys::view::FieldErrorView,
};

/// What a decision on a key rests on, as texts and numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimulatedKey {
    id: String,
    prefix: String,
    last_four: String,
    tenant: (String, String),
    name: String,
    owner: String,
    owner_active: bool,
    subject: Option<(String, String, bool)>,
    scopes: String,
    closed: String,
    addresses: String,
    limits: String,
    quota: String,
    signed_writes: String,
    expires_at: i64,
    off: Option<(i64, String)>,
    archived: Option<(i64, String, String)>,
}

/// A request, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimulatedRequest {
    /// `scope`: what it needs; any valid key when empty.
    pub scope: String,
    /// `address`: where the call comes from; unknown when empty.
    pub address: String,
    /// `method`: a write, unless it is one that reads or empty.
    pub method: String,
    /// When, as a form has it; now when empty.
    pub at: String,
}

impl SimulatedKey {
    /// What a decision rests on: the key, and the gates in the way of its scopes that are closed.
    pub fn new(key: &Key, closed: &ClosedGates) -> Self {
        let spec = &key.spec;
        let (off, archived) = match &key.state {
            KeyState::Live => (None, None),
            KeyState::Off(off) => (Some((off.at.millis(), off.by.clone())), None),
            KeyState::Archived(gone) => {
                (None, Some((gone.at.millis(), gone.by.clone(), gone.reason.code().to_owned())))
            }
        };
        let subject = |subject: &Identity| (subject.id.to_string(), subject.name.clone(), subject.active);
        Self {
            id: key.id.to_string(),
            prefix: key.prefix.to_string(),
            last_four: key.last_four.clone(),
            tenant: (key.tenant.id.to_string(), key.tenant.name.to_string()),
            name: spec.name.to_string(),
            owner: spec.owner.to_string(),
            owner_active: key.owner_active,
            subject: spec.subject.as_ref().map(subject),
            scopes: spec.scopes.to_string(),
            closed: closed.to_string(),
            addresses: spec.addresses.to_string(),
            limits: spec.limits.to_string(),
            quota: spec.quota.map(|quota| quota.to_string()).unwrap_or_default(),
            signed_writes: spec.signed_writes.code().to_owned(),
            expires_at: spec.expires_at.millis(),
            off,
            archived,
        }
    }

    /// The key's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key again, as far as a decision can tell; `None` for what no key of ours became.
    pub fn key(&self) -> Option<Key> {
        let at = Timestamp::from_millis;
        let state = match (&self.archived, &self.off) {
            (Some((when, by, reason)), _) => {
                KeyState::Archived(Archived { at: at(*when), by: by.clone(), reason: ArchiveReason::parse(reason)? })
            }
            (None, Some((when, by))) => KeyState::Off(SwitchedOff { at: at(*when), by: by.clone() }),
            (None, None) => KeyState::Live,
        };
        let subject = match &self.subject {
            Some((id, name, active)) => Some(Identity { id: EntryId::parse(id)?, name: name.clone(), active: *active }),
            None => None,
        };
        let prefix = Prefix::parse(&self.prefix).ok()?;
        let id = KeyId::parse(&self.id)?;
        Some(Key {
            id,
            tenant: Tenant {
                id: TenantId::parse(&self.tenant.0)?,
                name: Name::parse(&self.tenant.1).ok()?,
                prefix: prefix.clone(),
                presentations: CredentialSources::ALL,
                headers: Tokens::default(),
                schemes: Tokens::default(),
                docs: String::new(),
                all_access: AllAccess::default(),
            },
            spec: KeySpec {
                subject,
                addresses: Addresses::parse(&self.addresses).ok()?,
                limits: Limits::parse(&self.limits).ok()?,
                quota: Quota::parse(&self.quota).ok()?,
                signed_writes: SignedWrites::parse(&self.signed_writes)?,
                ..KeySpec::new(
                    Name::parse(&self.name).ok()?,
                    Owner::parse(&self.owner).ok()?,
                    Scopes::parse(&self.scopes).ok()?,
                    at(self.expires_at),
                )
            },
            owner_active: self.owner_active,
            form: Form::default(),
            purpose: Purpose::Ordinary,
            prefix,
            last_four: self.last_four.clone(),
            created_at: at(0),
            created_by: String::new(),
            rotated_from: None,
            series: id,
            granted_by: Grantor::Nobody,
            state,
            leak: None,
            generation: 0,
        })
    }

    /// Holds the key against a request. What was mistyped comes back instead.
    pub fn hold(&self, request: &SimulatedRequest, now: i64) -> Result<ExplanationView, Vec<FieldErrorView>> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, message: &str| {
            errors.push(FieldErrorView { field: field.to_owned(), message: message.to_owned() });
        };
        let required = match request.scope.trim() {
            "" => Some(RequiredScopes::Any),
            scope => RequiredScopes::parse(scope),
        };
        if required.is_none() {
            wrong("scope", "Type scopes such as bookings.read, or leave this empty.");
        }
        let address = Some(request.address.trim()).filter(|text| !text.is_empty()).map(str::parse);
        if matches!(address, Some(Err(_))) {
            wrong("address", "Type an address such as 192.0.2.7 or 2001:db8::1.");
        }
        let now = match request.at.trim() {
            "" => Some(Timestamp::from_millis(now)),
            at => Timestamp::of_field(at),
        };
        if now.is_none() {
            wrong("at", "Pick a day and a time.");
        }
        let (Some(required), Some(now), Some(key)) = (required, now, self.key()) else { return Err(errors) };
        if !errors.is_empty() {
            return Err(errors);
        }
        let closed = ClosedGates::parse(&self.closed);
        let input = DecisionInput {
            lookup: KeyLookup::Known(&key),
            source: None,
            accepted: CredentialSources::ALL,
            now,
            tenant: None,
            address: address.and_then(Result::ok),
            required: &required,
            closed: &closed,
            writes: !matches!(request.method.as_str(), "" | "GET" | "HEAD" | "OPTIONS"),
            signature: Signature::Missing,
            limit: LimitOutcome::Nothing,
        };
        let decision = decide(&input);
        let remedy = match decision {
            Decision::Allow => String::new(),
            Decision::Deny(_, reason) => remedy(&input, reason),
        };
        let mut walk = explain_checks(decision, &remedy, |check| fact(check, &key));
        // What is used up only the server knows.
        for (check, counted) in [(Check::Limits, !key.spec.limits.is_empty()), (Check::Quota, key.spec.quota.is_some())]
        {
            if let Some(view) = walk.checks.get_mut(check as usize).filter(|view| counted && view.mark == Mark::Passed)
            {
                view.mark = Mark::Unclear;
                view.fact = format!("{}, as long as it is not used up", view.fact);
            }
        }
        Ok(walk)
    }
}
