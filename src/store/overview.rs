//! What the overview reads: few rows by an index, however many keys there are. One owner's numbers come from their own
//! keys, of which they have few.

use model::{id::KeyId, time::Timestamp};
use sqlx::FromRow;

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

impl Store {
    /// Calls since the hour that begins at `from`: the hour, the outcome and how many; of all keys, or of one owner's.
    pub async fn calls_by_hour(
        &self,
        owner: Option<&str>,
        from: Timestamp,
    ) -> Result<Vec<(Timestamp, String, i64)>, StoreError> {
        let all = "SELECT hour, outcome, calls FROM usage_totals WHERE hour >= $1";
        let own = "SELECT hour, outcome, CAST(SUM(calls) AS bigint) FROM usage_hours \
                   WHERE key_id IN (SELECT id FROM keys WHERE owner = $2) AND hour >= $1 GROUP BY hour, outcome";
        let rows: Vec<(i64, String, i64)> = reading!(self, db => match owner {
            None => sqlx::query_as(all).bind(from.millis()).fetch_all(db).await?,
            Some(owner) => sqlx::query_as(own).bind(from.millis()).bind(owner).fetch_all(db).await?,
        });
        Ok(rows.into_iter().map(|(hour, outcome, calls)| (Timestamp::from_millis(hour), outcome, calls)).collect())
    }

    /// The keys with the most allowed calls in one hour, busiest first, at most `limit`.
    pub async fn busiest_keys(
        &self,
        owner: Option<&str>,
        hour: Timestamp,
        limit: u16,
    ) -> Result<Vec<BusyKey>, StoreError> {
        let all = "SELECT k.id, k.name, k.owner, u.calls AS number FROM usage_hours u JOIN keys k ON k.id = u.key_id \
                   WHERE u.hour = $1 AND u.outcome = 'valid' ORDER BY u.calls DESC LIMIT $2";
        let own = "SELECT k.id, k.name, k.owner, u.calls AS number FROM keys k JOIN usage_hours u ON u.key_id = k.id \
                   WHERE k.owner = $3 AND u.hour = $1 AND u.outcome = 'valid' ORDER BY u.calls DESC LIMIT $2";
        let limit = i64::from(limit);
        let rows: Vec<KeyRow> = reading!(self, db => match owner {
            None => sqlx::query_as(all).bind(hour.millis()).bind(limit).fetch_all(db).await?,
            Some(owner) => sqlx::query_as(own).bind(hour.millis()).bind(limit).bind(owner).fetch_all(db).await?,
        });
        let read = |row: KeyRow| {
            let id = KeyId::parse(&row.id).ok_or(StoreError::Corrupt("key"))?;
            Ok(BusyKey { id, name: row.name, owner: row.owner, calls: row.number })
        };
        rows.into_iter().map(read).collect()
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
