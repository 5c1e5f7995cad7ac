//! The keys that sign JWTs: made when first needed, replaced on demand, published for those who check JWTs offline.

use crypto::{
    jwt::{self, Claims, JwtSigningKey},
    secret::Plaintext,
};
use model::{
    account::Action,
    audit::Verb,
    time::{DAY, Timestamp},
};
use store::{Change, StoreError};

use super::{Admin, AdminError};
use crate::Permit;

impl Admin {
    /// Signs a key's claims. The first one makes the signing key.
    pub async fn sign_jwt(&self, permit: &Permit, claims: &Claims<'_>) -> Result<Plaintext, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let key = self.ensure_jwt_signing_key(permit.actor()).await?;
        jwt::sign(&key, claims).map_err(|error| AdminError::field("scopes", error))
    }

    /// Makes the first signing key, if there is none: the process starts.
    pub async fn prepare_jwt_signing_key(&self) -> Result<(), StoreError> {
        self.ensure_jwt_signing_key("keyward").await.map(drop)
    }

    /// Makes a new signing key and retires the one before. Its `kid`.
    pub async fn rotate_jwt_signing_key(&self, permit: &Permit) -> Result<String, AdminError> {
        permit.allows(Action::ManageAccounts)?;
        let now = self.clock.now();
        let mut change = self.store.change().await?;
        let retired = change.retire_jwt_signing_key(now).await?;
        let key = self.insert_jwt_signing_key(change, now, permit.actor(), retired.as_deref()).await?;
        Ok(key.kid())
    }

    /// The public keys as a JWK set (RFC 7517, section 5): the one that signs now, and each retired one until whatever it
    /// signed has outlived the longest life the policy allows. A JWT that claims a longer one is refused anyway.
    pub async fn jwks(&self) -> Result<serde_json::Value, StoreError> {
        // An expiry may lie anywhere in the policy's last day.
        let since = self.clock.now().plus(-(self.store.policy().await?.max_days + 1).saturating_mul(DAY));
        Ok(serde_json::json!({ "keys": self.store.public_jwks(since).await? }))
    }

    async fn ensure_jwt_signing_key(&self, actor: &str) -> Result<JwtSigningKey, StoreError> {
        if let Some(key) = self.store.jwt_signing_key().await? {
            return Ok(key);
        }
        let change = self.store.change().await?;
        match self.insert_jwt_signing_key(change, self.clock.now(), actor, None).await {
            // Another request, or another node, made it meanwhile: its key is the key.
            Err(StoreError::Taken) => self.store.jwt_signing_key().await?.ok_or(StoreError::Corrupt("signing key")),
            made => made,
        }
    }

    async fn insert_jwt_signing_key(
        &self,
        mut change: Change,
        now: Timestamp,
        actor: &str,
        retired: Option<&str>,
    ) -> Result<JwtSigningKey, StoreError> {
        let key = JwtSigningKey::generate(&self.entropy);
        change.insert_jwt_signing_key(&key, now, actor, &self.entropy).await?;
        let detail = retired.map_or_else(|| serde_json::json!({}), |retired| serde_json::json!({ "retired": retired }));
        change.commit(now, actor, Verb::RotateSigningKey, &key.kid(), &detail.to_string()).await?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc, time::Duration};

    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use tempfile::TempDir;

    use super::*;
    use crate::{NewAccount, tampering::tamper};
    use crypto::{
        clock::Clock,
        secret::{Entropy, MasterKey, hex},
    };
    use model::{account::Role, scope::Scopes};
    use store::{Location, Store};

    struct Here {
        folder: TempDir,
        clock: Clock,
        store: Store,
        admin: Admin,
    }

