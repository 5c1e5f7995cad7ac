//! What is going on: calls of the last day, what was refused and why, which keys stop soon. Whoever may see just their
//! own keys is told of those alone.

use super::{Console, ConsoleError};
use crate::{
    audit::Event,
    decision::{Check, Reason},
    listing::Phase,
    people::{Action, Permit},
    store::{BusyKey, ExpiringKey},
    time::{HOUR, Timestamp},
};

/// Hours the overview looks back, the one that runs among them.
const HOURS: i64 = 24;
/// Lines in each of its lists.
const LINES: u16 = 5;

/// One hour of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourOfCalls {
    /// When it began.
    pub at: Timestamp,
    /// Allowed.
    pub allowed: i64,
    /// Refused because a limit or a quota was used up.
    pub limited: i64,
    /// Refused for any other reason.
    pub refused: i64,
}

/// What the overview shows.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The last 24 hours, oldest first; the last one still runs.
    pub hours: Vec<HourOfCalls>,
    /// Calls in the 24 hours before those.
    pub before: i64,
    /// Refusals of the last 24 hours by reason, most first.
    pub reasons: Vec<(Reason, i64)>,
    /// Keys that work.
    pub live: i64,
    /// Those of them that expire within 30 days.
    pub soon: i64,
    /// The keys that expire first.
    pub expiring: Vec<ExpiringKey>,
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

impl Console {
    /// What is going on.
    pub async fn overview(&self, permit: &Permit) -> Result<Overview, ConsoleError> {
        permit.allows(Action::ReadKeys)?;
        let (owner, now) = (permit.only_owner(), self.clock.now());
        let this_hour = hour_of(now);
        let first = this_hour - (HOURS - 1) * HOUR;
        let start = |hour: i64| HourOfCalls { at: Timestamp::from_millis(hour), allowed: 0, limited: 0, refused: 0 };
        let mut hours: Vec<_> = (0..HOURS).map(|number| start(first + number * HOUR)).collect();
        let (mut before, mut reasons) = (0, Vec::<(Reason, i64)>::new());
        let from = Timestamp::from_millis(first - HOURS * HOUR);
        for (hour, outcome, calls) in self.store.calls_by_hour(owner, from).await? {
            let Some(counted) = hours.iter_mut().find(|known| known.at == hour) else {
                before += if hour.millis() < first { calls } else { 0 };
                continue;
            };
            let Some(reason) = Reason::parse(&outcome) else {
                counted.allowed += calls;
                continue;
            };
            match reason.check() {
                Check::Limits | Check::Quota => counted.limited += calls,
                _ => counted.refused += calls,
            }
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, sum)) => *sum += calls,
                None => reasons.push((reason, calls)),
            }
        }
        reasons.sort_by_key(|(reason, calls)| (-calls, reason.code()));
        let changes = match permit.allows(Action::ReadAudit) {
            Ok(()) => Some(self.store.audit_page(None, None, LINES).await?.events),
            Err(_) => None,
        };
        let counts = self.store.count_keys(owner).await?;
        Ok(Overview {
            hours,
            before,
            reasons,
            live: counts.live(),
            soon: counts.of(Phase::Expiring),
            expiring: self.store.soonest_expiring(owner, now, LINES).await?,
            busiest: self.busiest(owner, this_hour).await?,
            changes,
        })
    }

    /// The busiest of two hours, added up.
    async fn busiest(&self, owner: Option<&str>, hour: i64) -> Result<Vec<BusyKey>, ConsoleError> {
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
    pub async fn first_run(&self, permit: &Permit) -> Result<FirstRun, ConsoleError> {
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
    pub async fn has_keys(&self, permit: &Permit) -> Result<bool, ConsoleError> {
        permit.allows(Action::ReadKeys)?;
        Ok(self.store.has_keys(permit.only_owner()).await?)
    }
}
