//! A call of the REST API: the key that was presented, what it may do, and what was sent.

use std::{pin::Pin, sync::Arc};

use admin::{AdminError, FieldError, Permit};
use axum::{
    body::{Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use model::{decision::Decision, id::KeyId, key::Generation, time::Timestamp};
use serde::Serialize;
use verify::{KnownKey, VerifyRequest};

use crate::{
    api::operation::{Endpoint, Operation, Value},
    json::Object,
    layers::envelope::{Caller, body_limit},
    machine::{
        credential::{Credentials, presented_in_headers},
        guarded::is_safe,
        problem::Problem,
        verify::{agent, ambiguous, limit_headers, refusal},
    },
    request_id::RequestId,
    state::AppState,
};

/// What an operation leads to.
pub(super) type Answer = Result<Response, Problem>;
type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;
/// An operation of the API, with what answers to its calls.
pub type CallEndpoint = Endpoint<fn(Call) -> Answering>;

/// Who stands behind calls.
#[derive(Clone)]
pub(super) enum Authority {
    /// The key that each call presents.
    Key,
    /// Whoever runs a command on this machine.
    Operator(Permit),
}

/// Headers that say what is left of a key's limits.
type LimitHeaders = Vec<(HeaderName, HeaderValue)>;

/// A call of somebody who is known.
pub struct Call {
    /// The program.
    pub(super) app: AppState,
    /// The calling key; `None` for whoever runs a command on this machine.
    pub(super) key: Option<Arc<KnownKey>>,
    /// What the caller may do; `None` for a key to which nobody gave any of Keyward's own scopes.
    pub(super) granted: Option<Permit>,
    id: RequestId,
    operation: &'static Operation,
    path: String,
    params: Vec<(String, String)>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    /// Finds out who calls, and reads what was sent. The answer carries what is left of the limits of the calling key.
    pub(super) async fn authenticate(
        app: AppState,
        authority: Authority,
        operation: &'static Operation,
        params: Vec<(String, String)>,
        caller: Caller,
        request: Request,
    ) -> Result<(Self, LimitHeaders), Problem> {
        let id = caller.id;
        let (parts, body) = request.into_parts();
        let (key, granted, limits) = match authority {
            Authority::Operator(permit) => (None, Some(permit), Vec::new()),
            Authority::Key => {
                let (key, limits) = verify(&app, operation, &caller, &parts).await?;
                let granted = app.admin.permit_of_key(&key.key).await.map_err(|error| failed(error, &id))?;
                (Some(key), granted, limits)
            }
        };
        let most = body_limit(operation.path);
        let is_too_long = |_| {
            let detail = format!("The body ended early, or is longer than {most} bytes.");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail, &id)
        };
        let body = to_bytes(body, most).await.map_err(is_too_long)?;
        let path = parts.uri.path().to_owned();
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let query: Vec<(String, String)> = query.into_owned().collect();
        if query.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_request", "The address holds a NUL.", &id));
        }
        let call = Self { app, key, granted, id, operation, path, params, query, headers: parts.headers, body };
        call.check_accept()?;
        call.check_query()?;
        Ok((call, limits))
    }

    /// What the caller may do.
    pub(super) fn permit(&self) -> Result<&Permit, Problem> {
        self.granted.as_ref().ok_or_else(|| {
            let detail = "Nobody stands behind this key's scopes of Keyward's own: whoever gave it these may not sign in any more. Take all of them away from the key, and give them again.";
            self.problem(StatusCode::FORBIDDEN, "grantor_inactive", detail)
        })
    }

    /// The clock's now.
    pub(super) fn now(&self) -> Timestamp {
        self.app.admin.clock().now()
    }

    /// A problem of this call.
    pub(super) fn problem(&self, status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem::new(status, code, detail, &self.id)
    }

    /// Why a use case did not do what it was asked.
    pub(super) fn failed(&self, error: AdminError) -> Problem {
        match error {
            AdminError::Conflict if !self.operation.is_conditional => {
                let detail = "Somebody else changed it at the same moment. GET it again, and see whether this is still to be done.";
                self.problem(StatusCode::CONFLICT, "conflict", detail)
            }
            error => failed(error, &self.id),
        }
    }

    /// There is nothing at the address.
    pub(super) fn nothing(&self) -> Problem {
        self.failed(AdminError::NotFound)
    }

    /// A parameter of the path.
    pub(super) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// The path as it was asked.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The path as the table has it.
    pub(super) fn path_template(&self) -> &'static str {
        self.operation.path
    }

    /// The query with another value of one parameter.
    pub(super) fn query_with(&self, name: &str, value: &str) -> String {
        let others = self.query.iter().filter(|(other, _)| other != name);
        form_urlencoded::Serializer::new(String::new()).extend_pairs(others).append_pair(name, value).finish()
    }

    /// The key that the path names.
    pub(super) fn key_id(&self) -> Result<KeyId, Problem> {
        KeyId::parse(self.param("id")).ok_or_else(|| self.nothing())
    }

    /// The request's id.
    pub(super) fn request_id(&self) -> &str {
        self.id.as_str()
    }

    /// A parameter of the query as it stands there.
    pub(super) fn sent_as(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A text of the query; an empty one says nothing.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The values of a parameter, which may be there several times, or separated by commas.
    pub(super) fn asked_all(&self, name: &str) -> Vec<&str> {
        let named = self.query.iter().filter(|(other, _)| other == name);
        named.flat_map(|(_, value)| value.split(',')).map(str::trim).collect()
    }

    /// A parameter that is read as it stands; what is none of its values, as nothing is, is refused by its name.
    pub(super) fn read<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.sent_as(name) else { return Ok(None) };
        read(text).map(Some).ok_or_else(|| self.wrong(name, "It has no such value."))
    }

    /// An instant of the query (RFC 3339).
    pub(super) fn instant(&self, name: &'static str) -> Result<Option<Timestamp>, Problem> {
        self.read(name, instant)
    }

    /// How many are asked for: 50, unless another number up to 200 is said.
    pub(super) fn limit(&self) -> Result<u16, Problem> {
        let read = |text: &str| text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
        Ok(self.read("limit", read)?.unwrap_or(USUAL))
    }

    /// A parameter that is wrong.
    pub(super) fn wrong(&self, name: &'static str, message: &str) -> Problem {
        let errors = vec![FieldError { field: name, message: message.to_owned() }];
        self.problem(StatusCode::BAD_REQUEST, "bad_request", "A parameter of the address is not as described.")
            .errors(&errors)
    }

    /// The body: an object of these fields; empty without one.
    pub(super) fn object(&self, known: &[&str]) -> Result<Object, Problem> {
        if self.body.is_empty() && !self.operation.needs_body() {
            return Ok(Object::new());
        }
        self.check_coding()?;
        let kind = self.media_type();
        let is_patch = self.operation.method == Method::PATCH && kind.eq_ignore_ascii_case(MERGE_PATCH);
        if !is_patch && !kind.eq_ignore_ascii_case("application/json") {
            let detail = "Send the body as application/json.";
            return Err(self.problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
        }
        let wrong = |detail: String| self.problem(StatusCode::BAD_REQUEST, "bad_request", detail);
        let text = str::from_utf8(&self.body).map_err(|_| wrong("The body is not UTF-8.".to_owned()))?;
        admin::check_object(text).map_err(|error| wrong(format!("The body is no JSON object: {error}")))?;
        if has_nul(&serde_json::from_str(text).unwrap_or_default()) {
            return Err(wrong("A text in the body holds a NUL.".to_owned()));
        }
        let object: Object = serde_json::from_str(text).map_err(|_| wrong("The body is no JSON object.".to_owned()))?;
        let unknown = object.keys().filter(|name| !known.contains(&name.as_str()));
        let errors: Vec<_> = unknown.map(|name| (name.clone(), "There is no such field.".to_owned())).collect();
        if errors.is_empty() { Ok(object) } else { Err(self.invalid(errors)) }
    }

    /// A text of a body; `None` without it, and for null.
    pub(super) fn text(&self, body: &Object, name: &'static str) -> Result<Option<String>, Problem> {
        let Some(value) = body.get(name) else { return Ok(None) };
        let text = serde_json::from_str(value.get());
        text.map_err(|_| self.invalid(vec![(name.to_owned(), "Give a text.".to_owned())]))
    }

    fn check_coding(&self) -> Result<(), Problem> {
        let coding = self.headers.get(header::CONTENT_ENCODING);
        if coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            let detail = "The body is encoded: send it plain.";
            return Err(self.problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", detail));
        }
        Ok(())
    }

    fn media_type(&self) -> &str {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim()
    }

    /// Refuses a body that is not sent as JSON Lines.
    pub(super) fn check_lines(&self) -> Result<(), Problem> {
        self.check_coding()?;
        let kind = self.media_type();
        if ["application/jsonl", "application/x-ndjson"].iter().any(|fit| kind.eq_ignore_ascii_case(fit)) {
            return Ok(());
        }
        let detail = "Send the body as application/jsonl: an object on each line.";
        Err(self.problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
    }

    /// The body has fields to mend.
    pub(super) fn invalid(&self, errors: Vec<(String, String)>) -> Problem {
        self.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Some fields have to be mended.").named_errors(errors)
    }

    /// What the caller marked this request with, so that it is done once.
    pub(super) fn idempotency_key(&self) -> Result<&str, Problem> {
        let Some(value) = self.headers.get("idempotency-key") else { return Ok("") };
        let text = value.to_str().unwrap_or_default();
        if text.is_empty() || text.len() > 255 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let detail = "An Idempotency-Key is at most 255 letters, digits and signs without spaces, such as a UUID.";
            return Err(self.problem(StatusCode::BAD_REQUEST, "bad_request", detail));
        }
        Ok(text)
    }

    /// The body as it was sent.
    pub(super) fn sent(&self) -> &[u8] {
        &self.body
    }

    /// The versions that the caller may have seen, which `If-Match` names (RFC 9110, 13.1.1).
    pub(super) fn seen(&self) -> Result<IfMatch, Problem> {
        let lines: Vec<&str> =
            self.headers.get_all(header::IF_MATCH).iter().map(|line| line.to_str().unwrap_or_default()).collect();
        if lines.is_empty() {
            let detail = "Say which version you change: If-Match with the ETag of your last GET.";
            return Err(self.problem(StatusCode::PRECONDITION_REQUIRED, "precondition_required", detail));
        }
        IfMatch::parse(&lines.join(",")).ok_or_else(|| {
            let detail = "If-Match is none: send the ETag of your last GET, quotation marks included, or *.";
            self.problem(StatusCode::BAD_REQUEST, "bad_request", detail)
        })
    }

    fn check_accept(&self) -> Result<(), Problem> {
        let lines: Vec<&str> =
            self.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        if accepts_json(&lines.join(","), self.operation.answer_lines.is_some()) {
            return Ok(());
        }
        Err(self.problem(StatusCode::NOT_ACCEPTABLE, "not_acceptable", "This is answered as application/json."))
    }

    fn check_query(&self) -> Result<(), Problem> {
        let known = self.operation.query;
        let is_known = |name: &str| known.iter().any(|parameter| parameter.name == name);
        let is_list = |name: &str| {
            known.iter().any(|parameter| parameter.name == name && matches!(parameter.kind, Value::ListOf(_)))
        };
        let mut errors: Vec<(String, String)> = Vec::new();
        for (place, (name, _)) in self.query.iter().enumerate() {
            if !is_known(name) {
                errors.push((name.clone(), "There is no such parameter.".to_owned()));
            } else if !is_list(name) && self.query[..place].iter().any(|(other, _)| other == name) {
                errors.push((name.clone(), "It is there twice: give it once.".to_owned()));
            }
        }
        if errors.is_empty() {
            return Ok(());
        }
        let detail = "The address has a parameter that is not known here, or one twice.";
        Err(self.problem(StatusCode::BAD_REQUEST, "bad_request", detail).named_errors(errors))
    }
}

