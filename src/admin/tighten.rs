//! Before a key, a tenant, a scope's gate or the policy is edited: what would change, and the calls lately seen, decided
//! again as if the edit had been saved. It changes nothing, and knows as much as was recorded.

use model::{
    account::Action,
    activity::{CallSample, Outcome, RequestKind},
    catalog::{Gate, Kind, ScopeEntry, Settings},
    decision::{Decision, DecisionInput, KeyLookup, LimitOutcome, Reason, Signature, decide},
    entry_input::EntryInput,
    id::{EntryId, KeyId},
    key::{Form, Generation, Key, KeySpec},
    key_input::KeyInput,
    policy::Policy,
    scope::ClosedGates,
    tenant::{CredentialSource, CredentialSources, Tenant, Tokens},
    time::Timestamp,
};
use store::AffectedCalls;

use super::{Admin, AdminError, KeyDetail, activity::Record};
use crate::Permit;

/// A kind of call that passes now and would not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The calls.
    pub kind: CallSample,
    /// Why they would be refused.
    pub reason: Reason,
}

/// What an edit would break.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tightening {
    /// Kinds of calls that would be refused, the latest first.
    pub broken: Vec<Broken>,
    /// What was looked through.
    pub record: Record,
}

/// A key whose calls an edit of the catalog would refuse.
#[derive(Clone, Debug)]
pub struct BrokenKey {
    /// The key.
    pub key: Key,
    /// Calls of the last 7 days that would be refused, as far as they were recorded.
    pub calls: i64,
    /// When the last of them was.
    pub last: Timestamp,
    /// Why they would be refused, each reason once.
    pub why: Vec<Break>,
}

/// Why an edit of the catalog would refuse a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// The key is presented in a way that would not be accepted.
    Source(CredentialSource),
    /// A scope that was asked for would be behind a closed gate.
    Gate(String),
    /// The key is a JWT that lives longer than would be allowed.
    Life,
}

/// What an edit of the catalog would break.
#[derive(Clone, Debug, Default)]
pub struct EntryTightening {
    /// The keys, the one called last first.
    pub keys: Vec<BrokenKey>,
    /// Whether there may be more than was looked through.
    pub more: bool,
}

/// What a key's calls are decided by, beside the key itself.
struct Rules<'a> {
    policy: Policy,
    closed: &'a ClosedGates,
}

impl Rules<'_> {
    /// Why a call with this key would be refused, if it would.
    fn refuse(&self, key: &Key, call: &CallSample, now: Timestamp) -> Option<Break> {
        if key.form == Form::Jwt && key.spec.expires_at.since(key.created_at) > self.policy.longest() {
            return Some(Break::Life);
        }
        let accepted = self.policy.presentations;
        match decide(&DecisionInput { accepted, ..input(key, self.closed, call, now) }) {
            Decision::Deny(_, Reason::PresentationNotAccepted) => call.source.map(Break::Source),
            Decision::Deny(..) => {
                let kept = call.required.kept_from(&key.spec.scopes, self.closed);
                Some(Break::Gate(kept.map(ToString::to_string).unwrap_or_default()))
            }
            Decision::Allow => None,
        }
    }
}

/// What an edit would do.
#[derive(Clone, Debug)]
pub struct EditPreview {
    /// The key as it is.
    pub before: Key,
    /// The key as it would be.
    pub after: Key,
    /// Whom it would lock out.
    pub tightening: Tightening,
}

impl EditPreview {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        KeyInput::of(&self.before) == KeyInput::of(&self.after)
    }

    /// Whether what the key opens becomes narrower or wider: what it may do and as whom, from where, how often, for how long.
    pub fn changes_access(&self) -> bool {
        let (old, new) = (&self.before.spec, &self.after.spec);
        let acts_as = |spec: &KeySpec| spec.subject.as_ref().map(|subject| subject.id);
        old.scopes != new.scopes
            || old.addresses != new.addresses
            || old.signed_writes != new.signed_writes
            || old.expires_at != new.expires_at
            || (&old.limits, old.quota) != (&new.limits, new.quota)
            || old.role != new.role
            || acts_as(old) != acts_as(new)
    }
}

