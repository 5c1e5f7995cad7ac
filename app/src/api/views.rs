//! Views from domain types.

use keyward::{
    audit::{Event, Verb},
    console::{Console, FieldError, KeyDetail},
    id::KeyId,
    key::{ArchiveReason, Key, State, Status},
    people::{Action, Permit, Role},
    policy,
    scope::{RESERVED, Scopes},
    store::LastUse,
    time::{DAY, Timestamp, relative},
};

use crate::{
    error::ApiError,
    routes,
    view::{
        ArchivedView, CallerView, EventView, FieldErrorView, KeyRow, KeyView, LifeChoice, MaskView, NewKeyView,
        ScopeChoice, StakesView, StatusView, When,
    },
};

pub(super) fn when(at: Timestamp, now: Timestamp) -> When {
    When { iso: at.to_string(), long: at.long(), relative: relative(at, now) }
}

/// An id that is none cannot be found.
pub(super) fn key_id(text: &str) -> Result<KeyId, ApiError> {
    KeyId::parse(text).ok_or(ApiError::NotFound)
}

/// What has to be mended, for the form it was typed in.
pub fn field_errors(errors: &[FieldError]) -> Vec<FieldErrorView> {
    let view = |error: &FieldError| FieldErrorView { field: error.field.to_owned(), message: error.message.clone() };
    errors.iter().map(view).collect()
}

pub(super) fn row(key: &Key, last_use: Option<&LastUse>, now: Timestamp) -> KeyRow {
    KeyRow {
        mask: MaskView { prefix: key.prefix.to_string(), id: key.id.to_string(), last_four: key.last_four.clone() },
        name: key.name.to_string(),
        owner: key.owner.to_string(),
        tenant: key.tenant.name.to_string(),
        scopes: key.scopes.iter().map(ToString::to_string).collect(),
        status: match key.status(now) {
            Status::Archived => StatusView::Archived,
            Status::Expired => StatusView::Expired,
            Status::ExpiresSoon(days) => StatusView::ExpiresSoon(days),
            Status::Active => StatusView::Active,
        },
        created: when(key.created_at, now),
        expires: when(key.expires_at, now),
        last_used: last_use.map(|used| when(used.at, now)),
        unused_for_long: last_use.is_none() && now.since(key.created_at) > 7 * DAY,
    }
}

pub(super) fn stakes(found: &KeyDetail, now: Timestamp) -> StakesView {
    let (key, stakes) = (&found.key, &found.stakes);
    let caller = |caller: &LastUse| CallerView { address: caller.address.clone(), last: when(caller.at, now) };
    StakesView {
        id: key.id.to_string(),
        name: key.name.to_string(),
        last_used: found.last_use.as_ref().map(|used| when(used.at, now)),
        calls_day: stakes.calls_day,
        calls_week: stakes.calls_week,
        refused_day: stakes.refused_day,
        callers: stakes.callers.iter().map(caller).collect(),
        type_name: found.last_use.as_ref().is_some_and(|used| now.since(used.at) < DAY),
        archived: matches!(key.state, State::Archived(_)),
    }
}

pub(super) fn key(found: &KeyDetail, history: &[Event], permit: &Permit, origin: &str, now: Timestamp) -> KeyView {
    let key = &found.key;
    let archived = match &key.state {
        State::Live => None,
        State::Archived(evidence) => Some(ArchivedView {
            at: when(evidence.at, now),
            by: evidence.by.clone(),
            reason: evidence.reason.words().to_owned(),
        }),
    };
    KeyView {
        row: row(key, found.last_use.as_ref(), now),
        description: key.description.to_string(),
        last_address: found.last_use.as_ref().map(|used| used.address.clone()).filter(|address| !address.is_empty()),
        archived,
        stakes: stakes(found, now),
        history: history.iter().map(|event| self::event(event, now)).collect(),
        may_write: permit.allows(Action::WriteKeys).is_ok(),
        origin: origin.to_owned(),
    }
}

pub(super) fn event(event: &Event, now: Timestamp) -> EventView {
    let detail: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&event.detail).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let words = |name: &str, value: &serde_json::Value| match (name, text(value)) {
        ("expires", at) => Timestamp::parse(&at).map_or(at, Timestamp::long),
        ("reason", code) => ArchiveReason::parse(&code).map_or(code, |reason| reason.words().to_owned()),
        ("role", code) => Role::parse(&code).map_or(code, |role| role.words().to_owned()),
        (_, other) => other,
    };
    let is_key = event.verb.starts_with("key.");
    let label = if is_key { "name" } else { "email" };
    EventView {
        seq: event.seq,
        at: when(event.at, now),
        actor: event.actor.clone(),
        verb: event.verb.clone(),
        what: Verb::parse(&event.verb).map_or_else(|| event.verb.clone(), |verb| verb.words().to_owned()),
        target: detail.get(label).map_or_else(|| event.target.clone(), text),
        href: is_key.then(|| routes::key(&event.target)),
        detail: detail
            .iter()
            .filter(|(name, _)| *name != label)
            .map(|(name, value)| (name.clone(), words(name, value)))
            .collect(),
    }
}

pub(super) fn new_key(console: &Console, permit: &Permit, in_use: &Scopes) -> NewKeyView {
    let now = console.clock().now();
    let policy = console.policy();
    let (first, last) = console.expiry_bounds();
    let lives = policy::PRESETS.into_iter().filter(|days| (policy.min_days..=policy.max_days).contains(days));
    let reserved = RESERVED.iter().filter(|_| permit.allows(Action::GrantReserved).is_ok());
    NewKeyView {
        tenant: "default".to_owned(),
        may_choose_owner: permit.only_owner().is_none(),
        known: in_use
            .iter()
            .map(|scope| ScopeChoice { scope: scope.to_string(), sentence: "Held by other keys.".to_owned() })
            .collect(),
        reserved: reserved
            .map(|(scope, sentence)| ScopeChoice { scope: (*scope).to_owned(), sentence: (*sentence).to_owned() })
            .collect(),
        lives: lives.map(|days| LifeChoice { days, ends: now.plus(days * DAY).long() }).collect(),
        days: (policy.min_days, policy.max_days),
        dates: (first.iso_day(), last.iso_day()),
    }
}
