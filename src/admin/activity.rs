//! What is seen of the calls with a key: over a period, and by whom.

use model::{
    account::Action,
    activity::{CallSample, Period, Series},
    id::KeyId,
    key::Key,
};
use store::LastUse;

use super::{Admin, AdminError, keys::reaches};
use crate::Permit;

/// The kinds of calls seen with a key on the last 7 days, today among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// What was seen, the latest first.
    pub kinds: Vec<CallSample>,
    /// How many calls there were, seen or not.
    pub calls: i64,
}

impl Record {
    /// How many of the calls it describes. What was counted and not described is the rest.
    pub fn seen(&self) -> i64 {
        self.kinds.iter().map(|kind| kind.calls).sum()
    }
}

impl Admin {
    /// Calls with a key over a period that ends now.
    pub async fn key_series(&self, permit: &Permit, id: KeyId, period: Period) -> Result<Series, AdminError> {
        self.seen_key(permit, id).await?;
        Ok(self.store.series(id, period, self.clock.now()).await?)
    }

    /// Who called with a key lately, as far as it was recorded.
    pub async fn key_record(&self, permit: &Permit, id: KeyId) -> Result<Record, AdminError> {
        self.seen_key(permit, id).await?;
        let (kinds, calls) = self.store.call_samples(id, self.clock.now()).await?;
        Ok(Record { kinds, calls })
    }

    /// Whether a refusal of a key is kept.
    pub async fn was_refused(&self, permit: &Permit, id: KeyId) -> Result<bool, AdminError> {
        self.seen_key(permit, id).await?;
        Ok(!self.store.refusals(Some(id), None, 1).await?.is_empty())
    }

    /// A key that the permit reaches, and its last allowed call.
    pub(super) async fn seen_key(&self, permit: &Permit, id: KeyId) -> Result<(Key, Option<LastUse>), AdminError> {
        permit.allows(Action::ReadKeys)?;
        let (stored, last_use) = self.store.key(id).await?.ok_or(AdminError::NotFound)?;
        reaches(permit, &stored.key)?;
        Ok((stored.key, last_use))
    }
}
