//! What must be exact and outlive a restart: how much of a quota is used. Nodes take it in blocks.

use model::{id::KeyId, limit::Period, time::Timestamp};

use super::{Store, StoreError, reading, writing};

impl Store {
    /// Takes up to `wanted` calls of a key's quota for the day or the month that began at `period`; answers how many it got, at
    /// least `least` or none.
    pub async fn take_quota(
        &self,
        key: KeyId,
        (per, period): (Period, Timestamp),
        quota: i64,
        least: i64,
        wanted: i64,
    ) -> Result<i64, StoreError> {
        let row = "INSERT INTO quota_uses (key_id, per, period, used) VALUES ($1, $2, $3, 0) ON CONFLICT (key_id, per, period) DO NOTHING";
        // As much as is left of what is wanted; the row is locked by the update itself on both databases.
        let take = "UPDATE quota_uses SET used = used + $5 \
                    WHERE key_id = $1 AND per = $2 AND period = $3 AND used + $5 <= $4";
        writing!(self, db => sqlx::query(row)
            .bind(key.as_str())
            .bind(per.word())
            .bind(period.millis())
            .execute(db)
            .await
            .map(drop))?;
        let mut calls = wanted.max(least);
        loop {
            let taken = writing!(self, db => sqlx::query(take)
                .bind(key.as_str())
                .bind(per.word())
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

    /// How much of a key's quota was taken in the day or the month that began at `period`.
    pub async fn used_quota(&self, key: KeyId, (per, period): (Period, Timestamp)) -> Result<i64, StoreError> {
        let sql = "SELECT used FROM quota_uses WHERE key_id = $1 AND per = $2 AND period = $3";
        let row: Option<(i64,)> = reading!(self, db => sqlx::query_as(sql)
            .bind(key.as_str())
            .bind(per.word())
            .bind(period.millis())
            .fetch_optional(db)
            .await?);
        Ok(row.map_or(0, |(used,)| used))
    }

    /// Gives back what was taken and not used.
    pub async fn return_quota(
        &self,
        key: KeyId,
        (per, period): (Period, Timestamp),
        calls: i64,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE quota_uses SET used = used - $4 WHERE key_id = $1 AND per = $2 AND period = $3";
        writing!(self, db => sqlx::query(sql)
            .bind(key.as_str())
            .bind(per.word())
            .bind(period.millis())
            .bind(calls)
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Forgets the quotas of periods that began before this instant.
    pub async fn sweep_quotas(&self, before: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM quota_uses WHERE (key_id, per, period) IN \
                   (SELECT key_id, per, period FROM quota_uses WHERE period < $1 LIMIT $2)";
        self.sweep_in_steps(sql, before.millis()).await
    }
}
