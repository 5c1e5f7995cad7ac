//! Keys at rest: inserted with a digest, found by their public id, listed newest first.

use sqlx::FromRow;

use super::{Change, Store, StoreError, reading, within};
use crate::{
    id::{KeyId, TenantId},
    key::{ArchiveReason, Archived, Key, State, Tenant},
    name::{Description, Name, Owner, Prefix},
    scope::Scopes,
    secret::Digest,
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
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// The key.
    pub key: Key,
    /// SHA-256 of its secret.
    pub digest: Digest,
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
    tenant_name: String,
    tenant_prefix: String,
    name: String,
    description: String,
    owner: String,
    scopes: String,
    prefix: String,
    last_four: String,
    digest: String,
    created_at: i64,
    created_by: String,
    expires_at: i64,
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
        let state = match self.archived_at {
            None => State::Live,
            Some(at) => State::Archived(Archived {
                at: Timestamp::from_millis(at),
                by: self.archived_by?,
                reason: ArchiveReason::parse(&self.archive_reason?)?,
            }),
        };
        let key = Key {
            id: KeyId::parse(&self.id)?,
            tenant: Tenant {
                id: TenantId::parse(&self.tenant_id)?,
                name: Name::parse(&self.tenant_name).ok()?,
                prefix: Prefix::parse(&self.tenant_prefix).ok()?,
            },
            name: Name::parse(&self.name).ok()?,
            description: Description::parse(&self.description).ok()?,
            owner: Owner::parse(&self.owner).ok()?,
            scopes: Scopes::parse(&self.scopes).ok()?,
            prefix: Prefix::parse(&self.prefix).ok()?,
            last_four: self.last_four,
            created_at: Timestamp::from_millis(self.created_at),
            created_by: self.created_by,
            expires_at: Timestamp::from_millis(self.expires_at),
            state,
            generation: self.generation,
        };
        Some(StoredKey { key, digest: Digest::from_hex(&self.digest)? })
    }
}

/// The one shape in which keys are read.
macro_rules! select_keys {
    ($rest:literal) => {
        concat!(
            "SELECT k.*, t.name AS tenant_name, t.prefix AS tenant_prefix, u.at AS used_at, u.address AS used_address ",
            "FROM keys k JOIN tenants t ON t.id = k.tenant_id LEFT JOIN last_uses u ON u.key_id = k.id ",
            $rest
        )
    };
}

impl Store {
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

    /// The scopes some key that is not archived holds, for the picker, outside the reserved ones.
    pub async fn scopes_in_use(&self) -> Result<Scopes, StoreError> {
        let sql = "SELECT DISTINCT scopes FROM keys WHERE archived_at IS NULL LIMIT 200";
        let rows: Vec<(String,)> = reading!(self, db => sqlx::query_as(sql).fetch_all(db).await?);
        let words = rows.iter().flat_map(|(scopes,)| scopes.split(' '));
        let mut own: Vec<&str> = words.filter(|scope| !scope.starts_with("keyward.")).collect();
        own.sort_unstable();
        own.dedup();
        own.truncate(crate::scope::MAX_SCOPES);
        Scopes::parse(&own.join(" ")).map_err(|_| StoreError::Corrupt("key"))
    }

    /// The tenant of this name.
    pub async fn tenant(&self, name: &str) -> Result<Option<Tenant>, StoreError> {
        let sql = "SELECT id, name, prefix FROM tenants WHERE name = $1";
        let row: Option<(String, String, String)> =
            reading!(self, db => sqlx::query_as(sql).bind(name).fetch_optional(db).await?);
        let read = |(id, name, prefix): (String, String, String)| {
            Some(Tenant {
                id: TenantId::parse(&id)?,
                name: Name::parse(&name).ok()?,
                prefix: Prefix::parse(&prefix).ok()?,
            })
        };
        row.map(|row| read(row).ok_or(StoreError::Corrupt("tenant"))).transpose()
    }
}

impl Change {
    /// Inserts a key. Its generation is this change's.
    pub async fn insert_key(&mut self, new: NewKey<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO keys (id, tenant_id, name, description, owner, scopes, prefix, last_four, digest, created_at, \
                   created_by, expires_at, generation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let NewKey { key, digest } = new;
        let generation = self.generation();
        within!(self, db => sqlx::query(sql)
            .bind(key.id.as_str())
            .bind(key.tenant.id.as_str())
            .bind(key.name.as_str())
            .bind(key.description.as_str())
            .bind(key.owner.as_str())
            .bind(key.scopes.to_string())
            .bind(key.prefix.as_str())
            .bind(&key.last_four)
            .bind(digest.to_hex())
            .bind(key.created_at.millis())
            .bind(&key.created_by)
            .bind(key.expires_at.millis())
            .bind(generation)
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
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
fn pattern(words: &str) -> String {
    let words = words.trim().to_lowercase();
    if words.is_empty() {
        return words;
    }
    let escaped = words.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}
