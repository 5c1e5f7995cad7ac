//! The catalog: tenants, groups, identities that keys act as, scopes, templates and the policy. One set of verbs for all of
//! them; what differs is in [`model::catalog`].

use model::{
    account::Action,
    audit::Verb,
    catalog::{Entry, Gate, Kind, Of, Settings},
    entry_input::{EntryInput, Field},
    id::EntryId,
    key::Generation,
    listing::{ListKeys, StatusFilter},
};
use store::{StoreError, StoredEntry};

use super::{Admin, AdminError, FieldError, keys::changes};
use crate::Permit;

impl Admin {
    /// Every entry of a kind, by name.
    pub async fn entries(&self, permit: &Permit, kind: Kind) -> Result<Vec<Entry>, AdminError> {
        permit.allows(Action::ReadCatalog)?;
        Ok(self.store.entries(kind).await?.into_iter().filter_map(|entry| seen(permit, entry)).collect())
    }

    /// The same of one kind.
    pub async fn entries_of<T: Of>(&self, permit: &Permit) -> Result<Vec<Entry<T>>, AdminError> {
        Ok(self.entries(permit, T::KIND).await?.into_iter().filter_map(Entry::of).collect())
    }

    /// One entry.
    pub async fn entry(&self, permit: &Permit, kind: Kind, id: EntryId) -> Result<Entry, AdminError> {
        permit.allows(Action::ReadCatalog)?;
        let entry = self.store.entry(kind, id).await?;
        entry.and_then(|entry| seen(permit, entry)).ok_or(AdminError::NotFound)
    }

    /// The entry of this name. The tenant counts for kinds that belong to one; the policy is named like its kind.
    pub async fn entry_named(
        &self,
        permit: &Permit,
        kind: Kind,
        tenant: &str,
        name: &str,
    ) -> Result<Entry, AdminError> {
        permit.allows(Action::ReadCatalog)?;
        let tenant = if kind.is_in_tenant() { tenant } else { "" };
        let entry = self.store.entry_named(kind, tenant, name).await?;
        entry.and_then(|entry| seen(permit, entry)).ok_or(AdminError::NotFound)
    }

    /// The id of the entry of this name, also of one that cannot be read.
    pub async fn entry_id(&self, permit: &Permit, kind: Kind, tenant: &str, name: &str) -> Result<EntryId, AdminError> {
        permit.allows(Action::ReadCatalog)?;
        let tenant = if kind.is_in_tenant() { tenant } else { "" };
        self.store.entry_id(kind, tenant, name).await?.ok_or(AdminError::NotFound)
    }

    /// Makes an entry.
    pub async fn create_entry(&self, permit: &Permit, kind: Kind, input: &EntryInput) -> Result<Entry, AdminError> {
        permit.allows(kind.action())?;
        if kind == Kind::Policy {
            return Err(AdminError::Forbidden);
        }
        let id = self.entropy.entry_id();
        let settings = self.checked(permit, kind, id, input, None).await?;
        let now = self.clock.now();
        let mut change = self.store.change().await?;
        let entry = Entry {
            id,
            settings,
            created_at: now,
            created_by: permit.actor().to_owned(),
            disabled_at: None,
            generation: change.generation(),
        };
        change.insert_entry(&entry).await.map_err(taken)?;
        let settings = entry.settings.input();
        let fields: serde_json::Map<_, _> =
            settings.iter().map(|(field, text)| (field.code().to_owned(), text.into())).collect();
        let detail = serde_json::json!({ "kind": kind.code(), "name": entry.name(), "fields": fields });
        change.commit(now, permit.actor(), Verb::CreateEntry, entry.id.as_str(), &detail.to_string()).await?;
        Ok(entry)
    }

    /// Edits an entry: fields that are not given stay. One that cannot be read is mended by giving what is wrong. `seen` is
    /// the generation that was edited.
    pub async fn edit_entry(
        &self,
        permit: &Permit,
        kind: Kind,
        id: EntryId,
        input: &EntryInput,
        seen: Option<Generation>,
    ) -> Result<Entry, AdminError> {
        let (before, settings) = self.edited(permit, kind, id, input).await?;
        if seen.is_some_and(|seen| seen != before.generation) {
            return Err(AdminError::Conflict);
        }
        let changed = changes(&named(kind, &before.input), &named(kind, &settings.input()));
        let StoredEntry { created_at, created_by, disabled_at, generation, .. } = before;
        let entry = Entry { id, settings, created_at, created_by, disabled_at, generation };
        if changed.as_object().is_some_and(serde_json::Map::is_empty) {
            return Ok(entry);
        }
        self.store_entry(permit, entry, Verb::EditEntry, changed).await
    }

