//! Views from domain types.

use admin::{Admin, AdminError, FieldError, KeyDetail, MATCHES, Permit};
use model::{
    account::{Action, Role},
    activity::CallCounts,
    audit::{Event, Verb},
    catalog::{Entry, Group, Kind},
    id::KeyId,
    key::{ArchiveReason, Identity, Key, KeyState, KeyStatus, SignedWrites, UNDO},
    limit::MAX_CALLS,
    listing::{Assessment, IDLE, STALE},
    time::{DAY, HOUR, Timestamp, relative},
};
use store::{Found, KeyHour, LastUse, ListedKey, SavedView, found_in};

use crate::{
    catalog::fields::plural,
    error::ApiError,
    form_outcome::FormErrors,
    keys::{
        detail::view::CallCountsView,
        form::{DATE, DAYS, KeyForm, LIMIT_ROWS, limits},
        list::view::{FoundView, ListedView, SavedViewView},
        view::{
            ArchivedView, CallerView, EventView, FieldErrorView, GroupView, IdentityView, ImpactView, KeyRow, KeyView,
            LeakView, MaskView, OffView, SpecView, StatusView, When,
        },
    },
    routes,
    session::context::closed,
    ui::count::grouped,
};

/// So many hours of use stand beside a key.
const HOURS: usize = 24;

pub(crate) fn when(at: Timestamp, now: Timestamp) -> When {
    When { iso: at.to_string(), long: at.long(), relative: relative(at, now) }
}

/// An id that is none cannot be found.
pub(crate) fn key_id(text: &str) -> Result<KeyId, ApiError> {
    KeyId::parse(text).ok_or(ApiError::NotFound)
}

pub(crate) fn counts(of: CallCounts) -> CallCountsView {
    CallCountsView { allowed: of.allowed, limited: of.limited, refused: of.refused }
}

/// What has to be mended, for the form it was typed in.
pub fn field_errors(errors: &[FieldError]) -> Vec<FieldErrorView> {
    let view = |error: &FieldError| FieldErrorView { field: error.field.to_owned(), message: error.message.clone() };
    errors.iter().map(view).collect()
}

/// A key of the list, with what was searched for in it, and its calls in each of the 24 hours since `since`.
pub(crate) fn listed(
    listed: &ListedKey,
    search: &str,
    hours: &[KeyHour],
    since: Timestamp,
    now: Timestamp,
) -> ListedView {
    let ListedKey { key, last_use, stands, .. } = listed;
    let mut calls = Vec::new();
    for hour in hours.iter().filter(|hour| hour.key == key.id) {
        calls.resize(HOURS, CallCountsView::default());
        let place = usize::try_from(hour.hour.since(since) / HOUR).unwrap_or_default().min(HOURS - 1);
        calls[place] = counts(hour.calls);
    }
    let mut row = row(key, last_use.as_ref(), now);
    row.status = with_health(row.status, stands.status);
    row.also = also(row.status, stands);
    ListedView { row, hours: calls, successor: None, found: found_in(key, search).iter().map(found).collect() }
}

/// How much of a long text stands before the first mark, and how long it may be, in bytes.
const BEFORE: usize = 24;
const LONG: usize = 90;

/// A text in pieces: around the first mark, when it is long.
fn found(found: &Found) -> FoundView {
    let text = &found.text;
    let first = found.marks.first().map_or(0, |mark| mark.start);
    let begin = if text.len() > LONG { text.floor_char_boundary(first.saturating_sub(BEFORE)) } else { 0 };
    let end = if text.len() > LONG { text.floor_char_boundary((begin + LONG).min(text.len())) } else { text.len() };
    let mut pieces = Vec::new();
    let mut place = begin;
    let mut add = |is_mark, piece: &str| {
        if !piece.is_empty() {
            pieces.push((is_mark, piece.to_owned()));
        }
    };
    add(false, if begin > 0 { "\u{2026}" } else { "" });
    for mark in &found.marks {
        let (from, to) = (mark.start.min(end), mark.end.min(end));
        add(false, &text[place..from]);
        add(true, &text[from..to]);
        place = to;
    }
    add(false, &text[place..end]);
    add(false, if end < text.len() { "\u{2026}" } else { "" });
    FoundView { field: found.field.code().to_owned(), pieces }
}

