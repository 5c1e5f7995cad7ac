//! Pairs of keys: one and the successor that took its place.

use model::{id::KeyId, time::Timestamp};
use sqlx::{AssertSqlSafe, FromRow};

use super::{
    Store, StoreError,
    change::{Change, within},
    reading,
};

/// A key and its successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The key.
    pub old: KeyId,
    /// Its successor.
    pub new: KeyId,
    /// When the successor was made.
    pub at: Timestamp,
    /// When the key would have expired but for this.
    pub would_end: Timestamp,
}

#[derive(FromRow)]
struct Row {
    old_key_id: String,
    new_key_id: String,
    at: i64,
    would_end: i64,
}

impl Row {
    fn read(self) -> Result<Rotation, StoreError> {
        let id = |text: &str| KeyId::parse(text).ok_or(StoreError::Corrupt("rotation"));
        Ok(Rotation {
            old: id(&self.old_key_id)?,
            new: id(&self.new_key_id)?,
            at: Timestamp::from_millis(self.at),
            would_end: Timestamp::from_millis(self.would_end),
        })
    }
}

impl Store {
    /// The rotations that a key is part of, the latest first: as the one before at most all of its successors, as a
    /// successor one.
    pub async fn rotations(&self, key: KeyId) -> Result<Vec<Rotation>, StoreError> {
        let sql = "SELECT * FROM rotations WHERE old_key_id = $1 OR new_key_id = $1 ORDER BY at DESC, new_key_id";
        let rows: Vec<Row> = reading!(self, db => sqlx::query_as(sql).bind(key.as_str()).fetch_all(db).await?);
        rows.into_iter().map(Row::read).collect()
    }
}

/// The successor of a key that still works beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    /// The key.
    pub old: KeyId,
    /// The id of its successor.
    pub id: KeyId,
    /// How the successor's secret ends.
    pub last_four: String,
}

impl Store {
    /// The latest successor of each of these keys that has one which is not archived.
    pub async fn successors_of(&self, keys: &[KeyId]) -> Result<Vec<Successor>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        // An id is letters and digits.
        let ids: Vec<_> = keys.iter().map(|id| format!("'{id}'")).collect();
        let sql = format!(
            "SELECT r.old_key_id, n.id, n.last_four FROM rotations r JOIN keys n ON n.id = r.new_key_id \
             WHERE r.old_key_id IN ({}) AND n.archived_at IS NULL ORDER BY r.at DESC",
            ids.join(",")
        );
        let rows: Vec<(String, String, String)> =
            reading!(self, db => sqlx::query_as(AssertSqlSafe(sql)).persistent(false).fetch_all(db).await?);
        let id = |text: &str| KeyId::parse(text).ok_or(StoreError::Corrupt("rotation"));
        let mut successors: Vec<Successor> = Vec::new();
        for (old, new, last_four) in rows {
            let old = id(&old)?;
            if successors.iter().all(|known| known.old != old) {
                successors.push(Successor { old, id: id(&new)?, last_four });
            }
        }
        Ok(successors)
    }

    /// How many keys, all or one owner's, expire before `until` because a successor takes their place.
    pub async fn count_replaced(
        &self,
        owner: Option<&str>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(DISTINCT k.id) FROM rotations r JOIN keys k ON k.id = r.old_key_id \
                   JOIN keys n ON n.id = r.new_key_id WHERE k.archived_at IS NULL AND k.status = 'expiring' \
                   AND k.expires_at > $1 AND k.expires_at <= $2 AND n.archived_at IS NULL \
                   AND ($3 = '' OR k.owner = $3)";
        let (keys,): (i64,) = reading!(self, db => sqlx::query_as(sql)
            .bind(now.millis())
            .bind(until.millis())
            .bind(owner.unwrap_or_default())
            .fetch_one(db)
            .await?);
        Ok(keys)
    }
}

impl Change {
    /// Stores that a key has a successor.
    pub async fn insert_rotation(&mut self, rotation: &Rotation) -> Result<(), StoreError> {
        let sql = "INSERT INTO rotations (old_key_id, new_key_id, at, would_end) VALUES ($1, $2, $3, $4)";
        within!(self, db => sqlx::query(sql)
            .bind(rotation.old.as_str())
            .bind(rotation.new.as_str())
            .bind(rotation.at.millis())
            .bind(rotation.would_end.millis())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }
}
