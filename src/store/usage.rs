//! Usage at rest: added up in batches, forward only.

use std::collections::BTreeMap;

use model::{
    activity::{CallSample, HOURS_KEPT, MINUTES_KEPT},
    id::KeyId,
    listing::IDLE,
    time::{DAY, HOUR, Timestamp},
};
use sqlx::FromRow;

use super::{Db, Store, StoreError, call_samples::add_call_samples, reading};
use crate::LastUse;

/// The outcome of a call that passed.
const ALLOWED: &str = "valid";

const ADD_TO_HOUR: &str = "INSERT INTO usage_hours (key_id, hour, outcome, calls) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (key_id, hour, outcome) DO UPDATE SET calls = usage_hours.calls + excluded.calls";
const ADD_TO_MINUTE: &str = "INSERT INTO usage_minutes (key_id, minute, outcome, calls) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (key_id, minute, outcome) DO UPDATE SET calls = usage_minutes.calls + excluded.calls";

/// What one key did since the last batch.
#[derive(Clone, Debug)]
pub struct CallCounts {
    /// The key.
    pub key: KeyId,
    /// The start of the minute.
    pub minute: Timestamp,
    /// Calls by outcome: `valid` or the code of the refusal.
    pub calls: Vec<(&'static str, i64)>,
    /// The last allowed call.
    pub last_use: Option<LastUse>,
    /// Where allowed calls came from, each with its last call.
    pub callers: Vec<LastUse>,
    /// Kinds of calls that were seen.
    pub call_samples: Vec<CallSample>,
}

impl CallCounts {
    /// The start of the hour, in milliseconds.
    fn hour(&self) -> i64 {
        self.minute.millis().div_euclid(HOUR) * HOUR
    }
}

/// What archiving a key would break.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchiveImpact {
    /// Allowed calls in the last 24 hours.
    pub calls_day: i64,
    /// Allowed calls in the last 7 days.
    pub calls_week: i64,
    /// Refused calls in the last 24 hours.
    pub refused_day: i64,
    /// The addresses it was used from in the last 7 days, latest first, at most 20.
    pub callers: Vec<LastUse>,
}

#[derive(FromRow)]
struct Sums {
    calls_day: i64,
    calls_week: i64,
    refused_day: i64,
}

