//! `/forward-auth`: a proxy asks whether the request in its hands may pass. The answer is a status and headers.

use axum::{
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use keyward::{
    key::Key,
    scope::Demand,
    verify::{Question, Signed},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;

use super::{
    credential::{Presented, presented},
    problem::Problem,
    verify::{Requested, agent, is_safe, limits, lines, refusal},
};
use crate::{
    layers::{Caller, TrustedPeer, around},
    metrics::Door,
    router::App,
};

/// Which scope and tenant the route needs, and what a used-up limit is answered with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    scope: String,
    tenant: Option<String>,
    on_limit: Option<u16>,
}

/// Answers a proxy: 200 with identity headers, or a problem.
pub async fn forward_auth(State(app): State<App>, request: Request) -> Response {
    around(&app, "/forward-auth", request, |caller, request| answer(&app, caller, request)).await
}

async fn answer(app: &App, caller: Caller, request: Request) -> Response {
    let (headers, id) = (request.headers(), caller.id);
    let needs = Query::<Needs>::try_from_uri(request.uri());
    let demand = needs.as_ref().ok().and_then(|needs| Demand::parse(&needs.scope.replace(',', " ")));
    let on_limit = needs.as_ref().ok().and_then(|needs| match needs.on_limit {
        None | Some(429) => Some(StatusCode::TOO_MANY_REQUESTS),
        Some(403) => Some(StatusCode::FORBIDDEN),
        Some(_) => None,
    });
    let (Ok(Query(needs)), Some(demand), Some(on_limit)) = (needs, demand, on_limit) else {
        let detail = "Ask with ?scope=SCOPE, or ?scope=any for any valid key; ?tenant=NAME and ?on_limit=403 are the only other parameters.";
        return Problem::new(StatusCode::BAD_REQUEST, "bad_request", detail, &id).into_response();
    };
    let Some(guarded) = Guarded::of(headers, caller.peer) else {
        let detail = "The proxy's headers name different addresses of the request, or none that is text. Have it overwrite X-Forwarded-Uri, X-Original-URI and X-Original-URL, and remove those it does not set.";
        return Problem::new(StatusCode::FORBIDDEN, "bad_request", detail, &id).into_response();
    };
    let demand = demand.toward(guarded.writes);
    let unauthorized = |code, words: &str, challenge: &str| {
        app.metrics.verified(Door::ForwardAuth, code);
        Problem::new(StatusCode::UNAUTHORIZED, code, words, &id).with(header::WWW_AUTHENTICATE, challenge)
    };
    let (credential, presentation) =
        match presented(headers, guarded.uri, app.verifier.names(needs.tenant.as_deref()).as_deref()) {
            Presented::One(credential, way) => (credential, way),
            Presented::None => {
                let words = "Present a key: Authorization: Bearer TOKEN.";
                return unauthorized("missing_credentials", words, "Bearer realm=\"keyward\"").into_response();
            }
            Presented::Ambiguous => {
                let challenge = "Bearer realm=\"keyward\", error=\"invalid_request\"";
                return unauthorized("ambiguous_credentials", "Present one key, once.", challenge).into_response();
            }
        };
    let header = |name: &str| lines(headers, name);
    let said = Requested::of(guarded.method, guarded.uri, guarded.host.map(str::to_owned));
    let question = Question {
        credential: &credential,
        presentation: Some(presentation),
        demand: &demand,
        tenant: needs.tenant.as_deref(),
        address: caller.client.0,
        agent: agent(headers),
        writes: guarded.writes,
        signed: said.as_ref().map(|said| Signed { message: said.message(&header), digest: None }),
        cost: 1,
    };
    let Ok(answer) = app.verifier.verify(&question, (id.as_str(), "forward auth")).await else {
        app.metrics.verified(Door::ForwardAuth, "unavailable");
        return Problem::unavailable(&id).into_response();
    };
    app.metrics.verified(Door::ForwardAuth, answer.decision.code());
    match answer.key.filter(|_| answer.decision.is_allow()) {
        Some(stored) => {
            let mut response = identity(&stored.key).into_response();
            let headers = limits(&answer.taken);
            response.headers_mut().extend(headers.filter_map(|(name, value)| Some((name, value.parse().ok()?))));
            response
        }
        None => refusal(answer.decision, &answer.taken, on_limit, &id).into_response(),
    }
}

/// What is known of the request that the proxy has in its hands.
struct Guarded<'a> {
    /// Whether it writes: so it does unless a trusted proxy says that it is of a method known to be safe.
    writes: bool,
    /// Its method, its address and its host, as a trusted proxy has them.
    method: Option<&'a str>,
    uri: Option<&'a str>,
    host: Option<&'a str>,
}