/// The versions that an `If-Match` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IfMatch {
    /// Whatever is there.
    Any,
    /// One of these. Weak tags, and tags that no version of ours has, match nothing.
    OneOf(Vec<Generation>),
}

impl IfMatch {
    /// Reads `*` or a list of entity tags (RFC 9110, 8.8.3); `None` when it is neither.
    fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let mut rest = text.trim_start();
        let mut generations = Vec::new();
        loop {
            let is_weak = rest.starts_with("W/");
            let (tag, after) = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
            if !tag.bytes().all(|byte| byte == b'!' || (b'#'..=b'~').contains(&byte)) {
                return None;
            }
            generations.extend(tag.parse::<Generation>().ok().filter(|_| !is_weak));
            rest = after.trim_start();
            if rest.is_empty() {
                return Some(Self::OneOf(generations));
            }
            rest = rest.strip_prefix(',')?.trim_start();
        }
    }

    /// Whether it names this version.
    pub(super) fn matches(&self, generation: Generation) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(generations) => generations.contains(&generation),
        }
    }
}

/// Whether an `Accept` takes JSON, or JSON Lines where an operation answers with them: the most specific range that fits
/// decides (RFC 9110, 12.5.1). Nothing takes everything.
fn accepts_json(accept: &str, has_lines: bool) -> bool {
    let mut best: Option<(usize, bool)> = None;
    for range in accept.split(',').map(str::trim).filter(|range| !range.is_empty()) {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let fits = [
            "*/*",
            "application/*",
            "application/problem+json",
            "application/json",
            "application/jsonl",
            "application/x-ndjson",
        ];
        let fits = if has_lines { &fits[..] } else { &fits[..4] };
        let Some(precision) = fits.iter().position(|fit| kind.eq_ignore_ascii_case(fit)) else { continue };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let is_taken = weight.is_none_or(|weight| weight.parse().is_ok_and(|weight: f32| weight > 0.0));
        if best.is_none_or(|(before, _)| precision >= before) {
            best = Some((precision, is_taken));
        }
    }
    accept.trim().is_empty() || best.is_some_and(|(_, is_taken)| is_taken)
}

