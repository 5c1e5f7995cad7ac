//! `POST /api/v1/leaks`: a secret was found where it should not be. Anyone reports the secret itself: the answer is the same,
//! and comes after the same time, whether it opens anything or not. Whoever holds a key with `keyward.leaks.write` reports
//! digests.

use std::{sync::LazyLock, time::Duration};

use admin::AdminError;
use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use crypto::secret::Digest;
use model::{id::KeyId, scope::RequiredScopes};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    layers::envelope::{BODY_LIMIT, Caller, enclose},
    machine::{problem::Problem, verify::caller_with},
    request_id::RequestId,
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/leaks";
/// What a reporter's key must hold to report digests.
static REPORTING: LazyLock<RequiredScopes> =
    LazyLock::new(|| RequiredScopes::parse("keyward.leaks.write").expect("a scope of our own"));
/// After this time a report is answered, whatever it was: longer than the work takes.
const ANSWERED_AFTER: Duration = Duration::from_millis(250);
/// Digests in one report.
const MOST: usize = 100;

/// A report: a token from anyone, or keys with digests from whoever holds keyward.leaks.write.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LeakReport)]
pub(super) struct Body {
    /// The secret as it was found: a whole key.
    #[schema(max_length = 8192, example = "kw_0123456789ABCDEF_abcdefghijklmnopqrstuvwxyzABCDEF2i2pPO")]
    token: Option<String>,
    /// Keys by their ids, with the digests of their secrets.
    #[schema(min_items = 1, max_items = 100)]
    keys: Option<Vec<FoundKey>>,
    /// Where it was found, in a few words or as an address.
    #[schema(max_length = 200)]
    source: Option<String>,
}

/// A key that was found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FoundKey {
    /// Its id: the second part of the token.
    #[schema(pattern = "^[0-9A-Za-z]{16}$")]
    id: String,
    /// SHA-256 of its secret, the third part of the token without its last six characters, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
}

/// Answers.
pub async fn leaks(State(app): State<AppState>, request: Request) -> Response {
    enclose(&app, PATH, request, |caller, request| {
        let app = app.clone();
        async move { Box::pin(respond(&app, caller, request)).await.unwrap_or_else(IntoResponse::into_response) }
    })
    .await
}

async fn respond(app: &AppState, caller: Caller, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let problem = |status, code, detail: &str| Problem::new(status, code, detail, &caller.id);
    if parts.method != Method::POST {
        let refused = problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Report with POST.");
        return Err(refused.with(header::ALLOW, "POST"));
    }
    let plain = parts.headers.get(header::CONTENT_ENCODING);
    if plain.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let detail = "The body is encoded: send it plain.";
        return Err(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", detail));
    }
    let body = to_bytes(body, BODY_LIMIT).await.map_err(|_| {
        problem(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body ended early, or is longer than 64 KiB.")
    })?;
    let wrong = |detail: &str| problem(StatusCode::BAD_REQUEST, "bad_request", detail);
    let body: Body = serde_json::from_slice(&body).map_err(|_| {
        wrong("Send {\"token\": …}, or {\"keys\": [{\"id\": …, \"sha256\": …}]}, with a source if you like.")
    })?;
    let source = body.source.as_deref().unwrap_or_default();
    if body.token.as_ref().is_some_and(|token| token.chars().count() > 8192) {
        return Err(wrong("A token has at most 8192 characters."));
    }
    match (body.token, body.keys) {
        (Some(token), None) => from_anyone(app, &caller, &token, source).await,
        (None, Some(keys)) if (1..=MOST).contains(&keys.len()) => {
            let key = caller_with(app, &caller.id, caller.client.0, &parts.headers, &REPORTING).await?;
            let permit = app.admin.permit_of_key(&key.key).await.map_err(|error| failed(error, &caller.id))?;
            let permit = permit.ok_or_else(|| {
                problem(StatusCode::FORBIDDEN, "grantor_inactive", "Nobody stands behind this key's scopes any more.")
            })?;
            for found in keys {
                let (id, digest) = (KeyId::parse(&found.id), Digest::from_hex(&found.sha256));
                let (Some(id), Some(digest)) = (id, digest) else {
                    return Err(wrong("An id has 16 letters and digits, and a SHA-256 64 hexadecimal digits."));
                };
                let reported = app.admin.report_leaked_digest(&permit, id, digest, source).await;
                reported.map_err(|error| failed(error, &caller.id))?;
            }
            Ok(received())
        }
        (None, Some(_)) => Err(wrong("Report at least one key, and at most 100 at a time.")),
        _ => Err(wrong("Give either token or keys.")),
    }
}

async fn from_anyone(app: &AppState, caller: &Caller, token: &str, source: &str) -> Result<Response, Problem> {
    app.report_limit.take(caller.client.0, app.clock.now()).map_err(|wait| {
        let detail = "Too many reports. Try again in a minute.";
        let refused = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail, &caller.id);
        refused.with(header::RETRY_AFTER, &wait.to_string())
    })?;
    let (admin, token, source) = (app.admin.clone(), token.to_owned(), source.to_owned());
    let report = tokio::spawn(async move { admin.report_leaked_token(&token, &source).await });
    let ((), done) = tokio::join!(tokio::time::sleep(ANSWERED_AFTER), report);
    match done {
        Ok(Ok(_)) => Ok(received()),
        Ok(Err(error)) => Err(failed(error, &caller.id)),
        Err(_) => Err(Problem::unavailable(&caller.id)),
    }
}

/// The same whatever was reported.
fn received() -> Response {
    (StatusCode::ACCEPTED, [(header::CONTENT_TYPE, "application/json")], "{\"received\":true}").into_response()
}

fn failed(error: AdminError, id: &RequestId) -> Problem {
    match error {
        AdminError::Invalid(errors) => {
            let detail = "Some fields have to be mended.";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail, id).errors(&errors)
        }
        AdminError::Forbidden => {
            Problem::new(StatusCode::FORBIDDEN, "forbidden", "The grantor of this key may not report leaks.", id)
        }
        error => {
            tracing::error!(request = id.as_str(), %error, "a leak could not be noted");
            Problem::unavailable(id)
        }
    }
}
