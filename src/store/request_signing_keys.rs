//! Request signing keys and spent nonces at rest. What a signature covers and whether it is right is not known here.

use crypto::{secret::Digest, signature::RequestSigningKey};
use model::{
    id::{KeyId, RequestSigningKeyId},
    name::Name,
    time::Timestamp,
};
use sqlx::FromRow;

use super::{
    Store, StoreError,
    change::{Change, within},
    reading, writing,
};

/// A public key that verifies a key's signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRequestSigningKey {
    /// Its id.
    pub id: RequestSigningKeyId,
    /// The key whose signatures it verifies.
    pub key: KeyId,
    /// What it is called.
    pub label: Name,
    /// The public key.
    pub public: RequestSigningKey,
    /// When it was added.
    pub created_at: Timestamp,
    /// Who added it.
    pub created_by: String,
    /// Until when it counts, once it is retired.
    pub retired_at: Option<Timestamp>,
}

impl StoredRequestSigningKey {
    /// Whether a signature may still be verified with it.
    pub fn counts(&self, now: Timestamp) -> bool {
        self.retired_at.is_none_or(|until| now < until)
    }
}

#[derive(FromRow)]
struct RequestSigningKeyRow {
    id: String,
    key_id: String,
    label: String,
    public_key: String,
    created_at: i64,
    created_by: String,
    retired_at: Option<i64>,
}

impl RequestSigningKeyRow {
    fn read(self) -> Result<StoredRequestSigningKey, StoreError> {
        let read = || {
            Some(StoredRequestSigningKey {
                id: RequestSigningKeyId::parse(&self.id)?,
                key: KeyId::parse(&self.key_id)?,
                label: Name::parse(&self.label).ok()?,
                public: RequestSigningKey::parse(&self.public_key).ok()?,
                created_at: Timestamp::from_millis(self.created_at),
                created_by: self.created_by,
                retired_at: self.retired_at.map(Timestamp::from_millis),
            })
        };
        read().ok_or(StoreError::Corrupt("request signing key"))
    }
}

const OF_KEY: &str = "SELECT id, key_id, label, public_key, created_at, created_by, retired_at FROM request_signing_keys \
                      WHERE key_id = $1 ORDER BY created_at DESC, id DESC";

impl Store {
    /// A key's request signing keys, newest first, retired ones too.
    pub async fn request_signing_keys(&self, key: KeyId) -> Result<Vec<StoredRequestSigningKey>, StoreError> {
        let rows: Vec<RequestSigningKeyRow> =
            reading!(self, db => sqlx::query_as(OF_KEY).bind(key.as_str()).fetch_all(db).await?);
        rows.into_iter().map(RequestSigningKeyRow::read).collect()
    }

    /// Takes a nonce: true once for each key and nonce, whichever node asks and whatever was restarted in between; false
    /// ever after, until a sweep finds `expires_at` in the past.
    pub async fn spend_nonce(&self, key: KeyId, nonce: Digest, expires_at: Timestamp) -> Result<bool, StoreError> {
        let sql = "INSERT INTO nonces (key_id, nonce_digest, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let rows = writing!(self, db => sqlx::query(sql)
            .bind(key.as_str())
            .bind(nonce.to_hex())
            .bind(expires_at.millis())
            .execute(db)
            .await?
            .rows_affected());
        Ok(rows == 1)
    }

    /// Forgets nonces that no signature could be accepted with any more.
    pub async fn sweep_nonces(&self, now: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM nonces WHERE (key_id, nonce_digest) IN \
                   (SELECT key_id, nonce_digest FROM nonces WHERE expires_at <= $1 LIMIT $2)";
        self.sweep_in_steps(sql, now.millis()).await
    }
}

impl Change {
    /// A key's request signing keys, newest first, retired ones too, as this change sees them.
    pub async fn request_signing_keys(&mut self, key: KeyId) -> Result<Vec<StoredRequestSigningKey>, StoreError> {
        let rows: Vec<RequestSigningKeyRow> =
            within!(self, db => sqlx::query_as(OF_KEY).bind(key.as_str()).fetch_all(db).await?);
        rows.into_iter().map(RequestSigningKeyRow::read).collect()
    }

    /// Adds a request signing key; [`StoreError::Taken`] when the key has the same one in use.
    pub async fn insert_request_signing_key(&mut self, new: &StoredRequestSigningKey) -> Result<(), StoreError> {
        let sql = "INSERT INTO request_signing_keys (id, key_id, label, public_key, fingerprint, created_at, created_by, retired_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        within!(self, db => sqlx::query(sql)
            .bind(new.id.as_str())
            .bind(new.key.as_str())
            .bind(new.label.as_str())
            .bind(new.public.to_pem())
            .bind(new.public.fingerprint())
            .bind(new.created_at.millis())
            .bind(&new.created_by)
            .bind(new.retired_at.map(Timestamp::millis))
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Retires one of a key's request signing keys: it counts until that instant and no longer. An earlier end stands. False when
    /// there was nothing to retire.
    pub async fn retire_request_signing_key(
        &mut self,
        key: KeyId,
        id: RequestSigningKeyId,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE request_signing_keys SET retired_at = $1 \
                   WHERE id = $2 AND key_id = $3 AND (retired_at IS NULL OR retired_at > $1)";
        let rows = within!(self, db => sqlx::query(sql)
            .bind(until.millis())
            .bind(id.as_str())
            .bind(key.as_str())
            .execute(db)
            .await?
            .rows_affected());
        Ok(rows == 1)
    }
}
