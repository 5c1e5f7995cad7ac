//! `/forward-auth`: a proxy asks whether the request in its hands may pass. The answer is a status and headers.

use std::borrow::Cow;

use axum::{
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, uri::Authority},
    response::{IntoResponse, Response},
};
use model::{key::Key, scope::RequiredScopes};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use verify::{Signed, VerifyRequest};

use crate::{
    layers::{
        address::FORWARDED_FOR,
        envelope::{Caller, enclose},
    },
    machine::{
        credential::{Credentials, presented},
        guarded::{Guarded, Requested},
        problem::Problem,
        verify::{agent, limit_headers, lines, refusal},
    },
    ops::metrics,
    state::AppState,
};

/// What stands before scope, tenant and the guarded address in Envoy's questions.
pub const ENVOY: &str = "/forward-auth/envoy/";

/// Which scope and tenant the route needs, and what a used-up limit is answered with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Needs {
    scope: String,
    tenant: Option<String>,
    on_limit: Option<u16>,
}

/// The same, understood.
struct Endpoint<'a> {
    required: RequiredScopes,
    tenant: Option<Cow<'a, str>>,
    on_limit: StatusCode,
}

/// Answers a proxy: 200 with identity headers, or a problem.
pub async fn forward_auth(State(app): State<AppState>, request: Request) -> Response {
    enclose(&app, "/forward-auth", request, |caller, request| by_query(&app, caller, request)).await
}

/// Answers Envoy's `ext_authz`, which appends the address that it guards to its prefix, and asks with the method and the
/// host of the request itself.
pub async fn envoy(State(app): State<AppState>, request: Request) -> Response {
    enclose(&app, ENVOY, request, |caller, request| by_prefix(&app, caller, request)).await
}

async fn by_query(app: &AppState, caller: Caller, request: Request) -> Response {
    let needs = Query::<Needs>::try_from_uri(request.uri()).ok().and_then(|Query(needs)| {
        let on_limit = match needs.on_limit {
            None | Some(429) => StatusCode::TOO_MANY_REQUESTS,
            Some(403) => StatusCode::FORBIDDEN,
            Some(_) => return None,
        };
        let required = RequiredScopes::parse(&needs.scope.replace(',', " "))?;
        Some(Endpoint { required, tenant: needs.tenant.map(Cow::Owned), on_limit })
    });
    let Some(endpoint) = needs else {
        let detail = "Ask with ?scope=SCOPE, or ?scope=any for any valid key; ?tenant=NAME and ?on_limit=403 are the only other parameters.";
        return Problem::new(StatusCode::BAD_REQUEST, "bad_request", detail, &caller.id).into_response();
    };
    let Some(guarded) = Guarded::of(request.headers(), caller.peer) else {
        let detail = "The proxy's headers name different addresses or hosts of the request, or one that is no text. Have it overwrite X-Forwarded-Uri, X-Original-URI, X-Original-URL and X-Forwarded-Host, and remove those it does not set.";
        return Problem::new(StatusCode::FORBIDDEN, "bad_request", detail, &caller.id).into_response();
    };
    answer(app, caller, request.headers(), endpoint, &guarded).await
}

async fn by_prefix(app: &AppState, caller: Caller, request: Request) -> Response {
    let uri = request.uri();
    let address = uri.path_and_query().map_or("", |address| address.as_str());
    let Some((endpoint, guarded)) = address.strip_prefix(ENVOY).and_then(prefixed) else {
        let detail =
            "Have Envoy's path_prefix be /forward-auth/envoy/SCOPE/TENANT, with - for the tenant that the key is in.";
        return Problem::new(StatusCode::BAD_REQUEST, "bad_request", detail, &caller.id).into_response();
    };
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(Authority::as_str));
    let guarded = Guarded::of_envoy(request.method().as_str(), guarded, host, caller.peer);
    answer(app, caller, request.headers(), endpoint, &guarded).await
}

/// Scope and tenant, which stand in the prefix, and the guarded address behind them, which begins with a slash: so no
/// client can lengthen the tenant's name.
fn prefixed(address: &str) -> Option<(Endpoint<'_>, &str)> {
    let (scope, rest) = address.split_once('/')?;
    let (tenant, guarded) = rest.split_at(rest.find('/')?);
    let decode = |text| percent_decode_str(text).decode_utf8().ok();
    let required = RequiredScopes::parse(&decode(scope)?.replace(',', " "))?;
    let tenant = if tenant == "-" { None } else { Some(decode(tenant)?) };
    Some((Endpoint { required, tenant, on_limit: StatusCode::TOO_MANY_REQUESTS }, guarded))
}

