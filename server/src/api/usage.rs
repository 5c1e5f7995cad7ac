//! What is asked of Keyward: calls counted, requests refused, and why a key is refused or would be.

use app::explain::answer::{ExplainForm, Explanation, explain as walk, find_refusals};
use axum::http::{Method, StatusCode};
use model::{
    activity::{ChartQuery, Period},
    decision::Reason,
    id::{EntryId, KeyId},
    time::Timestamp,
};
use serde_json::{Value, json};
use store::{CallsOf, RefusalFilter};
use verify::{RecordedRefusal, Verification};

use crate::{
    api::{
        call::{Answer, Call, CallEndpoint, json as answer, paged},
        keys::{PERIOD, usage_json},
        operation::{LIMIT, Parameter, Value as Kind, cursor},
    },
    json::raw,
    machine::verify::VerifyAnswer,
};

const OWNER: Parameter = Parameter { name: "owner", about: "Just with keys of this owner.", kind: Kind::Text };
const TENANT: Parameter =
    Parameter { name: "tenant", about: "Just with keys of the tenant of this name.", kind: Kind::Text };
const GROUP: Parameter = Parameter { name: "group", about: "Just with keys of the group of this id.", kind: Kind::Id };

const REFUSALS: &[Parameter] = &[
    Parameter { name: "key", about: "Just with the key of this id.", kind: Kind::Id },
    OWNER,
    TENANT,
    GROUP,
    Parameter { name: "code", about: "Just for this reason.", kind: Kind::OneOf(codes) },
    Parameter { name: "from", about: "Not before.", kind: Kind::Instant },
    Parameter { name: "until", about: "Not after.", kind: Kind::Instant },
    LIMIT,
    cursor("^[0-9]{1,15}-[0-9A-Za-z]{16}$"),
];

/// The most characters of a key that is explained: a JWT may have many.
pub(super) const MAX_KEY: usize = 8192;

fn codes() -> Vec<&'static str> {
    Reason::ALL.map(Reason::code).into()
}

pub(super) fn operations() -> Vec<CallEndpoint> {
    let scope = Some("keyward.usage.read");
    vec![
        CallEndpoint::new((Method::GET, "/api/v1/usage"), ("usage", "Count the calls with all keys"), scope, |call| {
            Box::pin(usage(call))
        })
        .query(&[PERIOD, OWNER, TENANT, GROUP])
        .answers(StatusCode::OK, "Usage"),
        CallEndpoint::new(
            (Method::GET, "/api/v1/refusals"),
            ("list_refusals", "List the latest refused requests"),
            scope,
            |call| Box::pin(refusals(call)),
        )
        .query(REFUSALS)
        .answers(StatusCode::OK, "RefusalPage"),
        CallEndpoint::new(
            (Method::POST, "/api/v1/explain"),
            ("explain", "Say why a key is refused or would be, or why a request was"),
            scope,
            |call| Box::pin(explain(call)),
        )
        .body("Explain")
        .answers(StatusCode::OK, "Explanation"),
    ]
}

impl Call {
    /// The keys that the query names.
    fn of_keys(&self) -> Result<CallsOf<'_>, crate::machine::problem::Problem> {
        let (owner, tenant) = (self.asked("owner"), self.asked("tenant"));
        Ok(CallsOf { owner, tenant, group: self.read("group", EntryId::parse)?, ..CallsOf::ALL })
    }
}

async fn usage(call: Call) -> Answer {
    let period = call.read("period", Period::parse)?.unwrap_or_default();
    let calls = call.app.admin.usage(call.permit()?, call.of_keys()?, ChartQuery::of(period)).await;
    Ok(answer(StatusCode::OK, &usage_json(&calls.map_err(|error| call.failed(error))?)))
}

