//! The audit, newest first.

use axum::http::{Method, StatusCode};
use crypto::secret::hex;
use model::{audit::Event, time::Timestamp};
use serde_json::{Value, json};
use store::AuditFilter;

use crate::api::{
    call::{Answer, Call, CallEndpoint, json as answer, paged},
    operation::{CURSOR, LIMIT, Parameter, Value as Kind},
};

const FILTER: &[Parameter] = &[
    Parameter { name: "actor", about: "A part of who did it.", kind: Kind::Text },
    Parameter {
        name: "action",
        about: "A code such as key.archive, or the beginning that several share, such as key.",
        kind: Kind::Text,
    },
    Parameter { name: "target", about: "The id of the thing, or a part of what is said of it.", kind: Kind::Text },
    Parameter { name: "from", about: "Not before.", kind: Kind::Instant },
    Parameter { name: "until", about: "Not after.", kind: Kind::Instant },
    LIMIT,
    CURSOR,
];

pub(super) fn operations() -> Vec<CallEndpoint> {
    vec![
        CallEndpoint::new(
            (Method::GET, "/api/v1/audit"),
            ("list_events", "List what happened"),
            Some("keyward.audit.read"),
            |call| Box::pin(list(call)),
        )
        .query(FILTER)
        .answers(StatusCode::OK, "EventPage"),
    ]
}

/// An event as the API shows it.
pub(super) fn event_json(event: &Event) -> Value {
    json!({
        "seq": event.seq,
        "at": event.at.exact(),
        "actor": event.actor,
        "action": event.verb,
        "target": event.target,
        "detail": serde_json::from_str::<Value>(&event.detail).unwrap_or_default(),
        "hash": hex(&event.hash),
    })
}

async fn list(call: Call) -> Answer {
    let text = |name| call.asked(name).unwrap_or_default().replace('\0', "");
    let filter = AuditFilter {
        who: text("actor"),
        what: text("action"),
        target: text("target"),
        from: call.read("from", Timestamp::parse)?,
        until: call.read("until", Timestamp::parse)?,
    };
    let before = call.read("cursor", |text| text.parse().ok().filter(|seq| *seq > 0))?;
    let page = call.app.admin.search_audit(call.permit()?, &filter, before, Some(call.limit()?)).await;
    let page = page.map_err(|error| call.failed(error))?;
    let events: Vec<_> = page.events.iter().map(event_json).collect();
    let next = page.next.map(|next| next.to_string());
    Ok(paged(&call, answer(StatusCode::OK, &json!({ "events": events, "next_cursor": next })), next.as_deref()))
}
