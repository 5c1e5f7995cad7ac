//! What is seen of calls, with one key or with all that a permit reaches: over a period or within one bar of it, and by whom.

use model::{
    account::Action,
    activity::{CallSample, ChartQuery, Outcome, Series},
    decision::Reason,
    id::KeyId,
    key::Key,
};
use store::{CallsOf, LastUse, RefusalFilter, RefusedCall, StoreError};

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

/// Refusals of a bar that are listed.
const LISTED: u16 = 20;

/// The calls that a chart shows.
#[derive(Clone, Debug)]
pub struct Calls {
    /// What was asked for.
    pub query: ChartQuery,
    /// Calls by what became of them.
    pub series: Series,
    /// Refusals by reason, most first.
    pub reasons: Vec<(Reason, i64)>,
    /// The latest refused requests of one bar, as far as they are kept; none of a period.
    pub refused: Vec<RefusedCall>,
}

impl Admin {
    /// Calls with a key.
    pub async fn key_calls(&self, permit: &Permit, id: KeyId, query: ChartQuery) -> Result<Calls, AdminError> {
        self.seen_key(permit, id).await?;
        Ok(self.calls(CallsOf::key(id), query).await?)
    }

    /// Calls with the keys that fit and that the permit reaches.
    pub async fn usage(&self, permit: &Permit, of: CallsOf<'_>, query: ChartQuery) -> Result<Calls, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let Some(of) = permit.within_reach(of) else {
            let series = Series::empty(query.range(self.clock.now()));
            return Ok(Calls { query, series, reasons: Vec::new(), refused: Vec::new() });
        };
        Ok(self.calls(of, query).await?)
    }

    pub(super) async fn calls(&self, of: CallsOf<'_>, query: ChartQuery) -> Result<Calls, StoreError> {
        let range = query.range(self.clock.now());
        let mut series = Series::empty(range);
        let mut reasons = Vec::<(Reason, i64)>::new();
        for (at, outcome, calls) in self.store.calls(of, range).await? {
            series.add(at, Outcome::of_code(&outcome), calls);
            let Some(reason) = Reason::parse(&outcome) else { continue };
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, sum)) => *sum += calls,
                None => reasons.push((reason, calls)),
            }
        }
        reasons.sort_by_key(|(reason, calls)| (-calls, reason.code()));
        let refused = match query.bar {
            Some(_) => self.store.refusals_within(of, range, LISTED).await?,
            None => Vec::new(),
        };
        Ok(Calls { query, series, reasons, refused })
    }

    /// Who called with a key within one bar of a chart, as far as it was recorded: each kind with its last call of the day.
    pub async fn key_record_within(
        &self,
        permit: &Permit,
        id: KeyId,
        query: ChartQuery,
    ) -> Result<Vec<CallSample>, AdminError> {
        self.seen_key(permit, id).await?;
        let now = self.clock.now();
        Ok(self.store.call_samples_within(id, query.range(now), now).await?)
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
        Ok(!self
            .store
            .refusals(&RefusalFilter { of: CallsOf::key(id), ..RefusalFilter::default() }, 1)
            .await?
            .is_empty())
    }

    /// A key that the permit reaches, and its last allowed call.
    pub(super) async fn seen_key(&self, permit: &Permit, id: KeyId) -> Result<(Key, Option<LastUse>), AdminError> {
        permit.allows(Action::ReadKeys)?;
        let (stored, last_use) = self.store.key(id).await?.ok_or(AdminError::NotFound)?;
        reaches(permit, &stored.key)?;
        Ok((stored.key, last_use))
    }
}
