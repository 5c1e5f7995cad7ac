//! Health and metrics, on their own listener.

use axum::{extract::State, http::StatusCode};

use crate::state::AppState;

/// The process runs.
pub async fn livez() -> &'static str {
    "ok\n"
}

/// The process may be sent requests: the database answers and takes changes, and the process is not shutting down.
pub async fn readyz(State(app): State<AppState>) -> (StatusCode, String) {
    if app.is_stopping() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned())
    } else if let Err(error) = app.store.ping().await {
        (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n"))
    } else if let Err(error) = app.store.prove_writable(app.clock.now()).await {
        (StatusCode::SERVICE_UNAVAILABLE, format!("nothing can be changed: {error}\n"))
    } else {
        (StatusCode::OK, "ok\n".to_owned())
    }
}

/// Prometheus text.
pub async fn metrics(State(app): State<AppState>) -> ([(axum::http::HeaderName, &'static str); 1], String) {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(axum::http::header::CONTENT_TYPE, kind)], app.metrics.text(&app.verifier))
}
