//! Keys: everything that is done with them in the console.

use std::borrow::Cow;

use admin::{Admin, AdminError, Calls, Issued, Mark, Overlap, Permit, RequestSigningKeyForm};
use axum::{
    http::{Method, StatusCode, header},
    response::IntoResponse,
};
use model::{
    activity::{ChartQuery, Period},
    id::{EntryId, KeyId, RequestSigningKeyId},
    key::{ArchiveReason, Key, KeyStatus},
    key_input::KeyInput,
    listing::{Assessment, Cursor, KeyFlag, ListKeys, Sort, StatusFilter},
    time::{HOUR, Timestamp, span},
};
use serde_json::{Value, json};
use store::{LastUse, ListedKey, StoredRequestSigningKey};

use crate::{
    api::{
        audit::event_json,
        call::{Answer, Call, CallEndpoint, instant, json as answer, paged, tagged, with},
        fields::SPAN,
        input,
        operation::{EVENTS_CURSOR, LIMIT, Parameter, Value as Kind, cursor},
    },
    json::{Object, key_json, raw},
};

const READ: Option<&str> = Some("keyward.keys.read");
const WRITE: Option<&str> = Some("keyward.keys.write");
const USAGE: Option<&str> = Some("keyward.usage.read");
const AUDIT: Option<&str> = Some("keyward.audit.read");

/// For how long an old key works on when nothing else is asked for, in milliseconds.
const OVERLAP: i64 = 24 * HOUR;

const LIST: &[Parameter] = &[
    Parameter {
        name: "q",
        about: "What to find in names, ids, owners, scopes, groups, labels and descriptions, as in the console's search.",
        kind: Kind::Text,
    },
    Parameter {
        name: "status",
        about: "Just keys of this status; current ones, which are not archived, when it is left out.",
        kind: Kind::OneOf(statuses),
    },
    Parameter { name: "tenant", about: "Just keys of the tenant of this name.", kind: Kind::Text },
    Parameter { name: "group", about: "Just keys of the group of this id.", kind: Kind::Id },
    Parameter { name: "owner", about: "Just keys of this owner.", kind: Kind::Text },
    Parameter { name: "subject", about: "Just keys that act as the identity of this id.", kind: Kind::Id },
    Parameter {
        name: "scope",
        about: "Just keys that hold this scope; without .read or .write, in either direction.",
        kind: Kind::Text,
    },
    Parameter {
        name: "flag",
        about: "Just keys that this holds for; several are separated by commas.",
        kind: Kind::ListOf(flags),
    },
    Parameter { name: "series", about: "Just the generations of this series.", kind: Kind::Id },
    Parameter { name: "sort", about: "The order.", kind: Kind::OneOf(sorts) },
    LIMIT,
    cursor("^[0-9]{1,15}([.][0-9]{1,12})?(-.*)?$"),
];

/// The parameters that say which keys, without order and page.
pub(super) const FILTER: &[Parameter] = LIST.split_at(LIST.len() - 3).0;

/// How far back calls are counted.
pub(super) const PERIOD: Parameter =
    Parameter { name: "period", about: "How far back; a day when it is left out.", kind: Kind::OneOf(periods) };

const RETIREMENT: &[Parameter] = &[Parameter {
    name: "overlap",
    about: "For how long it still counts, such as 24h; not at all when it is left out.",
    kind: Kind::Formed(SPAN),
}];

fn statuses() -> Vec<&'static str> {
    ["any", "working"].into_iter().chain(KeyStatus::ALL.map(KeyStatus::code)).collect()
}

fn flags() -> Vec<&'static str> {
    KeyFlag::ALL.map(KeyFlag::code).into()
}

fn sorts() -> Vec<&'static str> {
    Sort::ALL.map(Sort::code).into()
}

fn periods() -> Vec<&'static str> {
    Period::ALL.map(Period::code).into()
}

