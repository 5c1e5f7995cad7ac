//! `POST /api/v1/verify`: a service with a key of its own asks about another's.

use std::{
    borrow::Cow,
    error::Error,
    net::IpAddr,
    sync::{Arc, LazyLock},
};

use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body_util::LengthLimitError;
use keyward::{
    decision::{Decision, Reason},
    scope::{Demand, Scope},
    store::StoredKey,
    verify::{Answer, Question},
};
use serde::{Deserialize, Serialize};

use super::{
    credential::{Presented, presented},
    problem::Problem,
};
use crate::{
    layers::{BODY_LIMIT, Caller, RequestId, around},
    router::App,
};

/// Bytes an answer usually fits into.
const ANSWER_SIZE: usize = 1024;

/// What the asking service's own key must hold.
static ASKING: LazyLock<Demand> = LazyLock::new(|| Demand::parse("keyward.verify").expect("a scope of our own"));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    scope: Option<Cow<'a, str>>,
    scopes: Option<Vec<String>>,
    tenant: Option<String>,
    address: Option<IpAddr>,
}

/// What is said of a key to a service that may ask.
#[derive(Serialize)]
pub struct KeyAnswer<'a> {
    id: &'a str,
    name: &'a str,
    tenant: &'a str,
    owner: &'a str,
    scopes: Vec<&'a str>,
    expires_at: String,
}

/// One check of a decision.
#[derive(Serialize)]
pub struct CheckAnswer {
    check: &'static str,
    /// `None` when an earlier check failed.
    passed: Option<bool>,
}

/// The verify API's answer.
#[derive(Serialize)]
pub struct VerifyAnswer<'a> {
    valid: bool,
    code: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<KeyAnswer<'a>>,
    checks: Vec<CheckAnswer>,
}

impl<'a> KeyAnswer<'a> {
    fn of(stored: &'a StoredKey) -> Self {
        let key = &stored.key;
        Self {
            id: key.id.as_str(),
            name: key.name.as_str(),
            tenant: key.tenant.name.as_str(),
            owner: key.owner.as_str(),
            scopes: key.scopes.iter().map(Scope::as_str).collect(),
            expires_at: key.expires_at.to_string(),
        }
    }
}

impl<'a> VerifyAnswer<'a> {
    /// The answer in full, for whoever may have it.
    pub fn of(answer: &'a Answer, request_id: &'a str) -> Self {
        Self {
            valid: answer.decision.is_allow(),
            code: answer.decision.code(),
            request_id,
            key: answer.key.as_deref().map(KeyAnswer::of),
            checks: answer.decision.checks().map(|(check, passed)| CheckAnswer { check, passed }).collect(),
        }
    }
}

/// Answers.
pub async fn verify(State(app): State<App>, request: Request) -> Response {
    around(&app, request, |caller, request| respond(&app, caller, request)).await
}

