//! Tenants and entries at rest. Tenants have a table of their own, which keys refer to; both are read through one view.

use std::collections::BTreeMap;

use model::{
    catalog::{self, Entry, Kind, Of, ScopeEntry, Settings},
    entry_input::{EntryInput, Field},
    id::EntryId,
    key::Generation,
    policy::Policy,
    scope::{ClosedGates, Scope, Scopes},
    tenant::Tenant,
    time::Timestamp,
};
use sqlx::{AssertSqlSafe, FromRow};

use super::{
    Store, StoreError,
    change::{Change, within},
    reading,
};

#[derive(FromRow)]
struct EntryRow {
    id: String,
    kind: String,
    settings: String,
    created_at: i64,
    created_by: String,
    disabled_at: Option<i64>,
    generation: i64,
}

impl EntryRow {
    fn read(&self) -> Result<Entry, StoreError> {
        let entry = || {
            let id = EntryId::parse(&self.id)?;
            Some(Entry {
                id,
                settings: Settings::stored(Kind::parse(&self.kind)?, id, &read_settings(&self.settings)?)?,
                created_at: Timestamp::from_millis(self.created_at),
                created_by: self.created_by.clone(),
                disabled_at: self.disabled_at.map(Timestamp::from_millis),
                generation: self.generation,
            })
        };
        entry().ok_or(StoreError::Corrupt("entry"))
    }
}

/// An entry as it is stored, whether its settings can be read or not.
#[derive(Clone, Debug)]
pub struct StoredEntry {
    /// Its fields; none when they are no JSON.
    pub input: EntryInput,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Since when it is off, if it is.
    pub disabled_at: Option<Timestamp>,
    /// When it last changed.
    pub generation: Generation,
}

/// Settings are a JSON object of texts. A name that no field has is left out.
fn read_settings(json: &str) -> Option<EntryInput> {
    let texts: BTreeMap<String, String> = serde_json::from_str(json).ok()?;
    Some(texts.into_iter().filter_map(|(name, text)| Some((Field::parse(&name)?, text))).collect())
}

fn write_settings(settings: &Settings) -> String {
    let texts: BTreeMap<_, _> = settings.input().iter().map(|(field, text)| (field.code(), text.to_owned())).collect();
    serde_json::to_string(&texts).expect("texts by their names are JSON")
}

/// The settings of an entry of one kind.
fn stored<T: Of>(id: &str, settings: &str) -> Option<T> {
    T::of(Settings::stored(T::KIND, EntryId::parse(id)?, &read_settings(settings)?)?)
}

/// A tenant from its row.
pub(super) fn tenant(id: &str, settings: &str) -> Option<Tenant> {
    stored(id, settings)
}

impl Store {
    /// Every entry of a kind that can be read, by name. One that cannot be is logged and left out: the others stay.
    pub async fn entries(&self, kind: Kind) -> Result<Vec<Entry>, StoreError> {
        let sql = "SELECT * FROM catalog WHERE kind = $1 ORDER BY tenant, name LIMIT 1000";
        let rows: Vec<EntryRow> = reading!(self, db => sqlx::query_as(sql).bind(kind.code()).fetch_all(db).await?);
        let read = |row: &EntryRow| {
            let entry = row.read();
            if entry.is_err() {
                tracing::error!(id = row.id, kind = row.kind, "the row of an entry of the catalog cannot be read");
            }
            entry.ok()
        };
        Ok(rows.iter().filter_map(read).collect())
    }

    /// The entry of this kind and id.
    pub async fn entry(&self, kind: Kind, id: EntryId) -> Result<Option<Entry>, StoreError> {
        let sql = "SELECT * FROM catalog WHERE kind = $1 AND id = $2";
        let row: Option<EntryRow> =
            reading!(self, db => sqlx::query_as(sql).bind(kind.code()).bind(id.as_str()).fetch_optional(db).await?);
        row.as_ref().map(EntryRow::read).transpose()
    }

