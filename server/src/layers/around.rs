//! What stands around every route, in one layer, because each layer costs every request: the request's id and its line in
//! the log (method, route and status; never a query, a header or a body), the client's address, the limits on body and
//! time, what becomes of a panic, and the headers of every answer.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http_body_util::Limited;

use super::{address, headers};
use crate::{http::problem::Problem, router::App};

/// The largest body any route takes, in bytes.
const BODY_LIMIT: usize = 64 * 1024;
/// How long a request may take, from its headers to its answer.
const PATIENCE: Duration = Duration::from_secs(30);

const ID_HEADER: HeaderName = HeaderName::from_static("x-keyward-request-id");

/// A request's id: 16 characters of base62. A request's extension, and a header of every answer.
#[derive(Clone, Debug)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The layer.
pub async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = RequestId(app.entropy.request_id().into());
    let (client, peer) = address::locate(&request, &app.config.trusted_proxies);
    let method = request.method().clone();
    // The route, not what was typed: an address may hold anything.
    let route = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(peer);

    let began = app.clock.steady();
    let mut response = match limited(request) {
        Ok(request) => answer(request, next, &id).await,
        Err(()) => {
            let detail = format!("A request's body has at most {BODY_LIMIT} bytes.");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail, &id).into_response()
        }
    };
    let (status, took) = (response.status().as_u16(), app.clock.steady() - began);
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    if status >= 500 {
        tracing::warn!(request = id.as_str(), %method, route, status, took, "answered");
    } else {
        tracing::debug!(request = id.as_str(), %method, route, status, took, "answered");
    }
    headers::secure(response.headers_mut(), app.config.is_tls());
    response.headers_mut().extend(HeaderValue::from_str(id.as_str()).map(|value| (ID_HEADER, value)));
    response
}

/// The request with its body cut off at the limit; refused at once when it says that it is larger.
fn limited(request: Request) -> Result<Request, ()> {
    let said =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    match said {
        Some(length) if length > BODY_LIMIT => Err(()),
        // Nothing, or as much as it says: the protocol holds it to that.
        Some(_) => Ok(request),
        None => Ok(request.map(|body| Body::new(Limited::new(body, BODY_LIMIT)))),
    }
}

/// In time, and for this request alone should it panic. What the panic says goes to standard error.
async fn answer(request: Request, next: Next, id: &RequestId) -> Response {
    let answering = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(PATIENCE, answering).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            let detail = "Keyward failed to answer this request. Its log says why, under this id.";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail, id).into_response()
        }
        Err(_) => {
            Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", "The request took too long.", id).into_response()
        }
    }
}
