//! Views of the catalog and the people from domain types.

use admin::Permit;
use model::{
    account::{Account, Action},
    catalog::{Entry, Field, Gate, Input, Kind, blank},
    id::EntryId,
    tenant::CredentialSource,
    time::Timestamp,
};

use crate::{
    catalog::view::{EntriesView, EntryRow, EntryView, FieldView, InputView, PersonRow},
    error::ApiError,
    keys::to_view::when,
};

/// A kind that is none cannot be found.
pub(crate) fn kind(code: &str) -> Result<Kind, ApiError> {
    Kind::parse(code).ok_or(ApiError::NotFound)
}

/// An id that is none cannot be found.
pub(crate) fn entry_id(text: &str) -> Result<EntryId, ApiError> {
    EntryId::parse(text).ok_or(ApiError::NotFound)
}

pub(crate) fn entries(entries: &[Entry], permit: &Permit, kind: Kind) -> EntriesView {
    let row = |entry: &Entry| EntryRow {
        id: entry.id.to_string(),
        fields: entry.fields.clone(),
        off: entry.disabled_at.is_some(),
    };
    EntriesView { rows: entries.iter().map(row).collect(), may_write: permit.allows(kind.action()).is_ok() }
}

pub(crate) fn entry(
    kind: Kind,
    entry: Option<&Entry>,
    tenants: &[Entry],
    permit: &Permit,
    now: Timestamp,
) -> EntryView {
    let may_write = permit.allows(kind.action()).is_ok();
    let may_open = permit.allows(Action::ManageTenants).is_ok();
    let gated = entry.is_some_and(|entry| entry.get("gate") != Gate::Open.code());
    let values = entry.map_or_else(|| blank(kind), |entry| entry.fields.clone());
    let field = |field: &'static Field| {
        let kept = entry.is_some() && kind.keeps(field.name);
        let closed = !may_open && (field.name == "opened" || field.name == "gate" && gated);
        FieldView {
            name: field.name.to_owned(),
            label: field.label.to_owned(),
            hint: field.hint.to_owned(),
            input: input(field.input, tenants),
            value: values.get(field.name).cloned().unwrap_or_default(),
            fixed: kept || closed || !may_write,
        }
    };
    EntryView {
        id: entry.map(|entry| entry.id.to_string()),
        name: entry.map(|entry| entry.name().to_owned()).unwrap_or_default(),
        fields: kind.fields().iter().map(field).collect(),
        generation: entry.map(|entry| entry.generation),
        // What comes with Keyward was made by nobody.
        made: entry
            .filter(|entry| entry.created_at.millis() > 0)
            .map(|entry| (when(entry.created_at, now), entry.created_by.clone())),
        off: entry.is_some_and(|entry| entry.disabled_at.is_some()),
        may_write,
    }
}

fn input(input: Input, tenants: &[Entry]) -> InputView {
    let names = || tenants.iter().map(|tenant| (tenant.name().to_owned(), tenant.name().to_owned())).collect();
    match input {
        Input::Line => InputView::Line,
        Input::Lines => InputView::Lines,
        Input::One(choices) => {
            InputView::One(choices.iter().map(|(code, words)| ((*code).to_owned(), (*words).to_owned())).collect())
        }
        Input::CredentialSources => {
            InputView::Any(CredentialSource::ALL.map(|one| (one.code().to_owned(), one.words().to_owned())).into())
        }
        Input::Tenant => InputView::One(names()),
        Input::Tenants => InputView::Any(names()),
    }
}

pub(crate) fn person(account: &Account, permit: &Permit, now: Timestamp) -> PersonRow {
    PersonRow {
        id: account.id.to_string(),
        email: account.email.to_string(),
        role: account.role.to_string(),
        created: when(account.created_at, now),
        disabled: account.disabled_at.map(|at| when(at, now)),
        is_visitor: account.email.as_str() == permit.actor(),
    }
}
