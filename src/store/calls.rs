//! Calls counted over a time, of one key, of one owner's keys or of all. Few rows by an index, however many keys there are:
//! those of all are added up as they come. One owner's numbers come from their own keys, of which they have few.

use model::{
    activity::{CallCounts, MINUTE, Outcome, TimeRange},
    id::KeyId,
    time::{HOUR, Timestamp},
};
use sqlx::AssertSqlSafe;

use super::{Store, StoreError, reading};

/// Whose calls are counted.
#[derive(Clone, Copy, Debug)]
pub enum CallsOf<'a> {
    /// Those with any key.
    All,
    /// Those with one owner's keys.
    Owner(&'a str),
    /// Those with one key.
    Key(KeyId),
}

impl Store {
    /// Calls within a time: when a bar of it begins, the outcome (`valid` or the code of the refusal) and how many. Bars
    /// shorter than an hour are of minutes, which are kept for [`MINUTES_KEPT`](model::activity::MINUTES_KEPT).
    pub async fn calls(&self, of: CallsOf<'_>, range: TimeRange) -> Result<Vec<(Timestamp, String, i64)>, StoreError> {
        let by_minute = range.step < HOUR;
        let at = if by_minute { "minute" } else { "hour" };
        let (table, whose, value) = match of {
            CallsOf::All if by_minute => ("usage_minute_totals", "$4 = ''", String::new()),
            CallsOf::All => ("usage_totals", "$4 = ''", String::new()),
            CallsOf::Owner(owner) => {
                (of_keys(by_minute), "key_id IN (SELECT id FROM keys WHERE owner = $4)", owner.to_owned())
            }
            CallsOf::Key(key) => (of_keys(by_minute), "key_id = $4", key.to_string()),
        };
        let sql = format!(
            "SELECT {at} - {at} % $3 AS bar, outcome, CAST(SUM(calls) AS bigint) FROM {table} \
             WHERE {at} >= $1 AND {at} < $2 AND {whose} GROUP BY bar, outcome"
        );
        let rows: Vec<(i64, String, i64)> = reading!(self, db => sqlx::query_as(AssertSqlSafe(sql))
            .bind(range.start.millis())
            .bind(range.end().millis())
            .bind(range.step)
            .bind(value)
            .fetch_all(db)
            .await?);
        Ok(rows.into_iter().map(|(at, outcome, calls)| (Timestamp::from_millis(at), outcome, calls)).collect())
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
            counts.add(Outcome::of_code(&outcome), calls);
        }
        Ok(counts)
    }
}

fn of_keys(by_minute: bool) -> &'static str {
    if by_minute { "usage_minutes" } else { "usage_hours" }
}
