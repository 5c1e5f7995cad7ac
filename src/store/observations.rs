//! What was seen of calls, at rest: by the minute for a few hours, by kind for some days. Both are added up in the batches
//! of [`super::usage`] and bounded here.

use super::{Store, StoreError, reading};
use crypto::secret::Digest;
use model::{
    activity::{MINUTE, Manner, Observation, Outcome, Period, Series, Tally},
    id::KeyId,
    scope::Demand,
    time::{DAY, HOUR, Timestamp},
};

/// Kinds of calls that are kept of a key and a day; the ones seen longest ago give way.
pub(super) const KINDS_A_DAY: i64 = 64;
/// How many days observations are kept, today among them.
const DAYS: i64 = 7;
/// For how long calls are told apart by the minute, in milliseconds.
const MINUTES_KEPT: i64 = 3 * HOUR;

/// The first day of the record, in milliseconds of its start.
fn first_day(now: Timestamp) -> i64 {
    (now.millis().div_euclid(DAY) - (DAYS - 1)) * DAY
}

/// What stands for a kind of call: the first half of the SHA-256 of all that makes it one.
pub(super) fn kind_id(kind: &Observation) -> String {
    let address = kind.address.map(|address| address.to_string()).unwrap_or_default();
    let (manner, outcome) = (kind.manner.code(), kind.outcome.code());
    // Nothing before the agent can hold a line break, and the agent is the last.
    let text = format!("{address}\n{}\n{manner}\n{outcome}\n{}", kind.demand, kind.agent);
    let mut id = Digest::of(text.as_bytes()).to_hex();
    id.truncate(32);
    id
}

type Row = (String, String, String, String, String, i64, i64);

fn read((address, agent, demand, manner, outcome, at, calls): Row) -> Option<Observation> {
    Some(Observation {
        address: if address.is_empty() { None } else { Some(address.parse().ok()?) },
        agent,
        demand: Demand::parse(&demand)?,
        manner: Manner::parse(&manner)?,
        outcome: Outcome::parse(&outcome)?,
        at: Timestamp::from_millis(at),
        calls,
    })
}

impl Store {
    /// The kinds of calls seen with a key on the last 7 days, today among them, the latest first; and how many calls there
    /// were in that time, seen or not.
    pub async fn observations(&self, key: KeyId, now: Timestamp) -> Result<(Vec<Observation>, i64), StoreError> {
        let kinds = "SELECT MAX(address), MAX(agent), MAX(demand), MAX(manner), MAX(outcome), MAX(at) AS latest, \
                     CAST(SUM(calls) AS bigint) FROM observations WHERE key_id = $1 AND day >= $2 \
                     GROUP BY id ORDER BY latest DESC, id";
        let all = "SELECT CAST(COALESCE(SUM(calls), 0) AS bigint) FROM usage_hours WHERE key_id = $1 AND hour >= $2";
        let first = first_day(now);
        let (kinds, (calls,)): (Vec<Row>, (i64,)) = reading!(self, db => (
            sqlx::query_as(kinds).bind(key.as_str()).bind(first).fetch_all(db).await?,
            sqlx::query_as(all).bind(key.as_str()).bind(first).fetch_one(db).await?,
        ));
        let kinds = kinds.into_iter().map(|row| read(row).ok_or(StoreError::Corrupt("observation")));
        Ok((kinds.collect::<Result<_, _>>()?, calls))
    }

    /// Calls with a key over a period that ends now.
    pub async fn series(&self, key: KeyId, period: Period, now: Timestamp) -> Result<Series, StoreError> {
        let sql = match period {
            Period::Hour => "SELECT minute, outcome, calls FROM usage_minutes WHERE key_id = $1 AND minute >= $2",
            Period::Day | Period::Month => {
                "SELECT hour, outcome, calls FROM usage_hours WHERE key_id = $1 AND hour >= $2"
            }
        };
        let mut series = Series::empty(period, now);
        let rows: Vec<(i64, String, i64)> = reading!(self, db => sqlx::query_as(sql)
            .bind(key.as_str())
            .bind(series.start.millis())
            .fetch_all(db)
            .await?);
        for (at, outcome, calls) in rows {
            // Minutes are kept by kind, hours by code.
            let outcome = Outcome::parse(&outcome).unwrap_or_else(|| Outcome::of_code(&outcome));
            series.add(Timestamp::from_millis(at), outcome, calls);
        }
        Ok(series)
    }