/// A key that works is told apart by how its calls fare.
fn with_health(shown: StatusView, stored: KeyStatus) -> StatusView {
    let is_health = matches!(stored, KeyStatus::Limited | KeyStatus::Refusing);
    if shown.of == KeyStatus::Active && is_health { StatusView { of: stored, ..shown } } else { shown }
}

/// What else a key that works counts as.
fn also(shown: StatusView, stands: &Assessment) -> Vec<KeyStatus> {
    let also = stands.flags.iter().filter_map(|flag| flag.as_status());
    also.filter(|also| shown.of.works() && *also != shown.of).collect()
}

pub(crate) fn saved(view: &SavedView, permit: &Permit) -> SavedViewView {
    SavedViewView {
        id: view.id.to_string(),
        name: view.name.clone(),
        query: view.query.clone(),
        shared_by: Some(view.owner.clone()).filter(|owner| owner != permit.actor()),
        may_delete: Admin::may_delete_view(permit, view),
    }
}

/// A number of keys that was counted so far and no farther.
pub(crate) fn counted(keys: i64) -> String {
    let most = i64::from(MATCHES);
    if keys > most { format!("{}+", grouped(most)) } else { grouped(keys) }
}

pub(crate) fn row(key: &Key, last_use: Option<&LastUse>, now: Timestamp) -> KeyRow {
    KeyRow {
        mask: MaskView { prefix: key.prefix.to_string(), id: key.id.to_string(), last_four: key.last_four.clone() },
        name: key.spec.name.to_string(),
        owner: key.spec.owner.to_string(),
        tenant: key.tenant.name.to_string(),
        group: key.spec.group.as_ref().map(|group| GroupView {
            id: group.id.to_string(),
            name: group.name.clone(),
            tenant: key.tenant.name.to_string(),
        }),
        scopes: key.spec.scopes.iter().map(ToString::to_string).collect(),
        all_access: key.spec.scopes.is_all_access(),
        status: StatusView { of: key.status(now), days: key.days_left(now) },
        also: Vec::new(),
        created: when(key.created_at, now),
        created_by: key.created_by.clone(),
        expires: when(key.spec.expires_at, now),
        last_used: last_use.map(|used| when(used.at, now)),
        unused_for_long: last_use.is_none() && now.since(key.created_at) >= STALE,
        is_idle: last_use.is_some_and(|used| now.since(used.at) >= IDLE),
    }
}

pub(crate) fn impact(found: &KeyDetail, now: Timestamp) -> ImpactView {
    let (key, impact) = (&found.key, &found.impact);
    let caller = |caller: &LastUse| CallerView { address: caller.address.clone(), last: when(caller.at, now) };
    ImpactView {
        id: key.id.to_string(),
        name: key.spec.name.to_string(),
        last_used: found.last_use.as_ref().map(|used| when(used.at, now)),
        calls_day: impact.calls_day,
        calls_week: impact.calls_week,
        refused_day: impact.refused_day,
        callers: impact.callers.iter().map(caller).collect(),
        type_name: found.last_use.as_ref().is_some_and(|used| now.since(used.at) < DAY),
        archived: matches!(key.state, KeyState::Archived(_)),
    }
}