    /// An entry as it is stored, and what it would say after an edit.
    pub(super) async fn edited(
        &self,
        permit: &Permit,
        kind: Kind,
        id: EntryId,
        input: &EntryInput,
    ) -> Result<(StoredEntry, Settings), AdminError> {
        permit.allows(kind.action())?;
        let before = self.store.stored_entry(kind, id).await?.ok_or(AdminError::NotFound)?;
        let whole = before.input.clone().with(input);
        let settings = self.checked(permit, kind, id, &whole, Some(&before.input)).await?;
        Ok((before, settings))
    }

    /// Switches an entry off, or on again: keys that act as an identity stop with it.
    pub async fn switch_entry(&self, permit: &Permit, kind: Kind, id: EntryId, on: bool) -> Result<Entry, AdminError> {
        permit.allows(kind.action())?;
        let before = self.entry(permit, kind, id).await?;
        if !permit.reaches_tenant(before.settings.tenant()) {
            return Err(AdminError::Forbidden);
        }
        if !kind.can_be_disabled() {
            return Err(AdminError::NotFound);
        }
        if before.disabled_at.is_none() == on {
            return Ok(before);
        }
        let (verb, disabled_at) =
            if on { (Verb::EnableEntry, None) } else { (Verb::DisableEntry, Some(self.clock.now())) };
        self.store_entry(permit, Entry { disabled_at, ..before }, verb, serde_json::json!({})).await
    }

    /// The keys that use an entry, archived ones among them, as a question to the list; `None` when keys do not use its
    /// kind.
    pub async fn users_of_entry(
        &self,
        permit: &Permit,
        kind: Kind,
        id: EntryId,
    ) -> Result<(Entry, Option<ListKeys>), AdminError> {
        let entry = self.entry(permit, kind, id).await?;
        let all = ListKeys { which: StatusFilter::Any, ..ListKeys::default() };
        let list = match &entry.settings {
            Settings::Group(_) => Some(ListKeys { group: Some(id), ..all }),
            Settings::Identity(_) => Some(ListKeys { identity: Some(id), ..all }),
            Settings::Scope(_) => Some(ListKeys { scope: Some(entry.name().to_owned()), ..all }),
            Settings::Tenant(_) => Some(ListKeys { tenant: Some(entry.name().to_owned()), ..all }),
            Settings::Template(_) | Settings::Policy(_) => None,
        };
        Ok((entry, list))
    }

    /// Deletes an entry that no key uses. Without a scope's entry its gate is gone, so that only those who could open it
    /// delete it.
    pub async fn delete_entry(&self, permit: &Permit, kind: Kind, id: EntryId) -> Result<Entry, AdminError> {
        permit.allows(kind.action())?;
        let entry = self.entry(permit, kind, id).await?;
        if !permit.reaches_tenant(entry.settings.tenant()) {
            return Err(AdminError::Forbidden);
        }
        if !kind.can_be_deleted() {
            return Err(AdminError::NotFound);
        }
        if let Settings::Scope(scope) = &entry.settings
            && scope.gate != Gate::Open
        {
            permit.allows(Action::ManageTenants)?;
        }
        let mut change = self.store.change().await?;
        if change.generation_of(&entry).await? != Some(entry.generation) {
            return Err(AdminError::Conflict);
        }
        match change.uses_of(&entry).await? {
            0 => {}
            1 => return Err(AdminError::field("name", "A key uses it, perhaps an archived one.")),
            keys => return Err(AdminError::field("name", format!("{keys} keys use it, archived ones among them."))),
        }
        change.delete_entry(&entry).await?;
        let detail = serde_json::json!({
            "kind": kind.code(), "name": entry.name(), "changes": changes(&named(kind, &entry.settings.input()), &[]),
        });
        change
            .commit(self.clock.now(), permit.actor(), Verb::DeleteEntry, entry.id.as_str(), &detail.to_string())
            .await?;
        Ok(entry)
    }

