//! Before a key is tightened: the calls lately seen with it, judged again as if the edit had been saved. It changes
//! nothing, and knows as much as was recorded.

use model::{
    account::Action,
    activity::{CallSample, RequestKind},
    decision::{Decision, DecisionInput, KeyLookup, LimitOutcome, Reason, Signature, decide},
    id::KeyId,
    key::Key,
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

impl Admin {
    /// Which calls seen lately an edit would have refused. The form is read as for the edit, with the same mistakes.
    pub async fn would_break(&self, permit: &Permit, id: KeyId, form: &KeyInput) -> Result<Tightening, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let KeyDetail { key: before, closed, .. } = self.show_key(permit, id).await?;
        let spec = self.read(permit, form, Some(&before), self.store.policy().await?).await?.spec;
        let after = Key { spec, ..before.clone() };
        let (old, new) = (&before.spec, &after.spec);
        if (&old.scopes, &old.addresses, old.signed_writes) == (&new.scopes, &new.addresses, new.signed_writes) {
            return Ok(Tightening::default());
        }
        let closed_after = self.store.closed_gates(after.tenant.name.as_str(), &new.scopes).await?;
        let record = self.key_record(permit, id).await?;
        let now = self.clock.now();
        let broken = record.kinds.iter().filter(|kind| decide(&input(&before, &closed, kind, now)).is_allow());
        let broken = broken.filter_map(|kind| {
            let Decision::Deny(_, reason) = decide(&input(&after, &closed_after, kind, now)) else { return None };
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