    /// The same as it is stored, to be mended.
    pub async fn stored_entry(&self, kind: Kind, id: EntryId) -> Result<Option<StoredEntry>, StoreError> {
        let sql = "SELECT * FROM catalog WHERE kind = $1 AND id = $2";
        let row: Option<EntryRow> =
            reading!(self, db => sqlx::query_as(sql).bind(kind.code()).bind(id.as_str()).fetch_optional(db).await?);
        Ok(row.map(|row| StoredEntry {
            input: read_settings(&row.settings).unwrap_or_default(),
            created_at: Timestamp::from_millis(row.created_at),
            created_by: row.created_by,
            disabled_at: row.disabled_at.map(Timestamp::from_millis),
            generation: row.generation,
        }))
    }

    /// The id of the entry of this kind and name, whether it can be read or not; `tenant` is empty for kinds that belong to
    /// none.
    pub async fn entry_id(&self, kind: Kind, tenant: &str, name: &str) -> Result<Option<EntryId>, StoreError> {
        let sql = "SELECT id FROM catalog WHERE kind = $1 AND tenant = $2 AND name = $3";
        let row: Option<(String,)> = reading!(self, db => sqlx::query_as(sql)
            .bind(kind.code())
            .bind(tenant)
            .bind(name)
            .fetch_optional(db)
            .await?);
        Ok(row.and_then(|(id,)| EntryId::parse(&id)))
    }

    /// The entry of this kind and name; `tenant` is empty for kinds that belong to none.
    pub async fn entry_named(&self, kind: Kind, tenant: &str, name: &str) -> Result<Option<Entry>, StoreError> {
        let sql = "SELECT * FROM catalog WHERE kind = $1 AND tenant = $2 AND name = $3";
        let row: Option<EntryRow> = reading!(self, db => sqlx::query_as(sql)
            .bind(kind.code())
            .bind(tenant)
            .bind(name)
            .fetch_optional(db)
            .await?);
        row.as_ref().map(EntryRow::read).transpose()
    }

    /// The gates in the way of these scopes that are closed for this tenant; all that are, where a scope opens everything.
    /// A gate that cannot be read is closed.
    pub async fn closed_gates(&self, tenant: &str, scopes: &Scopes) -> Result<ClosedGates, StoreError> {
        let Some(sql) = gates_of(scopes) else { return Ok(ClosedGates::default()) };
        let rows = reading!(self, db => sqlx::query_as(AssertSqlSafe(sql)).persistent(false).fetch_all(db).await?);
        Ok(closed(rows, tenant))
    }

    /// Every tenant.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        let sql = "SELECT id, settings FROM tenants ORDER BY name LIMIT 1000";
        let rows: Vec<(String, String)> = reading!(self, db => sqlx::query_as(sql).fetch_all(db).await?);
        rows.iter().map(|(id, settings)| tenant(id, settings).ok_or(StoreError::Corrupt("tenant"))).collect()
    }

    /// Every tenant that can be read: one that cannot be is said, and concerns its own keys alone.
    pub async fn readable_tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        let sql = "SELECT id, settings FROM tenants ORDER BY name";
        let rows: Vec<(String, String)> = reading!(self, db => sqlx::query_as(sql).fetch_all(db).await?);
        let read = |(id, settings): &(String, String)| {
            let tenant = tenant(id, settings);
            if tenant.is_none() {
                tracing::error!(id, "the row of a tenant cannot be read: its keys are refused until it is mended");
            }
            tenant
        };
        Ok(rows.iter().filter_map(read).collect())
    }

    /// The tenant of this name.
    pub async fn tenant(&self, name: &str) -> Result<Option<Tenant>, StoreError> {
        let sql = "SELECT id, settings FROM tenants WHERE name = $1";
        let row: Option<(String, String)> =
            reading!(self, db => sqlx::query_as(sql).bind(name).fetch_optional(db).await?);
        row.map(|(id, settings)| tenant(&id, &settings).ok_or(StoreError::Corrupt("tenant"))).transpose()
    }

    /// The policy.
    pub async fn policy(&self) -> Result<Policy, StoreError> {
        let sql = "SELECT id, settings FROM entries WHERE kind = 'policy'";
        let (id, settings): (String, String) = reading!(self, db => sqlx::query_as(sql).fetch_one(db).await?);
        stored(&id, &settings).ok_or(StoreError::Corrupt("policy"))
    }
}

