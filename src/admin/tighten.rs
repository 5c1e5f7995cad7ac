//! Before a key is edited: what would change, and the calls lately seen with it, judged again as if the edit had been saved.
//! It changes nothing, and knows as much as was recorded.

use model::{
    account::Action,
    activity::{CallSample, RequestKind},
    decision::{Decision, DecisionInput, KeyLookup, LimitOutcome, Reason, Signature, decide},
    id::KeyId,
    key::{Generation, Key, KeySpec},
    key_input::KeyInput,
    scope::ClosedGates,
    tenant::CredentialSources,
    time::Timestamp,
};

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
        source: None,
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
