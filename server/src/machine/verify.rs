//! `POST /api/v1/verify`: a service with a key of its own asks about another's.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    error::Error,
    fmt,
    net::IpAddr,
    sync::{Arc, LazyLock},
};

use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body_util::LengthLimitError;
use model::{
    decision::{Check, Decision, Reason},
    key::Key,
    limit::{Limit, MAX_CALLS},
    scope::{ANY_TENANT, RequiredScopes, Scope},
    time::Timestamp,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;
use verify::{KnownKey, LimitLeft, LimitUsage, Signed, Verification, VerifyRequest};

use crate::{
    layers::{
        address::read_address,
        envelope::{BODY_LIMIT, Caller, enclose},
    },
    machine::{
        credential::{Credentials, presented, presented_in_headers},
        guarded::{Requested, is_safe},
        problem::Problem,
        schemas::{Code, ScopeName},
    },
    ops::metrics::Endpoint,
    request_id::RequestId,
    state::AppState,
};

/// The route, as the log names it.
const ROUTE: &str = "/api/v1/verify";
/// Bytes an answer usually fits into.
const ANSWER_SIZE: usize = 2048;

/// What the asking service's own key must hold.
static ASKING: LazyLock<RequiredScopes> =
    LazyLock::new(|| RequiredScopes::parse("keyward.verify").expect("a scope of our own"));

/// The body of a question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VerifyRequest)]
pub(super) struct Body<'a> {
    /// The key as it was presented. Give it, or the request's headers and uri.
    #[serde(borrow)]
    #[schema(value_type = Option<String>)]
    key: Option<Cow<'a, str>>,
    /// What the key must hold, such as bookings.read; "any" asks for none. Required, unless scopes is given.
    #[serde(borrow)]
    #[schema(value_type = Option<ScopeName>)]
    scope: Option<Cow<'a, str>>,
    /// Several scopes, all of which it must hold, in place of scope.
    #[schema(value_type = Option<Vec<ScopeName>>, min_items = 1, max_items = 50)]
    scopes: Option<Vec<String>>,
    /// The tenant of the guarded service; by default the one of the asking key.
    tenant: Option<String>,
    /// Where the call came from. A key with an address list is refused without it.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, format = "ip")]
    address: Option<Cow<'a, str>>,
    /// What the caller calls itself, which a refusal is kept with; by default the User-Agent of headers.
    #[serde(borrow)]
    #[schema(value_type = Option<String>)]
    user_agent: Option<Cow<'a, str>>,
    /// The guarded request's method. GET, HEAD and OPTIONS read; anything else, and none, writes.
    method: Option<String>,
    /// The guarded request's address; a key may be in its query, and a signature covers it.
    uri: Option<String>,
    /// The guarded request's headers, each a text or a list of texts: the key and its signature are found in them.
    #[serde(default, deserialize_with = "headers")]
    #[schema(value_type = Option<BTreeMap<String, Values>>)]
    headers: Option<HeaderMap>,
    /// The digest of the body that arrived, in the form of Content-Digest (RFC 9530), to prove a signed write.
    digest: Option<String>,
    /// How many calls it counts as; 1 by default.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    cost: Option<i64>,
}

/// A header's value, or all of its values.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Values {
    One(String),
    Many(Vec<String>),
}

/// Headers by name; a name in two spellings, or twice, would hide one of its lines.
fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<HeaderMap>, D::Error> {
    struct Lines;
    impl<'de> Visitor<'de> for Lines {
        type Value = Option<HeaderMap>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("headers by name")
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut said: A) -> Result<Self::Value, A::Error> {
            let mut headers = HeaderMap::new();
            while let Some((name, values)) = said.next_entry::<Cow<'de, str>, Values>()? {
                let name: HeaderName = name.parse().map_err(de::Error::custom)?;
                if headers.contains_key(&name) {
                    return Err(de::Error::duplicate_field("headers"));
                }
                let values = match &values {
                    Values::One(value) => std::slice::from_ref(value),
                    Values::Many(values) => values,
                };
                for value in values {
                    headers.append(name.clone(), value.parse().map_err(de::Error::custom)?);
                }
            }
            Ok(Some(headers))
        }
    }
    deserializer.deserialize_any(Lines)
}

