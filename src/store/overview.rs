//! What the overview reads besides the calls: few rows by an index, however many keys there are. One owner's numbers come
//! from their own keys, of which they have few.

use model::{
    activity::TimeRange,
    id::KeyId,
    time::{HOUR, Timestamp},
};
use sqlx::{AssertSqlSafe, FromRow};

use super::{Store, StoreError, reading};

/// A key and its allowed calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusyKey {
    /// Its id.
    pub id: KeyId,
    /// Its name.
    pub name: String,
    /// Who holds it.
    pub owner: String,
    /// Allowed calls.
    pub calls: i64,
}

#[derive(FromRow)]
struct KeyRow {
    id: String,
    name: String,
    owner: String,
    number: i64,
}

impl KeyRow {
    fn read(self) -> Result<BusyKey, StoreError> {
        let id = KeyId::parse(&self.id).ok_or(StoreError::Corrupt("key"))?;
        Ok(BusyKey { id, name: self.name, owner: self.owner, calls: self.number })
    }
}

/// Where calls with keys are counted in bars of this length, and the column of the time.
fn counted(range: TimeRange) -> (&'static str, &'static str) {
    if range.step < HOUR { ("usage_minutes", "minute") } else { ("usage_hours", "hour") }
}

impl Store {
    /// The keys with the most allowed calls in one bar, an hour or a minute, busiest first, at most `limit`. A minute has as
    /// few rows as there are keys that were called in it; an hour's are in the order of an index.
    pub async fn busiest_keys(&self, bar: TimeRange, limit: u16) -> Result<Vec<BusyKey>, StoreError> {
        let (table, at) = counted(bar);
        let sql = format!(
            "SELECT k.id, k.name, k.owner, u.calls AS number FROM {table} u JOIN keys k ON k.id = u.key_id \
             WHERE u.{at} = $1 AND u.outcome = 'valid' ORDER BY u.calls DESC LIMIT $2"
        );
        let rows: Vec<KeyRow> = reading!(self, db => sqlx::query_as(AssertSqlSafe(sql))
            .bind(bar.start.millis())
            .bind(i64::from(limit))
            .fetch_all(db)
            .await?);
        rows.into_iter().map(KeyRow::read).collect()
    }

    /// The keys of an owner with the most allowed calls within a time, busiest first, at most `limit`.
    pub async fn busiest_keys_of(&self, owner: &str, range: TimeRange, limit: u16) -> Result<Vec<BusyKey>, StoreError> {
        let (table, at) = counted(range);
        let sql = format!(
            "SELECT k.id, k.name, k.owner, CAST(SUM(u.calls) AS bigint) AS number \
             FROM keys k JOIN {table} u ON u.key_id = k.id \
             WHERE k.owner = $1 AND u.{at} >= $2 AND u.{at} < $3 AND u.outcome = 'valid' \
             GROUP BY k.id, k.name, k.owner ORDER BY number DESC LIMIT $4"
        );
        let rows: Vec<KeyRow> = reading!(self, db => sqlx::query_as(AssertSqlSafe(sql))
            .bind(owner)
            .bind(range.start.millis())
            .bind(range.end().millis())
            .bind(i64::from(limit))
            .fetch_all(db)
            .await?);
        rows.into_iter().map(KeyRow::read).collect()
    }

    /// Whether there is a key, archived or not; of anyone, or of this owner.
    pub async fn has_keys(&self, owner: Option<&str>) -> Result<bool, StoreError> {
        let (any, own) = ("SELECT id FROM keys LIMIT 1", "SELECT id FROM keys WHERE owner = $1 LIMIT 1");
        let row: Option<(String,)> = reading!(self, db => match owner {
            None => sqlx::query_as(any).fetch_optional(db).await?,
            Some(owner) => sqlx::query_as(own).bind(owner).fetch_optional(db).await?,
        });
        Ok(row.is_some())
    }

    /// The first hour in which a call was allowed, if that is still known.
    pub async fn first_allowed(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT MIN(hour) FROM usage_totals WHERE outcome = 'valid'";
        let (hour,): (Option<i64>,) = reading!(self, db => sqlx::query_as(sql).fetch_one(db).await?);
        Ok(hour.map(Timestamp::from_millis))
    }
}
