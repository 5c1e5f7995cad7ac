//! Views of the catalog and the people from domain types.

use admin::{Break, BrokenKey, EntryTightening, Permit};
use model::{
    account::{Account, Action},
    catalog::{Entry, Gate, Kind, Settings},
    entry_input::Field,
    id::EntryId,
    tenant::{CredentialSource, Tenant},
    time::Timestamp,
};

use crate::{
    catalog::{
        fields::{Widget, shown},
        view::{BreakView, BrokenKeyView, EntriesView, EntryRow, EntryView, FieldView, InputView, PersonRow},
    },
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

pub(crate) fn entries(entries: Vec<Entry>, permit: &Permit, kind: Kind) -> EntriesView {
    let row = |entry: Entry| EntryRow {
        id: entry.id.to_string(),
        settings: entry.settings,
        off: entry.disabled_at.is_some(),
    };
    EntriesView { rows: entries.into_iter().map(row).collect(), may_write: permit.allows(kind.action()).is_ok() }
}

pub(crate) fn entry(
    kind: Kind,
    entry: Option<&Entry>,
    tenants: &[Entry<Tenant>],
    permit: &Permit,
    now: Timestamp,
) -> EntryView {
    let may_write = permit.allows(kind.action()).is_ok();
    let may_open = permit.allows(Action::ManageTenants).is_ok();
    let gated =
        entry.is_some_and(|entry| matches!(&entry.settings, Settings::Scope(scope) if scope.gate == Gate::Gated));
    let values = entry.map_or_else(|| kind.blank(), |entry| entry.settings.input());
    let field = |field: &Field| {
        let kept = entry.is_some() && kind.keeps(*field);
        let closed = !may_open && (*field == Field::Opened || *field == Field::Gate && gated);
        let (label, hint, widget) = shown(kind, *field);
        FieldView {
            name: field.code().to_owned(),
            label: label.to_owned(),
            hint: hint.to_owned(),
            input: input(widget, tenants, values.get(*field)),
            value: values.get(*field).to_owned(),
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

fn input(widget: Widget, tenants: &[Entry<Tenant>], value: &str) -> InputView {
    // What is held is among the choices, also when it is a tenant that cannot be read.
    let names = || {
        let mut names: Vec<_> = tenants.iter().map(|tenant| tenant.settings.name.to_string()).collect();
        let held = match widget {
            Widget::Tenant => vec![value],
            _ => value.split_whitespace().collect(),
        };
        let missing: Vec<_> = held.into_iter().filter(|held| !names.iter().any(|name| name == held)).collect();
        names.extend(missing.into_iter().filter(|name| !name.is_empty()).map(str::to_owned));
        names.into_iter().map(|name| (name.clone(), name)).collect()
    };
    match widget {
        Widget::Line => InputView::Line,
        Widget::Lines => InputView::Lines,
        Widget::One(choices) => {
            InputView::One(choices.iter().map(|(code, words)| ((*code).to_owned(), (*words).to_owned())).collect())
        }
        Widget::CredentialSources => {
            InputView::Any(CredentialSource::ALL.map(|one| (one.code().to_owned(), one.words().to_owned())).into())
        }
        Widget::Tenant => InputView::One(names()),
        Widget::Tenants => InputView::Any(names()),
    }
}

/// What an edit of an entry would refuse.
pub(crate) fn would_break(name: &str, found: &EntryTightening, now: Timestamp) -> BreakView {
    let words = |why: &Break| match why {
        Break::Source(source) => format!("sent as {}", source.words()),
        Break::Gate(scope) => format!("asked for {scope}"),
        Break::Life => "is a JWT that lives longer".to_owned(),
    };
    let key = |BrokenKey { key, calls, last, why }: &BrokenKey| BrokenKeyView {
        id: key.id.to_string(),
        name: key.spec.name.to_string(),
        owner: key.spec.owner.to_string(),
        why: why.iter().map(words).collect::<Vec<_>>().join(", "),
        calls: *calls,
        last: when(*last, now),
    };
    BreakView { name: name.to_owned(), keys: found.keys.iter().map(key).collect(), more: found.more }
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
