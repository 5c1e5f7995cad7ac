//! Keys at rest: inserted with a digest, found by their public id, listed newest first.

use std::sync::OnceLock;

use serde_json::value::RawValue;
use sqlx::FromRow;

use super::{Change, Store, StoreError, StoredVerifyKey, reading, within};
use crate::{
    address::Addresses,
    id::{EntryId, KeyId},
    key::{
        ArchiveReason, Archived, Card, Form, Key, Metadata, Named, Purpose, SignedWrites, State, Subject, SwitchedOff,
    },
    limit::{Limits, Quota},
    name::{Description, Name, Owner, Prefix, Word},
    scope::Scopes,
    secret::Digest,
    store::registry::tenant,
    time::Timestamp,
};

/// A key about to be stored, with the digest of its secret.
pub struct NewKey<'a> {
    /// The key; its generation is the change's.
    pub key: &'a Key,
    /// SHA-256 of its secret.
    pub digest: Digest,
}

/// A key as the verify path needs it.
#[derive(Debug)]
pub struct StoredKey {
    /// The key.
    pub key: Key,
    /// SHA-256 of its secret.
    pub digest: Digest,
    /// Public keys that verify its signatures, retired ones too.
    pub verify_keys: Vec<StoredVerifyKey>,
    told: OnceLock<Box<RawValue>>,
}

impl StoredKey {
    /// A key and the digest of its secret.
    pub fn new(key: Key, digest: Digest) -> Self {
        Self { key, digest, verify_keys: Vec::new(), told: OnceLock::new() }
    }

    /// With the public keys that verify its signatures.
    #[must_use]
    pub fn with_verify_keys(self, verify_keys: Vec<StoredVerifyKey>) -> Self {
        Self { verify_keys, ..self }
    }

    /// What a door tells of it, written by the door once and kept as long as the key is remembered.
    pub fn told(&self, write: impl FnOnce(&Key) -> Box<RawValue>) -> &RawValue {
        self.told.get_or_init(|| write(&self.key))
    }
}

/// The last allowed call of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// When, to about a minute.
    pub at: Timestamp,
    /// From where.
    pub address: String,
}

/// A key and what the list says beside it.
#[derive(Clone, Debug)]
pub struct ListedKey {
    /// The key.
    pub key: Key,
    /// Its last allowed call, if any.
    pub last_use: Option<LastUse>,
}

/// Which keys to list.
#[derive(Clone, Debug, Default)]
pub struct KeyFilter {
    /// Found in the name, the id, the owner or the last four, in either case; empty for all.
    pub words: String,
    /// Just this owner's.
    pub owner: Option<String>,
    /// Just this tenant's, by its name.
    pub tenant: Option<String>,
    /// Just this group's.
    pub group: Option<EntryId>,
    /// Archived ones too.
    pub archived: bool,
    /// After this place.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: u16,
}

/// A place in the list: the last key shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    created_at: Timestamp,
    id: KeyId,
}

impl Cursor {
    /// Reads what [`Cursor::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (millis, id) = text.split_once('-')?;
        Some(Self { created_at: Timestamp::from_millis(millis.parse().ok()?), id: KeyId::parse(id)? })
    }

    /// The place, for a URL.
    pub fn to_text(self) -> String {
        format!("{}-{}", self.created_at.millis(), self.id)
    }
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct KeyPage {
    /// The keys, newest first.
    pub keys: Vec<ListedKey>,
    /// Where the next page begins, when there is one.
    pub next: Option<Cursor>,
}

/// How many keys there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Counts {
    /// Neither archived nor expired.
    pub live: i64,
    /// All.
    pub all: i64,
}

#[derive(FromRow)]
struct KeyRow {
    id: String,
    tenant_id: String,
    tenant_settings: String,
    name: String,
    description: String,
    owner: String,
    owner_off_at: Option<i64>,
    scopes: String,
    all_access_reason: String,
    role: String,
    group_id: Option<String>,
    group_name: Option<String>,
    subject_id: Option<String>,
    subject_name: Option<String>,
    subject_off_at: Option<i64>,
    metadata: String,
    addresses: String,
    limits: String,
    quota: String,
    form: String,
    purpose: String,
    signed_writes: String,
    prefix: String,
    last_four: String,
    digest: String,
    created_at: i64,
    created_by: String,
    expires_at: i64,
    rotated_from: Option<String>,
    off_at: Option<i64>,
    off_by: Option<String>,
    archived_at: Option<i64>,
    archived_by: Option<String>,
    archive_reason: Option<String>,
    generation: i64,
    used_at: Option<i64>,
    used_address: Option<String>,
}

