//! Forms that made a key, remembered so that one posted twice makes no second.

use crypto::secret::Digest;
use model::{id::KeyId, time::Timestamp};

use super::{
    Store, StoreError,
    change::{Change, within},
    reading,
};

const FIND: &str = "SELECT key_id FROM forms_sent WHERE digest = $1";

fn made(row: Option<(String,)>) -> Result<Option<KeyId>, StoreError> {
    row.map(|(id,)| KeyId::parse(&id).ok_or(StoreError::Corrupt("form"))).transpose()
}

impl Store {
    /// The key that this form made, if it was sent already.
    pub async fn made_by_form(&self, form: &Digest) -> Result<Option<KeyId>, StoreError> {
        made(reading!(self, db => sqlx::query_as(FIND).bind(form.to_hex()).fetch_optional(db).await?))
    }

    /// Forgets forms that were sent before this instant.
    pub async fn sweep_forms_sent(&self, before: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM forms_sent WHERE digest IN (SELECT digest FROM forms_sent WHERE at < $1 LIMIT $2)";
        self.sweep_in_steps(sql, before.millis()).await
    }
}

impl Change {
    /// The key that this form made, if it was sent already, as this change sees it.
    pub async fn made_by_form(&mut self, form: &Digest) -> Result<Option<KeyId>, StoreError> {
        made(within!(self, db => sqlx::query_as(FIND).bind(form.to_hex()).fetch_optional(db).await?))
    }

    /// Notes that this form made this key.
    pub async fn insert_form_sent(&mut self, form: &Digest, key: KeyId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO forms_sent (digest, key_id, at) VALUES ($1, $2, $3)";
        within!(self, db => sqlx::query(sql)
            .bind(form.to_hex())
            .bind(key.as_str())
            .bind(at.millis())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }
}