impl Admin {
    /// Which keys' calls seen lately an edit of an entry would refuse. The form is read as for the edit, with the same
    /// mistakes. Nothing is broken by an edit of groups, identities and templates.
    pub async fn would_break_keys(
        &self,
        permit: &Permit,
        kind: Kind,
        id: EntryId,
        form: &EntryInput,
    ) -> Result<EntryTightening, AdminError> {
        let (_, after) = self.edited(permit, kind, id, form).await?;
        // What cannot be read refuses every call as it is.
        let Ok(Some(before)) = self.store.entry(kind, id).await else { return Ok(EntryTightening::default()) };
        let policy = self.store.policy().await?;
        let Some((affected, edit)) = Edit::of(before.settings, after) else { return Ok(EntryTightening::default()) };
        let now = self.clock.now();
        let (ids, more) = self.store.keys_affected(&affected, now).await?;
        let mut keys = Vec::new();
        for id in ids {
            let Some((stored, _)) = self.store.key(id).await? else { continue };
            let (samples, _) = self.store.call_samples(id, now).await?;
            keys.extend(edit.breaks(stored.key, &stored.closed, policy, &samples, now));
        }
        Ok(EntryTightening { keys, more })
    }

    /// What an edit would change, and which calls seen lately it would have refused. The form is read as for the edit, with
    /// the same mistakes. `seen` is the generation that was edited: somebody else's later edit is said at once.
    pub async fn preview_edit(
        &self,
        permit: &Permit,
        id: KeyId,
        form: &KeyInput,
        seen: Generation,
    ) -> Result<EditPreview, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let KeyDetail { key: before, closed, .. } = self.show_key(permit, id).await?;
        let read = self.read(permit, form, Some(&before), self.store.policy().await?).await?;
        self.within_reach(permit, Some(&before), &read).await?;
        if seen != before.generation {
            return Err(AdminError::Conflict);
        }
        let after = Key { spec: read.spec, ..before.clone() };
        let tightening = self.tightening(permit, (&before, &closed), &after).await?;
        Ok(EditPreview { before, after, tightening })
    }

    /// Which calls seen lately `after` would have refused and `before` lets in.
    async fn tightening(
        &self,
        permit: &Permit,
        (before, closed): (&Key, &ClosedGates),
        after: &Key,
    ) -> Result<Tightening, AdminError> {
        let (old, new) = (&before.spec, &after.spec);
        if (&old.scopes, &old.addresses, old.signed_writes) == (&new.scopes, &new.addresses, new.signed_writes) {
            return Ok(Tightening::default());
        }
        let closed_after = self.store.closed_gates(after.tenant.name.as_str(), &new.scopes).await?;
        let record = self.key_record(permit, before.id).await?;
        let now = self.clock.now();
        let broken = record.kinds.iter().filter(|kind| decide(&input(before, closed, kind, now)).is_allow());
        let broken = broken.filter_map(|kind| {
            let Decision::Deny(_, reason) = decide(&input(after, &closed_after, kind, now)) else { return None };
            Some(Broken { kind: kind.clone(), reason })
        });
        Ok(Tightening { broken: broken.collect(), record })
    }
}

/// A call as it was seen, made with this key now. What was not recorded of it is not held against it.
fn input<'a>(key: &'a Key, closed: &'a ClosedGates, kind: &'a CallSample, now: Timestamp) -> DecisionInput<'a> {
    DecisionInput {
        lookup: KeyLookup::Known(key),
        source: kind.source,
        accepted: CredentialSources::ALL,
        now,
        tenant: None,
        address: kind.address,
        required: &kind.required,
        closed,
        writes: kind.kind != RequestKind::Read,
        signature: if kind.kind == RequestKind::SignedWrite { Signature::Proved } else { Signature::Missing },
        limit: LimitOutcome::Nothing,
    }
}

