//! Keys at rest: inserted with a digest, found by their public id, listed newest first.

use crypto::secret::Digest;
use model::{
    activity::{CallCounts, Outcome},
    address::Addresses,
    id::{EntryId, KeyId, TenantId},
    key::{
        ArchiveReason, Archived, Form, Grantor, Identity, Key, KeySpec, KeyState, KeyStatus, Metadata, Named, Purpose,
        SignedWrites, SwitchedOff,
    },
    label::Labels,
    limit::{Limits, Quota},
    listing::{Assessment, Cursor, EXPIRED, KeyFlag, ListKeys, Sort, StatusFilter},
    name::{Description, Name, Owner, Prefix, Word},
    scope::{ClosedGates, Scopes},
    time::{DAY, Timestamp},
};
use sqlx::{AssertSqlSafe, FromRow};

use super::{
    Store, StoreError, StoredRequestSigningKey,
    change::{Change, within},
    reading,
};
use crate::{catalog::tenant, fold::folded};

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
    /// Public keys that verify its signatures, retired ones too.
    pub request_signing_keys: Vec<StoredRequestSigningKey>,
    /// The gates in the way of its scopes that are closed for its tenant.
    pub closed: ClosedGates,
}

impl StoredKey {
    /// A key and the digest of its secret.
    pub fn new(key: Key, digest: Digest) -> Self {
        Self { key, digest, request_signing_keys: Vec::new(), closed: ClosedGates::default() }
    }

    /// With the public keys that verify its signatures.
    #[must_use]
    pub fn with_request_signing_keys(self, request_signing_keys: Vec<StoredRequestSigningKey>) -> Self {
        Self { request_signing_keys, ..self }
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
    /// How it stood when that was last looked at.
    pub stands: Assessment,
    /// Its number in the order of creation.
    pub seq: i64,
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct KeyPage {
    /// The keys, in the order that was asked for.
    pub keys: Vec<ListedKey>,
    /// How many keys come before the first of them, as far as that was counted on the way here.
    pub passed: i64,
    /// After what the next page begins, when there is one.
    pub next: Option<Cursor>,
    /// Before what the previous page ends, when there is one.
    pub previous: Option<Cursor>,
}

/// How many keys there are of each status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// By their status.
    by_status: Vec<(KeyStatus, i64)>,
    /// Those that have another status, and count as this one, too.
    also: Vec<(KeyStatus, i64)>,
}

/// Before the status in the name of a count of keys that have another one.
pub(super) const ALSO: &str = "also_";

impl Counts {
    fn read(rows: &[(String, i64)]) -> Self {
        let mut counts = Self::default();
        for (name, keys) in rows {
            let (list, code) = match name.strip_prefix(ALSO) {
                Some(code) => (&mut counts.also, code),
                None => (&mut counts.by_status, name.as_str()),
            };
            list.extend(KeyStatus::parse(code).map(|status| (status, *keys)));
        }
        counts
    }

    /// Of this status, and those that count as it, too.
    pub fn of(&self, status: KeyStatus) -> i64 {
        self.by_status.iter().chain(&self.also).filter(|(counted, _)| *counted == status).map(|(_, keys)| keys).sum()
    }

    /// Those that a list shows: each once.
    pub fn shown(&self, which: StatusFilter) -> i64 {
        match which {
            StatusFilter::Only(status) => self.of(status),
            _ => which.statuses().map(|status| self.exactly(status)).sum(),
        }
    }

    fn exactly(&self, status: KeyStatus) -> i64 {
        self.by_status.iter().filter(|(counted, _)| *counted == status).map(|(_, keys)| keys).sum()
    }

    /// Those that work.
    pub fn live(&self) -> i64 {
        self.shown(StatusFilter::Working)
    }

    /// All.
    pub fn all(&self) -> i64 {
        self.shown(StatusFilter::Any)
    }
}

/// What a key did in an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHour {
    /// The key.
    pub key: KeyId,
    /// The start of the hour.
    pub hour: Timestamp,
    /// What became of its calls.
    pub calls: CallCounts,
}

#[derive(FromRow)]
pub(super) struct KeyRow {
    pub(super) seq: i64,
    pub(super) status: String,
    pub(super) flags: String,
    due_at: i64,
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
    labels: String,
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
    series: String,
    granted_by: String,
    off_at: Option<i64>,
    off_by: Option<String>,
    archived_at: Option<i64>,
    archived_by: Option<String>,
    archive_reason: Option<String>,
    generation: i64,
    pub(super) last_used_at: i64,
    last_used_from: String,
}