/// An instant with its offset (RFC 3339), which days alone are not.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).filter(|_| text.contains('T'))
}

/// Verifies the key that a request presents, in a header: a browser sends cookies for whoever asks it to, and an address
/// stays in logs.
async fn verify(
    app: &AppState,
    operation: &'static Operation,
    caller: &Caller,
    parts: &Parts,
) -> Result<(Arc<KnownKey>, LimitHeaders), Problem> {
    let id = &caller.id;
    let challenge = |error: &str| {
        let scope = operation.scope.map(|scope| format!(", scope=\"{scope}\"")).unwrap_or_default();
        format!("Bearer realm=\"keyward\"{error}{scope}")
    };
    let (credential, source) = match presented_in_headers(&parts.headers, app.verifier.names(None).as_deref()) {
        Credentials::One(credential, way) => (credential.into_owned(), way),
        Credentials::None => {
            let detail = "Present a key of Keyward's own: Authorization: Bearer TOKEN. `keyward keys create --scope keyward.keys.read` makes one.";
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "missing_credentials", detail, id)
                .with(header::WWW_AUTHENTICATE, &challenge("")));
        }
        Credentials::Ambiguous => return Err(ambiguous(id)),
    };
    let question = VerifyRequest {
        source: Some(source),
        address: caller.client.0,
        agent: agent(&parts.headers),
        writes: !is_safe(parts.method.as_str()),
        ..VerifyRequest::new(&credential, &operation.required)
    };
    let answer = app.verifier.verify(&question, (id.as_str(), "the REST API")).await;
    let answer = answer.map_err(|_| Problem::unavailable(id))?;
    let Some(key) = answer.key.clone().filter(|_| answer.decision.is_allow()) else {
        let problem = refusal(answer.decision, &answer.limits, StatusCode::TOO_MANY_REQUESTS, id);
        return Err(match (answer.decision, operation.scope) {
            (Decision::Deny(model::decision::Check::Scope, _), Some(scope)) => {
                let detail = format!("The calling key needs the scope {scope}.");
                Problem::new(StatusCode::FORBIDDEN, "insufficient_scope", detail, id)
                    .with(header::WWW_AUTHENTICATE, &challenge(", error=\"insufficient_scope\""))
            }
            _ => problem,
        });
    };
    let limits = limit_headers(&answer.limits).filter_map(|(name, value)| Some((name, value.parse().ok()?)));
    Ok((key, limits.collect()))
}

