//! What stands around every route, in one layer, because each layer costs every request: the request's id and its line in
//! the log (method, route and status; never a query, a header or a body), the client's address, the limits on body and
//! time, what becomes of a panic, and the headers of answers.

use std::{
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http_body_util::Limited;
use keyward::{id::BASE62, secret::Entropy};

use super::{ClientAddress, TrustedPeer, address, headers};
use crate::{http::problem::Problem, router::App};

/// The largest body any route takes, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;
/// How long a request may take, from its headers to its answer.
const PATIENCE: Duration = Duration::from_secs(30);

const ID_HEADER: HeaderName = HeaderName::from_static("x-keyward-request-id");

/// A request's id: 16 characters of base62. A request's extension, and a header of every answer.
#[derive(Clone, Copy, Debug)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Gives out request ids: half of each was drawn when the process started, half counts. They are unique, not secret.
pub struct RequestIds {
    start: [u8; 8],
    count: AtomicU64,
}

impl RequestIds {
    /// Ids of this process.
    pub fn new(entropy: &Entropy) -> Self {
        let mut start = [b'0'; 8];
        start.copy_from_slice(&entropy.key_id().as_str().as_bytes()[..8]);
        Self { start, count: AtomicU64::new(0) }
    }

    fn next(&self) -> RequestId {
        let mut id = [b'0'; 16];
        id[..8].copy_from_slice(&self.start);
        let mut rest = self.count.fetch_add(1, Ordering::Relaxed);
        for digit in id[8..].iter_mut().rev() {
            *digit = BASE62[usize::try_from(rest % 62).unwrap_or_default()];
            rest /= 62;
        }
        RequestId(id)
    }
}

/// What is known of a request before it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The request's id.
    pub id: RequestId,
    /// Where it came from.
    pub client: ClientAddress,
    /// Whether its peer is a trusted proxy.
    pub peer: TrustedPeer,
}

/// The layer, for routes that are made of extractors: what is known becomes the request's extensions.
pub async fn around_layer(State(app): State<App>, request: Request, next: Next) -> Response {
    // The route, not what was typed: an address may hold anything.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let mut response = around(&app, route, request, |caller, mut request| {
        request.extensions_mut().insert(caller.id);
        request.extensions_mut().insert(caller.client);
        request.extensions_mut().insert(caller.peer);
        next.run(request)
    })
    .await;
    headers::browsers(response.headers_mut(), app.config.is_tls());
    response
}

/// The same as a function, for the routes that are asked thousands of times a second.
pub async fn around<F, A>(app: &App, route: &str, request: Request, answer: F) -> Response
where
    F: FnOnce(Caller, Request) -> A,
    A: Future<Output = Response>,
{
    let (client, peer) = address::locate(&request, &app.config.trusted_proxies);
    let caller = Caller { id: app.request_ids.next(), client, peer };
    let method = request.method().clone();
    let began = app.clock.steady();
    let mut response = if let Some(request) = limited(request) {
        in_time(answer(caller, request), &caller.id).await
    } else {
        let detail = format!("A request's body has at most {BODY_LIMIT} bytes.");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail, &caller.id).into_response()
    };
    let (id, status, took) = (caller.id.as_str(), response.status().as_u16(), app.clock.steady() - began);
    if status >= 500 {
        tracing::warn!(request = id, %method, route, status, took, "answered");
    } else {
        tracing::debug!(request = id, %method, route, status, took, "answered");
    }
    // What machines are allowed is read by machines; everything else may end up in a browser.
    if !response.status().is_success() {
        headers::browsers(response.headers_mut(), app.config.is_tls());
    }
    let headers = response.headers_mut();
    headers::common(headers);
    headers.extend(HeaderValue::from_str(id).map(|value| (ID_HEADER, value)));
    response
}

/// The request with its body cut off at the limit; refused at once when it says that it is larger.
fn limited(request: Request) -> Option<Request> {
    let said =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    match said {
        Some(length) if length > BODY_LIMIT => None,
        // Nothing, or as much as it says: the protocol holds it to that.
        Some(_) => Some(request),
        None => Some(request.map(|body| Body::new(Limited::new(body, BODY_LIMIT)))),
    }
}

/// In time, and for this request alone should it panic. What the panic says goes to standard error.
async fn in_time(answer: impl Future<Output = Response>, id: &RequestId) -> Response {
    let answering = AssertUnwindSafe(answer).catch_unwind();
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