pub(super) fn operations() -> Vec<CallEndpoint> {
    let get = |path, said, scope, handler| CallEndpoint::new((Method::GET, path), said, scope, handler);
    let post = |path, said, handler| CallEndpoint::new((Method::POST, path), said, WRITE, handler);
    let (ok, made) = (StatusCode::OK, StatusCode::CREATED);
    vec![
        get("/api/v1/keys", ("list_keys", "List keys"), READ, |call| Box::pin(list(call)))
            .query(LIST)
            .answers(ok, "KeyPage"),
        post("/api/v1/keys", ("create_key", "Create a key"), |call| Box::pin(create(call)))
            .body("NewKey")
            .idempotent()
            .answers(made, "IssuedKey"),
        get("/api/v1/keys/{id}", ("get_key", "Show a key"), READ, |call| Box::pin(show(call)))
            .answers(ok, "KeyResource"),
        CallEndpoint::new((Method::PATCH, "/api/v1/keys/{id}"), ("edit_key", "Edit a key"), WRITE, |call| {
            Box::pin(edit(call))
        })
        .body("KeyPatch")
        .conditional()
        .answers(ok, "KeyResource"),
        CallEndpoint::new(
            (Method::DELETE, "/api/v1/keys/{id}"),
            ("purge_key", "Delete an archived key for good"),
            WRITE,
            |call| Box::pin(purge(call)),
        )
        .empty(),
        get("/api/v1/keys/{id}/current", ("current_key", "Show the newest generation of a series"), READ, |call| {
            Box::pin(current(call))
        })
        .answers(ok, "KeyResource"),
        post("/api/v1/keys/{id}/archive", ("archive_key", "Archive a key: it is refused at once"), |call| {
            Box::pin(archive(call))
        })
        .body("Archive")
        .answers(ok, "KeyResource"),
        post(
            "/api/v1/keys/{id}/undo-archive",
            ("restore_key", "Undo within ten minutes that a key was archived"),
            |call| Box::pin(restore(call)),
        )
        .answers(ok, "KeyResource"),
        post("/api/v1/keys/{id}/enable", ("enable_key", "Switch a key on"), |call| Box::pin(switch(call, true)))
            .answers(ok, "KeyResource"),
        post("/api/v1/keys/{id}/disable", ("disable_key", "Switch a key off"), |call| Box::pin(switch(call, false)))
            .answers(ok, "KeyResource"),
        post("/api/v1/keys/{id}/rotate", ("rotate_key", "Rotate a key: a successor, and an overlap"), |call| {
            Box::pin(rotate(call))
        })
        .body("Rotation")
        .idempotent()
        .answers(made, "IssuedKey"),
        post(
            "/api/v1/keys/{id}/current/rotate",
            ("rotate_current_key", "Rotate the newest generation of a series"),
            |call| Box::pin(rotate_current(call)),
        )
        .body("Rotation")
        .idempotent()
        .answers(made, "IssuedKey"),
        post("/api/v1/keys/{id}/cut", ("cut_key", "Stop the old key of a rotation now"), |call| Box::pin(cut(call)))
            .answers(ok, "KeyResource"),
        post("/api/v1/keys/{id}/extend", ("extend_key", "Let the old key of a rotation work for longer"), |call| {
            Box::pin(extend(call))
        })
        .body("Extension")
        .answers(ok, "KeyResource"),
        get("/api/v1/keys/{id}/usage", ("key_usage", "Count a key's calls"), USAGE, |call| Box::pin(usage(call)))
            .query(&[PERIOD])
            .answers(ok, "Usage"),
        get(
            "/api/v1/keys/{id}/callers",
            ("key_callers", "Who called with a key in 7 days, as far as it was recorded"),
            USAGE,
            |call| Box::pin(callers(call)),
        )
        .answers(ok, "Callers"),
        get("/api/v1/keys/{id}/audit", ("key_audit", "What happened to a key"), AUDIT, |call| Box::pin(history(call)))
            .query(&[LIMIT, EVENTS_CURSOR])
            .answers(ok, "EventPage"),
    ]
}

/// The operations of a key's request signing keys.
pub(super) fn signing_operations() -> Vec<CallEndpoint> {
    let path = "/api/v1/keys/{id}/request-signing-keys";
    vec![
        CallEndpoint::new(
            (Method::GET, path),
            ("list_request_signing_keys", "List a key's request signing keys"),
            READ,
            |call| Box::pin(signing_keys(call)),
        )
        .answers(StatusCode::OK, "RequestSigningKeys"),
        CallEndpoint::new(
            (Method::POST, path),
            ("add_request_signing_key", "Add a request signing key"),
            WRITE,
            |call| Box::pin(add_signing_key(call)),
        )
        .body("NewRequestSigningKey")
        .answers(StatusCode::CREATED, "RequestSigningKey"),
        CallEndpoint::new(
            (Method::DELETE, "/api/v1/keys/{id}/request-signing-keys/{signing}"),
            ("retire_request_signing_key", "Retire a request signing key"),
            WRITE,
            |call| Box::pin(retire(call)),
        )
        .query(RETIREMENT)
        .empty(),
    ]
}