pub(crate) fn key(
    found: &KeyDetail,
    history: &[Event],
    generations: i64,
    permit: &Permit,
    origin: &str,
    now: Timestamp,
) -> KeyView {
    let key = &found.key;
    let may_write = permit.allows(Action::WriteKeys).is_ok();
    let is_superadmin = permit.allows(Action::ManageTenants).is_ok();
    let (archived, off) = match &key.state {
        KeyState::Live => (None, None),
        KeyState::Off(evidence) => (None, Some(OffView { at: when(evidence.at, now), by: evidence.by.clone() })),
        KeyState::Archived(evidence) => (
            Some(ArchivedView {
                at: when(evidence.at, now),
                by: evidence.by.clone(),
                reason: evidence.reason.words().to_owned(),
                undo_until: Some(when(evidence.at.plus(UNDO), now))
                    .filter(|_| may_write && evidence.is_final(permit.actor(), is_superadmin, now).is_none()),
            }),
            None,
        ),
    };
    let row = row(key, found.last_use.as_ref(), now);
    let status = found.stands.as_ref().map_or(row.status, |stands| with_health(row.status, stands.status));
    let also = found.stands.as_ref().map(|stands| also(status, stands)).unwrap_or_default();
    KeyView {
        row: KeyRow { status, also, ..row },
        description: key.spec.description.to_string(),
        spec: spec(key, generations),
        last_address: found.last_use.as_ref().map(|used| used.address.clone()).filter(|address| !address.is_empty()),
        archived,
        off,
        leak: key.leak.as_ref().map(|leak| LeakView { at: when(leak.at, now), source: leak.source.clone() }),
        impact: impact(found, now),
        history: history.iter().map(|event| crate::keys::to_view::event(event, now)).collect(),
        may_write: permit.allows(Action::WriteKeys).is_ok(),
        may_purge: permit.allows(Action::PurgeKeys).is_ok(),
        origin: origin.to_owned(),
    }
}

fn spec(key: &Key, generations: i64) -> SpecView {
    let spec = &key.spec;
    let words = |text: String| text.split_whitespace().map(str::to_owned).collect();
    let subject = |subject: &Identity| IdentityView { name: subject.name.clone(), active: subject.active };
    SpecView {
        owner_active: key.owner_active,
        acts_as: spec.subject.as_ref().map(subject),
        role: spec.role.to_string(),
        labels: words(spec.labels.to_string()),
        all_access_reason: spec.all_access_reason.to_string(),
        addresses: words(spec.addresses.to_string()),
        limits: words(spec.limits.to_string()),
        quota: spec.quota.map(|quota| quota.to_string()).unwrap_or_default(),
        metadata: if spec.metadata.is_empty() { String::new() } else { spec.metadata.as_str().to_owned() },
        form: key.form.words().to_owned(),
        signed_writes: spec.signed_writes == SignedWrites::Required,
        docs: key.tenant.docs.clone(),
        rotated_from: key.rotated_from.map(|id| id.to_string()),
        series: (key.series.to_string(), generations),
    }
}

/// A group, from its entry in the catalog.
pub(crate) fn group(entry: &Entry<Group>) -> GroupView {
    let Group { name, tenant, .. } = &entry.settings;
    GroupView { id: entry.id.to_string(), name: name.to_string(), tenant: tenant.to_string() }
}

