//! Forms and requests that made a key, remembered so that one sent twice makes no second.

use crypto::secret::Digest;
use model::{id::KeyId, time::Timestamp};

use super::{
    Store, StoreError,
    change::{Change, within},
    reading,
};

const FIND: &str = "SELECT key_id, body FROM forms_sent WHERE digest = $1";

/// A form, or a request with a mark of its own, that makes a key once.
#[derive(Clone, Debug)]
pub struct SentForm {
    /// Of its mark and of whoever sent it.
    pub digest: Digest,
    /// The digest of its body, in hexadecimal digits; empty of a form, whose mark is made for it.
    pub body: String,
}

/// What a form made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeByForm {
    /// The key.
    pub key: KeyId,
    /// As [`SentForm::body`].
    pub body: String,
}

fn made(row: Option<(String, String)>) -> Result<Option<MadeByForm>, StoreError> {
    row.map(|(id, body)| Ok(MadeByForm { key: KeyId::parse(&id).ok_or(StoreError::Corrupt("form"))?, body }))
        .transpose()
}

impl Store {
    /// The key that this form made, if it was sent already.
    pub async fn made_by_form(&self, form: &Digest) -> Result<Option<MadeByForm>, StoreError> {
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
    pub async fn made_by_form(&mut self, form: &Digest) -> Result<Option<MadeByForm>, StoreError> {
        made(within!(self, db => sqlx::query_as(FIND).bind(form.to_hex()).fetch_optional(db).await?))
    }

    /// Notes that this form made this key.
    pub async fn insert_form_sent(&mut self, form: &SentForm, key: KeyId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO forms_sent (digest, key_id, at, body) VALUES ($1, $2, $3, $4)";
        within!(self, db => sqlx::query(sql)
            .bind(form.digest.to_hex())
            .bind(key.as_str())
            .bind(at.millis())
            .bind(&form.body)
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }
}
