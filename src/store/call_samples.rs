//! What was seen of calls, at rest: by the minute for a few hours, by kind for some days. Both are added up in the batches
//! of [`super::usage`] and bounded here.

use crypto::secret::Digest;
use model::{
    activity::{CallCounts, CallSample, MINUTE, Outcome, Period, RequestKind, Series},
    id::KeyId,
    scope::RequiredScopes,
    time::{DAY, HOUR, Timestamp},
};

use super::{Store, StoreError, reading};

/// Kinds of calls that are kept of a key and a day; the ones seen longest ago give way.
pub(super) const SAMPLES_A_DAY: i64 = 64;
/// How many days samples are kept, today among them.
const DAYS: i64 = 7;
/// For how long calls are told apart by the minute, in milliseconds.
const MINUTES_KEPT: i64 = 3 * HOUR;

/// The first day of the record, in milliseconds of its start.
fn first_day(now: Timestamp) -> i64 {
    (now.millis().div_euclid(DAY) - (DAYS - 1)) * DAY
}

/// What stands for a kind of call: the first half of the SHA-256 of all that makes it one.
pub(super) fn sample_id(sample: &CallSample) -> String {
    let address = sample.address.map(|address| address.to_string()).unwrap_or_default();
    let (kind, outcome) = (sample.kind.code(), sample.outcome.code());
    // Nothing before the agent can hold a line break, and the agent is the last.
    let text = format!("{address}\n{}\n{kind}\n{outcome}\n{}", sample.required, sample.agent);
    let mut id = Digest::of(text.as_bytes()).to_hex();
    id.truncate(32);
    id
}

type Row = (String, String, String, String, String, i64, i64);

fn read((address, agent, required, kind, outcome, at, calls): Row) -> Option<CallSample> {
    Some(CallSample {
        address: if address.is_empty() { None } else { Some(address.parse().ok()?) },
        agent,
        required: RequiredScopes::parse(&required)?,
        kind: RequestKind::parse(&kind)?,
        outcome: Outcome::parse(&outcome)?,
        at: Timestamp::from_millis(at),
        calls,
    })
}

impl Store {
    /// The kinds of calls seen with a key on the last 7 days, today among them, the latest first; and how many calls there
    /// were in that time, seen or not.
    pub async fn call_samples(&self, key: KeyId, now: Timestamp) -> Result<(Vec<CallSample>, i64), StoreError> {
        let samples = "SELECT MAX(address), MAX(agent), MAX(required), MAX(kind), MAX(outcome), MAX(at) AS latest, \
                     CAST(SUM(calls) AS bigint) FROM call_samples WHERE key_id = $1 AND day >= $2 \
                     GROUP BY id ORDER BY latest DESC, id";
        let all = "SELECT CAST(COALESCE(SUM(calls), 0) AS bigint) FROM usage_hours WHERE key_id = $1 AND hour >= $2";
        let first = first_day(now);
        let (samples, (calls,)): (Vec<Row>, (i64,)) = reading!(self, db => (
            sqlx::query_as(samples).bind(key.as_str()).bind(first).fetch_all(db).await?,
            sqlx::query_as(all).bind(key.as_str()).bind(first).fetch_one(db).await?,
        ));
        let samples = samples.into_iter().map(|row| read(row).ok_or(StoreError::Corrupt("observation")));
        Ok((samples.collect::<Result<_, _>>()?, calls))
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
    pub async fn calls_since(&self, key: KeyId, since: Timestamp) -> Result<CallCounts, StoreError> {
        let sql = "SELECT outcome, CAST(SUM(calls) AS bigint) FROM usage_minutes WHERE key_id = $1 AND minute > $2 \
                   GROUP BY outcome";
        let rows: Vec<(String, i64)> = reading!(self, db => sqlx::query_as(sql)
            .bind(key.as_str())
            .bind(since.plus(-MINUTE).millis())
            .fetch_all(db)
            .await?);
        let mut counts = CallCounts::default();
        for (outcome, calls) in rows {
            counts.add(Outcome::parse(&outcome).ok_or(StoreError::Corrupt("minute"))?, calls);
        }
        Ok(counts)
    }

    /// Forgets minutes after a few hours and samples after 7 days.
    pub async fn sweep_call_samples(&self, now: Timestamp) -> Result<(), StoreError> {
        let minutes = "DELETE FROM usage_minutes WHERE (key_id, minute, outcome) IN \
                       (SELECT key_id, minute, outcome FROM usage_minutes WHERE minute < $1 LIMIT $2)";
        let samples = "DELETE FROM call_samples WHERE (key_id, day, id) IN \
                     (SELECT key_id, day, id FROM call_samples WHERE day < $1 LIMIT $2)";
        self.sweep_in_steps(minutes, now.plus(-MINUTES_KEPT).millis()).await?;
        self.sweep_in_steps(samples, first_day(now)).await
    }
}

/// Adds what a tally saw, and keeps the latest kinds of its day.
macro_rules! add_call_samples {
    ($transaction:ident, $counts:ident) => {
        for (outcome, calls) in &$counts.calls {
            sqlx::query(
                "INSERT INTO usage_minutes (key_id, minute, outcome, calls) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (key_id, minute, outcome) DO UPDATE SET calls = usage_minutes.calls + excluded.calls",
            )
            .bind($counts.key.as_str())
            .bind($counts.minute.millis())
            .bind(::model::activity::Outcome::of_code(outcome).code())
            .bind(calls)
            .execute(&mut *$transaction)
            .await?;
        }
        let day = $counts.minute.millis().div_euclid(::model::time::DAY) * ::model::time::DAY;
        for sample in &$counts.call_samples {
            sqlx::query(
                "INSERT INTO call_samples (key_id, day, id, address, agent, required, kind, outcome, at, calls) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (key_id, day, id) DO UPDATE SET \
                 calls = call_samples.calls + excluded.calls, \
                 at = CASE WHEN excluded.at > call_samples.at THEN excluded.at ELSE call_samples.at END",
            )
            .bind($counts.key.as_str())
            .bind(day)
            .bind($crate::call_samples::sample_id(sample))
            .bind(sample.address.map(|address| address.to_string()).unwrap_or_default())
            .bind(&sample.agent)
            .bind(sample.required.to_string())
            .bind(sample.kind.code())
            .bind(sample.outcome.code())
            .bind(sample.at.millis())
            .bind(sample.calls)
            .execute(&mut *$transaction)
            .await?;
        }
        if !$counts.call_samples.is_empty() {
            sqlx::query(
                "DELETE FROM call_samples WHERE key_id = $1 AND day = $2 AND id NOT IN \
                 (SELECT id FROM call_samples WHERE key_id = $1 AND day = $2 ORDER BY at DESC, id LIMIT $3)",
            )
            .bind($counts.key.as_str())
            .bind(day)
            .bind($crate::call_samples::SAMPLES_A_DAY)
            .execute(&mut *$transaction)
            .await?;
        }
    };
}
pub(super) use add_call_samples;
