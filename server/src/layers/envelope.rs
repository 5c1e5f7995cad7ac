//! What stands around every route, in one layer, because each layer costs every request: the request's id and its line in
//! the log (method, route and status; never a query, a header or a body), the client's address, the limits on body and
//! time, what becomes of a panic, and the headers of answers.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, Version, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http_body_util::Limited;

use crate::{
    layers::{
        address::{self, ClientAddress, TrustedPeer},
        headers,
    },
    machine::problem::Problem,
    request_id::RequestId,
    state::AppState,
};

/// The largest body of almost every route, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;
/// Where imports are sent.
pub const IMPORT: &str = "/api/v1/keys/import";
/// The largest import, in bytes.
const IMPORT_LIMIT: usize = 64 * 1024 * 1024;

/// The largest body that a route takes, in bytes: an import's is read after its key was verified.
pub fn body_limit(route: &str) -> usize {
    if route == IMPORT { IMPORT_LIMIT } else { BODY_LIMIT }
}

/// The most lines that a request's headers may have.
pub const HEADER_LINES: usize = 200;
/// The most bytes that they may have together.
pub const HEADER_BYTES: usize = 32 * 1024;
/// How long a request may take, from its headers to its answer.
const PATIENCE: Duration = Duration::from_secs(30);

const ID_HEADER: HeaderName = HeaderName::from_static("x-keyward-request-id");

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
pub async fn envelope_layer(State(app): State<AppState>, request: Request, next: Next) -> Response {
    // The route, not what was typed: an address may hold anything.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let mut response = enclose(&app, route, request, |caller, mut request| async move {
        request.extensions_mut().insert(caller.id);
        request.extensions_mut().insert(caller.client);
        request.extensions_mut().insert(caller.peer);
        headers::keep_plain_cookies(request.headers_mut());
        let accept = request.headers().get(header::ACCEPT).cloned();
        worded(next.run(request).await, accept.as_ref(), &caller.id)
    })
    .await;
    headers::browsers(response.headers_mut(), app.config.is_tls());
    if app.config.is_tls() {
        headers::secure_cookies(response.headers_mut());
    }
    response
}

/// Words for an error that comes without any, as the router and the sessions' layer answer: of the latter, when the
/// database failed.
fn worded(response: Response, accept: Option<&HeaderValue>, id: &RequestId) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.headers().contains_key(header::CONTENT_TYPE) {
        return response;
    }
    let (status, code, detail) = match status {
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::SERVICE_UNAVAILABLE => (
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Keyward cannot reach its database. Try again in a moment.",
        ),
        StatusCode::NOT_FOUND => (status, "no_such_route", "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => (status, "method_not_allowed", "This address is asked in another way."),
        _ => (status, "bad_request", status.canonical_reason().unwrap_or("This request cannot be answered.")),
    };
    let allowed = response.headers().get(header::ALLOW).cloned();
    let mut response = crate::layers::words(accept, id, status, code, detail);
    response.headers_mut().extend(allowed.map(|allowed| (header::ALLOW, allowed)));
    response
}

/// The same as a function, for the routes that are asked thousands of times a second.
pub async fn enclose<F, A>(app: &AppState, route: &str, request: Request, answer: F) -> Response
where
    F: FnOnce(Caller, Request) -> A,
    A: Future<Output = Response>,
{
    let (client, peer) = address::locate(&request, &app.config.trusted_proxies);
    let caller = Caller { id: app.request_ids.next(), client, peer };
    let method = request.method().clone();
    let began = app.clock.steady();
    if let Some(network) = address::stranger_who_forwards(&request, peer)
        && app.metrics.forwarded_by_stranger(network, app.clock.now())
    {
        tracing::warn!(
            %network,
            "a machine that is not in KEYWARD_TRUSTED_PROXIES says for whom it asks: if it is your proxy, add it there; until then everyone behind it counts as one"
        );
    }
    let mut response = match limited(request, body_limit(route)) {
        Ok(request) => in_time(answer(caller, request), &caller.id).await,
        Err((status, code, detail)) => Problem::new(status, code, detail, &caller.id).into_response(),
    };
    let (id, status, took) = (caller.id.as_str(), response.status().as_u16(), app.clock.steady() - began);
    if status >= 500 {
        tracing::warn!(request = id, %method, route, status, took, "answered");
    } else {
        tracing::debug!(request = id, %method, route, status, took, "answered");
    }
    finish(&mut response, app.config.is_tls(), &caller.id);
    response
}

/// The headers of every answer.
pub fn finish(response: &mut Response, is_tls: bool, id: &RequestId) {
    let status = response.status();
    let headers = response.headers_mut();
    // What machines are allowed is read by machines; everything else may end up in a browser.
    if !status.is_success() {
        headers::browsers(headers, is_tls);
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("1"));
    }
    headers::common(headers);
    headers.extend(HeaderValue::from_str(id.as_str()).map(|value| (ID_HEADER, value)));
}

/// The request with its body cut off at the limit. Refused at once is what says that it is larger, has too many headers,
/// or is for no host or for two (RFC 9112, 3.2).
fn limited(request: Request, most: usize) -> Result<Request, (StatusCode, &'static str, String)> {
    let headers = request.headers();
    let hosts = headers.get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        let detail = "A request names its host, once.".to_owned();
        return Err((StatusCode::BAD_REQUEST, "bad_request", detail));
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > HEADER_LINES || bytes > HEADER_BYTES {
        let detail = format!("A request's headers have at most {HEADER_LINES} lines and {HEADER_BYTES} bytes.");
        return Err((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", detail));
    }
    let said = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    match said {
        Some(length) if length > most => {
            let detail = format!("A request's body has at most {most} bytes.");
            Err((StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail))
        }
        // Nothing, or as much as it says: the protocol holds it to that.
        Some(_) => Ok(request),
        None => Ok(request.map(|body| Body::new(Limited::new(body, most)))),
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
