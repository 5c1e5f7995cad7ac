//! Errors for machines: RFC 9457 problem documents with a stable code and the request's id.

use admin::FieldError;
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::token::without_secrets;
use serde::Serialize;
use utoipa::ToSchema;

use crate::request_id::RequestId;

/// A problem document under way.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    request_id: RequestId,
    errors: Vec<ProblemField>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// A field or a parameter that has to be mended.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ProblemField {
    /// Its name.
    field: String,
    /// What is wrong with it.
    message: String,
}

/// RFC 9457.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemDocument<'a> {
    /// about:blank
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// A stable code.
    code: &'static str,
    /// What to do.
    detail: &'a str,
    /// The request's id.
    request_id: &'a str,
    /// What has to be mended, field by field; left out when it is no field.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [ProblemField],
}

impl Problem {
    /// A problem with a sentence that says what to do.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>, request_id: &RequestId) -> Self {
        Self { status, code, detail: detail.into(), request_id: *request_id, errors: Vec::new(), headers: Vec::new() }
    }

    /// Nobody can tell now: try again.
    pub fn unavailable(request_id: &RequestId) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Keyward cannot reach its database. Try again in a moment.",
            request_id,
        )
        .with(header::RETRY_AFTER, "1")
    }

    /// The same with fields that have to be mended.
    #[must_use]
    pub fn errors(self, errors: &[FieldError]) -> Self {
        self.named_errors(errors.iter().map(|error| (error.field.to_owned(), error.message.clone())).collect())
    }

    /// The same, whatever the fields are called; a key among their names is not said back.
    #[must_use]
    pub fn named_errors(mut self, errors: Vec<(String, String)>) -> Self {
        let field = |(field, message): (String, String)| ProblemField { field: without_secrets(&field), message };
        self.errors = errors.into_iter().map(field).collect();
        self
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).map(|value| (name, value)));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = ProblemDocument {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            request_id: self.request_id.as_str(),
            errors: &self.errors,
        };
        // Texts and a number: writing them cannot fail.
        let body = serde_json::to_string(&document).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.extend(self.headers);
        response
    }
}