impl Store {
    /// Adds a batch to what is stored, whole or not at all.
    pub async fn add_usage(&self, batch: &[CallCounts]) -> Result<(), StoreError> {
        // In order, and once for each outcome of an hour and of a minute: two nodes never wait for each other in a circle.
        let (mut hours, mut minutes) = (BTreeMap::new(), BTreeMap::new());
        for counts in batch {
            for (outcome, calls) in &counts.calls {
                *hours.entry((*outcome, counts.hour())).or_insert(0) += calls;
                *minutes.entry((*outcome, counts.minute.millis())).or_insert(0) += calls;
            }
        }
        let totals = [
            (
                "INSERT INTO usage_totals (outcome, hour, calls) VALUES ($1, $2, $3) \
                 ON CONFLICT (outcome, hour) DO UPDATE SET calls = usage_totals.calls + excluded.calls",
                hours,
            ),
            (
                "INSERT INTO usage_minute_totals (outcome, minute, calls) VALUES ($1, $2, $3) \
                 ON CONFLICT (minute, outcome) DO UPDATE SET calls = usage_minute_totals.calls + excluded.calls",
                minutes,
            ),
        ];
        match &self.inner.db {
            Db::Sqlite { write, .. } => {
                let mut transaction = write.begin_with("BEGIN IMMEDIATE").await?;
                add_usage!(transaction, batch, totals, "SELECT id FROM keys WHERE id = $1");
                transaction.commit().await?;
            }
            Db::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                add_usage!(transaction, batch, totals, "SELECT id FROM keys WHERE id = $1 FOR KEY SHARE");
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    /// What archiving this key would break.
    pub async fn impact(&self, key: KeyId, now: Timestamp) -> Result<ArchiveImpact, StoreError> {
        let sums = "SELECT CAST(COALESCE(SUM(CASE WHEN outcome = 'valid' AND hour > $2 THEN calls END), 0) AS bigint) AS calls_day, \
                    CAST(COALESCE(SUM(CASE WHEN outcome = 'valid' THEN calls END), 0) AS bigint) AS calls_week, \
                    CAST(COALESCE(SUM(CASE WHEN outcome <> 'valid' AND hour > $2 THEN calls END), 0) AS bigint) AS refused_day \
                    FROM usage_hours WHERE key_id = $1 AND hour > $3";
        let callers = "SELECT address, at FROM callers WHERE key_id = $1 AND at > $2 ORDER BY at DESC LIMIT 20";
        let (day, week) = (now.plus(-DAY), now.plus(-7 * DAY));
        let (sums, callers): (Sums, Vec<(String, i64)>) = reading!(self, db => (
            sqlx::query_as(sums)
                .bind(key.as_str())
                .bind(day.plus(-HOUR).millis())
                .bind(week.plus(-HOUR).millis())
                .fetch_one(db)
                .await?,
            sqlx::query_as(callers).bind(key.as_str()).bind(week.millis()).fetch_all(db).await?,
        ));
        let callers = callers.into_iter().map(|(address, at)| LastUse { address, at: Timestamp::from_millis(at) });
        Ok(ArchiveImpact {
            calls_day: sums.calls_day,
            calls_week: sums.calls_week,
            refused_day: sums.refused_day,
            callers: callers.collect(),
        })
    }

    /// Forgets callers not seen for 7 days, and minutes and hours when their time is over.
    pub async fn sweep_usage(&self, now: Timestamp) -> Result<(), StoreError> {
        for (sql, kept) in [
            (
                "DELETE FROM callers WHERE (key_id, address) IN \
                 (SELECT key_id, address FROM callers WHERE at <= $1 LIMIT $2)",
                7 * DAY,
            ),
            (
                "DELETE FROM usage_hours WHERE (key_id, hour, outcome) IN \
                 (SELECT key_id, hour, outcome FROM usage_hours WHERE hour <= $1 LIMIT $2)",
                HOURS_KEPT,
            ),
            (
                "DELETE FROM usage_totals WHERE (outcome, hour) IN \
                 (SELECT outcome, hour FROM usage_totals WHERE hour <= $1 LIMIT $2)",
                HOURS_KEPT,
            ),
            (
                "DELETE FROM usage_minutes WHERE (key_id, minute, outcome) IN \
                 (SELECT key_id, minute, outcome FROM usage_minutes WHERE minute <= $1 LIMIT $2)",
                MINUTES_KEPT,
            ),
            (
                "DELETE FROM usage_minute_totals WHERE (minute, outcome) IN \
                 (SELECT minute, outcome FROM usage_minute_totals WHERE minute <= $1 LIMIT $2)",
                MINUTES_KEPT,
            ),
        ] {
            self.sweep_in_steps(sql, now.plus(-kept).millis()).await?;
        }
        Ok(())
    }
}

macro_rules! add_usage {
    ($transaction:ident, $batch:ident, $totals:ident, $find:literal) => {
        for counts in $batch {
            // A key that was purged meanwhile leaves nothing behind, and none is purged before this is over.
            let find = sqlx::query_as($find).bind(counts.key.as_str());
            let found: Option<(String,)> = find.fetch_optional(&mut *$transaction).await?;
            if found.is_none() {
                continue;
            }
            for (outcome, calls) in &counts.calls {
                for (add, at) in [(ADD_TO_HOUR, counts.hour()), (ADD_TO_MINUTE, counts.minute.millis())] {
                    let add = sqlx::query(add).bind(counts.key.as_str()).bind(at).bind(*outcome).bind(calls);
                    add.execute(&mut *$transaction).await?;
                }
            }
            add_call_samples!($transaction, counts);
            if let Some(used) = &counts.last_use {
                // The first use, and one after a long pause, alter how the key stands.
                sqlx::query(
                    "UPDATE keys SET last_used_at = $1, last_used_from = $2, \
                     due_at = CASE WHEN last_used_at < $3 THEN 0 ELSE due_at END WHERE id = $4 AND last_used_at < $1",
                )
                .bind(used.at.millis())
                .bind(&used.address)
                .bind(used.at.plus(-IDLE).millis())
                .bind(counts.key.as_str())
                .execute(&mut *$transaction)
                .await?;
            }
            if counts.calls.iter().any(|(outcome, _)| *outcome != ALLOWED) {
                sqlx::query("UPDATE keys SET due_at = 0 WHERE id = $1")
                    .bind(counts.key.as_str())
                    .execute(&mut *$transaction)
                    .await?;
            }
            for caller in &counts.callers {
                sqlx::query(
                    "INSERT INTO callers (key_id, address, at) VALUES ($1, $2, $3) ON CONFLICT (key_id, address) \
                     DO UPDATE SET at = excluded.at WHERE excluded.at > callers.at",
                )
                .bind(counts.key.as_str())
                .bind(&caller.address)
                .bind(caller.at.millis())
                .execute(&mut *$transaction)
                .await?;
            }
        }
        for (add, counted) in $totals {
            for ((outcome, at), calls) in counted {
                sqlx::query(add).bind(outcome).bind(at).bind(calls).execute(&mut *$transaction).await?;
            }
        }
    };
}
use add_usage;