impl KeyRow {
    fn read(self) -> Result<(StoredKey, Option<LastUse>), StoreError> {
        let last_use = self.used_at.zip(self.used_address.clone());
        let last_use = last_use.map(|(at, address)| LastUse { at: Timestamp::from_millis(at), address });
        let stored = self.stored().ok_or(StoreError::Corrupt("key"))?;
        Ok((stored, last_use))
    }

    fn stored(self) -> Option<StoredKey> {
        let at = Timestamp::from_millis;
        let state = match (self.archived_at, self.off_at) {
            (Some(archived), _) => State::Archived(Archived {
                at: at(archived),
                by: self.archived_by?,
                reason: ArchiveReason::parse(&self.archive_reason?)?,
            }),
            (None, Some(off)) => State::Off(SwitchedOff { at: at(off), by: self.off_by? }),
            (None, None) => State::Live,
        };
        let card = Card {
            name: Name::parse(&self.name).ok()?,
            description: Description::parse(&self.description).ok()?,
            owner: Owner::parse(&self.owner).ok()?,
            scopes: Scopes::parse(&self.scopes).ok()?,
            all_access_reason: Description::parse(&self.all_access_reason).ok()?,
            role: Word::parse(&self.role).ok()?,
            expires_at: at(self.expires_at),
            addresses: Addresses::parse(&self.addresses).ok()?,
            limits: Limits::parse(&self.limits).ok()?,
            quota: Quota::parse(&self.quota).ok()?,
            metadata: Metadata::from_checked(self.metadata),
            signed_writes: SignedWrites::parse(&self.signed_writes)?,
        };
        let group = match self.group_id {
            Some(id) => Some(Named { id: EntryId::parse(&id)?, name: self.group_name? }),
            None => None,
        };
        let active = self.subject_off_at.is_none();
        let subject = match self.subject_id {
            Some(id) => Some(Subject { id: EntryId::parse(&id)?, name: self.subject_name?, active }),
            None => None,
        };
        let key = Key {
            id: KeyId::parse(&self.id)?,
            tenant: tenant(&self.tenant_id, &self.tenant_settings)?,
            card,
            group,
            subject,
            owner_active: self.owner_off_at.is_none(),
            form: Form::parse(&self.form)?,
            purpose: Purpose::parse(&self.purpose)?,
            prefix: Prefix::parse(&self.prefix).ok()?,
            last_four: self.last_four,
            created_at: at(self.created_at),
            created_by: self.created_by,
            rotated_from: self.rotated_from.as_deref().and_then(KeyId::parse),
            state,
            generation: self.generation,
        };
        Some(StoredKey::new(key, Digest::from_hex(&self.digest)?))
    }
}

/// The one shape in which keys are read.
macro_rules! select_keys {
    ($rest:literal) => {
        concat!(
            "SELECT k.*, t.settings AS tenant_settings, u.at AS used_at, u.address AS used_address, g.name AS group_name, ",
            "s.name AS subject_name, s.disabled_at AS subject_off_at, o.disabled_at AS owner_off_at ",
            "FROM keys k JOIN tenants t ON t.id = k.tenant_id LEFT JOIN last_uses u ON u.key_id = k.id ",
            "LEFT JOIN entries g ON g.id = k.group_id LEFT JOIN entries s ON s.id = k.subject_id ",
            "LEFT JOIN users o ON o.email = k.owner ",
            $rest
        )
    };
}

/// Live keys of one owner.
macro_rules! live_keys {
    () => {
        "SELECT COUNT(*) FROM keys WHERE owner = $1 AND archived_at IS NULL AND expires_at > $2 AND purpose = 'ordinary'"
    };
}

impl Store {
    /// How many ordinary keys this owner holds that are neither archived nor expired.
    pub async fn live_keys_of(&self, owner: &str, now: Timestamp) -> Result<i64, StoreError> {
        let sql = live_keys!();
        let (live,): (i64,) =
            reading!(self, db => sqlx::query_as(sql).bind(owner).bind(now.millis()).fetch_one(db).await?);
        Ok(live)
    }

