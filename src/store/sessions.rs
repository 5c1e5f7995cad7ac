//! Sessions at rest, found by the digest of their id.

use crypto::secret::Digest;
use model::time::Timestamp;

use super::{Store, StoreError, reading, writing};

/// What a session holds, opaque here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// JSON.
    pub data: String,
    /// Until when it may be loaded.
    pub expires_at: Timestamp,
}

impl Store {
    /// Stores a session under an id that is not in use; [`StoreError::Taken`] otherwise.
    pub async fn create_session(&self, id: Digest, session: &StoredSession) -> Result<(), StoreError> {
        let sql = "INSERT INTO sessions (id_digest, data, expires_at) VALUES ($1, $2, $3)";
        self.write_session(sql, id, session).await.map(drop)
    }

    /// Stores what a session now holds; one that was deleted meanwhile stays deleted.
    pub async fn save_session(&self, id: Digest, session: &StoredSession) -> Result<(), StoreError> {
        let sql = "UPDATE sessions SET data = $2, expires_at = $3 WHERE id_digest = $1";
        self.write_session(sql, id, session).await.map(drop)
    }

    async fn write_session(&self, sql: &'static str, id: Digest, session: &StoredSession) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(sql)
            .bind(id.to_hex())
            .bind(&session.data)
            .bind(session.expires_at.millis())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// The session with this id, unless it has expired.
    pub async fn session(&self, id: Digest, now: Timestamp) -> Result<Option<StoredSession>, StoreError> {
        let sql = "SELECT data, expires_at FROM sessions WHERE id_digest = $1 AND expires_at > $2";
        let row: Option<(String, i64)> =
            reading!(self, db => sqlx::query_as(sql).bind(id.to_hex()).bind(now.millis()).fetch_optional(db).await?);
        Ok(row.map(|(data, expires_at)| StoredSession { data, expires_at: Timestamp::from_millis(expires_at) }))
    }

    /// Ends a session.
    pub async fn delete_session(&self, id: Digest) -> Result<(), StoreError> {
        let sql = "DELETE FROM sessions WHERE id_digest = $1";
        writing!(self, db => sqlx::query(sql).bind(id.to_hex()).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Forgets sessions that have expired.
    pub async fn sweep_sessions(&self, now: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM sessions WHERE id_digest IN \
                   (SELECT id_digest FROM sessions WHERE expires_at <= $1 LIMIT $2)";
        self.sweep_in_steps(sql, now.millis()).await
    }
}
