//! Health and metrics, on their own listener.

use axum::{extract::State, http::StatusCode};

use crate::router::App;

/// The process runs.
pub async fn livez() -> &'static str {
    "ok\n"
}

/// The process may be sent requests: the database answers and it is not shutting down.
pub async fn readyz(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.is_stopping() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else if app.store.ping().await.is_err() {
        (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
    } else {
        (StatusCode::OK, "ok\n")
    }
}

/// Prometheus text.
pub async fn metrics(State(app): State<App>) -> ([(axum::http::HeaderName, &'static str); 1], String) {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(axum::http::header::CONTENT_TYPE, kind)], app.metrics.text(&app.verifier))
}