    /// The ids of a group's keys that are not archived.
    pub async fn keys_of_group(&self, group: EntryId) -> Result<Vec<KeyId>, StoreError> {
        let sql = "SELECT id FROM keys WHERE group_id = $1 AND archived_at IS NULL ORDER BY created_at";
        let rows: Vec<(String,)> = reading!(self, db => sqlx::query_as(sql).bind(group.as_str()).fetch_all(db).await?);
        rows.iter().map(|(id,)| KeyId::parse(id).ok_or(StoreError::Corrupt("key"))).collect()
    }

    /// The ids of the self-test's keys that expired before this instant: what a test that was cut off left behind.
    pub async fn canaries_before(&self, instant: Timestamp) -> Result<Vec<KeyId>, StoreError> {
        let sql = "SELECT id FROM keys WHERE purpose = $1 AND expires_at < $2";
        let purpose = Purpose::Canary.code();
        let rows: Vec<(String,)> = reading!(self, db => sqlx::query_as(sql)
            .bind(purpose)
            .bind(instant.millis())
            .fetch_all(db)
            .await?);
        rows.iter().map(|(id,)| KeyId::parse(id).ok_or(StoreError::Corrupt("key"))).collect()
    }

    /// The key with this id.
    pub async fn key(&self, id: KeyId) -> Result<Option<(StoredKey, Option<LastUse>)>, StoreError> {
        let sql = select_keys!("WHERE k.id = $1");
        let row: Option<KeyRow> = reading!(self, db => sqlx::query_as(sql).bind(id.as_str()).fetch_optional(db).await?);
        row.map(KeyRow::read).transpose()
    }

    /// A page of keys.
    pub async fn keys(&self, filter: &KeyFilter) -> Result<KeyPage, StoreError> {
        let sql = select_keys!(
            "WHERE ($1 = '' OR k.owner = $1) AND ($2 = 1 OR k.archived_at IS NULL) AND (k.created_at, k.id) < ($3, $4) \
             AND ($5 = '' OR lower(k.name) LIKE $5 ESCAPE '!' OR lower(k.owner) LIKE $5 ESCAPE '!' \
             OR lower(k.id) LIKE $5 ESCAPE '!' OR lower(k.last_four) LIKE $5 ESCAPE '!') \
             AND ($7 = '' OR t.name = $7) AND ($8 = '' OR k.group_id = $8) \
             ORDER BY k.created_at DESC, k.id DESC LIMIT $6"
        );
        let (created_at, id) = match &filter.after {
            Some(cursor) => (cursor.created_at.millis(), cursor.id.to_string()),
            None => (i64::MAX, String::new()),
        };
        let rows: Vec<KeyRow> = reading!(self, db => sqlx::query_as(sql)
            .bind(filter.owner.as_deref().unwrap_or_default())
            .bind(i64::from(filter.archived))
            .bind(created_at)
            .bind(id)
            .bind(pattern(&filter.words))
            .bind(i64::from(filter.limit) + 1)
            .bind(filter.tenant.as_deref().unwrap_or_default())
            .bind(filter.group.map(|group| group.to_string()).unwrap_or_default())
            .fetch_all(db)
            .await?);
        let more = rows.len() > usize::from(filter.limit);
        let keys = rows
            .into_iter()
            .take(filter.limit.into())
            .map(|row| row.read().map(|(stored, last_use)| ListedKey { key: stored.key, last_use }));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let last = keys.last().map(|listed| Cursor { created_at: listed.key.created_at, id: listed.key.id });
        Ok(KeyPage { keys, next: last.filter(|_| more) })
    }

    /// How many keys there are, all or one owner's.
    pub async fn count_keys(&self, owner: Option<&str>, now: Timestamp) -> Result<Counts, StoreError> {
        let sql = "SELECT COUNT(*) AS \"all\", COUNT(CASE WHEN archived_at IS NULL AND expires_at > $1 THEN 1 END) AS live \
                   FROM keys WHERE $2 = '' OR owner = $2";
        Ok(
            reading!(self, db => sqlx::query_as(sql).bind(now.millis()).bind(owner.unwrap_or_default()).fetch_one(db).await?),
        )
    }
}

impl Change {
    /// Inserts a key. Its generation is this change's.
    pub async fn insert_key(&mut self, new: NewKey<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO keys (id, tenant_id, name, description, owner, scopes, prefix, last_four, digest, created_at, \
                   created_by, expires_at, form, purpose, rotated_from, generation) \
                   VALUES ($1, $2, '', '', '', '', $3, $4, $5, $6, $7, 0, $8, $9, $10, 0)";
        let NewKey { key, digest } = new;
        within!(self, db => sqlx::query(sql)
            .bind(key.id.as_str())
            .bind(key.tenant.id.as_str())
            .bind(key.prefix.as_str())
            .bind(&key.last_four)
            .bind(digest.to_hex())
            .bind(key.created_at.millis())
            .bind(&key.created_by)
            .bind(key.form.code())
            .bind(key.purpose.code())
            .bind(key.rotated_from.map(|id| id.to_string()))
            .execute(db)
            .await
            .map(drop))?;
        self.update_key(key).await
    }

