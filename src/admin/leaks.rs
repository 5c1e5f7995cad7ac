//! Keys whose secrets were found where they should not be. Whoever holds a secret may report it; whoever has its digest
//! needs a permit. The key is switched off, and stays marked until somebody says why it may work again.

use crypto::{jwt, secret::Digest};
use model::{
    account::Action,
    audit::Verb,
    id::KeyId,
    key::{ArchiveReason, Archived, Key, KeyState, Leak, SwitchedOff},
    token,
};

use crate::{
    Admin, AdminError, Permit,
    keys::{NEEDS_REASON, changing, may_strengthen, reaches},
};

/// The most characters of where a secret was found, and of why a key may work again.
const LONGEST: usize = 200;
/// Who did it, where somebody reports a secret without saying who they are.
const ANYONE: &str = "leak report";
/// Whose key is looked up for what is no key: the work is the same.
const NOBODY: &str = "0000000000000000";

impl Admin {
    /// Somebody reports a secret. It proves itself: a key of this secret is switched off. Whether there is one is told to
    /// the program alone. The work is the same until then: one look-up, one comparison.
    pub async fn report_leaked_token(&self, token: &str, source: &str) -> Result<bool, AdminError> {
        let source = one_line("source", source)?;
        let token = token.trim();
        let (id, secret) = match (token::parse(token), jwt::parse(token)) {
            (Some(parts), _) => (Some(parts.id), parts.secret),
            (None, Some(parts)) => (Some(parts.id), token),
            (None, None) => (None, token),
        };
        let presented = Digest::of(secret.as_bytes());
        // What another system gave out is found by its digest; what is nobody's costs the same look-up as a key.
        let id = match id {
            Some(id) => Some(id),
            None => self.store.imported_key(&presented).await?.or_else(|| KeyId::parse(NOBODY)),
        };
        let found = match id {
            Some(id) => self.store.key(id).await?,
            None => None,
        };
        match found.filter(|(stored, _)| stored.digest.matches(&presented)) {
            Some((stored, _)) => self.mark_leaked(stored.key.id, &source, ANYONE).await,
            None => Ok(false),
        }
    }

    /// Somebody with a permit reports the SHA-256 of a key's secret: of its third part without the checksum, or of all of a
    /// JWT. Whether that was a key that the permit reaches.
    pub async fn report_leaked_digest(
        &self,
        permit: &Permit,
        id: KeyId,
        digest: Digest,
        source: &str,
    ) -> Result<bool, AdminError> {
        permit.allows(Action::ReportLeaks)?;
        let source = one_line("source", source)?;
        let found = self.store.key(id).await?.map(|(stored, _)| stored);
        match found.filter(|stored| permit.reaches(&stored.key) && stored.digest.matches(&digest)) {
            Some(stored) => self.mark_leaked(stored.key.id, &source, permit.actor()).await,
            None => Ok(false),
        }
    }

    /// Switches a key on again that was reported as leaked, and says why.
    pub async fn trust_leaked_key(&self, permit: &Permit, id: KeyId, reason: &str) -> Result<Key, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let reason = one_line("reason", reason)?;
        if reason.is_empty() {
            return Err(AdminError::field("reason", NEEDS_REASON));
        }
        let mut change = self.store.change().await?;
        let key = changing(&mut change, permit, id, "name").await?;
        if key.leak.is_none() {
            return Err(AdminError::field("reason", "Nobody reported it as leaked."));
        }
        may_strengthen(permit, &key.spec.scopes, "name")?;
        let key = Key { state: KeyState::Live, leak: None, generation: change.generation(), ..key };
        change.update_key(&key).await?;
        let detail = serde_json::json!({ "name": key.spec.name.as_str(), "reason": reason });
        change.commit(self.clock.now(), permit.actor(), Verb::SwitchOnKey, id.as_str(), &detail.to_string()).await?;
        Ok(key)
    }

    /// Marks a key and switches it off; one that is marked already stays as it is. An archived one is archived for good.
    async fn mark_leaked(&self, id: KeyId, source: &str, actor: &str) -> Result<bool, AdminError> {
        let now = self.clock.now();
        let mut change = self.store.change().await?;
        let Some(key) = change.key(id).await?.filter(|key| key.leak.is_none()) else { return Ok(true) };
        let state = match key.state {
            KeyState::Live => KeyState::Off(SwitchedOff { at: now, by: actor.to_owned() }),
            KeyState::Archived(evidence) => {
                let evidence = Archived { reason: ArchiveReason::Compromised, ..evidence };
                change.archive_key(id, &evidence).await?;
                KeyState::Archived(evidence)
            }
            off @ KeyState::Off(_) => off,
        };
        let leak = Some(Leak { at: now, source: source.to_owned() });
        let key = Key { state, leak, generation: change.generation(), ..key };
        change.update_key(&key).await?;
        let detail = serde_json::json!({ "name": key.spec.name.as_str(), "source": source });
        change.commit(now, actor, Verb::LeakKey, id.as_str(), &detail.to_string()).await?;
        Ok(true)
    }

    /// Whether this is the digest of the secret of a key that the permit reaches: the key.
    pub async fn key_of_digest(&self, permit: &Permit, id: KeyId, digest: Digest) -> Result<Option<Key>, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let found = self.store.key(id).await?.map(|(stored, _)| stored);
        let found = found.filter(|stored| reaches(permit, &stored.key).is_ok() && stored.digest.matches(&digest));
        Ok(found.map(|stored| stored.key))
    }

    /// What keys of this Keyward begin with: the prefixes of its tenants, and those of keys from before one was changed.
    pub async fn prefixes(&self, permit: &Permit) -> Result<Vec<String>, AdminError> {
        permit.allows(Action::ManageTenants)?;
        Ok(self.store.prefixes().await?)
    }
}

/// A text of one line.
fn one_line(field: &'static str, text: &str) -> Result<String, AdminError> {
    let text = text.trim();
    if text.chars().count() > LONGEST {
        return Err(AdminError::field(field, format!("It has at most {LONGEST} characters.")));
    }
    if text.chars().any(char::is_control) {
        return Err(AdminError::field(field, "Write it on one line."));
    }
    Ok(text.to_owned())
}