    /// Calls with a key in the minutes since an instant, which lies at most two hours back.
    pub async fn calls_since(&self, key: KeyId, since: Timestamp) -> Result<Tally, StoreError> {
        let sql = "SELECT outcome, CAST(SUM(calls) AS bigint) FROM usage_minutes WHERE key_id = $1 AND minute > $2 \
                   GROUP BY outcome";
        let rows: Vec<(String, i64)> = reading!(self, db => sqlx::query_as(sql)
            .bind(key.as_str())
            .bind(since.plus(-MINUTE).millis())
            .fetch_all(db)
            .await?);
        let mut tally = Tally::default();
        for (outcome, calls) in rows {
            tally.add(Outcome::parse(&outcome).ok_or(StoreError::Corrupt("minute"))?, calls);
        }
        Ok(tally)
    }

    /// Forgets minutes after a few hours and observations after 7 days.
    pub async fn sweep_observations(&self, now: Timestamp) -> Result<(), StoreError> {
        let minutes = "DELETE FROM usage_minutes WHERE (key_id, minute, outcome) IN \
                       (SELECT key_id, minute, outcome FROM usage_minutes WHERE minute < $1 LIMIT $2)";
        let kinds = "DELETE FROM observations WHERE (key_id, day, id) IN \
                     (SELECT key_id, day, id FROM observations WHERE day < $1 LIMIT $2)";
        self.sweep_in_steps(minutes, now.plus(-MINUTES_KEPT).millis()).await?;
        self.sweep_in_steps(kinds, first_day(now)).await
    }
}

/// Adds what a tally saw, and keeps the latest kinds of its day.
macro_rules! add_observations {
    ($transaction:ident, $tally:ident) => {
        for (outcome, calls) in &$tally.calls {
            sqlx::query(
                "INSERT INTO usage_minutes (key_id, minute, outcome, calls) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (key_id, minute, outcome) DO UPDATE SET calls = usage_minutes.calls + excluded.calls",
            )
            .bind($tally.key.as_str())
            .bind($tally.minute.millis())
            .bind(::model::activity::Outcome::of_code(outcome).code())
            .bind(calls)
            .execute(&mut *$transaction)
            .await?;
        }
        let day = $tally.minute.millis().div_euclid(::model::time::DAY) * ::model::time::DAY;
        for kind in &$tally.observations {
            sqlx::query(
                "INSERT INTO observations (key_id, day, id, address, agent, demand, manner, outcome, at, calls) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (key_id, day, id) DO UPDATE SET \
                 calls = observations.calls + excluded.calls, \
                 at = CASE WHEN excluded.at > observations.at THEN excluded.at ELSE observations.at END",
            )
            .bind($tally.key.as_str())
            .bind(day)
            .bind($crate::observations::kind_id(kind))
            .bind(kind.address.map(|address| address.to_string()).unwrap_or_default())
            .bind(&kind.agent)
            .bind(kind.demand.to_string())
            .bind(kind.manner.code())
            .bind(kind.outcome.code())
            .bind(kind.at.millis())
            .bind(kind.calls)
            .execute(&mut *$transaction)
            .await?;
        }
        if !$tally.observations.is_empty() {
            sqlx::query(
                "DELETE FROM observations WHERE key_id = $1 AND day = $2 AND id NOT IN \
                 (SELECT id FROM observations WHERE key_id = $1 AND day = $2 ORDER BY at DESC, id LIMIT $3)",
            )
            .bind($tally.key.as_str())
            .bind(day)
            .bind($crate::observations::KINDS_A_DAY)
            .execute(&mut *$transaction)
            .await?;
        }
    };
}
pub(super) use add_observations;