    /// Stores an entry, unless it changed since it was read.
    async fn store_entry(
        &self,
        permit: &Permit,
        entry: Entry,
        verb: Verb,
        changed: serde_json::Value,
    ) -> Result<Entry, AdminError> {
        let mut change = self.store.change().await?;
        if change.generation_of(&entry).await? != Some(entry.generation) {
            return Err(AdminError::Conflict);
        }
        let entry = Entry { generation: change.generation(), ..entry };
        change.update_entry(&entry).await.map_err(taken)?;
        let detail = serde_json::json!({ "kind": entry.kind().code(), "name": entry.name(), "changes": changed });
        change.commit(self.clock.now(), permit.actor(), verb, entry.id.as_str(), &detail.to_string()).await?;
        Ok(entry)
    }

    /// Reads what is asked for, and holds it against what else is in the catalog.
    async fn checked(
        &self,
        permit: &Permit,
        kind: Kind,
        id: EntryId,
        input: &EntryInput,
        before: Option<&EntryInput>,
    ) -> Result<Settings, AdminError> {
        let invalid = |mistakes: Vec<(Field, String)>| {
            let errors = mistakes.into_iter().map(|(field, message)| FieldError { field: field.code(), message });
            AdminError::Invalid(errors.collect())
        };
        let settings = Settings::parse(kind, id, input).map_err(invalid)?;
        // Where it is now counts as much as where it would be, which a tenant's name cannot change.
        if !permit.reaches_tenant(settings.tenant()) {
            return Err(AdminError::Forbidden);
        }
        if let Some(before) = before {
            let new = settings.input();
            let differs = |field: &&Field| {
                let old = before.get(**field);
                kind.keeps(**field) && !old.is_empty() && old != new.get(**field)
            };
            if let Some(field) = kind.fields().iter().find(differs) {
                return Err(AdminError::field(field.code(), "This stays: keys and services refer to it."));
            }
        }
        let named: Vec<(Field, &str)> = match &settings {
            Settings::Group(_) | Settings::Identity(_) => vec![(Field::Tenant, settings.tenant())],
            Settings::Scope(entry) => entry.opened.iter().map(|name| (Field::Opened, name.as_str())).collect(),
            Settings::Tenant(_) | Settings::Template(_) | Settings::Policy(_) => Vec::new(),
        };
        for (field, name) in named {
            if self.store.tenant(name).await?.is_none() {
                return Err(AdminError::field(field.code(), format!("There is no tenant {name}.")));
            }
        }
        if opens_more(before, &settings) && permit.allows(Action::ManageTenants).is_err() {
            return Err(AdminError::field(Field::Opened.code(), "Only a superadmin opens a gated scope."));
        }
        Ok(settings)
    }
}

/// An entry as the permit sees it: within a tenant what belongs to it or to all tenants, and of others not even the names.
fn seen(permit: &Permit, mut entry: Entry) -> Option<Entry> {
    let is_seen = match &mut entry.settings {
        Settings::Tenant(tenant) => permit.reaches_tenant(tenant.name.as_str()),
        Settings::Group(_) | Settings::Identity(_) => permit.reaches_tenant(entry.settings.tenant()),
        Settings::Scope(scope) => {
            scope.opened.retain(|tenant| permit.reaches_tenant(tenant));
            true
        }
        Settings::Template(_) | Settings::Policy(_) => true,
    };
    is_seen.then_some(entry)
}

/// Whether the gate of a scope changes in a way that only a superadmin decides: whom it is open for, and that it is gated
/// no longer.
fn opens_more(before: Option<&EntryInput>, after: &Settings) -> bool {
    let Settings::Scope(after) = after else { return false };
    let opened: Vec<_> =
        before.map(|before| before.get(Field::Opened).split_whitespace().collect()).unwrap_or_default();
    // A gate that cannot be read counts as gated.
    let was_open = before.is_none_or(|before| before.get(Field::Gate) == Gate::Open.code());
    after.opened != opened || (!was_open && after.gate == Gate::Open)
}

/// The fields of a kind by their names.
fn named(kind: Kind, input: &EntryInput) -> Vec<(&'static str, &str)> {
    kind.fields().iter().map(|field| (field.code(), input.get(*field))).collect()
}

fn taken(error: StoreError) -> AdminError {
    match error {
        StoreError::Taken => AdminError::field("name", "There is one of this name already."),
        other => other.into(),
    }
}
