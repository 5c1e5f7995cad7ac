//! `/forward-auth`: a proxy asks whether the request in its hands may pass. The answer is a status and headers.

use std::fmt::Write;

use axum::{
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use keyward::{
    decision::{Decision, Reason},
    scope::Demand,
    store::StoredKey,
    verify::Question,
};
use serde::Deserialize;

use super::{
    credential::{Presented, presented},
    problem::Problem,
    verify::public,
};
use crate::{
    layers::{Caller, TrustedPeer, around},
    router::App,
};

/// Which scope and tenant the route needs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    scope: String,
    tenant: Option<String>,
}

/// Answers a proxy: 200 with identity headers, or a problem.
pub async fn forward_auth(State(app): State<App>, request: Request) -> Response {
    around(&app, request, |caller, request| answer(&app, caller, request)).await
}

async fn answer(app: &App, caller: Caller, request: Request) -> Response {
    let (headers, id) = (request.headers(), caller.id);
    let needs = Query::<Needs>::try_from_uri(request.uri());
    let demand = needs.as_ref().ok().and_then(|needs| Demand::parse(&needs.scope.replace(',', " ")));
    let (Ok(Query(needs)), Some(demand)) = (needs, demand) else {
        let detail =
            "Ask with ?scope=SCOPE, or ?scope=any for any valid key; ?tenant=NAME is the only other parameter.";
        return Problem::new(StatusCode::BAD_REQUEST, "bad_request", detail, &id).into_response();
    };
    let demand = demand.toward(writes(headers, caller.peer));
    let unauthorized = |code, words: &str, challenge: &str| {
        Problem::new(StatusCode::UNAUTHORIZED, code, words, &id).with(header::WWW_AUTHENTICATE, challenge)
    };
    let token = match presented(headers) {
        Presented::One(token) => token,
        Presented::None => {
            app.metrics.verified("forward_auth", "missing_credentials");
            let words = "Present a key: Authorization: Bearer TOKEN.";
            return unauthorized("missing_credentials", words, "Bearer realm=\"keyward\"").into_response();
        }
        Presented::Ambiguous => {
            app.metrics.verified("forward_auth", "ambiguous_credentials");
            let challenge = "Bearer realm=\"keyward\", error=\"invalid_request\"";
            return unauthorized("ambiguous_credentials", "Present one key, once.", challenge).into_response();
        }
    };
    let question = Question { token, demand: &demand, tenant: needs.tenant.as_deref(), address: Some(caller.client.0) };
    let Ok(answer) = app.verifier.verify(&question).await else {
        app.metrics.verified("forward_auth", "unavailable");
        return Problem::unavailable(&id).into_response();
    };
    app.metrics.verified("forward_auth", answer.decision.code());
    let (code, words) = public(answer.decision);
    match (answer.decision, answer.key) {
        (Decision::Allow, Some(stored)) => identity(&stored).into_response(),
        (Decision::Deny(_, Reason::InsufficientScope), _) => Problem::new(StatusCode::FORBIDDEN, code, words, &id)
            .with(header::WWW_AUTHENTICATE, "Bearer realm=\"keyward\", error=\"insufficient_scope\"")
            .into_response(),
        (Decision::Deny(_, Reason::WrongTenant), _) => {
            Problem::new(StatusCode::FORBIDDEN, code, words, &id).into_response()
        }
        _ => unauthorized(code, words, "Bearer realm=\"keyward\", error=\"invalid_token\"").into_response(),
    }
}

/// Whether the guarded request writes. Only a trusted proxy is believed; without its word, and for a method we do not
/// know to be safe, it counts as a write.
fn writes(headers: &HeaderMap, peer: TrustedPeer) -> bool {
    let said = ["x-forwarded-method", "x-original-method"].iter().find_map(|name| headers.get(*name));
    let safe = said.filter(|_| peer.0).is_some_and(|method| matches!(method.as_bytes(), b"GET" | b"HEAD" | b"OPTIONS"));
    !safe
}

/// Every identity header is set, empty where there is nothing to say, so that a client's own never survive a proxy that
/// copies ours.
fn identity(stored: &StoredKey) -> [(HeaderName, HeaderValue); 6] {
    let key = &stored.key;
    let header = |name: &'static str, value: &str| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("")))
    };
    [
        header("x-keyward-key-id", key.id.as_str()),
        header("x-keyward-key-name", &ascii(key.name.as_str())),
        header("x-keyward-subject", ""),
        header("x-keyward-role", ""),
        header("x-keyward-tenant", &ascii(key.tenant.name.as_str())),
        header("x-keyward-scopes", &key.scopes.to_string()),
    ]
}

/// Percent-encodes what a header cannot carry plainly, and the percent sign itself (RFC 3986, 2.1).
fn ascii(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if (0x20..0x7f).contains(&byte) && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_peer_can_say_that_a_request_reads() {
        for (method, trusted, expected) in [
            (Some("GET"), true, false),
            (Some("HEAD"), true, false),
            (Some("OPTIONS"), true, false),
            (Some("POST"), true, true),
            (Some("get"), true, true),
            (Some("BREW"), true, true),
            (None, true, true),
            (Some("GET"), false, true),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(
                method.map(|method| (HeaderName::from_static("x-forwarded-method"), HeaderValue::from_static(method))),
            );
            assert_eq!(writes(&headers, TrustedPeer(trusted)), expected, "{method:?} trusted {trusted}");
        }
    }

    #[test]
    fn names_survive_headers() {
        assert_eq!(ascii("plain name"), "plain name");
        assert_eq!(ascii("100% é\u{202e}"), "100%25 %C3%A9%E2%80%AE");
    }
}