async fn refusals(call: Call) -> Answer {
    let limit = call.limit()?;
    let before = call.read("cursor", |text| {
        let (at, id) = text.split_once('-')?;
        Some((Timestamp::from_millis(at.parse().ok()?), KeyId::parse(id)?.to_string()))
    })?;
    let filter = RefusalFilter {
        of: CallsOf { key: call.read("key", KeyId::parse)?, ..call.of_keys()? },
        reason: call.read("code", Reason::parse)?,
        from: call.instant("from")?,
        until: call.instant("until")?,
        before,
    };
    let mut found = find_refusals(call.permit()?, &call.app.verifier, &filter, limit + 1)
        .await
        .map_err(|error| call.failed(error))?;
    let has_more = found.len() > usize::from(limit);
    found.truncate(limit.into());
    let next = found.last().filter(|_| has_more).map(|last| format!("{}-{}", last.at.millis(), last.request_id));
    let refusals: Vec<_> = found.iter().map(refusal_json).collect();
    let body = json!({ "refusals": refusals, "next_cursor": next });
    Ok(paged(&call, answer(StatusCode::OK, &body), next.as_deref()))
}

/// A refusal as the API shows it.
fn refusal_json(refused: &RecordedRefusal) -> Value {
    let checks = refused.decision.checks();
    let checks: Vec<_> = checks.map(|(check, passed)| json!({ "check": check.code(), "passed": passed })).collect();
    json!({
        "request_id": refused.request_id,
        "at": refused.at.to_string(),
        "code": refused.decision.code(),
        "detail": refused.remedy,
        "endpoint": refused.endpoint,
        "key_id": refused.key.map(|id| id.to_string()),
        "key_name": Some(refused.key_name.as_str()).filter(|name| !name.is_empty()),
        "scopes": refused.required.to_string().split_whitespace().collect::<Vec<_>>(),
        "tenant": refused.tenant,
        "address": refused.address.map(|address| address.to_string()),
        "source": refused.source.map(model::tenant::CredentialSource::code),
        "writes": refused.writes,
        "checks": checks,
    })
}

async fn explain(call: Call) -> Answer {
    let body = call.object(&["key", "request_id", "scope", "tenant", "address", "method"])?;
    let wrong = |field: &str, message: String| call.invalid(vec![(field.to_owned(), message)]);
    let text = |name: &'static str| Ok(call.text(&body, name)?.unwrap_or_default());
    let (key, request) = (body.contains_key("key"), body.contains_key("request_id"));
    if key == request {
        return Err(wrong("key", "Give either key or request_id.".to_owned()));
    }
    let asked = text(if key { "key" } else { "request_id" })?;
    if key && (asked.trim().is_empty() || asked.chars().count() > MAX_KEY) {
        return Err(wrong("key", format!("Give a key, its id or its name, of at most {MAX_KEY} characters.")));
    }
    if request && KeyId::parse(&asked).is_none() {
        return Err(wrong("request_id", "Give a request's id: 16 letters and digits.".to_owned()));
    }
    let form = ExplainForm {
        scope: text("scope")?,
        tenant: text("tenant")?,
        address: text("address")?,
        method: text("method")?,
    };
    let found = walk(&call.app.admin, call.permit()?, &call.app.verifier, &asked, &form).await;
    let now = |answer: &Verification| raw(&VerifyAnswer::of(answer, call.request_id()));
    let (presented, refusal, now) = match found.map_err(|error| call.failed(error))? {
        Explanation::Presented(answer) if key => (true, Value::Null, Some(now(&answer))),
        Explanation::Named(answer) if key => (false, Value::Null, Some(now(&answer))),
        Explanation::RecordedRefusal { then, now: again } if request => {
            (false, refusal_json(&then), again.as_ref().map(now))
        }
        Explanation::Several(keys) => {
            let ids: Vec<_> = keys.iter().map(|key| key.id.as_str()).collect();
            let message = format!("{} keys have this name; give the id of one: {}.", ids.len(), ids.join(", "));
            return Err(wrong("key", message));
        }
        _ => return Err(call.nothing()),
    };
    let body = crate::json::Object::from([
        ("secret_presented".to_owned(), raw(&presented)),
        ("refusal".to_owned(), raw(&refusal)),
        ("now".to_owned(), raw(&now)),
    ]);
    Ok(answer(StatusCode::OK, &body))
}
