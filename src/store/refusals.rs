//! The latest refusals at rest, so that a request id explains itself. Bounded by number and by age; without secrets.

use model::{activity::TimeRange, decision::Reason, time::Timestamp};
use sqlx::{AssertSqlSafe, FromRow};

use super::{CallsOf, Db, Store, StoreError, reading};

/// The most refusals of keys that are kept.
pub const MAX_REFUSALS: i64 = 10_000;
/// The most refusals without a key that are kept.
const MAX_WITHOUT_KEY: i64 = 2_000;

/// A refusal, as it was decided.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Refusal {
    /// The request's id.
    pub request_id: String,
    /// When, in milliseconds.
    pub at: i64,
    /// The key whose exact secret was presented; empty when there was none.
    pub key_id: String,
    /// The code.
    pub code: String,
    /// What it rested on, as a JSON object without secrets.
    pub facts: String,
}

/// Which refusals to find. What is `None` lets everything pass.
#[derive(Clone, Debug, Default)]
pub struct RefusalFilter<'a> {
    /// Of which keys.
    pub of: CallsOf<'a>,
    /// For one reason.
    pub reason: Option<Reason>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Not after.
    pub until: Option<Timestamp>,
    /// Before this one in the list: when it was, and its request's id.
    pub before: Option<(Timestamp, String)>,
}

/// A refusal in a list.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct RefusedCall {
    /// The request's id.
    pub request_id: String,
    /// When, in milliseconds.
    pub at: i64,
    /// The code.
    pub code: String,
    /// The key whose exact secret was presented; empty when there was none.
    pub key_id: String,
    /// Its name; empty when there is none.
    pub key_name: String,
}

macro_rules! add_refusals {
    ($transaction:ident, $batch:ident) => {
        for refusal in $batch {
            sqlx::query(
                "INSERT INTO refusals (request_id, at, key_id, code, facts) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (request_id) DO NOTHING",
            )
            .bind(&refusal.request_id)
            .bind(refusal.at)
            .bind(&refusal.key_id)
            .bind(&refusal.code)
            .bind(&refusal.facts)
            .execute(&mut *$transaction)
            .await?;
        }
    };
}

impl Store {
    /// Adds a batch, whole or not at all.
    pub async fn add_refusals(&self, batch: &[Refusal]) -> Result<(), StoreError> {
        match &self.inner.db {
            Db::Sqlite { write, .. } => {
                let mut transaction = write.begin_with("BEGIN IMMEDIATE").await?;
                add_refusals!(transaction, batch);
                transaction.commit().await?;
            }
            Db::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                add_refusals!(transaction, batch);
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    /// The refusal of this request.
    pub async fn refusal(&self, request_id: &str) -> Result<Option<Refusal>, StoreError> {
        let sql = "SELECT * FROM refusals WHERE request_id = $1";
        Ok(reading!(self, db => sqlx::query_as(sql).bind(request_id).fetch_optional(db).await?))
    }

    /// The latest refusals that fit, at most `limit`.
    pub async fn refusals(&self, filter: &RefusalFilter<'_>, limit: u16) -> Result<Vec<Refusal>, StoreError> {
        let (whose, [key, owner, tenant, group]) = filter.of.condition("key_id", 7);
        let sql = format!(
            "SELECT * FROM refusals WHERE ($1 = '' OR code = $1) AND at >= $2 AND at <= $3 \
             AND (at < $4 OR (at = $4 AND request_id < $5)) AND {whose} ORDER BY at DESC, request_id DESC LIMIT $6"
        );
        let (at, id) = filter.before.as_ref().map_or((i64::MAX, ""), |(at, id)| (at.millis(), id));
        Ok(reading!(self, db => sqlx::query_as(AssertSqlSafe(sql))
            .bind(filter.reason.map(Reason::code).unwrap_or_default())
            .bind(filter.from.map_or(i64::MIN, Timestamp::millis))
            .bind(filter.until.map_or(i64::MAX, Timestamp::millis))
            .bind(at)
            .bind(id)
            .bind(i64::from(limit))
            .bind(key)
            .bind(owner)
            .bind(tenant)
            .bind(group)
            .fetch_all(db)
            .await?))
    }

    /// The latest refusals within a time, at most `limit`.
    pub async fn refusals_within(
        &self,
        of: CallsOf<'_>,
        range: TimeRange,
        limit: u16,
    ) -> Result<Vec<RefusedCall>, StoreError> {
        let (whose, [key, owner, tenant, group]) = of.condition("r.key_id", 4);
        let sql = format!(
            "SELECT r.request_id, r.at, r.code, r.key_id, COALESCE(k.name, '') AS key_name \
             FROM refusals r LEFT JOIN keys k ON k.id = r.key_id \
             WHERE r.at >= $1 AND r.at < $2 AND {whose} ORDER BY r.at DESC, r.request_id DESC LIMIT $3"
        );
        Ok(reading!(self, db => sqlx::query_as(AssertSqlSafe(sql))
            .bind(range.start.millis())
            .bind(range.end().millis())
            .bind(i64::from(limit))
            .bind(key)
            .bind(owner)
            .bind(tenant)
            .bind(group)
            .fetch_all(db)
            .await?))
    }

    /// Keeps the latest ones, those of keys and those without one each for themselves, and forgets what is older than
    /// `before`.
    pub async fn sweep_refusals(&self, before: Timestamp) -> Result<(), StoreError> {
        let old = "DELETE FROM refusals WHERE request_id IN (SELECT request_id FROM refusals WHERE at < $1 LIMIT $2)";
        self.sweep_in_steps(old, before.millis()).await?;
        for (last, delete, kept) in [
            (
                "SELECT at FROM refusals WHERE key_id <> '' ORDER BY at DESC LIMIT 1 OFFSET $1",
                "DELETE FROM refusals WHERE request_id IN \
                 (SELECT request_id FROM refusals WHERE at <= $1 AND key_id <> '' LIMIT $2)",
                MAX_REFUSALS,
            ),
            (
                "SELECT at FROM refusals WHERE key_id = '' ORDER BY at DESC LIMIT 1 OFFSET $1",
                "DELETE FROM refusals WHERE request_id IN \
                 (SELECT request_id FROM refusals WHERE at <= $1 AND key_id = '' LIMIT $2)",
                MAX_WITHOUT_KEY,
            ),
        ] {
            let beyond: Option<(i64,)> =
                reading!(self, db => sqlx::query_as(last).bind(kept).fetch_optional(db).await?);
            if let Some((at,)) = beyond {
                self.sweep_in_steps(delete, at).await?;
            }
        }
        Ok(())
    }
}