impl KeyRow {
    pub(super) fn read(self) -> Result<(StoredKey, Option<LastUse>), StoreError> {
        let at = Timestamp::from_millis(self.last_used_at);
        let last_use = (self.last_used_at > 0).then(|| LastUse { at, address: self.last_used_from.clone() });
        let stored = self.stored().ok_or(StoreError::Corrupt("key"))?;
        Ok((stored, last_use))
    }

    /// How the key stood when that was last looked at.
    pub(super) fn assessment(&self) -> Option<Assessment> {
        assessment(&self.status, &self.flags, Timestamp::from_millis(self.due_at))
    }

    fn stored(self) -> Option<StoredKey> {
        let at = Timestamp::from_millis;
        let state = match (self.archived_at, self.off_at) {
            (Some(archived), _) => KeyState::Archived(Archived {
                at: at(archived),
                by: self.archived_by?,
                reason: ArchiveReason::parse(&self.archive_reason?)?,
            }),
            (None, Some(off)) => KeyState::Off(SwitchedOff { at: at(off), by: self.off_by? }),
            (None, None) => KeyState::Live,
        };
        let group = match self.group_id {
            Some(id) => Some(Named { id: EntryId::parse(&id)?, name: self.group_name? }),
            None => None,
        };
        let active = self.subject_off_at.is_none();
        let subject = match self.subject_id {
            Some(id) => Some(Identity { id: EntryId::parse(&id)?, name: self.subject_name?, active }),
            None => None,
        };
        let spec = KeySpec {
            name: Name::parse(&self.name).ok()?,
            description: Description::parse(&self.description).ok()?,
            owner: Owner::parse(&self.owner).ok()?,
            scopes: Scopes::parse(&self.scopes).ok()?,
            all_access_reason: Description::parse(&self.all_access_reason).ok()?,
            group,
            subject,
            role: Word::parse(&self.role).ok()?,
            labels: Labels::parse(&self.labels).ok()?,
            expires_at: at(self.expires_at),
            addresses: Addresses::parse(&self.addresses).ok()?,
            limits: Limits::parse(&self.limits).ok()?,
            quota: Quota::parse(&self.quota).ok()?,
            metadata: Metadata::from_checked(self.metadata),
            signed_writes: SignedWrites::parse(&self.signed_writes)?,
        };
        let key = Key {
            id: KeyId::parse(&self.id)?,
            tenant: tenant(&self.tenant_id, &self.tenant_settings)?,
            spec,
            owner_active: self.owner_off_at.is_none(),
            form: Form::parse(&self.form)?,
            purpose: Purpose::parse(&self.purpose)?,
            prefix: Prefix::parse(&self.prefix).ok()?,
            last_four: self.last_four,
            created_at: at(self.created_at),
            created_by: self.created_by,
            rotated_from: self.rotated_from.as_deref().and_then(KeyId::parse),
            series: KeyId::parse(&self.series)?,
            granted_by: Grantor::parse(&self.granted_by)?,
            state,
            generation: self.generation,
        };
        Some(StoredKey::new(key, Digest::from_hex(&self.digest)?))
    }
}

/// What is stored of how a key stands. A flag that this version does not know, such as one that asks for another look, is
/// left out.
fn assessment(status: &str, flags: &str, due: Timestamp) -> Option<Assessment> {
    let flags = flags.split_whitespace().filter_map(KeyFlag::parse).collect();
    Some(Assessment { status: KeyStatus::parse(status)?, flags, due })
}

/// The one shape in which keys are read.
macro_rules! select_keys {
    ($rest:literal) => {
        concat!(
            "SELECT k.*, t.settings AS tenant_settings, g.name AS group_name, ",
            "s.name AS subject_name, s.disabled_at AS subject_off_at, o.disabled_at AS owner_off_at ",
            "FROM keys k JOIN tenants t ON t.id = k.tenant_id ",
            "LEFT JOIN entries g ON g.id = k.group_id LEFT JOIN entries s ON s.id = k.subject_id ",
            "LEFT JOIN accounts o ON o.email = k.owner ",
            $rest
        )
    };
}

pub(super) use select_keys;

/// Ids in one statement.
const IDS: usize = 5000;

/// How long a key that was rotated counts as one with its successor, in milliseconds: an overlap that is longer makes
/// two keys of them.
const OVERLAP: i64 = 30 * DAY;

