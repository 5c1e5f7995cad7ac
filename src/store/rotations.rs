//! Pairs of keys: one and the successor that took its place.

use model::{id::KeyId, time::Timestamp};
use sqlx::FromRow;

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
