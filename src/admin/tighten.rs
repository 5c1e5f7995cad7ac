//! Before a key is tightened: the calls lately seen with it, judged again as if the edit had been saved. It changes
//! nothing, and knows as much as was recorded.

use super::{Console, ConsoleError, KeyDetail, activity::Record};
use crate::Permit;
use model::key_input::KeyInput;
use model::{
    activity::{Manner, Observation},
    decision::{Decision, Facts, Presented, Reason, Signature, Spent, judge},
    id::KeyId,
    key::Key,
    people::Action,
    scope::ClosedGates,
    tenant::Presentations,
    time::Timestamp,
};

/// A kind of call that passes now and would not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The calls.
    pub kind: Observation,
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

impl Console {
    /// StatusFilter calls seen lately an edit would have refused. The form is read as for the edit, with the same mistakes.
    pub async fn would_break(&self, permit: &Permit, id: KeyId, form: &KeyInput) -> Result<Tightening, ConsoleError> {
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
        let broken = record.kinds.iter().filter(|kind| judge(&facts(&before, &closed, kind, now)).is_allow());
        let broken = broken.filter_map(|kind| {
            let Decision::Deny(_, reason) = judge(&facts(&after, &closed_after, kind, now)) else { return None };
            Some(Broken { kind: kind.clone(), reason })
        });
        Ok(Tightening { broken: broken.collect(), record })
    }
}

/// A call as it was seen, made with this key now. What was not recorded of it is not held against it.
fn facts<'a>(key: &'a Key, closed: &'a ClosedGates, kind: &'a Observation, now: Timestamp) -> Facts<'a> {
    Facts {
        presented: Presented::Known(key),
        presentation: None,
        accepted: Presentations::ALL,
        now,
        tenant: None,
        address: kind.address,
        demand: &kind.demand,
        closed,
        writes: kind.manner != Manner::Read,
        signature: if kind.manner == Manner::SignedWrite { Signature::Proved } else { Signature::Missing },
        spent: Spent::Nothing,
    }
}