    impl Here {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let entropy = Entropy::system();
            let clock = Clock::manual(Timestamp::parse("2026-11-22T12:00:00Z").unwrap());
            let master = MasterKey::create(&folder.path().join("master.key"), &entropy).unwrap();
            let location = Location::Sqlite(folder.path().join("keyward.db"));
            let store = Store::open(&location, Arc::new(master)).await.unwrap();
            store.migrate().await.unwrap();
            let admin = Admin::new(store.clone(), clock.clone(), entropy, folder.path().join("checkpoint"));
            Self { folder, clock, store, admin }
        }

        async fn published(&self) -> Vec<String> {
            let set = self.admin.jwks().await.unwrap();
            let kid = |key: &serde_json::Value| key["kid"].as_str().unwrap().to_owned();
            set["keys"].as_array().unwrap().iter().map(kid).collect()
        }

        async fn rotate(&self) -> String {
            self.admin.rotate_jwt_signing_key(&Permit::for_operator()).await.unwrap()
        }
    }

    #[tokio::test]
    async fn each_role_signs_or_rotates_as_it_may() {
        let here = Here::new().await;
        for role in Role::ALL {
            let form = NewAccount {
                email: format!("{}@example.com", role.code()),
                password: "seven quiet lanterns".to_owned(),
            };
            let account = here.admin.create_account(&Permit::for_operator(), form, role).await.unwrap();
            let permit = Permit::for_account(&account);
            let now = here.clock.now();
            let claims = Claims {
                issuer: "https://keys.example.com",
                audience: "default",
                subject: "ops",
                id: Entropy::system().key_id(),
                issued_at: now,
                expires_at: now.plus(30 * DAY),
                scopes: &Scopes::default(),
            };
            assert_eq!(here.admin.sign_jwt(&permit, &claims).await.is_ok(), role != Role::Auditor, "{role} signs");
            let rotated = here.admin.rotate_jwt_signing_key(&permit).await;
            assert_eq!(rotated.is_ok(), role == Role::Superadmin, "{role} rotates");
        }
    }

    #[tokio::test]
    async fn a_retired_key_stays_published_until_all_it_signed_has_expired() {
        let here = Here::new().await;
        assert!(here.published().await.is_empty(), "nothing is made before it is needed");
        let first = here.rotate().await;
        here.clock.advance(Duration::from_hours(1));
        let second = here.rotate().await;
        assert_eq!(here.published().await, [second.clone(), first.clone()]);
        here.clock.advance(Duration::from_hours(365 * 24));
        assert_eq!(here.published().await, [second.clone(), first]);
        here.clock.advance(Duration::from_hours(25));
        assert_eq!(here.published().await, [second], "the one that signs stays");
    }

    #[tokio::test]
    async fn the_private_half_lies_sealed_and_goes_when_the_key_is_retired() {
        let here = Here::new().await;
        here.rotate().await;
        let private = here.store.jwt_signing_key().await.unwrap().unwrap().to_bytes();
        let canaries =
            [private.to_vec(), hex(private.as_slice()).into_bytes(), URL_SAFE_NO_PAD.encode(private).into_bytes()];
        for file in fs::read_dir(here.folder.path()).unwrap() {
            let file = file.unwrap();
            let bytes = fs::read(file.path()).unwrap();
            for canary in &canaries {
                assert!(!bytes.windows(canary.len()).any(|window| window == canary), "{:?}", file.path());
            }
        }
        here.rotate().await;
        let twice =
            "DELETE FROM jwt_signing_keys WHERE retired_at IS NULL; UPDATE jwt_signing_keys SET retired_at = NULL";
        tamper(here.folder.path(), twice).await;
        assert!(matches!(here.store.jwt_signing_key().await, Err(StoreError::Corrupt("signing key"))));
        here.rotate().await;
        tamper(here.folder.path(), "UPDATE jwt_signing_keys SET kid = 'another' WHERE retired_at IS NULL").await;
        assert!(
            matches!(here.store.jwt_signing_key().await, Err(StoreError::Corrupt("signing key"))),
            "under another name"
        );
        here.rotate().await;
        assert!(here.store.jwt_signing_key().await.unwrap().is_some(), "a new key mends it");
    }
}
