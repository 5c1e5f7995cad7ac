//! What is going on: calls of the last day, what was refused and why, which keys stop soon. Whoever may see just their
//! own keys is told of those alone.

use model::{
    account::Action,
    activity::{Outcome, Period, Series},
    audit::Event,
    decision::Reason,
    key::{EXPIRES_SOON, Key, KeyStatus},
    listing::{ListKeys, Sort, StatusFilter},
    time::{DAY, HOUR, Timestamp},
};
use store::BusyKey;

use super::{Admin, AdminError};
use crate::Permit;

/// Lines in each of its lists.
const LINES: u16 = 5;
/// Keys looked at for those that expire first: some have a successor.
const LOOKED_AT: u16 = 100;

/// What the overview shows.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Calls in the last 24 hours, the one that runs among them.
    pub calls: Series,
    /// Calls in the 24 hours before those.
    pub before: i64,
    /// Refusals of the last 24 hours by reason, most first.
    pub reasons: Vec<(Reason, i64)>,
    /// Keys that work.
    pub live: i64,
    /// Those of them that expire within 30 days and have no successor.
    pub soon: i64,
    /// The keys that expire first.
    pub expiring: Vec<Key>,
    /// The keys with the most allowed calls in this hour and the one before.
    pub busiest: Vec<BusyKey>,
    /// The latest changes, for whoever may see the audit.
    pub changes: Option<Vec<Event>>,
}

/// How far the first run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstRun {
    /// There is no key yet.
    NoKey,
    /// There is one, and no call was ever allowed.
    NoCall,
    /// The first call was allowed in this hour or the one before.
    Verified,
    /// It is over.
    Over,
}

fn hour_of(at: Timestamp) -> i64 {
    at.millis().div_euclid(HOUR) * HOUR
}

impl Admin {
    /// What is going on.
    pub async fn overview(&self, permit: &Permit) -> Result<Overview, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let (owner, now) = (permit.only_owner(), self.clock.now());
        let mut calls = Series::empty(Period::Day, now);
        let (mut before, mut reasons) = (0, Vec::<(Reason, i64)>::new());
        for (hour, outcome, number) in self.store.calls_by_hour(owner, calls.start.plus(-DAY)).await? {
            if hour < calls.start {
                before += number;
                continue;
            }
            calls.add(hour, Outcome::of_code(&outcome), number);
            let Some(reason) = Reason::parse(&outcome) else { continue };
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, sum)) => *sum += number,
                None => reasons.push((reason, number)),
            }
        }
        reasons.sort_by_key(|(reason, calls)| (-calls, reason.code()));
        let changes = match permit.allows(Action::ReadAudit) {
            Ok(()) => Some(self.store.audit_page(None, None, LINES).await?.events),
            Err(_) => None,
        };
        let counts = self.store.count_keys(owner).await?;
        Ok(Overview {
            calls,
            before,
            reasons,
            live: counts.live(),
            soon: counts.of(KeyStatus::Expiring)
                - self.store.count_replaced(owner, now, now.plus(EXPIRES_SOON)).await?,
            expiring: self.soonest(owner, now).await?,
            busiest: self.busiest(owner, hour_of(now)).await?,
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

    /// The busiest of two hours, added up.
    async fn busiest(&self, owner: Option<&str>, hour: i64) -> Result<Vec<BusyKey>, AdminError> {
        let mut busiest: Vec<BusyKey> = Vec::new();
        for hour in [hour - HOUR, hour] {
            for key in self.store.busiest_keys(owner, Timestamp::from_millis(hour), 4 * LINES).await? {
                match busiest.iter_mut().find(|known| known.id == key.id) {
                    Some(known) => known.calls += key.calls,
                    None => busiest.push(key),
                }
            }
        }
        busiest.sort_by_key(|key| -key.calls);
        busiest.truncate(LINES.into());
        Ok(busiest)
    }

    /// How far the first run has come, from what is there: nothing is kept of it.
    pub async fn first_run(&self, permit: &Permit) -> Result<FirstRun, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let recent = Timestamp::from_millis(hour_of(self.clock.now()) - HOUR);
        Ok(match self.store.first_allowed().await? {
            Some(hour) if hour < recent => FirstRun::Over,
            Some(_) => FirstRun::Verified,
            None if self.store.has_keys(permit.only_owner()).await? => FirstRun::NoCall,
            None => FirstRun::NoKey,
        })
    }

    /// Whether there is a key that this permit reaches, archived or not.
    pub async fn has_keys(&self, permit: &Permit) -> Result<bool, AdminError> {
        permit.allows(Action::ReadKeys)?;
        Ok(self.store.has_keys(permit.only_owner()).await?)
    }
}
