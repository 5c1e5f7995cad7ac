//! One client for two places: the REST API's operations, on the database of this machine or on a server. A command asks
//! and prints the same for both.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request},
};
use model::id::JobId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use tower::ServiceExt;

use crate::{
    api,
    boot::Upgrade,
    cli::{
        error::CliError,
        globals::{Globals, not_on_a_server},
        remote::Remote,
        session::Session,
    },
    json::{Object, raw},
};

/// How often a request is repeated that came when a limit was used up.
const REPEATS: u8 = 3;
/// The longest time that is waited for a limit, in seconds.
const LONGEST_WAIT: u64 = 60;

/// How often it is looked how far a job is that a server works at.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Carries out operations.
pub(super) struct Client(Place);

enum Place {
    Here { session: Session, router: Router },
    Server(Box<Remote>),
}

/// What an operation answered.
pub(super) struct Answer {
    /// The version of what it shows, where it has one.
    pub(super) tag: Option<HeaderValue>,
    /// What it shows, as it is written; null for nothing.
    pub(super) body: Box<RawValue>,
}

impl Answer {
    /// What it shows.
    pub(super) fn value(&self) -> Value {
        value(&self.body)
    }

    /// The parts of what it shows.
    pub(super) fn parts(&self) -> Object {
        serde_json::from_str(self.body.get()).unwrap_or_default()
    }

    /// A list in what it shows.
    pub(super) fn list(&self, name: &str) -> Vec<Box<RawValue>> {
        let list = self.parts().remove(name);
        list.and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default()
    }
}

