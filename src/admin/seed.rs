//! Many keys at once, to see how the console is with them. Their secrets are thrown away: nobody holds them.

use crypto::secret::Digest;
use model::{
    account::Action,
    audit::Verb,
    catalog::DEFAULT_TENANT,
    key::{Form, Grantor, Key, KeySpec, KeyState, Purpose},
    time::Timestamp,
};
use store::{CallCounts, KeyInBatch, LastUse};

use crate::{Admin, AdminError, Permit};

/// Calls of keys that are written in one statement.
const BATCH: usize = 200;

/// A key that is made up.
pub struct MadeUpKey {
    /// What it asks for.
    pub spec: KeySpec,
    /// Whether it works.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its last allowed call, and how many there were at that minute.
    pub used: Option<(LastUse, i64)>,
}

impl Admin {
    /// How many keys there are in all.
    pub async fn total_keys(&self, permit: &Permit) -> Result<i64, AdminError> {
        permit.allows(Action::PurgeKeys)?;
        Ok(self.store.count_keys(None).await?.all())
    }

    /// Stores made-up keys of the default tenant in one change.
    pub async fn insert_made_up(&self, permit: &Permit, keys: Vec<MadeUpKey>) -> Result<(), AdminError> {
        permit.allows(Action::PurgeKeys)?;
        let now = self.clock.now();
        let tenant = self.store.tenant(DEFAULT_TENANT).await?.ok_or(AdminError::NotFound)?;
        let mut change = self.store.change().await?;
        let (mut seeded, mut calls) = (Vec::new(), Vec::new());
        for MadeUpKey { spec, state, created_at, used } in keys {
            let id = self.entropy.key_id();
            let token = self.entropy.token(&tenant.prefix, id);
            let key = Key {
                id,
                prefix: tenant.prefix.clone(),
                tenant: tenant.clone(),
                spec,
                owner_active: true,
                form: Form::Token,
                purpose: Purpose::Ordinary,
                last_four: token.last_four(),
                created_at,
                created_by: permit.actor().to_owned(),
                rotated_from: None,
                series: id,
                granted_by: Grantor::Nobody,
                state,
                generation: change.generation(),
            };
            calls.extend(used.clone().map(|(last_use, calls)| CallCounts {
                key: id,
                minute: last_use.at,
                call_samples: Vec::new(),
                calls: vec![("valid", calls)],
                callers: vec![last_use.clone()],
                last_use: Some(last_use),
            }));
            let digest = Digest::of(token.reveal().as_bytes());
            seeded.push(KeyInBatch { key, digest, last_use: used.map(|(last_use, _)| last_use) });
        }
        change.insert_keys(&seeded, now).await?;
        let detail = serde_json::json!({ "keys": seeded.len() });
        let target = format!("{} keys", seeded.len());
        change.commit(now, permit.actor(), Verb::SeedKeys, &target, &detail.to_string()).await?;
        for batch in calls.chunks(BATCH) {
            self.store.add_usage(batch).await?;
        }
        Ok(())
    }
}