/// A key as the API shows it.
pub(super) fn resource(key: &Key, last_use: Option<&LastUse>, stands: Option<&Assessment>, now: Timestamp) -> Object {
    let mut shown = key_json(key, last_use, now);
    let never = key.spec.expires_at == Timestamp::NEVER;
    shown.insert("expires_at".to_owned(), raw(&(!never).then(|| key.spec.expires_at.to_string())));
    let status = stands.map_or_else(|| key.status(now), |stands| stands.status);
    shown.insert("status".to_owned(), raw(&status.code()));
    let flags: Vec<_> = stands.into_iter().flat_map(|stands| &stands.flags).map(|flag| flag.code()).collect();
    shown.insert("flags".to_owned(), raw(&flags));
    let grantor = Some(key.granted_by.to_string()).filter(|grantor| !grantor.is_empty());
    shown.insert("granted_by".to_owned(), raw(&grantor));
    shown.insert(
        "last_used_from".to_owned(),
        raw(&last_use.map(|used| used.address.as_str()).filter(|from| !from.is_empty())),
    );
    shown
}

impl Call {
    /// A key as it is now.
    async fn shown(&self, status: StatusCode, id: KeyId) -> Answer {
        let found = self.app.admin.show_key(self.permit()?, id).await.map_err(|error| self.failed(error))?;
        let body = resource(&found.key, found.last_use.as_ref(), found.stands.as_ref(), self.now());
        Ok(tagged(answer(status, &body), found.key.generation))
    }

    /// A key that was just made, with its token; without it where it was made by the same request before.
    async fn issued(&self, made: Result<Issued, AdminError>) -> Answer {
        let (id, token, status) = match &made {
            Ok(issued) => (issued.key.id, Some(issued.token.reveal()), StatusCode::CREATED),
            Err(AdminError::Repeated(id)) => (*id, None, StatusCode::OK),
            Err(_) => return Err(made.err().map_or_else(|| self.nothing(), |error| self.failed(error))),
        };
        let found = match self.app.admin.show_key(self.permit()?, id).await {
            Err(AdminError::NotFound) if token.is_none() => {
                let detail = format!(
                    "This request made the key {id}, which is gone since. Send another Idempotency-Key to make a new one."
                );
                return Err(self.problem(StatusCode::GONE, "gone", detail));
            }
            found => found.map_err(|error| self.failed(error))?,
        };
        let key = resource(&found.key, found.last_use.as_ref(), found.stands.as_ref(), self.now());
        let body = Object::from([("key".to_owned(), raw(&key)), ("token".to_owned(), raw(&token))]);
        let response = answer(status, &body);
        let response = with(response, header::LOCATION, &format!("/api/v1/keys/{id}"));
        Ok(tagged(response, found.key.generation))
    }

    /// Does one thing to the key that the path names, and shows it.
    async fn act<F, A, T>(&self, act: F) -> Answer
    where
        F: FnOnce(std::sync::Arc<Admin>, Permit, KeyId) -> A,
        A: Future<Output = Result<T, AdminError>>,
    {
        let id = self.key_id()?;
        act(self.app.admin.clone(), self.permit()?.clone(), id).await.map_err(|error| self.failed(error))?;
        self.shown(StatusCode::OK, id).await
    }

    /// The newest generation of the series that the path names. Any generation names its series; the first one may be gone.
    async fn newest(&self) -> Result<KeyId, crate::machine::problem::Problem> {
        let (id, permit) = (self.key_id()?, self.permit()?);
        let series = match self.app.admin.show_key(permit, id).await {
            Ok(found) => found.key.series,
            Err(AdminError::NotFound) => id,
            Err(error) => return Err(self.failed(error)),
        };
        let list = ListKeys { series: Some(series), which: StatusFilter::Any, ..ListKeys::default() };
        let found = self.app.admin.find_so_many_keys(permit, &list, 1).await.map_err(|error| self.failed(error))?;
        found.keys.first().map(|newest| newest.key.id).ok_or_else(|| self.nothing())
    }

