//! Public keys that verify a key's signatures: listed, added, retired. The private halves never come here.

use crypto::signature::RequestSigningKey;
use model::{
    account::Action,
    audit::Verb,
    id::{KeyId, RequestSigningKeyId},
    key::Key,
    name::Name,
};
use store::{StoreError, StoredRequestSigningKey};

use super::{
    Admin, AdminError, FieldError,
    keys::{changing, field},
};
use crate::Permit;

/// Request signing keys of one key that count at once.
pub const MAX_REQUEST_SIGNING_KEYS: usize = 5;

/// The form for a request signing key, as typed.
#[derive(Clone, Debug, Default)]
pub struct RequestSigningKeyForm {
    /// What it is called.
    pub label: String,
    /// PEM or JWK.
    pub public_key: String,
    /// For how long the ones before count on, in milliseconds; `None` leaves them as they are.
    pub replace_after: Option<i64>,
}

impl Admin {
    /// A key's request signing keys, newest first, retired ones too.
    pub async fn request_signing_keys(
        &self,
        permit: &Permit,
        id: KeyId,
    ) -> Result<Vec<StoredRequestSigningKey>, AdminError> {
        self.show_key(permit, id).await?;
        Ok(self.store.request_signing_keys(id).await?)
    }

    /// Adds a request signing key, and retires the ones before it if asked.
    pub async fn add_request_signing_key(
        &self,
        permit: &Permit,
        id: KeyId,
        form: &RequestSigningKeyForm,
    ) -> Result<StoredRequestSigningKey, AdminError> {
        permit.allows(Action::WriteKeys)?;
        self.show_key(permit, id).await?;
        let now = self.clock.now();
        let mut errors: Vec<FieldError> = Vec::new();
        let label = field(&mut errors, "label", Name::parse(&form.label));
        let public = field(&mut errors, "public_key", RequestSigningKey::parse(&form.public_key));
        let (Some(label), Some(public)) = (label, public) else { return Err(AdminError::Invalid(errors)) };
        let mut change = self.store.change().await?;
        let key = changing(&mut change, permit, id, "label").await?;
        // Counted where nobody else adds one meanwhile.
        let before = change.request_signing_keys(id).await?;
        let counting: Vec<_> = before.iter().filter(|key| key.counts(now)).collect();
        if counting.len() >= MAX_REQUEST_SIGNING_KEYS {
            let message =
                format!("A key has at most {MAX_REQUEST_SIGNING_KEYS} request signing keys at once: retire one first.");
            return Err(AdminError::field("public_key", message));
        }
        let added = StoredRequestSigningKey {
            id: self.entropy.request_signing_key_id(),
            key: id,
            label,
            public,
            created_at: now,
            created_by: permit.actor().to_owned(),
            retired_at: None,
        };
        change.insert_request_signing_key(&added).await.map_err(|error| match error {
            StoreError::Taken => AdminError::field("public_key", "The key has this request signing key already."),
            other => other.into(),
        })?;
        if let Some(overlap) = form.replace_after {
            for old in counting {
                change.retire_request_signing_key(id, old.id, now.plus(overlap.max(0))).await?;
            }
        }
        let key = Key { generation: change.generation(), ..key };
        change.update_key(&key).await?;
        let detail = serde_json::json!({
            "name": key.spec.name.as_str(), "label": added.label.as_str(), "fingerprint": added.public.fingerprint(),
        });
        change.commit(now, permit.actor(), Verb::AddRequestSigningKey, id.as_str(), &detail.to_string()).await?;
        Ok(added)
    }

    /// Lets a request signing key count for `overlap` milliseconds more, and then no longer.
    pub async fn retire_request_signing_key(
        &self,
        permit: &Permit,
        id: KeyId,
        request_signing_key: RequestSigningKeyId,
        overlap: i64,
    ) -> Result<(), AdminError> {
        permit.allows(Action::WriteKeys)?;
        self.show_key(permit, id).await?;
        let now = self.clock.now();
        let mut change = self.store.change().await?;
        let key = changing(&mut change, permit, id, "label").await?;
        let found = change.request_signing_keys(id).await?.into_iter().find(|found| found.id == request_signing_key);
        let found = found.ok_or(AdminError::NotFound)?;
        if !change.retire_request_signing_key(id, request_signing_key, now.plus(overlap.max(0))).await? {
            return Ok(());
        }
        let key = Key { generation: change.generation(), ..key };
        change.update_key(&key).await?;
        let detail = serde_json::json!({ "name": key.spec.name.as_str(), "label": found.label.as_str() });
        change.commit(now, permit.actor(), Verb::RetireRequestSigningKey, id.as_str(), &detail.to_string()).await?;
        Ok(())
    }
}