/// JSON that is read.
pub(super) fn value(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

impl Client {
    /// Opens the database of this machine, or gets ready to ask the server that the command names.
    pub(super) async fn open(globals: &Globals) -> Result<Self, CliError> {
        if let Some((url, flags)) = globals.server() {
            return Ok(Self(Place::Server(Box::new(Remote::new(url, flags)?))));
        }
        let session = Session::open(globals, Upgrade::No).await?;
        let router = api::operator_router(session.app.clone(), session.operator.clone());
        Ok(Self(Place::Here { session, router }))
    }

    /// The database of this machine, for what the API does not offer.
    pub(super) fn session(&self) -> Result<&Session, CliError> {
        match &self.0 {
            Place::Here { session, .. } => Ok(session),
            Place::Server(_) => Err(not_on_a_server()),
        }
    }

    /// Ends the work.
    pub(super) async fn close(self) -> Result<(), CliError> {
        match self.0 {
            Place::Here { session, .. } => session.close().await,
            Place::Server(_) => Ok(()),
        }
    }

    /// Shows what is at a path below `/api/v1`.
    pub(super) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, CliError> {
        self.send(Method::GET, &address(path, query), None, None).await
    }

    /// Makes something, or does something with what is there.
    pub(super) async fn post(&self, path: &str, body: &impl Serialize) -> Result<Answer, CliError> {
        self.send(Method::POST, &address(path, &[]), None, Some(body_of(body))).await
    }

    /// Sends an object on each line.
    pub(super) async fn post_lines(
        &self,
        path: &str,
        query: &[(&str, &str)],
        lines: String,
    ) -> Result<Answer, CliError> {
        let body = (Bytes::from(lines), "application/jsonl");
        self.send(Method::POST, &address(path, query), None, Some(body)).await
    }

    /// Works at a job until it has ended, or waits for the server to, and tells how far it is.
    pub(super) async fn finish_job(&self, id: &str, mut tell: impl FnMut(i64, i64)) -> Result<Value, CliError> {
        if let (Place::Here { session, .. }, Some(id)) = (&self.0, JobId::parse(id)) {
            session.app.admin.work_at_job(id, |job| tell(job.looked_at(), job.total)).await?;
        }
        loop {
            let job = self.get(&format!("/jobs/{id}"), &[]).await?.value();
            let count = |name: &str| job[name].as_i64().unwrap_or_default();
            tell(count("done") + count("same") + count("refused"), count("total"));
            if !job["ended_at"].is_null() {
                return Ok(job);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Changes what is there, and was seen in this version.
    pub(super) async fn patch(
        &self,
        path: &str,
        seen: Option<&HeaderValue>,
        body: &impl Serialize,
    ) -> Result<Answer, CliError> {
        let any = HeaderValue::from_static("*");
        self.send(Method::PATCH, &address(path, &[]), Some(seen.unwrap_or(&any)), Some(body_of(body))).await
    }

    /// Removes what is there.
    pub(super) async fn delete(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, CliError> {
        self.send(Method::DELETE, &address(path, query), None, None).await
    }

    /// Goes through a list that comes in pages, up to `most` of its items, and says how many there were.
    pub(super) async fn each(
        &self,
        path: &str,
        name: &str,
        query: &[(&str, &str)],
        most: usize,
        mut item: impl FnMut(&RawValue),
    ) -> Result<usize, CliError> {
        let (mut count, mut cursor) = (0, String::new());
        loop {
            let limit = (most - count).min(200).to_string();
            let paging = [("limit", limit.as_str()), ("cursor", cursor.as_str())];
            let page = self.get(path, &[query, &paging].concat()).await?;
            let items = page.list(name);
            for found in &items {
                item(found);
            }
            count += items.len();
            match page.value()["next_cursor"].as_str() {
                Some(next) if count < most => next.clone_into(&mut cursor),
                _ => return Ok(count),
            }
        }
    }

    async fn send(
        &self,
        method: Method,
        address: &str,
        seen: Option<&HeaderValue>,
        body: Option<(Bytes, &'static str)>,
    ) -> Result<Answer, CliError> {
        let mut repeats = 0;
        loop {
            let mut request = Request::builder().method(&method).header(header::ACCEPT, "application/json");
            if let Some((_, kind)) = body {
                request = request.header(header::CONTENT_TYPE, kind);
            }
            if let Some(seen) = seen {
                request = request.header(header::IF_MATCH, seen);
            }
            let body = body.clone().map(|(body, _)| body).unwrap_or_default();
            let response = self.0.exchange(request, address, body).await?;
            let wait = (response.status() == StatusCode::TOO_MANY_REQUESTS)
                .then(|| seconds(response.headers()))
                .flatten()
                .filter(|seconds| repeats < REPEATS && *seconds <= LONGEST_WAIT);
            let Some(seconds) = wait else { return read(response) };
            repeats += 1;
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
    }
}

impl Place {
    async fn exchange(
        &self,
        request: request::Builder,
        address: &str,
        body: Bytes,
    ) -> Result<Response<Bytes>, CliError> {
        let (router, request) = match self {
            Self::Server(remote) => return remote.exchange(request, address, body).await,
            Self::Here { router, .. } => (router.clone(), request.header(header::HOST, "localhost").uri(address)),
        };
        let wrong = |error: axum::http::Error| CliError::Usage(error.to_string());
        let response = router.oneshot(request.body(Body::from(body)).map_err(wrong)?).await;
        let (head, body) = response.unwrap_or_else(|never| match never {}).into_parts();
        let broken = |error: axum::Error| CliError::Environment(error.to_string());
        Ok(Response::from_parts(head, to_bytes(body, usize::MAX).await.map_err(broken)?))
    }
}

fn address(path: &str, query: &[(&str, &str)]) -> String {
    let said = query.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
    if query.is_empty() { format!("/api/v1{path}") } else { format!("/api/v1{path}?{query}") }
}

fn body_of(body: &impl Serialize) -> (Bytes, &'static str) {
    (raw(body).get().to_owned().into(), "application/json")
}

/// For how long a refusal asks to wait.
fn seconds(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

/// RFC 9457, as far as it is read.
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
    request_id: String,
    #[serde(default)]
    errors: Vec<ProblemField>,
}

#[derive(Deserialize)]
struct ProblemField {
    field: String,
    message: String,
}

fn read(response: Response<Bytes>) -> Result<Answer, CliError> {
    let (head, body) = response.into_parts();
    let tag = head.headers.get(header::ETAG).cloned();
    if head.status == StatusCode::NO_CONTENT {
        return Ok(Answer { tag, body: raw(&()) });
    }
    let read = if head.status.is_success() { serde_json::from_slice(&body).ok() } else { None };
    if let Some(body) = read {
        return Ok(Answer { tag, body });
    }
    match serde_json::from_slice(&body) {
        Ok(problem) if !head.status.is_success() => Err(refused(head.status, &problem)),
        _ => {
            let named = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
            let kind = named(header::CONTENT_TYPE).unwrap_or("nothing that has a type");
            let to = named(header::LOCATION).map(|to| format!(" It leads to {to}.")).unwrap_or_default();
            let status = head.status;
            Err(CliError::Environment(format!(
                "what answers there is not Keyward's API: it says {status} with {kind}.{to} --server takes the console's address, such as https://keys.example.com"
            )))
        }
    }
}

fn refused(status: StatusCode, problem: &Problem) -> CliError {
    let Problem { code, detail, request_id, errors } = problem;
    match (status, code.as_str()) {
        (StatusCode::NOT_FOUND, "not_found") => CliError::NotFound,
        (StatusCode::NOT_FOUND, _) => {
            let wrong = "the server has nothing there: --server takes the console's address, such as https://keys.example.com; an older Keyward may not know the command";
            CliError::Environment(wrong.to_owned())
        }
        (_, "precondition_failed" | "conflict") => {
            CliError::No("somebody else changed it meanwhile: look at it again, then repeat the command".to_owned())
        }
        (StatusCode::UNAUTHORIZED, _) => CliError::Environment(format!(
            "the server refuses this API key: {detail} `keyward keys create --scope keyward.keys.read`, run where Keyward runs, makes one"
        )),
        (_, "insufficient_scope") => {
            CliError::No(format!("{detail} Give it that scope with `keyward keys edit`, or use another key"))
        }
        (StatusCode::FORBIDDEN | StatusCode::CONFLICT, _) => CliError::No(detail.clone()),
        (StatusCode::TOO_MANY_REQUESTS, _) => CliError::Environment(detail.clone()),
        _ if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            CliError::Environment(format!("{detail} (request {request_id})"))
        }
        _ if errors.is_empty() => CliError::Usage(detail.clone()),
        _ => {
            let said = errors.iter().map(|ProblemField { field, message }| format!("{field}: {message}"));
            CliError::Usage(said.collect::<Vec<_>>().join("\n"))
        }
    }
}