/// Live keys of one owner, as its cap counts them: a key and the latest of its successors are one while they overlap.
macro_rules! live_keys {
    () => {
        "SELECT COUNT(*) FROM keys k WHERE k.owner = $1 AND k.archived_at IS NULL AND k.expires_at > $2 \
         AND k.purpose = 'ordinary' AND NOT EXISTS (SELECT 1 FROM rotations r JOIN keys n ON n.id = r.new_key_id \
         WHERE r.old_key_id = k.id AND k.expires_at <= r.at + $3 AND n.owner = k.owner AND n.archived_at IS NULL \
         AND n.expires_at > $2 AND NOT EXISTS (SELECT 1 FROM rotations s WHERE s.old_key_id = n.id))"
    };
}

impl Store {
    /// How many ordinary keys this owner holds that are neither archived nor expired.
    pub async fn live_keys_of(&self, owner: &str, now: Timestamp) -> Result<i64, StoreError> {
        let sql = live_keys!();
        let (live,): (i64,) =
            reading!(self, db => sqlx::query_as(sql).bind(owner).bind(now.millis()).bind(OVERLAP).fetch_one(db).await?);
        Ok(live)
    }

    /// How many of this owner's keys are neither off nor expired nor archived.
    pub async fn working_keys_of(&self, owner: &str, now: Timestamp) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM keys WHERE owner = $1 AND archived_at IS NULL AND off_at IS NULL \
                   AND expires_at > $2";
        let (keys,): (i64,) =
            reading!(self, db => sqlx::query_as(sql).bind(owner).bind(now.millis()).fetch_one(db).await?);
        Ok(keys)
    }

    /// Whether this owner holds a key in a tenant.
    pub async fn holds_keys_in(&self, owner: &str, tenant: TenantId) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM keys WHERE owner = $1 AND tenant_id = $2 AND archived_at IS NULL LIMIT 1";
        let row: Option<(String,)> =
            reading!(self, db => sqlx::query_as(sql).bind(owner).bind(tenant.as_str()).fetch_optional(db).await?);
        Ok(row.is_some())
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
        let Some((mut stored, last_use)) = row.map(KeyRow::read).transpose()? else { return Ok(None) };
        stored.closed = self.closed_gates(stored.key.tenant.name.as_str(), &stored.key.spec.scopes).await?;
        Ok(Some((stored, last_use)))
    }

    /// How a key stood when that was last looked at.
    pub async fn assessment_of(&self, id: KeyId) -> Result<Option<Assessment>, StoreError> {
        let sql = "SELECT status, flags, due_at FROM keys WHERE id = $1";
        let row: Option<(String, String, i64)> =
            reading!(self, db => sqlx::query_as(sql).bind(id.as_str()).fetch_optional(db).await?);
        Ok(row.and_then(|(status, flags, due)| assessment(&status, &flags, Timestamp::from_millis(due))))
    }

    /// A page of keys, at most so many.
    pub async fn keys(&self, list: &ListKeys, limit: u16, now: Timestamp) -> Result<KeyPage, StoreError> {
        let mut list = list.clone();
        let mut numbers = self.numbers_in_order(&list, u32::from(limit) + 1, now).await?;
        let mut more = numbers.len() > usize::from(limit);
        let mut before = list.before.take().filter(|_| list.after.is_none());
        if before.is_some() && !more {
            // That is the first page: all of it is shown.
            before = None;
            numbers = self.numbers_in_order(&list, u32::from(limit) + 1, now).await?;
            more = numbers.len() > usize::from(limit);
        }
        if before.is_some() {
            numbers.remove(0);
        }
        numbers.truncate(limit.into());
        let mut keys = self.keys_numbered(&numbers).await?;
        keys.sort_by_key(|listed| numbers.iter().position(|seq| *seq == listed.seq));
        let shown = i64::try_from(keys.len()).unwrap_or_default();
        let passed = match (&before, &list.after) {
            // At least one more, as there is a page before this one.
            (Some(before), _) => (before.passed - shown).max(1),
            (None, Some(after)) => after.passed,
            (None, None) => 0,
        };
        let place = |listed: &ListedKey, passed| Cursor { passed, ..listed.place(list.sort, now) };
        let next = keys.last().filter(|_| more || before.is_some()).map(|listed| place(listed, passed + shown));
        let is_first = before.is_none() && list.after.is_none();
        let previous = keys.first().filter(|_| !is_first).map(|listed| place(listed, passed));
        Ok(KeyPage { keys, passed, next, previous })
    }

    /// The ids of all keys that answer a question, in its order, at most so many.
    pub async fn key_ids(&self, list: &ListKeys, limit: u32, now: Timestamp) -> Result<Vec<KeyId>, StoreError> {
        let mut ids = Vec::new();
        for numbers in self.numbers_in_order(list, limit, now).await?.chunks(IDS) {
            let sql = format!("SELECT id FROM keys WHERE seq IN ({}) ORDER BY seq", comma_separated(numbers));
            let rows: Vec<(String,)> =
                reading!(self, db => sqlx::query_as(AssertSqlSafe(sql)).persistent(false).fetch_all(db).await?);
            for (id,) in rows {
                ids.push(KeyId::parse(&id).ok_or(StoreError::Corrupt("key"))?);
            }
        }
        Ok(ids)
    }

    async fn keys_numbered(&self, numbers: &[i64]) -> Result<Vec<ListedKey>, StoreError> {
        let sql = format!("{}WHERE k.seq IN ({})", select_keys!(""), comma_separated(numbers));
        let rows: Vec<KeyRow> = if numbers.is_empty() {
            Vec::new()
        } else {
            reading!(self, db => sqlx::query_as(AssertSqlSafe(sql)).persistent(false).fetch_all(db).await?)
        };
        let read = |row: KeyRow| {
            let (seq, stands) = (row.seq, row.assessment().ok_or(StoreError::Corrupt("key"))?);
            row.read().map(|(stored, last_use)| ListedKey { key: stored.key, last_use, stands, seq })
        };
        rows.into_iter().map(read).collect()
    }

    /// How many keys there are, all or one owner's.
    pub async fn count_keys(&self, owner: Option<&str>) -> Result<Counts, StoreError> {
        let all = "SELECT status, keys FROM key_counts";
        let theirs = "SELECT status, COUNT(*) FROM keys WHERE owner = $1 GROUP BY status \
                      UNION ALL SELECT 'also_limited', COUNT(*) FROM keys WHERE owner = $1 AND status <> 'limited' \
                      AND ' ' || flags || ' ' LIKE '% limited %' \
                      UNION ALL SELECT 'also_refusing', COUNT(*) FROM keys WHERE owner = $1 AND status <> 'refusing' \
                      AND ' ' || flags || ' ' LIKE '% refusing %'";
        let rows: Vec<(String, i64)> = reading!(self, db => match owner {
            None => sqlx::query_as(all).fetch_all(db).await?,
            Some(owner) => sqlx::query_as(theirs).bind(owner).fetch_all(db).await?,
        });
        Ok(Counts::read(&rows))
    }

    /// What these keys did in each hour since `since` in which they did anything.
    pub async fn hours_of(&self, keys: &[KeyId], since: Timestamp) -> Result<Vec<KeyHour>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        // An id is letters and digits.
        let ids: Vec<_> = keys.iter().map(|id| format!("'{id}'")).collect();
        let sql = format!(
            "SELECT key_id, hour, outcome, calls FROM usage_hours WHERE key_id IN ({}) AND hour >= $1",
            ids.join(",")
        );
        let rows: Vec<(String, i64, String, i64)> = reading!(self, db => sqlx::query_as(AssertSqlSafe(sql))
            .persistent(false)
            .bind(since.millis())
            .fetch_all(db)
            .await?);
        let mut hours: Vec<KeyHour> = Vec::new();
        for (key, hour, outcome, calls) in rows {
            let key = KeyId::parse(&key).ok_or(StoreError::Corrupt("usage"))?;
            let hour = Timestamp::from_millis(hour);
            let place = hours.iter().position(|known| (known.key, known.hour) == (key, hour));
            let place = place.unwrap_or_else(|| {
                hours.push(KeyHour { key, hour, calls: CallCounts::default() });
                hours.len() - 1
            });
            hours[place].calls.add(Outcome::of_code(&outcome), calls);
        }
        Ok(hours)
    }
}