/// Whether a text in it holds the character that no database keeps.
fn has_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(values) => values.iter().any(has_nul),
        serde_json::Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// How a merge patch is sent (RFC 7396).
const MERGE_PATCH: &str = "application/merge-patch+json";
/// Things on a page, unless another number is asked for; and the most of them.
const USUAL: u16 = 50;
const MOST: u16 = 200;

/// A page with the address of the next one (RFC 8288).
pub(super) fn paged(call: &Call, response: Response, next: Option<&str>) -> Response {
    let Some(next) = next else { return response };
    let query = call.query_with("cursor", next);
    with(response, header::LINK, &format!("<{}?{query}>; rel=\"next\"", call.path()))
}

/// JSON with a status.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    // Names and texts: writing them cannot fail.
    let text = serde_json::to_string(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// The same with the version of what it shows.
pub(super) fn tagged(mut response: Response, generation: Generation) -> Response {
    let tag = HeaderValue::try_from(format!("\"{generation}\""));
    response.headers_mut().extend(tag.map(|tag| (header::ETAG, tag)));
    response
}

/// The same with an address.
pub(super) fn with(mut response: Response, name: HeaderName, value: &str) -> Response {
    response.headers_mut().extend(HeaderValue::try_from(value).map(|value| (name, value)));
    response
}

fn failed(error: AdminError, id: &RequestId) -> Problem {
    let problem = |status, code, detail: &str| Problem::new(status, code, detail, id);
    match error {
        AdminError::Forbidden => problem(
            StatusCode::FORBIDDEN,
            "forbidden",
            "This key may not do that: its grantor's role, its scopes or its tenant do not reach so far.",
        ),
        AdminError::NotFound => problem(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address."),
        AdminError::Invalid(errors) => {
            problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Some fields have to be mended.").errors(&errors)
        }
        AdminError::Conflict => {
            let detail = "It changed since you read it. GET it again and apply your change to what you find.";
            problem(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail)
        }
        AdminError::Repeated(_) | AdminError::Reused(_) => {
            problem(StatusCode::CONFLICT, "idempotency_key_reused", &error.to_string())
        }
        AdminError::Busy => problem(StatusCode::SERVICE_UNAVAILABLE, "busy", "Keyward is busy. Try again in a moment."),
        AdminError::Store(error) => {
            tracing::error!(request = id.as_str(), %error, "the store failed");
            Problem::unavailable(id)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_names_versions() {
        let of = |generations: &[Generation]| Some(IfMatch::OneOf(generations.to_vec()));
        for (text, expected) in [
            ("*", Some(IfMatch::Any)),
            ("\"7\"", of(&[7])),
            ("\"7\", \"8\",\"x\"", of(&[7, 8])),
            ("W/\"7\"", of(&[])),
            ("\"\"", of(&[])),
            ("", None),
            ("7", None),
            ("\"7", None),
            ("\"7\" \"8\"", None),
            ("\"7\",", None),
            ("*, \"7\"", None),
            ("\"a b\"", None),
        ] {
            assert_eq!(IfMatch::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn the_most_specific_range_decides_what_is_accepted() {
        for (accept, expected) in [
            ("", true),
            ("*/*", true),
            ("text/html, */*;q=0.1", true),
            ("text/html", false),
            ("application/json;q=0", false),
            ("application/json;q=0, */*", false),
            ("*/*;q=0, application/json", true),
            ("application/*;q=0.0", false),
            ("APPLICATION/JSON", true),
            ("application/json; charset=utf-8", true),
        ] {
            assert_eq!(accepts_json(accept, false), expected, "{accept}");
        }
        assert!(accepts_json("application/jsonl", true) && !accepts_json("application/jsonl", false));
    }
}
