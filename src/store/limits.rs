//! What must be exact and outlive a restart: how much of a quota is used. Nodes take it in blocks.

use super::{Store, StoreError, reading, writing};
use crate::{id::KeyId, time::Timestamp};

impl Store {
    /// Takes up to `wanted` calls of a key's quota for the period that began at `period`; answers how many it got, at
    /// least `least` or none.
    pub async fn take_quota(
        &self,
        key: KeyId,
        period: Timestamp,
        quota: i64,
        least: i64,
        wanted: i64,
    ) -> Result<i64, StoreError> {
        let row =
            "INSERT INTO quotas (key_id, period, used) VALUES ($1, $2, 0) ON CONFLICT (key_id, period) DO NOTHING";
        // As much as is left of what is wanted; the row is locked by the update itself on both databases.
        let take = "UPDATE quotas SET used = used + $4 WHERE key_id = $1 AND period = $2 AND used + $4 <= $3";
        writing!(self, db => sqlx::query(row).bind(key.as_str()).bind(period.millis()).execute(db).await.map(drop))?;
        let mut calls = wanted.max(least);
        loop {
            let taken = writing!(self, db => sqlx::query(take)
                .bind(key.as_str())
                .bind(period.millis())
                .bind(quota)
                .bind(calls)
                .execute(db)
                .await?
                .rows_affected());
            if taken > 0 {
                return Ok(calls);
            }
            if calls == least {
                return Ok(0);
            }
            calls = (calls / 2).max(least);
        }
    }

    /// How much of a key's quota was taken in the period that began at `period`.
    pub async fn used_quota(&self, key: KeyId, period: Timestamp) -> Result<i64, StoreError> {
        let sql = "SELECT used FROM quotas WHERE key_id = $1 AND period = $2";
        let row: Option<(i64,)> = reading!(self, db => sqlx::query_as(sql)
            .bind(key.as_str())
            .bind(period.millis())
            .fetch_optional(db)
            .await?);
        Ok(row.map_or(0, |(used,)| used))
    }

    /// Gives back what was taken and not used, and forgets periods that are long over.
    pub async fn return_quota(&self, key: KeyId, period: Timestamp, calls: i64) -> Result<(), StoreError> {
        let sql = "UPDATE quotas SET used = used - $3 WHERE key_id = $1 AND period = $2";
        writing!(self, db => sqlx::query(sql)
            .bind(key.as_str())
            .bind(period.millis())
            .bind(calls)
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Forgets the quotas of periods that began before this instant.
    pub async fn sweep_quotas(&self, before: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM quotas WHERE period < $1";
        writing!(self, db => sqlx::query(sql).bind(before.millis()).execute(db).await.map(drop))?;
        Ok(())
    }
}
