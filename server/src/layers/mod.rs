//! What happens around every handler: the request's id, the client's address, the visit, refusing other sites, headers.

use axum::{
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{machine::problem::Problem, request_id::RequestId};

pub mod address;
pub mod cross_site;
pub mod envelope;
pub mod forms;
pub mod headers;
pub mod request_context;

/// An answer that ends a request before a page has it: words for a browser, a problem for everybody else.
fn refusal(
    headers: &HeaderMap,
    extensions: &Extensions,
    status: StatusCode,
    code: &'static str,
    detail: &str,
) -> Response {
    match extensions.get::<RequestId>() {
        Some(id) => words(headers.get(header::ACCEPT), id, status, code, detail),
        None => (status, format!("{detail}\n")).into_response(),
    }
}

/// An answer that is nothing but words: plain text for a browser, a problem for everybody else.
pub fn words(
    accept: Option<&HeaderValue>,
    id: &RequestId,
    status: StatusCode,
    code: &'static str,
    detail: &str,
) -> Response {
    let accepts = accept.and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/html") {
        (status, format!("{detail}\n")).into_response()
    } else {
        Problem::new(status, code, detail, id).into_response()
    }
}
