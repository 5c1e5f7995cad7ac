//! The REST API under `/api/v1`: what the console does, for programs. Each operation stands in one table, from which the
//! routes, the authentication and the `OpenAPI` document are made. The use cases are the console's own.

mod accounts;
mod audit;
mod call;
mod catalog;
mod input;
mod keys;
mod schema;
mod whoami;

use std::{pin::Pin, sync::LazyLock};

use axum::{
    body::Body,
    extract::{RawPathParams, Request, State, rejection::RawPathParamsRejection},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any},
};
use model::{catalog::Kind, scope::RequiredScopes};

pub use self::schema::{paths, schemas};
use crate::{api::call::Call, layers::envelope::enclose, machine::problem::Problem, state::AppState};

/// What an operation leads to.
type Answer = Result<Response, Problem>;
type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A parameter of a query.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub about: &'static str,
    /// What it holds.
    pub kind: Value,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// A text.
    Text,
    /// A whole number up to this.
    UpTo(u16),
    /// One of these codes.
    OneOf(fn() -> Vec<&'static str>),
    /// An instant (RFC 3339).
    Instant,
}

/// One operation.
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The path, in axum's form, which is `OpenAPI`'s, too.
    pub path: &'static str,
    /// Its name for generated clients.
    pub id: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// The scope of Keyward's own that the calling key must hold; `None` for any valid key.
    pub scope: Option<&'static str>,
    /// The parameters of its query.
    pub query: &'static [Parameter],
    /// The schema of its body, by its name.
    pub body: Option<&'static str>,
    /// The status of its success, and the schema of what it answers then.
    pub answer: (StatusCode, Option<&'static str>),
    /// Whether `If-Match` is asked for.
    pub is_conditional: bool,
    /// Whether `Idempotency-Key` counts.
    pub is_idempotent: bool,
    required: RequiredScopes,
    handler: fn(Call) -> Answering,
}

impl Operation {
    fn new(
        (method, path): (Method, &'static str),
        (id, summary): (&'static str, &'static str),
        scope: Option<&'static str>,
        handler: fn(Call) -> Answering,
    ) -> Self {
        let required = match scope {
            Some(scope) => RequiredScopes::parse(scope).expect("a scope of our own"),
            None => RequiredScopes::Any,
        };
        let answer = (StatusCode::OK, None);
        let (is_conditional, is_idempotent) = (false, false);
        Self {
            method,
            path,
            id,
            summary,
            scope,
            query: &[],
            body: None,
            answer,
            is_conditional,
            is_idempotent,
            required,
            handler,
        }
    }

    fn query(self, query: &'static [Parameter]) -> Self {
        Self { query, ..self }
    }

    fn body(self, schema: &'static str) -> Self {
        Self { body: Some(schema), ..self }
    }

    fn answers(self, status: StatusCode, schema: &'static str) -> Self {
        Self { answer: (status, Some(schema)), ..self }
    }

    fn empty(self) -> Self {
        Self { answer: (StatusCode::NO_CONTENT, None), ..self }
    }

    fn conditional(self) -> Self {
        Self { is_conditional: true, ..self }
    }

    fn idempotent(self) -> Self {
        Self { is_idempotent: true, ..self }
    }
}

/// Every operation.
pub static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let kinds = [Kind::Tenant, Kind::Group, Kind::Identity, Kind::Scope, Kind::Template];
    let mut all = vec![whoami::operation()];
    all.extend(keys::operations());
    all.extend(kinds.into_iter().flat_map(catalog::operations));
    all.extend(catalog::policy_operations());
    all.extend(accounts::operations());
    all.extend(audit::operations());
    all
});

/// Every path with what answers there.
pub fn routes() -> Vec<(&'static str, MethodRouter<AppState>)> {
    let mut paths: Vec<&'static str> = OPERATIONS.iter().map(|operation| operation.path).collect();
    paths.sort_unstable();
    paths.dedup();
    let route = |path: &'static str| {
        let handler = async move |State(app): State<AppState>,
                                  params: Result<RawPathParams, RawPathParamsRejection>,
                                  request: Request| {
            let body = app.clone();
            enclose(&app, path, request, |caller, request| async move {
                let Ok(params) = params else {
                    let detail = "There is nothing at this address.";
                    return Problem::new(StatusCode::NOT_FOUND, "not_found", detail, &caller.id).into_response();
                };
                let params = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                respond(path, body, params, caller, request).await
            })
            .await
        };
        (path, any(handler))
    };
    paths.into_iter().map(route).collect()
}

async fn respond(
    path: &'static str,
    app: AppState,
    params: Vec<(String, String)>,
    caller: crate::layers::envelope::Caller,
    request: Request,
) -> Response {
    let here = || OPERATIONS.iter().filter(|operation| operation.path == path);
    let asked = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    let mut allowed: Vec<&str> = here().map(|operation| operation.method.as_str()).collect();
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    allowed.push("OPTIONS");
    let allowed = allowed.join(", ");
    if asked == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, allowed)]).into_response();
    }
    let Some(operation) = here().find(|operation| operation.method == asked) else {
        let detail = format!("This address takes {allowed}.");
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail, &caller.id)
            .with(header::ALLOW, &allowed)
            .into_response();
    };
    let is_head = request.method() == Method::HEAD;
    let mut response = match Call::authenticate(app, operation, params, caller, request).await {
        Ok((call, limits)) => {
            let mut response = (operation.handler)(call).await.unwrap_or_else(IntoResponse::into_response);
            response.headers_mut().extend(limits);
            response
        }
        Err(problem) => problem.into_response(),
    };
    if is_head {
        *response.body_mut() = Body::empty();
    }
    response
}
