//! Keys: issue, list, show, archive.

use super::{Console, ConsoleError, FieldError};
use crate::{
    audit::Verb,
    id::KeyId,
    key::{ArchiveReason, Archived, Key, State},
    name::{Description, Name, Owner},
    people::{Action, Permit},
    scope::{Scope, Scopes},
    secret::{Digest, Plaintext},
    store::{Counts, Cursor, KeyFilter, KeyPage, LastUse, NewKey, Stakes},
    time::Timestamp,
    token,
};

/// The tenant a key belongs to when nothing else is said.
const DEFAULT_TENANT: &str = "default";
/// Keys on one page of the list.
const PAGE: u16 = 50;

/// The form for a new key, as typed.
#[derive(Clone, Debug, Default)]
pub struct IssueKey {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who holds it; empty for whoever asks.
    pub owner: String,
    /// What it may do, separated by white space or commas.
    pub scopes: String,
    /// Until when: `90d`, `2027-03-14` or an RFC 3339 instant.
    pub expires: String,
    /// The name of its tenant; empty for the default one.
    pub tenant: String,
}

/// A key that was just issued, with the only copy of its secret.
pub struct Issued {
    /// The key.
    pub key: Key,
    /// Its token.
    pub token: Plaintext,
}

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct ListKeys {
    /// What to look for.
    pub words: String,
    /// Archived ones too.
    pub archived: bool,
    /// After this place.
    pub after: Option<Cursor>,
}

/// A page of the list with its counts.
pub struct KeyList {
    /// The page.
    pub page: KeyPage,
    /// How many there are in all.
    pub counts: Counts,
}

/// A key with all that its page shows.
pub struct KeyDetail {
    /// The key.
    pub key: Key,
    /// Its last allowed call.
    pub last_use: Option<LastUse>,
    /// What archiving it would break.
    pub stakes: Stakes,
}

impl Console {
    /// Issues a key. When this returns, the key is durable; its secret is nowhere else.
    pub async fn issue_key(&self, permit: &Permit, form: &IssueKey) -> Result<Issued, ConsoleError> {
        permit.allows(Action::WriteKeys)?;
        let now = self.clock.now();
        let mut errors = Vec::new();
        let owner = if form.owner.trim().is_empty() { permit.actor() } else { &form.owner };
        let name = field(&mut errors, "name", Name::parse(&form.name));
        let description = field(&mut errors, "description", Description::parse(&form.description));
        let owner = field(&mut errors, "owner", Owner::parse(owner));
        let scopes = field(&mut errors, "scopes", Scopes::parse(&form.scopes));
        let expires_at = field(&mut errors, "expires", self.policy.expiry(&form.expires, now));
        let mut refuse = |field, message: &str| errors.push(FieldError { field, message: message.to_owned() });
        if scopes.as_ref().is_some_and(Scopes::is_empty) {
            refuse("scopes", "Choose at least one scope: a key without any opens nothing.");
        }
        if scopes.as_ref().is_some_and(|scopes| scopes.iter().any(Scope::is_reserved))
            && permit.allows(Action::GrantReserved).is_err()
        {
            refuse("scopes", "Your role may not give a key access to Keyward itself. Ask an admin.");
        }
        if permit.only_owner().is_some_and(|only| owner.as_ref().is_some_and(|owner| owner.as_str() != only)) {
            refuse("owner", "Your role may only make keys of your own.");
        }
        let tenant = if form.tenant.trim().is_empty() { DEFAULT_TENANT } else { form.tenant.trim() };
        let tenant = self.store.tenant(tenant).await?;
        if tenant.is_none() {
            refuse("tenant", "There is no tenant of this name.");
        }
        let (Some(name), Some(description), Some(owner), Some(scopes), Some(expires_at), Some(tenant), true) =
            (name, description, owner, scopes, expires_at, tenant, errors.is_empty())
        else {
            return Err(ConsoleError::Invalid(errors));
        };

        let id = self.entropy.key_id();
        let token = self.entropy.token(&tenant.prefix, id);
        let digest = token::parse(token.reveal()).map(|parts| Digest::of(parts.secret.as_bytes()));
        let mut change = self.store.change().await?;
        let key = Key {
            id,
            prefix: tenant.prefix.clone(),
            tenant,
            name,
            description,
            owner,
            scopes,
            last_four: token.last_four(),
            created_at: now,
            created_by: permit.actor().to_owned(),
            expires_at,
            state: State::Live,
            generation: change.generation(),
        };
        change.insert_key(NewKey { key: &key, digest: digest.expect("a token we made reads back") }).await?;
        let detail = serde_json::json!({
            "name": key.name.as_str(), "owner": key.owner.as_str(), "scopes": key.scopes.to_string(),
            "tenant": key.tenant.name.as_str(), "expires": key.expires_at.to_string(),
        });
        change.commit(now, permit.actor(), Verb::IssueKey, id.as_str(), &detail.to_string()).await?;
        Ok(Issued { key, token })
    }