pub(crate) fn event(event: &Event, now: Timestamp) -> EventView {
    let detail: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&event.detail).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let words = |name: &str, value: &serde_json::Value| match (name, text(value)) {
        ("expires", at) => Timestamp::parse(&at).map_or(at, Timestamp::long),
        ("reason", code) => ArchiveReason::parse(&code).map_or(code, |reason| reason.words().to_owned()),
        ("role", code) => Role::parse(&code).map_or(code, |role| role.words().to_owned()),
        (_, other) => other,
    };
    let is_key = event.verb.starts_with("key.");
    let kind = detail.get("kind").and_then(|kind| Kind::parse(kind.as_str()?));
    let label = if is_key || kind.is_some() { "name" } else { "email" };
    let verb = Verb::parse(&event.verb).map_or(&*event.verb, |verb| verb.words());
    let href = match kind {
        Some(kind) => Some(routes::entry(kind, &event.target)),
        None => is_key.then(|| routes::key(&event.target)),
    };
    EventView {
        seq: event.seq,
        at: when(event.at, now),
        actor: event.actor.clone(),
        verb: event.verb.clone(),
        what: kind.map_or_else(|| verb.to_owned(), |kind| format!("{} {}", kind.words(), verb.to_lowercase())),
        // The policy has no name.
        target: match (detail.get(label).map(text), kind) {
            (Some(name), Some(kind)) if name.is_empty() => plural(kind).to_owned(),
            (name, _) => name.unwrap_or_else(|| event.target.clone()),
        },
        href,
        detail: detail
            .iter()
            .filter(|(name, _)| *name != label && *name != "kind")
            .flat_map(|(name, value)| match (name.as_str(), value) {
                ("changes", serde_json::Value::Object(changes)) => changed(changes),
                ("fields", serde_json::Value::Object(fields)) => filled(fields),
                _ => vec![(name.clone(), words(name, value))],
            })
            .collect(),
    }
}

type Object = serde_json::Map<String, serde_json::Value>;

/// What differs, as before and after.
fn changed(changes: &Object) -> Vec<(String, String)> {
    let said = |value: &serde_json::Value| match value.as_str() {
        Some("") | None => "nothing".to_owned(),
        Some(text) => text.to_owned(),
    };
    changes
        .iter()
        .map(|(name, ways)| (name.clone(), format!("{} \u{2192} {}", said(&ways[0]), said(&ways[1]))))
        .collect()
}

/// What an entry was made with, but for its name.
fn filled(fields: &Object) -> Vec<(String, String)> {
    let text = |(name, value): (&String, &serde_json::Value)| Some((name.clone(), value.as_str()?.to_owned()));
    fields.iter().filter_map(text).filter(|(name, value)| name != "name" && !value.is_empty()).collect()
}

/// What has to be mended. The domain's sentence on an expiry explains what a command line takes; a page shows a calendar.
pub(crate) fn key_field_errors(form: &KeyForm, errors: &[FieldError]) -> Vec<FieldErrorView> {
    let words = match form.life.as_str() {
        DATE if Timestamp::parse(form.date.trim()).is_none() => Some("Pick the day on which the key ends."),
        DAYS if form.days.trim().parse::<i64>().is_err() => Some("Type for how many days the key lives."),
        _ => None,
    };
    let mut errors = field_errors(errors);
    if let Some(words) = words {
        let expiry = errors.iter_mut().filter(|error| error.field == "expires");
        expiry.for_each(|error| words.clone_into(&mut error.message));
    }
    for error in &mut errors {
        at_limit(form, error);
    }
    errors
}

/// Says at the row of a limit, or at the quota, that its number is none. What else is wrong with them stays as it is said.
fn at_limit(form: &KeyForm, error: &mut FieldErrorView) {
    let is_bad = |(calls, _): &(String, String)| !calls.parse().is_ok_and(|calls| (1..=MAX_CALLS).contains(&calls));
    let place = match error.field.as_str() {
        "limits" => limits(&form.input.limits).iter().position(is_bad),
        "quota" => limits(&form.input.quota).first().filter(|quota| is_bad(quota)).map(|_| 0),
        _ => None,
    };
    let Some(place) = place else { return };
    if error.field == "limits" {
        (*LIMIT_ROWS.get(place).unwrap_or(&LIMIT_ROWS[0])).clone_into(&mut error.field);
    }
    error.message = format!("Type a whole number of calls, from 1 to {}.", grouped(MAX_CALLS));
}

/// Why a use case did not do what a form asked.
pub(crate) fn refused(error: AdminError) -> FormErrors {
    match error {
        AdminError::Invalid(errors) => FormErrors { errors: field_errors(&errors), failure: None },
        error => closed(error).into(),
    }
}
