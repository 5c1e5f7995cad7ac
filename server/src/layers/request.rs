//! A request's id, and its line in the log: method, path, status and time; never a query, a header or a body.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

use crate::router::App;

const HEADER: HeaderName = HeaderName::from_static("x-keyward-request-id");

/// A request's id: 16 characters of base62. A request's extension, and a header of every answer.
#[derive(Clone, Debug)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Gives the request an id, and logs how it went.
pub async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = RequestId(app.entropy.request_id().into());
    request.extensions_mut().insert(id.clone());
    let began = app.clock.steady();
    let method = request.method().clone();
    // The route, not what was typed: an address may hold anything.
    let path = request.extensions().get::<MatchedPath>().map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let mut response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), app.clock.steady() - began);
    if status >= 500 {
        tracing::warn!(request = id.as_str(), %method, path, status, took, "answered");
    } else {
        tracing::debug!(request = id.as_str(), %method, path, status, took, "answered");
    }
    response.headers_mut().extend(HeaderValue::from_str(id.as_str()).map(|value| (HEADER, value)));
    response
}