    /// A page of the keys the permit reaches, newest first.
    pub async fn list_keys(&self, permit: &Permit, list: &ListKeys) -> Result<KeyList, ConsoleError> {
        permit.allows(Action::ReadKeys)?;
        let filter = KeyFilter {
            words: list.words.clone(),
            owner: permit.only_owner().map(str::to_owned),
            archived: list.archived,
            after: list.after,
            limit: PAGE,
        };
        let page = self.store.keys(&filter).await?;
        let counts = self.store.count_keys(permit.only_owner(), self.clock.now()).await?;
        Ok(KeyList { page, counts })
    }

    /// One key with what its page shows.
    pub async fn show_key(&self, permit: &Permit, id: KeyId) -> Result<KeyDetail, ConsoleError> {
        permit.allows(Action::ReadKeys)?;
        let (stored, last_use) = self.store.key(id).await?.ok_or(ConsoleError::NotFound)?;
        reaches(permit, &stored.key)?;
        let stakes = self.store.stakes(id, self.clock.now()).await?;
        Ok(KeyDetail { key: stored.key, last_use, stakes })
    }

    /// Archives a key: the next verify is refused. Archiving an archived key changes nothing and says so by its evidence.
    pub async fn archive_key(&self, permit: &Permit, id: KeyId, reason: ArchiveReason) -> Result<Key, ConsoleError> {
        permit.allows(Action::WriteKeys)?;
        let mut change = self.store.change().await?;
        let key = change.key(id).await?.ok_or(ConsoleError::NotFound)?;
        reaches(permit, &key)?;
        let now = self.clock.now();
        let evidence = Archived { at: now, by: permit.actor().to_owned(), reason };
        let name = key.name.clone();
        let archived = match key.clone().archive(evidence.clone()) {
            Ok(archived) => Key { generation: change.generation(), ..archived },
            Err(_) => return Ok(key),
        };
        change.archive_key(id, &evidence).await?;
        let detail = serde_json::json!({ "name": name.as_str(), "reason": reason.code() });
        change.commit(now, permit.actor(), Verb::ArchiveKey, id.as_str(), &detail.to_string()).await?;
        Ok(archived)
    }

    /// The scopes keys already hold, for the picker.
    pub async fn scopes_in_use(&self, permit: &Permit) -> Result<Scopes, ConsoleError> {
        permit.allows(Action::WriteKeys)?;
        Ok(self.store.scopes_in_use().await?)
    }

    /// Until when a key made now may live.
    pub fn expiry_bounds(&self) -> (Timestamp, Timestamp) {
        self.policy.bounds(self.clock.now())
    }
}

fn reaches(permit: &Permit, key: &Key) -> Result<(), ConsoleError> {
    let reached = permit.only_owner().is_none_or(|owner| owner == key.owner.as_str());
    if reached { Ok(()) } else { Err(ConsoleError::NotFound) }
}

/// Keeps a parsed value, or notes what is wrong with its field.
pub(super) fn field<T, E: ToString>(
    errors: &mut Vec<FieldError>,
    field: &'static str,
    parsed: Result<T, E>,
) -> Option<T> {
    parsed.map_err(|error| errors.push(FieldError { field, message: error.to_string() })).ok()
}