    /// Stores everything of a key that can change but its archiving. Its generation becomes this change's.
    pub async fn update_key(&mut self, key: &Key) -> Result<(), StoreError> {
        let sql = "UPDATE keys SET name = $1, description = $2, owner = $3, scopes = $4, all_access_reason = $5, role = $6, \
                   expires_at = $7, addresses = $8, limits = $9, quota = $10, metadata = $11, signed_writes = $12, \
                   group_id = $13, subject_id = $14, off_at = $15, off_by = $16, generation = $17 WHERE id = $18";
        let card = &key.card;
        let off = if let State::Off(off) = &key.state { Some(off) } else { None };
        let generation = self.generation();
        within!(self, db => sqlx::query(sql)
            .bind(card.name.as_str())
            .bind(card.description.as_str())
            .bind(card.owner.as_str())
            .bind(card.scopes.to_string())
            .bind(card.all_access_reason.as_str())
            .bind(card.role.as_str())
            .bind(card.expires_at.millis())
            .bind(card.addresses.to_string())
            .bind(card.limits.to_string())
            .bind(card.quota.map(|quota| quota.to_string()).unwrap_or_default())
            .bind(card.metadata.as_str())
            .bind(card.signed_writes.code())
            .bind(key.group.as_ref().map(|group| group.id.to_string()))
            .bind(key.subject.as_ref().map(|subject| subject.id.to_string()))
            .bind(off.map(|off| off.at.millis()))
            .bind(off.map(|off| off.by.clone()))
            .bind(generation)
            .bind(key.id.as_str())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Removes an archived key and what was counted for it.
    pub async fn purge_key(&mut self, id: KeyId) -> Result<(), StoreError> {
        for sql in [
            "DELETE FROM usage_hours WHERE key_id = $1",
            "DELETE FROM last_uses WHERE key_id = $1",
            "DELETE FROM callers WHERE key_id = $1",
            "DELETE FROM quotas WHERE key_id = $1",
            "DELETE FROM nonces WHERE key_id = $1",
            "DELETE FROM verify_keys WHERE key_id = $1",
            "DELETE FROM refusals WHERE key_id = $1",
            "DELETE FROM keys WHERE id = $1 AND archived_at IS NOT NULL",
        ] {
            within!(self, db => sqlx::query(sql).bind(id.as_str()).execute(db).await.map(drop))?;
        }
        Ok(())
    }

    /// How many ordinary keys this owner holds that are neither archived nor expired, as this change sees them.
    pub async fn live_keys_of(&mut self, owner: &Owner, now: Timestamp) -> Result<i64, StoreError> {
        let sql = live_keys!();
        let (live,): (i64,) = within!(self, db => sqlx::query_as(sql)
            .bind(owner.as_str())
            .bind(now.millis())
            .fetch_one(db)
            .await?);
        Ok(live)
    }

    /// The key with this id, as this change sees it.
    pub async fn key(&mut self, id: KeyId) -> Result<Option<Key>, StoreError> {
        let sql = select_keys!("WHERE k.id = $1");
        let row: Option<KeyRow> = within!(self, db => sqlx::query_as(sql).bind(id.as_str()).fetch_optional(db).await?);
        Ok(row.map(KeyRow::read).transpose()?.map(|(stored, _)| stored.key))
    }

    /// Stores that the key was archived.
    pub async fn archive_key(&mut self, id: KeyId, archived: &Archived) -> Result<(), StoreError> {
        let sql =
            "UPDATE keys SET archived_at = $1, archived_by = $2, archive_reason = $3, generation = $4 WHERE id = $5";
        let generation = self.generation();
        within!(self, db => sqlx::query(sql)
            .bind(archived.at.millis())
            .bind(&archived.by)
            .bind(archived.reason.code())
            .bind(generation)
            .bind(id.as_str())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }
}

/// What LIKE looks for: the words anywhere, taken as they are; empty for no words.
pub(super) fn pattern(words: &str) -> String {
    let words = words.trim().to_lowercase();
    if words.is_empty() {
        return words;
    }
    let escaped = words.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}