async fn respond(app: &App, caller: Caller, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let problem = |status, code, detail| Problem::new(status, code, detail, &caller.id);
    if parts.method != Method::POST {
        let problem = problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Ask with POST.");
        return problem.with(header::ALLOW, "POST").into_response();
    }
    let body = match to_bytes(body, BODY_LIMIT).await {
        Ok(body) => body,
        Err(error) if is_too_long(&error) => {
            let detail = "The body is longer than any this route takes.";
            return problem(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail).into_response();
        }
        Err(_) => {
            return problem(StatusCode::BAD_REQUEST, "bad_request", "The body ended early.").into_response();
        }
    };
    match answer(app, &caller.id, caller.client.0, &parts.headers, &body).await {
        Ok(answer) => {
            let mut json = Vec::with_capacity(ANSWER_SIZE);
            // Strings, numbers and lists: writing them to memory cannot fail.
            let _ = serde_json::to_writer(&mut json, &VerifyAnswer::of(&answer, caller.id.as_str()));
            ([(header::CONTENT_TYPE, "application/json")], json).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

/// Whether reading stopped because there was too much.
fn is_too_long(error: &axum::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

async fn answer(
    app: &App,
    request_id: &RequestId,
    client: IpAddr,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Answer, Problem> {
    let asker = asker(app, request_id, client, headers).await?;
    let wrong = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "bad_request", detail, request_id);
    let body: Body<'_> = serde_json::from_slice(body)
        .map_err(|error| wrong(format!("The body is not as expected: {}", shape(&error))))?;
    let wanted = match (body.scope, body.scopes) {
        (Some(scope), None) => scope,
        (None, Some(scopes)) => scopes.join(" ").into(),
        (None, None) => return Err(wrong("Say which scope the key needs, or \"scope\": \"any\".".to_owned())),
        (Some(_), Some(_)) => return Err(wrong("Give either scope or scopes.".to_owned())),
    };
    let demand = Demand::parse(&wanted)
        .ok_or_else(|| wrong("The scope is not of a scope's form, such as bookings.read.".to_owned()))?;
    let tenant = body.tenant.as_deref().unwrap_or(asker.key.tenant.name.as_str());
    let question = Question { token: &body.key, demand: &demand, tenant: Some(tenant), address: body.address };
    let answer = app.verifier.verify(&question).await.map_err(|_| Problem::unavailable(request_id))?;
    app.metrics.verified("verify", answer.decision.code());
    Ok(answer)
}

/// The asking service's own key, which must hold `keyward.verify`.
async fn asker(
    app: &App,
    request_id: &RequestId,
    client: IpAddr,
    headers: &HeaderMap,
) -> Result<Arc<StoredKey>, Problem> {
    let unauthorized = |code, detail: &str, challenge: &str| {
        Problem::new(StatusCode::UNAUTHORIZED, code, detail, request_id).with(header::WWW_AUTHENTICATE, challenge)
    };
    let token = match presented(headers) {
        Presented::One(token) => token,
        Presented::None => {
            let detail = "Present a key with the scope keyward.verify: Authorization: Bearer TOKEN. `keyward keys create` makes one.";
            return Err(unauthorized("missing_credentials", detail, "Bearer realm=\"keyward\""));
        }
        Presented::Ambiguous => {
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "ambiguous_credentials",
                "Present one key, once.",
                request_id,
            ));
        }
    };
    let question = Question { token, demand: &ASKING, tenant: None, address: Some(client) };
    let answer = app.verifier.verify(&question).await.map_err(|_| Problem::unavailable(request_id))?;
    match (answer.decision, answer.key) {
        (Decision::Allow, Some(key)) => Ok(key),
        (Decision::Deny(_, Reason::InsufficientScope), _) => {
            let detail = "The asking key needs the scope keyward.verify.";
            Err(Problem::new(StatusCode::FORBIDDEN, "insufficient_scope", detail, request_id).with(
                header::WWW_AUTHENTICATE,
                "Bearer realm=\"keyward\", error=\"insufficient_scope\", scope=\"keyward.verify\"",
            ))
        }
        (decision, _) => {
            let (code, words) = public(decision);
            Err(unauthorized(code, words, "Bearer realm=\"keyward\", error=\"invalid_token\""))
        }
    }
}

/// What a key's bearer may be told: only the exact secret learns more than that the key is not valid.
pub fn public(decision: Decision) -> (&'static str, &'static str) {
    match decision {
        Decision::Allow => ("valid", "The key is valid."),
        Decision::Deny(_, Reason::Malformed | Reason::NotFound) => {
            ("invalid_key", "This key is not valid. Check that all of it was copied.")
        }
        Decision::Deny(_, reason) => (reason.code(), reason.words()),
    }
}

/// What is wrong with a body, without repeating any of it: it may hold a key.
fn shape(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!("line {}, column {}", error.line(), error.column());
    match message.split_once('`') {
        Some(("unknown field ", _)) => {
            format!("it has an unknown field at {place}. Known are key, scope, scopes, tenant, address.")
        }
        Some(("missing field ", _)) => "it lacks the field key.".to_owned(),
        _ => format!("it is not the JSON this route takes, at {place}."),
    }
}