async fn answer(
    app: &AppState,
    caller: Caller,
    headers: &HeaderMap,
    endpoint: Endpoint<'_>,
    guarded: &Guarded<'_>,
) -> Response {
    let id = caller.id;
    let tenant = endpoint.tenant.as_deref();
    let required = endpoint.required.toward(guarded.writes);
    let unauthorized = |code, words: &str, challenge: &str| {
        app.metrics.verified(metrics::Endpoint::ForwardAuth, code);
        Problem::new(StatusCode::UNAUTHORIZED, code, words, &id).with(header::WWW_AUTHENTICATE, challenge)
    };
    let (credential, source) = match presented(headers, guarded.uri, app.verifier.names(tenant).as_deref()) {
        Credentials::One(credential, way) => (credential, way),
        Credentials::None => {
            let words = "Present a key: Authorization: Bearer TOKEN.";
            return unauthorized("missing_credentials", words, "Bearer realm=\"keyward\"").into_response();
        }
        Credentials::Ambiguous => {
            let challenge = "Bearer realm=\"keyward\", error=\"invalid_request\"";
            return unauthorized("ambiguous_credentials", "Present one key, once.", challenge).into_response();
        }
    };
    let header = |name: &str| lines(headers, name);
    let said = Requested::of(guarded.method, guarded.uri, guarded.host);
    let question = VerifyRequest {
        credential: &credential,
        source: Some(source),
        required: &required,
        tenant,
        // A proxy that does not say for whom it asks is not who asks.
        address: caller.client.0.filter(|_| !caller.peer.0 || headers.contains_key(FORWARDED_FOR)),
        agent: agent(headers),
        writes: guarded.writes,
        signed: said.as_ref().map(|said| Signed { message: said.message(&header), digest: None }),
        cost: 1,
    };
    let Ok(answer) = app.verifier.verify(&question, (id.as_str(), "forward auth")).await else {
        app.metrics.verified(metrics::Endpoint::ForwardAuth, "unavailable");
        return Problem::unavailable(&id).into_response();
    };
    app.metrics.verified(metrics::Endpoint::ForwardAuth, answer.decision.code());
    match answer.key.filter(|_| answer.decision.is_allow()) {
        Some(stored) => {
            if guarded.by_proxy {
                app.verifier.note_gateway();
            }
            let mut response = identity(&stored.key).into_response();
            let headers = limit_headers(&answer.limits);
            response.headers_mut().extend(headers.filter_map(|(name, value)| Some((name, value.parse().ok()?))));
            response
        }
        None => refusal(answer.decision, &answer.limits, endpoint.on_limit, &id).into_response(),
    }
}

/// The most bytes of a key's name, which is for people to read, in its header.
const NAME_BYTES: usize = 240;
/// The most bytes of its scopes. With names of 80 characters everywhere the headers together stay under 6 KB, which
/// proxies and services take beside the client's own.
const SCOPES_BYTES: usize = 2400;

/// Every identity header is set, empty where there is nothing to say, so that a client's own never survive a proxy that
/// copies ours. A name that is too long is cut, and of scopes as many are named as fit.
fn identity(key: &Key) -> [(HeaderName, HeaderValue); 7] {
    let header = |name: &'static str, value: &str| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("")))
    };
    let scopes = key.spec.scopes.to_string();
    [
        header("x-keyward-key-id", key.id.as_str()),
        header("x-keyward-key-name", &first_bytes(key.spec.name.as_str(), NAME_BYTES)),
        header("x-keyward-key-series", key.series.as_str()),
        header("x-keyward-subject", &ascii(key.spec.subject.as_ref().map_or("", |subject| &subject.name))),
        header("x-keyward-role", &ascii(key.spec.role.as_str())),
        header("x-keyward-tenant", &ascii(key.tenant.name.as_str())),
        header("x-keyward-scopes", whole_scopes(&scopes, SCOPES_BYTES)),
    ]
}

/// As many scopes as fit.
fn whole_scopes(scopes: &str, most: usize) -> &str {
    if scopes.len() <= most { scopes } else { scopes[..=most].rsplit_once(' ').map_or("", |(fit, _)| fit) }
}

/// What a header cannot carry plainly, and the sign that stands for it (RFC 3986, 2.1).
const UNFIT: AsciiSet = CONTROLS.add(b'%');

fn ascii(text: &str) -> String {
    utf8_percent_encode(text, &UNFIT).to_string()
}

/// The beginning of a text, encoded, in whole characters.
fn first_bytes(text: &str, most: usize) -> String {
    let encoded = ascii(text);
    if encoded.len() <= most {
        return encoded;
    }
    let fits = |end: &usize| ascii(&text[..*end]).len() <= most;
    let end = text.char_indices().map(|(at, _)| at).take_while(fits).last();
    ascii(&text[..end.unwrap_or_default()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_guarded_address_is_scope_or_tenant() {
        for (address, expected) in [
            ("bookings/-/rooms?x=1", Some(("bookings", None, "/rooms?x=1"))),
            ("bookings/acme/", Some(("bookings", Some("acme"), "/"))),
            ("bookings/acme/../../any/-/x", Some(("bookings", Some("acme"), "/../../any/-/x"))),
            ("a%2Cb/acme%20two//x", Some(("a b", Some("acme two"), "//x"))),
            ("bookings/acme", None),
            ("bookings/acme-two", None),
            ("bookings/acme*", None),
            ("bookings", None),
            ("/-/x", None),
            ("", None),
        ] {
            let found = prefixed(address);
            let found = found
                .as_ref()
                .map(|(endpoint, guarded)| (endpoint.required.clone(), endpoint.tenant.as_deref(), *guarded));
            let expected =
                expected.map(|(scope, tenant, guarded)| (RequiredScopes::parse(scope).unwrap(), tenant, guarded));
            assert_eq!(found, expected, "{address}");
        }
    }

    #[test]
    fn names_survive_headers() {
        assert_eq!(ascii("plain name"), "plain name");
        assert_eq!(ascii("100% é\u{202e}"), "100%25 %C3%A9%E2%80%AE");
        assert_eq!(first_bytes("abcdef", 6), "abcdef");
        assert_eq!(first_bytes("abcdefg", 6), "abcdef");
        assert_eq!(first_bytes("éé", 11), "%C3%A9");
        assert_eq!(whole_scopes("a.read b.read", 13), "a.read b.read");
        assert_eq!(whole_scopes("a.read b.read c", 13), "a.read b.read");
        assert_eq!(whole_scopes("a.read b.read", 12), "a.read");
    }
}
