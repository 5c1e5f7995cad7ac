//! `GET /.well-known/jwks.json`: the public keys, for services that check JWTs offline (RFC 7517).

use axum::{
    extract::{Request, State},
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    layers::{
        envelope::{Caller, enclose},
        headers::browsers,
    },
    machine::problem::Problem,
    state::AppState,
};

/// Where the public keys are.
pub const PATH: &str = "/.well-known/jwks.json";

/// How long anyone may keep them. Whoever meets a `kid` that is not among them should ask again before.
const KEPT: &str = "public, max-age=300";

/// Answers.
pub async fn jwks(State(app): State<AppState>, request: Request) -> Response {
    let mut response = enclose(&app, PATH, request, |caller, _| answer(&app, caller)).await;
    browsers(response.headers_mut(), app.config.is_tls());
    response
}

async fn answer(app: &AppState, caller: Caller) -> Response {
    match app.admin.jwks().await {
        Ok(keys) => {
            let headers = [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, KEPT)];
            (headers, keys.to_string()).into_response()
        }
        Err(error) => {
            tracing::warn!(%error, "the public keys could not be read from the store");
            Problem::unavailable(&caller.id).into_response()
        }
    }
}