/// Finds the gates that may be in the way of these scopes, by name; `None` when there can be none.
fn gates_of(scopes: &Scopes) -> Option<String> {
    let all = "SELECT id, name, settings FROM entries WHERE kind = 'scopes' AND tenant = ''";
    if scopes.is_all_access() {
        return Some(all.to_owned());
    }
    // A scope is letters, digits, dots, hyphens and underscores.
    let gates = scopes.iter().filter(|scope| !scope.is_reserved()).flat_map(Scope::gates);
    let names: Vec<_> = gates.map(|name| format!("'{name}'")).collect();
    (!names.is_empty()).then(|| format!("{all} AND name IN ({})", names.join(",")))
}

fn closed(gates: Vec<(String, String, String)>, tenant: &str) -> ClosedGates {
    let is_open =
        |id: &str, settings: &str| stored(id, settings).is_some_and(|entry: ScopeEntry| entry.is_open_for(tenant));
    gates.into_iter().filter(|(id, _, settings)| !is_open(id, settings)).map(|(_, name, _)| name).collect()
}

impl Change {
    /// As [`Store::closed_gates`], as this change sees them.
    pub async fn closed_gates(&mut self, tenant: &str, scopes: &Scopes) -> Result<ClosedGates, StoreError> {
        let Some(sql) = gates_of(scopes) else { return Ok(ClosedGates::default()) };
        let rows = within!(self, db => sqlx::query_as(AssertSqlSafe(sql)).persistent(false).fetch_all(db).await?);
        Ok(closed(rows, tenant))
    }

    /// The entry of this kind and id as this change sees it, and whether it is off; `None` where it cannot be read.
    pub async fn entry(&mut self, kind: Kind, id: EntryId) -> Result<Option<Entry>, StoreError> {
        let sql = "SELECT * FROM catalog WHERE kind = $1 AND id = $2";
        let row: Option<EntryRow> =
            within!(self, db => sqlx::query_as(sql).bind(kind.code()).bind(id.as_str()).fetch_optional(db).await?);
        Ok(row.and_then(|row| row.read().ok()))
    }

    /// The entry of this kind and name as this change sees it; `tenant` is empty for kinds that belong to none.
    pub async fn entry_named(&mut self, kind: Kind, tenant: &str, name: &str) -> Result<Option<Entry>, StoreError> {
        let sql = "SELECT * FROM catalog WHERE kind = $1 AND tenant = $2 AND name = $3";
        let row: Option<EntryRow> = within!(self, db => sqlx::query_as(sql)
            .bind(kind.code())
            .bind(tenant)
            .bind(name)
            .fetch_optional(db)
            .await?);
        Ok(row.and_then(|row| row.read().ok()))
    }

    /// Whether there is an entry of this kind and name, as this change sees it; `tenant` is empty for kinds that belong to
    /// none.
    pub async fn has_entry(&mut self, kind: Kind, tenant: &str, name: &str) -> Result<bool, StoreError> {
        let sql = "SELECT COUNT(*) FROM catalog WHERE kind = $1 AND tenant = $2 AND name = $3";
        let (count,): (i64,) = within!(self, db => sqlx::query_as(sql)
            .bind(kind.code())
            .bind(tenant)
            .bind(name)
            .fetch_one(db)
            .await?);
        Ok(count > 0)
    }

