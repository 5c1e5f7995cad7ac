//! The keys that sign JWTs, at rest: the private half sealed under the master key, the public half for everyone.

use crypto::{jwt::JwtSigningKey, secret::Entropy};
use model::time::Timestamp;

use super::{
    Store, StoreError,
    change::{Change, within},
    reading,
};

/// What the private halves are sealed for.
const PURPOSE: &str = "jwt signing key";

impl Store {
    /// The key that signs now.
    pub async fn jwt_signing_key(&self) -> Result<Option<JwtSigningKey>, StoreError> {
        let sql = "SELECT kid, sealed FROM jwt_signing_keys WHERE retired_at IS NULL";
        let row: Option<(String, Option<String>)> = reading!(self, db => sqlx::query_as(sql).fetch_optional(db).await?);
        let Some((kid, sealed)) = row else { return Ok(None) };
        let opened = sealed.and_then(|sealed| self.inner.master.unseal(PURPOSE, &sealed));
        let key = opened.and_then(|bytes| JwtSigningKey::from_bytes(&bytes));
        key.filter(|key| key.kid() == kid).map(Some).ok_or(StoreError::Corrupt("signing key"))
    }

    /// The public halves of the key that signs now and of those retired after `since`, in this order.
    pub async fn public_jwks(&self, since: Timestamp) -> Result<Vec<serde_json::Value>, StoreError> {
        let sql = "SELECT public_jwk FROM jwt_signing_keys WHERE retired_at IS NULL OR retired_at > $1 \
                   ORDER BY retired_at IS NULL DESC, retired_at DESC, kid";
        let rows: Vec<(String,)> = reading!(self, db => sqlx::query_as(sql).bind(since.millis()).fetch_all(db).await?);
        let read = |(jwk,): (String,)| serde_json::from_str(&jwk).map_err(|_| StoreError::Corrupt("public key"));
        rows.into_iter().map(read).collect()
    }
}

impl Change {
    /// Retires the key that signs now, if there is one, and forgets its private half. Its `kid`.
    pub async fn retire_jwt_signing_key(&mut self, at: Timestamp) -> Result<Option<String>, StoreError> {
        let sql = "UPDATE jwt_signing_keys SET retired_at = $1, sealed = NULL WHERE retired_at IS NULL RETURNING kid";
        let retired: Option<(String,)> =
            within!(self, db => sqlx::query_as(sql).bind(at.millis()).fetch_optional(db).await?);
        Ok(retired.map(|(kid,)| kid))
    }

    /// Inserts the key that signs from now on; [`StoreError::Taken`] while another one does.
    pub async fn insert_jwt_signing_key(
        &mut self,
        key: &JwtSigningKey,
        at: Timestamp,
        by: &str,
        entropy: &Entropy,
    ) -> Result<(), StoreError> {
        let sealed = self.store.inner.master.seal(PURPOSE, key.to_bytes().as_slice(), entropy);
        let sql = "INSERT INTO jwt_signing_keys (kid, sealed, public_jwk, created_at, created_by) VALUES ($1, $2, $3, $4, $5)";
        within!(self, db => sqlx::query(sql)
            .bind(key.kid())
            .bind(sealed)
            .bind(key.public_jwk().to_string())
            .bind(at.millis())
            .bind(by)
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }
}
