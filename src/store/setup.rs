//! Setup links at rest: only the digest of the code, and until when it works.

use crypto::secret::Digest;
use model::time::Timestamp;

use super::{
    Store, StoreError,
    change::{Change, within},
    reading, writing,
};

impl Store {
    /// Stores a setup link's digest; links that have expired are forgotten.
    pub async fn put_setup_link(
        &self,
        digest: Digest,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        writing!(self, db => {
            sqlx::query("DELETE FROM setup_links WHERE expires_at <= $1").bind(now.millis()).execute(db).await?;
            sqlx::query("INSERT INTO setup_links (digest, expires_at) VALUES ($1, $2)")
                .bind(digest.to_hex())
                .bind(expires_at.millis())
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Whether a link with this digest still works.
    pub async fn has_setup_link(&self, digest: Digest, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT COUNT(*) FROM setup_links WHERE digest = $1 AND expires_at > $2 \
                   AND NOT EXISTS (SELECT 1 FROM accounts WHERE role = 'superadmin' AND disabled_at IS NULL)";
        let (count,): (i64,) =
            reading!(self, db => sqlx::query_as(sql).bind(digest.to_hex()).bind(now.millis()).fetch_one(db).await?);
        Ok(count > 0)
    }
}

impl Change {
    /// Uses a link up; `false` when it did not work any more, or there is a superadmin by now.
    pub async fn take_setup_link(&mut self, digest: Digest, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "DELETE FROM setup_links WHERE digest = $1 AND expires_at > $2";
        let taken = within!(self, db => sqlx::query(sql)
            .bind(digest.to_hex())
            .bind(now.millis())
            .execute(db)
            .await?
            .rows_affected());
        Ok(taken > 0 && self.superadmins().await? == 0)
    }
}