/// What is said of a key to a service that may ask.
#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
pub(super) struct KeyAnswer<'a> {
    /// The public id inside the key.
    id: &'a str,
    /// The id of the first key of its series: rotation keeps it.
    series: &'a str,
    /// What people call it.
    name: &'a str,
    /// The tenant it is in.
    tenant: &'a str,
    /// The group it is in.
    #[schema(required)]
    group: Option<&'a str>,
    /// Who holds it; empty for nobody.
    owner: &'a str,
    /// Whom it acts as.
    #[schema(required)]
    subject: Option<&'a str>,
    /// The role it acts in; empty for none.
    role: &'a str,
    /// Its labels.
    labels: BTreeMap<&'a str, &'a str>,
    /// What it opens.
    scopes: Vec<&'a str>,
    /// When it ends (RFC 3339); null when it does not.
    #[schema(required)]
    expires_at: Option<String>,
    /// The JSON object that was kept with it.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    metadata: &'a RawValue,
}

/// One check of a decision.
#[derive(Serialize, ToSchema)]
#[schema(as = Check)]
pub(super) struct CheckAnswer {
    /// What was looked at.
    check: &'static str,
    /// Whether it passed; null when an earlier one failed.
    #[schema(required)]
    passed: Option<bool>,
}

/// What is left of a rate limit or a quota.
#[derive(Serialize, ToSchema)]
#[schema(as = Limit)]
pub(super) struct LimitAnswer {
    /// Calls per time, such as 60/minute.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String)]
    limit: Limit,
    /// Calls that are left.
    remaining: i64,
    /// Seconds until all of them are there again.
    reset: i64,
}

fn as_text<S: Serializer>(limit: &Limit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(limit)
}

/// The verify API's answer.
#[derive(Serialize, ToSchema)]
#[schema(as = Verification)]
pub struct VerifyAnswer<'a> {
    /// Whether every check passes.
    valid: bool,
    /// valid, or why not.
    #[schema(value_type = Code)]
    code: &'static str,
    /// The request's id: the console explains a refusal by it.
    request_id: &'a str,
    /// What would have made it pass; left out when it passed.
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
    /// The key, when its exact secret was presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<KeyAnswer>)]
    key: Option<&'a RawValue>,
    /// What is left of its limits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<LimitAnswer>,
    /// Seconds until it may pass again, where a limit refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<i64>,
    /// Every check in its order: passed, failed (false) or not reached (null).
    #[schema(value_type = Vec<CheckAnswer>)]
    checks: &'static RawValue,
}

/// What is told of a key: written once, for as long as the key is remembered.
fn public_json(key: &Key) -> Box<RawValue> {
    let spec = &key.spec;
    let answer = KeyAnswer {
        id: key.id.as_str(),
        series: key.series.as_str(),
        name: spec.name.as_str(),
        tenant: key.tenant.name.as_str(),
        group: spec.group.as_ref().map(|group| group.name.as_str()),
        owner: spec.owner.as_str(),
        subject: spec.subject.as_ref().map(|subject| subject.name.as_str()),
        role: spec.role.as_str(),
        labels: spec.labels.iter().collect(),
        scopes: spec.scopes.iter().map(Scope::as_str).collect(),
        expires_at: (spec.expires_at != Timestamp::NEVER).then(|| spec.expires_at.to_string()),
        metadata: serde_json::from_str(spec.metadata.as_str()).unwrap_or(RawValue::NULL),
    };
    to_raw_value(&answer).expect("texts are JSON")
}

/// The checks of every decision, written once.
static CHECKS: LazyLock<Vec<Box<RawValue>>> = LazyLock::new(|| {
    let failing = Reason::ALL.into_iter().map(|reason| Decision::Deny(reason.check(), reason));
    let write = |decision: Decision| {
        let checks = decision.checks().map(|(check, passed)| CheckAnswer { check: check.code(), passed });
        to_raw_value(&checks.collect::<Vec<_>>()).expect("codes are JSON")
    };
    failing.chain([Decision::Allow]).map(write).collect()
});