    /// Rotates a key, once for each mark at the address of `named`: the same mark at another address is another request.
    async fn rotated(&self, id: KeyId, named: KeyId) -> Answer {
        let body = self.object(&["overlap", "until"])?;
        let overlap = self.overlap(&body)?.unwrap_or(Overlap::For(OVERLAP));
        let mark = self.idempotency_key()?;
        let mark = if mark.is_empty() { String::new() } else { format!("{named}\n{mark}") };
        let mark = Mark { text: &mark, body: Some(self.sent()) };
        self.issued(self.app.admin.rotate_key_once(self.permit()?, id, overlap, mark).await).await
    }

    /// How long an old key works on: `overlap`, such as `24h`, or `until` an instant.
    fn overlap(&self, body: &Object) -> Result<Option<Overlap>, crate::machine::problem::Problem> {
        let wrong = |field: &str, message: &str| self.invalid(vec![(field.to_owned(), message.to_owned())]);
        if body.contains_key("overlap") && body.contains_key("until") {
            return Err(wrong("until", "Give either overlap or until."));
        }
        let overlap = match (self.text(body, "overlap")?, self.text(body, "until")?) {
            (Some(time), _) => {
                let millis = span(&time).ok_or_else(|| wrong("overlap", "Give a time such as 0h, 24h or 7d."))?;
                Some(Overlap::For(millis))
            }
            (None, Some(at)) => {
                Some(Overlap::Until(instant(&at).ok_or_else(|| wrong("until", "Give an instant (RFC 3339)."))?))
            }
            (None, None) => None,
        };
        Ok(overlap)
    }
}

/// The question of a filter whose parameters `asked` knows, or the name of the one that is wrong.
pub(super) fn list_of<'a>(asked: &dyn Fn(&str) -> Option<Cow<'a, str>>) -> Result<ListKeys, &'static str> {
    fn read<T>(
        text: Option<Cow<'_, str>>,
        name: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, &'static str> {
        text.map(|text| read(&text).ok_or(name)).transpose()
    }
    let which = read(asked("status"), "status", |status| match status {
        "any" => Some(StatusFilter::Any),
        "working" => Some(StatusFilter::Working),
        status => KeyStatus::parse(status).map(StatusFilter::Only),
    })?;
    let flags: Option<Vec<_>> = match asked("flag") {
        None => Some(Vec::new()),
        Some(flags) => flags.split(',').map(|flag| KeyFlag::parse(flag.trim())).collect(),
    };
    // A text that is empty says nothing.
    let text = |name| asked(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Ok(ListKeys {
        words: text("q").unwrap_or_default().replace('\0', ""),
        which: which.unwrap_or_default(),
        tenant: text("tenant"),
        group: read(asked("group"), "group", EntryId::parse)?,
        identity: read(asked("subject"), "subject", EntryId::parse)?,
        series: read(asked("series"), "series", KeyId::parse)?,
        owner: text("owner"),
        scope: text("scope"),
        flags: flags.ok_or("flag")?,
        ..ListKeys::default()
    })
}

/// The question that the address asks.
pub(super) fn list_asked(call: &Call) -> Result<ListKeys, crate::machine::problem::Problem> {
    let asked = |name: &str| match name {
        // May be there several times.
        "flag" => Some(call.asked_all("flag")).filter(|flags| !flags.is_empty()).map(|flags| flags.join(",").into()),
        name => call.sent_as(name).map(Cow::from),
    };
    list_of(&asked).map_err(|name| call.wrong(name, "It has no such value."))
}

async fn list(call: Call) -> Answer {
    let list = ListKeys {
        sort: call.read("sort", Sort::parse)?.unwrap_or_default(),
        after: call.read("cursor", Cursor::parse)?,
        ..list_asked(&call)?
    };
    let limit = call.limit()?;
    let page =
        call.app.admin.find_so_many_keys(call.permit()?, &list, limit).await.map_err(|error| call.failed(error))?;
    let now = call.now();
    let shown = |listed: &ListedKey| resource(&listed.key, listed.last_use.as_ref(), Some(&listed.stands), now);
    let keys: Vec<_> = page.keys.iter().map(shown).collect();
    let next = page.next.as_ref().map(Cursor::to_text);
    let body = Object::from([("keys".to_owned(), raw(&keys)), ("next_cursor".to_owned(), raw(&next))]);
    Ok(paged(&call, answer(StatusCode::OK, &body), next.as_deref()))
}

