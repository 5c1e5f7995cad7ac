//! The catalog: tenants, groups, identities that keys act as, scopes, templates and the policy. One set of verbs for all of
//! them; what differs is in [`model::catalog`].

use model::{
    account::Action,
    audit::Verb,
    catalog::{Entry, Fields, Gate, Kind, check},
    id::EntryId,
    key::Generation,
};
use store::StoreError;

use super::{Admin, AdminError, FieldError, keys::changes};
use crate::Permit;

impl Admin {
    /// Every entry of a kind, by name.
    pub async fn entries(&self, permit: &Permit, kind: Kind) -> Result<Vec<Entry>, AdminError> {
        permit.allows(Action::ReadCatalog)?;
        Ok(self.store.entries(kind).await?)
    }

    /// One entry.
    pub async fn entry(&self, permit: &Permit, kind: Kind, id: EntryId) -> Result<Entry, AdminError> {
        permit.allows(Action::ReadCatalog)?;
        self.store.entry(kind, id).await?.ok_or(AdminError::NotFound)
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
        self.store.entry_named(kind, tenant, name).await?.ok_or(AdminError::NotFound)
    }

    /// Makes an entry.
    pub async fn create_entry(&self, permit: &Permit, kind: Kind, typed: &Fields) -> Result<Entry, AdminError> {
        permit.allows(kind.action())?;
        if kind == Kind::Policy {
            return Err(AdminError::Forbidden);
        }
        let fields = self.checked(permit, kind, typed, None).await?;
        let now = self.clock.now();
        let mut change = self.store.change().await?;
        let entry = Entry {
            id: self.entropy.entry_id(),
            kind,
            fields,
            created_at: now,
            created_by: permit.actor().to_owned(),
            disabled_at: None,
            generation: change.generation(),
        };
        change.insert_entry(&entry).await.map_err(taken)?;
        let detail = serde_json::json!({ "kind": kind.code(), "name": entry.name(), "fields": entry.fields });
        change.commit(now, permit.actor(), Verb::CreateEntry, entry.id.as_str(), &detail.to_string()).await?;
        Ok(entry)
    }

    /// Edits an entry: fields that are not given stay. `seen` is the generation that was edited.
    pub async fn edit_entry(
        &self,
        permit: &Permit,
        kind: Kind,
        id: EntryId,
        typed: &Fields,
        seen: Option<Generation>,
    ) -> Result<Entry, AdminError> {
        permit.allows(kind.action())?;
        let before = self.entry(permit, kind, id).await?;
        let mut whole = before.fields.clone();
        whole.extend(typed.clone());
        let fields = self.checked(permit, kind, &whole, Some(&before)).await?;
        if seen.is_some_and(|seen| seen != before.generation) {
            return Err(AdminError::Conflict);
        }
        let after = Entry { fields, ..before.clone() };
        let changed = changes(&texts(&before), &texts(&after));
        if changed.as_object().is_some_and(serde_json::Map::is_empty) {
            return Ok(before);
        }
        self.store_entry(permit, after, Verb::EditEntry, changed).await
    }

    /// Switches an entry off, or on again: keys that act as an identity stop with that user.
    pub async fn switch_entry(&self, permit: &Permit, kind: Kind, id: EntryId, on: bool) -> Result<Entry, AdminError> {
        permit.allows(kind.action())?;
        let before = self.entry(permit, kind, id).await?;
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
        let detail = serde_json::json!({ "kind": entry.kind.code(), "name": entry.name(), "changes": changed });
        change.commit(self.clock.now(), permit.actor(), verb, entry.id.as_str(), &detail.to_string()).await?;
        Ok(entry)
    }

    /// Reads the fields, and holds them against what else is registered.
    async fn checked(
        &self,
        permit: &Permit,
        kind: Kind,
        typed: &Fields,
        before: Option<&Entry>,
    ) -> Result<Fields, AdminError> {
        let invalid = |mistakes: Vec<(&'static str, String)>| {
            let errors = mistakes.into_iter().map(|(field, message)| FieldError { field, message });
            AdminError::Invalid(errors.collect())
        };
        let fields = check(kind, typed).map_err(invalid)?;
        let get = |name: &str| fields.get(name).map_or("", String::as_str);
        let was = |name: &str| before.map_or("", |entry| entry.get(name));
        let kept = kind.fields().iter().find(|field| kind.keeps(field.name) && get(field.name) != was(field.name));
        if let Some(field) = kept.filter(|_| before.is_some()) {
            return Err(AdminError::field(field.name, "This stays: keys and services refer to it."));
        }
        let named: Vec<(&'static str, &str)> = match kind {
            Kind::Group | Kind::Identity => vec![("tenant", get("tenant"))],
            Kind::Scope => get("opened").split_whitespace().map(|name| ("opened", name)).collect(),
            _ => Vec::new(),
        };
        for (field, name) in named {
            if self.store.tenant(name).await?.is_none() {
                return Err(AdminError::field(field, format!("There is no tenant {name}.")));
            }
        }
        let ungated = before.is_some() && was("gate") != Gate::Open.code() && get("gate") != was("gate");
        if kind == Kind::Scope
            && (ungated || get("opened") != was("opened"))
            && permit.allows(Action::ManageTenants).is_err()
        {
            return Err(AdminError::field("opened", "Only a superadmin opens a gated scope."));
        }
        Ok(fields)
    }
}

fn texts(entry: &Entry) -> Vec<(&'static str, &str)> {
    entry.kind.fields().iter().map(|field| (field.name, entry.get(field.name))).collect()
}

fn taken(error: StoreError) -> AdminError {
    match error {
        StoreError::Taken => AdminError::field("name", "There is one of this name already."),
        other => other.into(),
    }
}