impl<'a> Guarded<'a> {
    /// What a trusted proxy says, in any of the headers that proxies have for it. A client may have brought one of them
    /// along: methods that differ are no method that is known to be safe, and addresses that differ, or are no text, are
    /// none at all.
    fn of(headers: &'a HeaderMap, peer: TrustedPeer) -> Option<Self> {
        let said = |names: &'static [&'static str]| {
            let values = names.iter().flat_map(|name| headers.get_all(*name)).filter(|_| peer.0);
            values.map(|value| str::from_utf8(value.as_bytes()))
        };
        let mut methods = said(&["x-forwarded-method", "x-original-method"]);
        let method = methods.next().and_then(Result::ok).filter(|method| methods.all(|other| other == Ok(*method)));
        let mut uris = said(&["x-forwarded-uri", "x-original-uri", "x-original-url"]);
        let uri = uris.next().transpose().ok()?;
        let is_same = |other: &str| uri.is_some_and(|uri| target(uri) == target(other));
        if !uris.all(|other| other.is_ok_and(is_same)) {
            return None;
        }
        let host = said(&["x-forwarded-host"]).next().and_then(Result::ok);
        Some(Self { writes: !method.is_some_and(is_safe), method, uri, host })
    }
}

/// The path and the query of an address, which may be whole, as ingress-nginx sends it.
fn target(uri: &str) -> &str {
    let rest = ["http://", "https://"].iter().find_map(|scheme| uri.strip_prefix(scheme));
    rest.map_or(uri, |rest| rest.find(['/', '?']).map_or("/", |at| &rest[at..]))
}

/// Every identity header is set, empty where there is nothing to say, so that a client's own never survive a proxy that
/// copies ours.
fn identity(key: &Key) -> [(HeaderName, HeaderValue); 6] {
    let header = |name: &'static str, value: &str| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("")))
    };
    [
        header("x-keyward-key-id", key.id.as_str()),
        header("x-keyward-key-name", &ascii(key.card.name.as_str())),
        header("x-keyward-subject", &ascii(key.subject.as_ref().map_or("", |subject| &subject.name))),
        header("x-keyward-role", &ascii(key.card.role.as_str())),
        header("x-keyward-tenant", &ascii(key.tenant.name.as_str())),
        header("x-keyward-scopes", &key.card.scopes.to_string()),
    ]
}

/// What a header cannot carry plainly, and the sign that stands for it (RFC 3986, 2.1).
const UNFIT: AsciiSet = CONTROLS.add(b'%');

fn ascii(text: &str) -> String {
    utf8_percent_encode(text, &UNFIT).to_string()
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
            headers.insert("x-original-uri", HeaderValue::from_static("/rooms"));
            let guarded = Guarded::of(&headers, TrustedPeer(trusted)).unwrap();
            assert_eq!(guarded.uri.is_some(), trusted);
            assert_eq!(guarded.writes, expected, "{method:?} trusted {trusted}");
        }
    }

    #[test]
    fn headers_that_contradict_each_other_never_widen() {
        for (lines, expected) in [
            (&[("x-original-method", "GET"), ("x-forwarded-method", "GET")][..], Some(false)),
            (&[("x-original-method", "POST"), ("x-forwarded-method", "GET")], Some(true)),
            (&[("x-forwarded-method", "GET"), ("x-forwarded-method", "POST")], Some(true)),
            (&[("x-original-uri", "/rooms?a=1"), ("x-forwarded-uri", "/rooms?a=1")], Some(true)),
            (&[("x-original-uri", "/rooms"), ("x-original-url", "https://keys.example.com/rooms")], Some(true)),
            (&[("x-original-url", "https://keys.example.com"), ("x-forwarded-uri", "/")], Some(true)),
            (&[("x-original-uri", "/rooms"), ("x-forwarded-uri", "/doors")], None),
            (&[("x-original-uri", "/rooms"), ("x-original-uri", "/doors")], None),
            (&[("x-original-uri", "/rooms?g=M\u{fc}ller")], Some(true)),
            (&[("x-original-uri", "\u{1}ff"), ("x-forwarded-method", "GET")], None),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                // What begins with U+0001 stands for a byte that is no UTF-8.
                let bytes = value.strip_prefix('\u{1}').map_or(value.as_bytes().to_vec(), |_| b"/rooms?\xff".to_vec());
                headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(&bytes).unwrap());
            }
            let guarded = Guarded::of(&headers, TrustedPeer(true));
            assert_eq!(guarded.map(|guarded| guarded.writes), expected, "{lines:?}");
            assert!(Guarded::of(&headers, TrustedPeer(false)).is_some(), "of strangers nothing is read: {lines:?}");
        }
    }

    #[test]
    fn names_survive_headers() {
        assert_eq!(ascii("plain name"), "plain name");
        assert_eq!(ascii("100% é\u{202e}"), "100%25 %C3%A9%E2%80%AE");
    }
}