fn checks(decision: Decision) -> &'static RawValue {
    match decision {
        Decision::Deny(_, reason) => &CHECKS[reason as usize],
        Decision::Allow => &CHECKS[Reason::ALL.len()],
    }
}

impl<'a> VerifyAnswer<'a> {
    /// The answer in full, for whoever may have it.
    pub fn of(answer: &'a Verification, request_id: &'a str) -> Self {
        let limit = |left: &LimitLeft| LimitAnswer { limit: left.limit, remaining: left.remaining, reset: left.reset };
        Self {
            valid: answer.decision.is_allow(),
            code: answer.decision.code(),
            request_id,
            detail: &answer.remedy,
            key: answer.key.as_deref().map(|stored| stored.public_json(public_json)),
            limits: answer.limits.left.iter().map(limit).collect(),
            retry_after: Some(answer.limits.wait).filter(|wait| *wait > 0),
            checks: checks(answer.decision),
        }
    }
}

/// Answers.
pub async fn verify(State(app): State<AppState>, request: Request) -> Response {
    enclose(&app, ROUTE, request, |caller, request| respond(&app, caller, request)).await
}

async fn respond(app: &AppState, caller: Caller, request: Request) -> Response {
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
    app: &AppState,
    request_id: &RequestId,
    client: Option<IpAddr>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Verification, Problem> {
    let asker = asker(app, request_id, client, headers).await?;
    let wrong = |detail: &str| Problem::new(StatusCode::BAD_REQUEST, "bad_request", detail, request_id);
    if let Some(coding) = lines(headers, "content-encoding").filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
        let detail = format!("The body is encoded with {coding}: send it plain.");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", detail, request_id));
    }
    if body.starts_with(b"\xef\xbb\xbf") {
        return Err(wrong("The body begins with a byte order mark: send UTF-8 without one."));
    }
    let body: Body<'_> = serde_json::from_slice(body)
        .map_err(|error| wrong(&format!("The body is not as expected: {}", shape(&error))))?;
    let wanted = match (&body.scope, &body.scopes) {
        (Some(scope), None) => Cow::Borrowed(&**scope),
        (None, Some(scopes)) => scopes.join(" ").into(),
        (None, None) => return Err(wrong("Say which scope the key needs, or \"scope\": \"any\".")),
        (Some(_), Some(_)) => return Err(wrong("Give either scope or scopes.")),
    };
    let required = RequiredScopes::parse(&wanted)
        .ok_or_else(|| wrong("The scope is not of a scope's form, such as bookings.read."))?;
    let cost = body.cost.unwrap_or(1);
    if !(1..=MAX_CALLS).contains(&cost) {
        return Err(wrong("The cost is a whole number of calls, at least 1."));
    }
    let address = match body.address.as_deref().map(str::trim) {
        None | Some("" | "unknown") => None,
        Some(address) => Some(read_address(address).ok_or_else(|| {
            wrong("The address is none: write 203.0.113.7, 2001:db8::7, or either with a port; leave it out where it is not known.")
        })?),
    };
    let tenant = tenant(&asker.key, body.tenant.as_deref(), request_id)?;
    let names = app.verifier.names(Some(tenant));
    let guarded = &body.headers;
    let (credential, source) = match (&body.key, guarded) {
        // With headers, the key was taken out of the request already; what is left may carry its signature.
        // White space around a key comes from the file or the page that it was pasted from.
        (Some(key), None) => (Cow::Borrowed(key.trim()), None),
        (Some(key), Some(guarded)) => match presented(guarded, body.uri.as_deref(), names.as_deref()) {
            Credentials::One(credential, _) if credential != key.trim() => return Err(ambiguous(request_id)),
            Credentials::Ambiguous => return Err(ambiguous(request_id)),
            Credentials::One(..) | Credentials::None => (Cow::Borrowed(key.trim()), None),
        },
        (None, Some(guarded)) => match presented(guarded, body.uri.as_deref(), names.as_deref()) {
            Credentials::One(credential, way) => (credential, Some(way)),
            // Nothing, or too much: no key of ours.
            Credentials::None => return Err(wrong("The headers and the address hold no key.")),
            Credentials::Ambiguous => return Err(ambiguous(request_id)),
        },
        (None, None) => {
            return Err(wrong("Give the key, or the headers (and the uri) of the request that holds it."));
        }
    };
    let header = |name: &str| guarded.as_ref().and_then(|headers| lines(headers, name));
    let host = header("host");
    let said = Requested::of(body.method.as_deref(), body.uri.as_deref(), host.as_deref());
    let question = VerifyRequest {
        credential: &credential,
        source,
        required: &required,
        tenant: Some(tenant),
        address,
        // Of the request that is asked about, not of the service that asks.
        agent: body.user_agent.as_deref().or_else(|| guarded.as_ref().and_then(agent)),
        writes: !body.method.as_deref().is_some_and(is_safe),
        signed: guarded
            .as_ref()
            .zip(said.as_ref())
            .map(|(_, said)| Signed { message: said.message(&header), digest: body.digest.as_deref() }),
        cost,
    };
    let record = (request_id.as_str(), "verify");
    let mut answer = app.verifier.verify(&question, record).await.map_err(|_| Problem::unavailable(request_id))?;
    app.metrics.verified(Endpoint::Verify, answer.decision.code());
    if let Decision::Deny(_, reason @ Reason::WrongTenant) = answer.decision {
        // That it is another tenant's is all that is told of a key beyond the boundary.
        (answer.key, answer.remedy) = (None, reason.words().to_owned());
    }
    Ok(answer)
}