async fn create(call: Call) -> Answer {
    let body = call.object(&input::key_fields())?;
    let asked = input::apply(KeyInput::default(), &body, false).map_err(|wrong| call.invalid(wrong))?;
    let mark = call.idempotency_key()?.to_owned();
    let mark = Mark { text: &mark, body: Some(call.sent()) };
    call.issued(call.app.admin.issue_key_once(call.permit()?, &asked, mark).await).await
}

async fn show(call: Call) -> Answer {
    call.shown(StatusCode::OK, call.key_id()?).await
}

async fn edit(call: Call) -> Answer {
    let (id, permit, seen) = (call.key_id()?, call.permit()?, call.seen()?);
    let body = call.object(&input::key_fields())?;
    let found = call.app.admin.show_key(permit, id).await.map_err(|error| call.failed(error))?;
    let asked = input::apply(KeyInput::of(&found.key), &body, true).map_err(|wrong| call.invalid(wrong))?;
    if !seen.matches(found.key.generation) {
        return Err(call.failed(AdminError::Conflict));
    }
    let edited = call.app.admin.edit_key(permit, id, &asked, Some(found.key.generation)).await;
    edited.map_err(|error| call.failed(error))?;
    call.shown(StatusCode::OK, id).await
}

async fn purge(call: Call) -> Answer {
    let purged = call.app.admin.purge_key(call.permit()?, call.key_id()?).await;
    purged.map_err(|error| call.failed(error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn current(call: Call) -> Answer {
    let id = call.newest().await?;
    call.shown(StatusCode::OK, id).await
}

async fn archive(call: Call) -> Answer {
    let body = call.object(&["reason"])?;
    let wrong = || {
        let codes = ArchiveReason::ALL.map(ArchiveReason::code).join(", ");
        call.invalid(vec![("reason".to_owned(), format!("Give one of {codes}."))])
    };
    let reason = match body.get("reason") {
        None => ArchiveReason::default(),
        Some(value) => {
            let code: String = serde_json::from_str(value.get()).map_err(|_| wrong())?;
            ArchiveReason::parse(&code).ok_or_else(wrong)?
        }
    };
    call.act(|admin, permit, id| async move { admin.archive_key(&permit, id, reason).await }).await
}

async fn restore(call: Call) -> Answer {
    call.act(|admin, permit, id| async move { admin.restore_key(&permit, id).await }).await
}

async fn switch(call: Call, on: bool) -> Answer {
    call.act(|admin, permit, id| async move { admin.switch_key(&permit, id, on).await }).await
}

async fn rotate(call: Call) -> Answer {
    let id = call.key_id()?;
    call.rotated(id, id).await
}

/// For whoever remembers a series alone, as secret stores do.
async fn rotate_current(call: Call) -> Answer {
    call.rotated(call.newest().await?, call.key_id()?).await
}

async fn cut(call: Call) -> Answer {
    call.act(|admin, permit, id| async move { admin.cut_key(&permit, id).await }).await
}

async fn extend(call: Call) -> Answer {
    let body = call.object(&["overlap", "until"])?;
    let Some(overlap) = call.overlap(&body)? else {
        return Err(
            call.invalid(vec![("overlap".to_owned(), "Say for how long: 24h, or until an instant.".to_owned())])
        );
    };
    call.act(|admin, permit, id| async move { admin.extend_overlap(&permit, id, overlap).await }).await
}

async fn usage(call: Call) -> Answer {
    let period = call.read("period", Period::parse)?.unwrap_or_default();
    let calls = call.app.admin.key_calls(call.permit()?, call.key_id()?, ChartQuery::of(period)).await;
    let calls = calls.map_err(|error| call.failed(error))?;
    Ok(answer(StatusCode::OK, &usage_json(&calls)))
}

/// Calls in bars of one length, and why some were refused.
pub(super) fn usage_json(calls: &Calls) -> Value {
    let series = &calls.series;
    let total = series.total();
    let bar = |(place, bar): (i64, &model::activity::CallCounts)| {
        let at = series.range.start.plus(place * series.range.step);
        json!({ "at": at.to_string(), "allowed": bar.allowed, "limited": bar.limited, "refused": bar.refused })
    };
    let bars: Vec<_> = (0..).zip(&series.bars).map(bar).collect();
    let reasons: Vec<_> =
        calls.reasons.iter().map(|(reason, calls)| json!({ "code": reason.code(), "calls": calls })).collect();
    json!({
        "period": calls.query.period.code(),
        "reasons": reasons,
        "step_seconds": series.range.step / 1000,
        "bars": bars,
        "total": { "allowed": total.allowed, "limited": total.limited, "refused": total.refused },
    })
}

async fn callers(call: Call) -> Answer {
    let record = call.app.admin.key_record(call.permit()?, call.key_id()?).await.map_err(|error| call.failed(error))?;
    let caller = |kind: &model::activity::CallSample| {
        json!({
            "address": kind.address.map(|address| address.to_string()),
            "user_agent": kind.agent,
            "asked": kind.required.to_string().split_whitespace().collect::<Vec<_>>(),
            "source": kind.source.map(model::tenant::CredentialSource::code),
            "kind": kind.kind.code(),
            "outcome": kind.outcome.code(),
            "last_at": kind.at.to_string(),
            "calls": kind.calls,
        })
    };
    let callers: Vec<_> = record.kinds.iter().map(caller).collect();
    Ok(answer(StatusCode::OK, &json!({ "callers": callers, "described_calls": record.seen(), "calls": record.calls })))
}

async fn history(call: Call) -> Answer {
    let before = call.read("cursor", |text| text.parse().ok().filter(|seq| *seq > 0))?;
    let page = call.app.admin.key_audit(call.permit()?, call.key_id()?, before, call.limit()?).await;
    let page = page.map_err(|error| call.failed(error))?;
    let events: Vec<_> = page.events.iter().map(event_json).collect();
    let next = page.next.map(|next| next.to_string());
    Ok(paged(&call, answer(StatusCode::OK, &json!({ "events": events, "next_cursor": next })), next.as_deref()))
}

fn signing_json(key: &StoredRequestSigningKey, now: Timestamp) -> Value {
    json!({
        "id": key.id.to_string(),
        "label": key.label.as_str(),
        "fingerprint": key.public.fingerprint(),
        "public_key": key.public.to_pem(),
        "created_at": key.created_at.to_string(),
        "created_by": key.created_by,
        "retired_at": key.retired_at.map(|at| at.to_string()),
        "counts": key.counts(now),
    })
}

async fn signing_keys(call: Call) -> Answer {
    let found = call.app.admin.request_signing_keys(call.permit()?, call.key_id()?).await;
    let found = found.map_err(|error| call.failed(error))?;
    let keys: Vec<_> = found.iter().map(|key| signing_json(key, call.now())).collect();
    Ok(answer(StatusCode::OK, &json!({ "request_signing_keys": keys })))
}

async fn add_signing_key(call: Call) -> Answer {
    let body = call.object(&["label", "public_key", "replace_after"])?;
    let text = |name: &'static str| Ok(call.text(&body, name)?.unwrap_or_default());
    let replace_after = match call.text(&body, "replace_after")?.map(|after| span(&after)) {
        None => None,
        Some(Some(millis)) => Some(millis),
        Some(None) => {
            let message = "Give a time such as 0h, 24h or 7d.".to_owned();
            return Err(call.invalid(vec![("replace_after".to_owned(), message)]));
        }
    };
    let form = RequestSigningKeyForm { label: text("label")?, public_key: text("public_key")?, replace_after };
    let added = call.app.admin.add_request_signing_key(call.permit()?, call.key_id()?, &form).await;
    let added = added.map_err(|error| call.failed(error))?;
    Ok(answer(StatusCode::CREATED, &signing_json(&added, call.now())))
}

async fn retire(call: Call) -> Answer {
    let signing = RequestSigningKeyId::parse(call.param("signing")).ok_or_else(|| call.nothing())?;
    let overlap = call.read("overlap", span)?.unwrap_or(0);
    let retired = call.app.admin.retire_request_signing_key(call.permit()?, call.key_id()?, signing, overlap).await;
    retired.map_err(|error| call.failed(error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
