//! Sample sets: what of one is not in the catalog yet is added in one change. What is there stays as it is, whatever it
//! says by now.

use model::{
    account::Action,
    audit::Verb,
    catalog::{Entry, Gate, Kind, Settings},
    entry_input::Field,
    sample_set::SampleSet,
};

use super::{Admin, AdminError};
use crate::Permit;

/// What became of a sample set, each entry by its kind and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SamplesAdded {
    /// Entries that were made.
    pub added: Vec<(Kind, String)>,
    /// Entries that were there, and stay as they are.
    pub kept: Vec<(Kind, String)>,
}

impl Admin {
    /// Adds what of a sample set is not there yet, with one audit event; without one when all of it is.
    pub async fn add_sample_set(&self, permit: &Permit, set: SampleSet) -> Result<SamplesAdded, AdminError> {
        permit.allows(Action::WriteCatalog)?;
        let now = self.clock.now();
        let mut change = self.store.change().await?;
        let mut done = SamplesAdded::default();
        for (kind, input) in set.entries() {
            let name = input.get(Field::Name).to_owned();
            if change.has_entry(kind, input.get(Field::Tenant), &name).await? {
                done.kept.push((kind, name));
                continue;
            }
            let id = self.entropy.entry_id();
            let settings = Settings::stored(kind, id, &input).ok_or(AdminError::NotFound)?;
            let mut entry = Entry {
                id,
                settings,
                created_at: now,
                created_by: permit.actor().to_owned(),
                disabled_at: None,
                generation: change.generation(),
            };
            // A sample locks nobody out: what keys hold already begins with an open gate.
            if change.uses_of(&entry).await? > 0
                && let Settings::Scope(scope) = &mut entry.settings
            {
                scope.gate = Gate::Open;
            }
            change.insert_entry(&entry).await?;
            done.added.push((kind, name));
        }
        if !done.added.is_empty() {
            let mut detail = serde_json::Map::new();
            for kind in Kind::ALL {
                let names: Vec<_> =
                    done.added.iter().filter(|(of, _)| *of == kind).map(|(_, name)| name.as_str()).collect();
                if !names.is_empty() {
                    detail.insert(kind.code().to_owned(), names.join(", ").into());
                }
            }
            let detail = serde_json::Value::Object(detail).to_string();
            change.commit(now, permit.actor(), Verb::AddSampleSet, set.words(), &detail).await?;
        }
        Ok(done)
    }
}