/// An edit of the catalog that may refuse calls.
enum Edit {
    /// Of a tenant: what it would say.
    Tenant(Box<Tenant>),
    /// Of a scope's gate: what it would say.
    Gate(ScopeEntry),
    /// Of the policy: what it would say.
    Policy(Policy),
}

impl Edit {
    /// The edit, and which calls it may refuse; `None` when it refuses none.
    fn of(before: Settings, after: Settings) -> Option<(AffectedCalls, Self)> {
        let none = AffectedCalls::default();
        let (affected, edit) = match (before, after) {
            (Settings::Tenant(before), Settings::Tenant(mut after)) => {
                // Which name of its own a call used is not recorded: without one of them, all of them count as refused.
                let gone = |old: &Tokens, new: &Tokens| old.iter().any(|name| !new.iter().any(|kept| kept == name));
                if gone(&before.headers, &after.headers) || gone(&before.schemes, &after.schemes) {
                    after.presentations = after.presentations.without(CredentialSource::Extra);
                }
                let sources = lost(before.presentations, after.presentations);
                (AffectedCalls { tenant: Some(after.id), sources, ..none }, Self::Tenant(Box::new(after)))
            }
            (Settings::Scope(before), Settings::Scope(after)) => {
                let closes = after.gate == Gate::Gated
                    && (before.gate == Gate::Open || before.opened.iter().any(|tenant| !after.is_open_for(tenant)));
                (AffectedCalls { scope: closes.then(|| after.name.to_string()), ..none }, Self::Gate(after))
            }
            (Settings::Policy(before), Settings::Policy(after)) => {
                let jwt_life = (after.max_days < before.max_days).then(|| after.longest());
                let sources = lost(before.presentations, after.presentations);
                (AffectedCalls { sources, jwt_life, ..none }, Self::Policy(after))
            }
            _ => return None,
        };
        (affected != AffectedCalls { tenant: affected.tenant, ..AffectedCalls::default() }).then_some((affected, edit))
    }

    /// What it would break of the calls with a key that pass now.
    fn breaks(
        &self,
        key: Key,
        closed: &ClosedGates,
        policy: Policy,
        samples: &[CallSample],
        now: Timestamp,
    ) -> Option<BrokenKey> {
        let before = Rules { policy, closed };
        let mut gates = closed.clone();
        let (mut changed, mut rules) = (key.clone(), Rules { policy, closed });
        match self {
            Self::Tenant(tenant) => changed.tenant = Tenant::clone(tenant),
            Self::Gate(entry) if !entry.is_open_for(key.tenant.name.as_str()) => {
                gates = gates.with(entry.name.as_str());
                rules.closed = &gates;
            }
            Self::Gate(_) => {}
            Self::Policy(policy) => rules.policy = *policy,
        }
        let passing = samples.iter().filter(|call| call.outcome == Outcome::Allowed);
        let passing = passing.filter(|call| before.refuse(&key, call, now).is_none());
        let broken: Vec<_> = passing.filter_map(|call| Some((call, rules.refuse(&changed, call, now)?))).collect();
        let last = broken.iter().map(|(call, _)| call.at).max()?;
        let calls = broken.iter().map(|(call, _)| call.calls).sum();
        let mut why = Vec::new();
        for (_, reason) in broken {
            if !why.contains(&reason) {
                why.push(reason);
            }
        }
        Some(BrokenKey { key, calls, last, why })
    }
}

/// The ways to present a key that an edit takes away.
fn lost(before: CredentialSources, after: CredentialSources) -> Vec<CredentialSource> {
    CredentialSource::ALL.into_iter().filter(|source| before.contain(*source) && !after.contain(*source)).collect()
}