impl Change {
    /// Inserts a key. Its generation is this change's.
    pub async fn insert_key(&mut self, new: NewKey<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO keys (id, tenant_id, name, description, owner, scopes, prefix, last_four, digest, created_at, \
                   created_by, expires_at, form, purpose, rotated_from, series, generation, seq) \
                   VALUES ($1, $2, '', '', '', '', $3, $4, $5, $6, $7, 0, $8, $9, $10, $11, 0, \
                   (SELECT COALESCE(MAX(seq), 0) + 1 FROM keys))";
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
            .bind(key.series.as_str())
            .execute(db)
            .await
            .map(drop))?;
        self.update_key(key).await
    }

    /// Stores everything of a key that can change but its archiving. Its generation becomes this change's.
    pub async fn update_key(&mut self, key: &Key) -> Result<(), StoreError> {
        self.touched.push(key.id);
        let sql = "UPDATE keys SET name = $1, description = $2, owner = $3, scopes = $4, all_access_reason = $5, role = $6, \
                   expires_at = $7, addresses = $8, limits = $9, quota = $10, metadata = $11, signed_writes = $12, \
                   group_id = $13, subject_id = $14, labels = $15, off_at = $16, off_by = $17, granted_by = $18, generation = $19 WHERE id = $20";
        let spec = &key.spec;
        let off = if let KeyState::Off(off) = &key.state { Some(off) } else { None };
        let generation = self.generation();
        within!(self, db => sqlx::query(sql)
            .bind(spec.name.as_str())
            .bind(spec.description.as_str())
            .bind(spec.owner.as_str())
            .bind(spec.scopes.to_string())
            .bind(spec.all_access_reason.as_str())
            .bind(spec.role.as_str())
            .bind(spec.expires_at.millis())
            .bind(spec.addresses.to_string())
            .bind(spec.limits.to_string())
            .bind(spec.quota.map(|quota| quota.to_string()).unwrap_or_default())
            .bind(spec.metadata.as_str())
            .bind(spec.signed_writes.code())
            .bind(spec.group.as_ref().map(|group| group.id.to_string()))
            .bind(spec.subject.as_ref().map(|subject| subject.id.to_string()))
            .bind(spec.labels.to_string())
            .bind(off.map(|off| off.at.millis()))
            .bind(off.map(|off| off.by.clone()))
            .bind(key.granted_by.to_string())
            .bind(generation)
            .bind(key.id.as_str())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Removes an archived key and what was counted for it.
    pub async fn purge_key(&mut self, id: KeyId) -> Result<(), StoreError> {
        self.transaction.unindex(id).await?;
        for sql in [
            "DELETE FROM usage_hours WHERE key_id = $1",
            "DELETE FROM callers WHERE key_id = $1",
            "DELETE FROM usage_minutes WHERE key_id = $1",
            "DELETE FROM call_samples WHERE key_id = $1",
            "DELETE FROM rotations WHERE $1 IN (old_key_id, new_key_id)",
            "DELETE FROM quota_uses WHERE key_id = $1",
            "DELETE FROM nonces WHERE key_id = $1",
            "DELETE FROM request_signing_keys WHERE key_id = $1",
            "DELETE FROM refusals WHERE key_id = $1",
            "DELETE FROM imported_hashes WHERE key_id = $1",
            "DELETE FROM keys WHERE id = $1 AND archived_at IS NOT NULL",
        ] {
            within!(self, db => sqlx::query(sql).bind(id.as_str()).execute(db).await.map(drop))?;
        }
        Ok(())
    }

    /// The same as this change sees it.
    pub async fn live_keys_of(&mut self, owner: &Owner, now: Timestamp) -> Result<i64, StoreError> {
        let sql = live_keys!();
        let (live,): (i64,) = within!(self, db => sqlx::query_as(sql)
            .bind(owner.as_str())
            .bind(now.millis())
            .bind(OVERLAP)
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
        self.touched.push(id);
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

impl Change {
    /// Stores that an archived key is as it was before.
    pub async fn restore_key(&mut self, id: KeyId) -> Result<(), StoreError> {
        self.touched.push(id);
        let sql = "UPDATE keys SET archived_at = NULL, archived_by = NULL, archive_reason = NULL, generation = $1 \
                   WHERE id = $2";
        let generation = self.generation();
        within!(self, db => sqlx::query(sql).bind(generation).bind(id.as_str()).execute(db).await.map(drop))?;
        Ok(())
    }
}

impl ListedKey {
    /// Its place in a list of this order.
    fn place(&self, sort: Sort, now: Timestamp) -> Cursor {
        let expires_at = self.key.spec.expires_at;
        let value = match sort {
            Sort::Newest | Sort::Oldest => String::new(),
            Sort::Name | Sort::NameLast => folded(self.key.spec.name.as_str()),
            Sort::Expires if expires_at <= now => format!("{EXPIRED}{}", expires_at.millis()),
            Sort::Expires | Sort::ExpiresLast => expires_at.millis().to_string(),
            Sort::Used | Sort::UsedLast => self.last_use.as_ref().map_or(0, |used| used.at.millis()).to_string(),
        };
        Cursor { seq: self.seq, value, passed: 0 }
    }
}

fn comma_separated(numbers: &[i64]) -> String {
    let texts: Vec<_> = numbers.iter().map(i64::to_string).collect();
    texts.join(",")
}