/// The tenant that is asked about: the asking key's own, or another where that key may cross.
fn tenant<'a>(asker: &'a Key, named: Option<&'a str>, request_id: &RequestId) -> Result<&'a str, Problem> {
    let own = asker.tenant.name.as_str();
    let tenant = named.unwrap_or(own);
    if tenant == own || asker.spec.scopes.iter().any(Scope::crosses_tenants) {
        return Ok(tenant);
    }
    let detail = format!("The asking key asks about its own tenant alone; one with {ANY_TENANT} may name others.");
    let challenge = format!("Bearer realm=\"keyward\", error=\"insufficient_scope\", scope=\"{ANY_TENANT}\"");
    Err(Problem::new(StatusCode::FORBIDDEN, "insufficient_scope", &detail, request_id)
        .with(header::WWW_AUTHENTICATE, &challenge))
}

/// A header's lines as one, as signatures cover them (RFC 9421, 2.1); `None` when there is none, or it is no text.
pub(super) fn lines(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().map(str::trim));
    let lines = lines.collect::<Result<Vec<_>, _>>().ok()?;
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// What the caller calls itself.
pub(crate) fn agent(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::USER_AGENT)?.to_str().ok()
}

pub(crate) fn ambiguous(request_id: &RequestId) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "ambiguous_credentials", "Present one key, once.", request_id)
}

/// The asking service's own key, which must hold `keyward.verify`.
async fn asker(
    app: &AppState,
    request_id: &RequestId,
    client: Option<IpAddr>,
    headers: &HeaderMap,
) -> Result<Arc<KnownKey>, Problem> {
    caller_with(app, request_id, client, headers, &ASKING).await
}

