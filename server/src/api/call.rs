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
    api::operation::{Endpoint, Operation},
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

    /// A parameter of the query; an empty one says nothing.
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
        named.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|value| !value.is_empty()).collect()
    }

    /// A parameter that is read; what is none of its values is refused by its name.
    pub(super) fn read<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.asked(name) else { return Ok(None) };
        read(text).map(Some).ok_or_else(|| self.wrong(name, "It has no such value."))
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
        if self.body.is_empty() {
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
        let text = value.to_str().unwrap_or_default().trim();
        if text.is_empty() || text.len() > 255 {
            let detail = "An Idempotency-Key is a text of at most 255 characters, such as a UUID.";
            return Err(self.problem(StatusCode::BAD_REQUEST, "bad_request", detail));
        }
        Ok(text)
    }

    /// The body as it was sent.
    pub(super) fn sent(&self) -> &[u8] {
        &self.body
    }

    /// The generation that the caller saw, which `If-Match` names; `None` for any.
    pub(super) fn seen(&self) -> Result<Option<Generation>, Problem> {
        let Some(value) = self.headers.get(header::IF_MATCH) else {
            let detail = "Say which version you change: If-Match with the ETag of your last GET.";
            return Err(self.problem(StatusCode::PRECONDITION_REQUIRED, "precondition_required", detail));
        };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(None);
        }
        let tag = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).and_then(|text| text.parse().ok());
        // A tag of another form is one that nothing has.
        Ok(Some(tag.unwrap_or(-1)))
    }

    fn check_accept(&self) -> Result<(), Problem> {
        let accepted = self.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut kinds = accepted
            .flat_map(|value| value.split(','))
            .map(|kind| kind.split(';').next().unwrap_or_default().trim())
            .peekable();
        let mut fits = vec!["*/*", "application/*", "application/json", "application/problem+json"];
        if self.operation.answer_lines.is_some() {
            fits.extend(["application/jsonl", "application/x-ndjson"]);
        }
        if kinds.peek().is_none() || kinds.any(|kind| fits.iter().any(|fit| kind.eq_ignore_ascii_case(fit))) {
            return Ok(());
        }
        Err(self.problem(StatusCode::NOT_ACCEPTABLE, "not_acceptable", "This is answered as application/json."))
    }

    fn check_query(&self) -> Result<(), Problem> {
        let known = self.operation.query;
        let is_known = |name: &str| known.iter().any(|parameter| parameter.name == name);
        let unknown = self.query.iter().filter(|(name, _)| !is_known(name));
        let errors: Vec<_> =
            unknown.map(|(name, _)| (name.clone(), "There is no such parameter.".to_owned())).collect();
        if errors.is_empty() {
            return Ok(());
        }
        let detail = "The address has a parameter that is not known here.";
        Err(self.problem(StatusCode::BAD_REQUEST, "bad_request", detail).named_errors(errors))
    }
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