    /// Inserts an entry. Its generation is this change's.
    pub async fn insert_entry(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let (sql, own) = match &entry.settings {
            Settings::Tenant(tenant) => (
                "INSERT INTO tenants (id, prefix, name, settings, created_at, created_by, generation) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                tenant.prefix.as_str(),
            ),
            other => (
                "INSERT INTO entries (id, tenant, name, settings, created_at, created_by, generation, kind) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                other.tenant(),
            ),
        };
        let generation = self.generation();
        let settings = write_settings(&entry.settings);
        within!(self, db => {
            let query = sqlx::query(sql)
                .bind(entry.id.as_str())
                .bind(own)
                .bind(entry.name())
                .bind(settings)
                .bind(entry.created_at.millis())
                .bind(&entry.created_by)
                .bind(generation);
            let query = if entry.kind() == Kind::Tenant { query } else { query.bind(entry.kind().code()) };
            query.execute(db).await?;
        });
        Ok(())
    }

    /// How many keys use this entry, archived ones among them, as this change sees it. A scope is used by what it is in
    /// the way of, too.
    pub async fn uses_of(&mut self, entry: &Entry) -> Result<i64, StoreError> {
        let (sql, used) = match &entry.settings {
            Settings::Group(_) => ("group_id = $1", entry.id.to_string()),
            Settings::Identity(_) => ("subject_id = $1", entry.id.to_string()),
            Settings::Scope(_) => {
                let name = ['\\', '%', '_']
                    .into_iter()
                    .fold(entry.name().to_owned(), |name, letter| name.replace(letter, &format!("\\{letter}")));
                // With a dot after it stands what it is in the way of, and its directions.
                ("' ' || replace(scopes, ' ', '. ') || '. ' LIKE $1 ESCAPE '\\'", format!("% {name}.%"))
            }
            Settings::Tenant(_) => ("tenant_id = $1", entry.id.to_string()),
            Settings::Template(_) | Settings::Policy(_) => return Ok(0),
        };
        let sql = format!("SELECT COUNT(*) FROM keys WHERE {sql}");
        let (keys,): (i64,) = within!(self, db => sqlx::query_as(AssertSqlSafe(sql)).bind(used).fetch_one(db).await?);
        Ok(keys)
    }

    /// Deletes an entry that no key uses.
    pub async fn delete_entry(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let sql = "DELETE FROM entries WHERE id = $1 AND kind = $2";
        within!(self, db => sqlx::query(sql)
            .bind(entry.id.as_str())
            .bind(entry.kind().code())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// When this entry last changed, as this change sees it.
    pub async fn generation_of(&mut self, entry: &Entry) -> Result<Option<Generation>, StoreError> {
        let sql = "SELECT generation FROM catalog WHERE kind = $1 AND id = $2";
        let row: Option<(i64,)> = within!(self, db => sqlx::query_as(sql)
            .bind(entry.kind().code())
            .bind(entry.id.as_str())
            .fetch_optional(db)
            .await?);
        Ok(row.map(|(generation,)| generation))
    }

    /// Stores an entry's fields and whether it is off. Its generation becomes this change's.
    pub async fn update_entry(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let (sql, own) = match &entry.settings {
            Settings::Tenant(tenant) => (
                "UPDATE tenants SET prefix = $1, name = $2, settings = $3, generation = $4 WHERE id = $5",
                tenant.prefix.as_str(),
            ),
            other => (
                "UPDATE entries SET tenant = $1, name = $2, settings = $3, generation = $4, disabled_at = $6 WHERE id = $5",
                other.tenant(),
            ),
        };
        // The policy has no name among its fields; its row has.
        let name = if entry.kind() == Kind::Policy { catalog::POLICY } else { entry.name() };
        let generation = self.generation();
        let settings = write_settings(&entry.settings);
        within!(self, db => {
            let query = sqlx::query(sql)
                .bind(own)
                .bind(name)
                .bind(settings)
                .bind(generation)
                .bind(entry.id.as_str());
            let off = entry.disabled_at.map(Timestamp::millis);
            let query = if entry.kind() == Kind::Tenant { query } else { query.bind(off) };
            query.execute(db).await?;
        });
        if entry.kind() == Kind::Identity {
            let theirs = "UPDATE keys SET due_at = 0 WHERE subject_id = $1";
            within!(self, db => sqlx::query(theirs).bind(entry.id.as_str()).execute(db).await.map(drop))?;
        }
        Ok(())
    }
}