/// The calling service's own key, which must hold this scope of Keyward's own.
pub(super) async fn caller_with(
    app: &AppState,
    request_id: &RequestId,
    client: Option<IpAddr>,
    headers: &HeaderMap,
    required: &RequiredScopes,
) -> Result<Arc<KnownKey>, Problem> {
    let scope = required.to_string();
    let unauthorized = |code, detail: &str, challenge: &str| {
        Problem::new(StatusCode::UNAUTHORIZED, code, detail, request_id).with(header::WWW_AUTHENTICATE, challenge)
    };
    let (credential, source) = match presented_in_headers(headers, app.verifier.names(None).as_deref()) {
        Credentials::One(credential, way) => (credential, way),
        Credentials::None => {
            let detail = format!(
                "Present a key with the scope {scope}: Authorization: Bearer TOKEN. `keyward keys create` makes one."
            );
            return Err(unauthorized("missing_credentials", &detail, "Bearer realm=\"keyward\""));
        }
        Credentials::Ambiguous => return Err(ambiguous(request_id)),
    };
    let question = VerifyRequest {
        credential: &credential,
        source: Some(source),
        required,
        tenant: None,
        address: client,
        agent: agent(headers),
        writes: false,
        signed: None,
        cost: 1,
    };
    // Refusals of both are kept under one id; the asker's own comes first and ends the matter.
    let asked = (request_id.as_str(), "verify (the asking key)");
    let answer = app.verifier.verify(&question, asked).await.map_err(|_| Problem::unavailable(request_id))?;
    match (answer.decision, answer.key) {
        (Decision::Allow, Some(key)) => Ok(key),
        (Decision::Deny(_, Reason::InsufficientScope), _) => {
            let detail = format!("The asking key needs the scope {scope}.");
            let challenge = format!("Bearer realm=\"keyward\", error=\"insufficient_scope\", scope=\"{scope}\"");
            Err(Problem::new(StatusCode::FORBIDDEN, "insufficient_scope", &detail, request_id)
                .with(header::WWW_AUTHENTICATE, &challenge))
        }
        (decision, _) => Err(refusal(decision, &answer.limits, StatusCode::TOO_MANY_REQUESTS, request_id)),
    }
}

/// The status a refused key's bearer is answered with.
pub(super) fn status(decision: Decision, on_limit: StatusCode) -> StatusCode {
    match decision {
        Decision::Deny(Check::Tenant | Check::Address | Check::Scope, _) => StatusCode::FORBIDDEN,
        Decision::Deny(Check::Limits | Check::Quota, _) => on_limit,
        _ => StatusCode::UNAUTHORIZED,
    }
}

/// What the bearer of a refused key is answered.
pub(crate) fn refusal(
    decision: Decision,
    limits: &LimitUsage,
    on_limit: StatusCode,
    request_id: &RequestId,
) -> Problem {
    let (code, words) = public(decision);
    let status = status(decision, on_limit);
    let problem = Problem::new(status, code, words, request_id);
    match decision {
        Decision::Deny(Check::Scope, _) => {
            problem.with(header::WWW_AUTHENTICATE, "Bearer realm=\"keyward\", error=\"insufficient_scope\"")
        }
        Decision::Deny(Check::Limits | Check::Quota, _) => limit_headers(limits)
            .fold(problem.with(header::RETRY_AFTER, &limits.wait.to_string()), |problem, (name, value)| {
                problem.with(name, &value)
            }),
        _ if status == StatusCode::UNAUTHORIZED => {
            problem.with(header::WWW_AUTHENTICATE, "Bearer realm=\"keyward\", error=\"invalid_token\"")
        }
        _ => problem,
    }
}

/// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers): each limit by its name, with its quota `q`
/// and window `w`, what remains `r` and the seconds `t` until all of it is there again.
pub(crate) fn limit_headers(limits: &LimitUsage) -> impl Iterator<Item = (HeaderName, String)> {
    let list = |write: fn(&LimitLeft) -> String| limits.left.iter().map(write).collect::<Vec<_>>().join(", ");
    let policy = list(|left| format!("\"{}\";q={};w={}", left.limit, left.limit.calls, left.limit.window() / 1000));
    let state = list(|left| format!("\"{}\";r={};t={}", left.limit, left.remaining, left.reset));
    let both = [("ratelimit-policy", policy), ("ratelimit", state)];
    both.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (HeaderName::from_static(name), value))
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
            format!(
                "it has an unknown field at {place}. Known are key, scope, scopes, tenant, address, user_agent, method, uri, headers, digest, cost."
            )
        }
        Some(("duplicate field ", _)) => {
            format!("it names a field or a header twice, at {place}. Give the lines of a header as a list.")
        }
        _ => format!("it is not the JSON this route takes, at {place}."),
    }
}
