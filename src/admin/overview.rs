//! What is going on: calls of a period or of one bar of it, what was refused and why, which keys stop soon. Whoever may see just their
//! own keys is told of those alone.

use model::{
    account::Action,
    activity::{ChartQuery, MINUTE, Outcome, TimeRange},
    audit::Event,
    key::{EXPIRES_SOON, Key, KeyStatus},
    listing::{KeyFlag, ListKeys, Sort, StatusFilter},
    time::{HOUR, Timestamp},
};
use store::{BusyKey, CallsOf};

use super::{Admin, AdminError, MATCHES, activity::Calls};
use crate::Permit;

/// Lines in each of its lists.
const LINES: u16 = 5;
/// Keys looked at for those that expire first: some have a successor.
const LOOKED_AT: u16 = 100;

/// What the overview shows.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Calls of the period, or of one bar of it.
    pub calls: Calls,
    /// Calls in the period before; `None` beside a bar.
    pub before: Option<i64>,
    /// Keys that work.
    pub live: i64,
    /// Those of them that expire within 30 days and have no successor.
    pub soon: i64,
    /// The keys that expire first.
    pub expiring: Vec<Key>,
    /// The keys with the most allowed calls in the bar. Of a period only its last day, or of an hour its last two.
    pub busiest: Vec<BusyKey>,
    /// The latest changes, for whoever may see the audit.
    pub changes: Option<Vec<Event>>,
}

fn hour_of(at: Timestamp) -> i64 {
    at.millis().div_euclid(HOUR) * HOUR
}

impl Admin {
    /// Keys that were reported as leaked, and keys of which more than a tenth of today's calls were refused or limited; one
    /// that is both counts twice, as it is listed twice.
    pub async fn incidents(&self, permit: &Permit) -> Result<i64, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let counts = self.store.count_keys(permit.only_owner()).await?;
        let leaked = ListKeys {
            which: KeyFlag::Leaked.worth_a_look(),
            owner: permit.only_owner().map(str::to_owned),
            flags: vec![KeyFlag::Leaked],
            ..ListKeys::default()
        };
        let leaked = self.store.count_matches(&leaked, MATCHES).await?;
        Ok(leaked + counts.of(KeyStatus::Refusing) + counts.of(KeyStatus::Limited))
    }

    /// What is going on.
    pub async fn overview(&self, permit: &Permit, query: ChartQuery) -> Result<Overview, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let (owner, now) = (permit.only_owner(), self.clock.now());
        let of = owner.map_or(CallsOf::All, CallsOf::Owner);
        let calls = self.calls(of, query).await?;
        let before = if query.bar.is_none() {
            let counts = self.store.calls(of, query.range(now).before()).await?;
            Some(counts.iter().map(|(_, _, calls)| calls).sum())
        } else {
            None
        };
        let changes = match permit.allows(Action::ReadAudit) {
            Ok(()) => Some(self.store.audit_page(None, None, LINES).await?.events),
            Err(_) => None,
        };
        let counts = self.store.count_keys(owner).await?;
        Ok(Overview {
            calls,
            before,
            live: counts.live(),
            soon: counts.of(KeyStatus::Expiring)
                - self.store.count_replaced(owner, now, now.plus(EXPIRES_SOON)).await?,
            expiring: self.soonest(owner, now).await?,
            busiest: self.busiest(owner, query, now).await?,
            changes,
        })
    }

    /// The keys that work and expire first, without those that have a successor.
    async fn soonest(&self, owner: Option<&str>, now: Timestamp) -> Result<Vec<Key>, AdminError> {
        let list = ListKeys {
            which: StatusFilter::Working,
            owner: owner.map(str::to_owned),
            sort: Sort::Expires,
            ..ListKeys::default()
        };
        let keys = self.store.keys(&list, LOOKED_AT, now).await?.keys.into_iter().map(|listed| listed.key);
        let keys: Vec<_> = keys.filter(|key| key.spec.expires_at != Timestamp::NEVER).collect();
        let ids: Vec<_> = keys.iter().map(|key| key.id).collect();
        let replaced = self.store.successors_of(&ids).await?;
        let is_left = |key: &Key| replaced.iter().all(|successor| successor.old != key.id);
        Ok(keys.into_iter().filter(is_left).take(LINES.into()).collect())
    }

    /// The keys with the most allowed calls, busiest first. Those that are among the busiest of an hour are added up.
    async fn busiest(
        &self,
        owner: Option<&str>,
        query: ChartQuery,
        now: Timestamp,
    ) -> Result<Vec<BusyKey>, AdminError> {
        let hours = |start: i64, bars: u16| TimeRange { start: Timestamp::from_millis(start), step: HOUR, bars };
        let range = match query.bar {
            Some(start) if query.period.step() == MINUTE => TimeRange { start, step: MINUTE, bars: 1 },
            Some(start) => hours(start.millis(), u16::try_from(query.period.step() / HOUR).unwrap_or(1)),
            None if query.period.step() == MINUTE => hours(hour_of(now) - HOUR, 2),
            None => hours(hour_of(now) - 23 * HOUR, 24),
        };
        if let Some(owner) = owner {
            return Ok(self.store.busiest_keys_of(owner, range, LINES).await?);
        }
        let mut busiest: Vec<BusyKey> = Vec::new();
        for bar in 0..i64::from(range.bars) {
            let bar = TimeRange { start: range.start.plus(bar * range.step), bars: 1, ..range };
            for key in self.store.busiest_keys(bar, 4 * LINES).await? {
                match busiest.iter_mut().find(|known| known.id == key.id) {
                    Some(known) => known.calls += key.calls,
                    None => busiest.push(key),
                }
            }
        }
        busiest.sort_by_key(|key| -key.calls);
        busiest.truncate(LINES.into());
        if range.bars > 1 {
            for key in &mut busiest {
                // An hour in which it was not among the busiest counts, too.
                let calls = self.store.calls(CallsOf::Key(key.id), range).await?;
                key.calls = calls
                    .iter()
                    .filter(|(_, code, _)| Outcome::of_code(code) == Outcome::Allowed)
                    .map(|(_, _, calls)| calls)
                    .sum();
            }
            busiest.sort_by_key(|key| -key.calls);
        }
        Ok(busiest)
    }

    /// Whether there is a key that this permit reaches, archived or not.
    pub async fn has_keys(&self, permit: &Permit) -> Result<bool, AdminError> {
        permit.allows(Action::ReadKeys)?;
        Ok(self.store.has_keys(permit.only_owner()).await?)
    }
}
