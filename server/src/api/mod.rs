//! The REST API under `/api/v1`: what the console does, for programs. Each operation stands in one table, from which the
//! routes, the authentication and the `OpenAPI` document are made. The use cases are the console's own.

mod accounts;
mod audit;
mod call;
mod catalog;
mod examples;
mod fields;
mod input;
mod jobs;
mod keys;
mod operation;
mod schema;
mod usage;
mod whoami;

use std::sync::LazyLock;

use admin::Permit;
use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{RawPathParams, Request, State, rejection::RawPathParamsRejection},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any},
};
use model::catalog::Kind;
use serde_json::{Map, Value};

pub(crate) use self::input::typed as field_value;
pub use self::{
    call::CallEndpoint,
    operation::{Endpoint, Operation},
    schema::{responses, schemas},
};
use crate::{
    api::call::{Authority, Call},
    layers::envelope::{Caller, enclose},
    machine::problem::Problem,
    state::AppState,
};

/// Every operation.
pub static OPERATIONS: LazyLock<Vec<CallEndpoint>> = LazyLock::new(|| {
    let kinds = [Kind::Tenant, Kind::Group, Kind::Identity, Kind::Scope, Kind::Template];
    let mut all = vec![whoami::operation()];
    all.extend(keys::operations());
    all.extend(keys::signing_operations());
    all.extend(jobs::operations());
    all.extend(kinds.into_iter().flat_map(catalog::operations));
    all.extend(catalog::policy_operations());
    all.extend(accounts::operations());
    all.extend(audit::operations());
    all.extend(usage::operations());
    all
});

/// The paths as `OpenAPI` describes them.
pub fn paths(origin: &str) -> Map<String, Value> {
    schema::paths(OPERATIONS.iter().map(|endpoint| &endpoint.operation), origin)
}

/// Every path with what answers there to programs, each of which presents a key.
pub fn routes() -> Vec<(&'static str, MethodRouter<AppState>)> {
    routes_for(&Authority::Key)
}

/// The same for whoever runs a command on this machine, with their permit in the place of a key. No listener has it.
pub fn operator_router(app: AppState, permit: Permit) -> Router {
    let routes = routes_for(&Authority::Operator(permit));
    routes.into_iter().fold(Router::new(), |router, (path, handler)| router.route(path, handler)).with_state(app)
}

fn routes_for(authority: &Authority) -> Vec<(&'static str, MethodRouter<AppState>)> {
    let mut paths: Vec<&'static str> = OPERATIONS.iter().map(|operation| operation.path).collect();
    paths.sort_unstable();
    paths.dedup();
    let route = |path: &'static str| {
        let authority = authority.clone();
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
                Box::pin(respond(path, body, authority, params, caller, request)).await
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
    authority: Authority,
    params: Vec<(String, String)>,
    caller: Caller,
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
    let mut response = match Call::authenticate(app, authority, operation, params, caller, request).await {
        Ok((call, limits)) => {
            let mut response = (operation.handler)(call).await.unwrap_or_else(IntoResponse::into_response);
            response.headers_mut().extend(limits);
            response
        }
        Err(problem) => problem.into_response(),
    };
    if is_head {
        let length = response.body().size_hint().exact();
        *response.body_mut() = Body::empty();
        response.headers_mut().extend(length.map(|length| (header::CONTENT_LENGTH, length.into())));
    }
    response
}
