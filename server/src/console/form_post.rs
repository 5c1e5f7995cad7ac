//! A plain form that was posted, as handlers take it, and how it is answered.

use app::{
    form_outcome::{FormErrors, FormOutcome},
    session::context::RequestContext,
};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{console::pages::answer_form, state::AppState};

/// The fields of a form, in the order in which they were sent.
pub type Pairs = Vec<(String, String)>;

/// A form of the console.
pub trait Form: Sized {
    /// Takes out the fields of this form and reads them; `None` when they cannot be read. What is left is refused.
    fn read(pairs: &mut Pairs) -> Option<Self>;
}

/// A form without fields: a button.
impl Form for () {
    fn read(_: &mut Pairs) -> Option<Self> {
        Some(())
    }
}

/// A form, and the request it came with. Fields that the form does not have are refused with 400, and a body that is not
/// written as a form with 415.
pub struct FormPost<T>(pub T, pub Post);

/// The request that a form came with.
pub struct Post {
    /// What the process has.
    pub app: AppState,
    /// Who asks.
    pub context: RequestContext,
    parts: Parts,
}

impl<T: Form> FromRequest<AppState> for FormPost<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let Some(context) = parts.extensions.get::<RequestContext>().cloned() else {
            return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        };
        let request = Request::from_parts(parts.clone(), body);
        let body = Bytes::from_request(request, app).await.map_err(IntoResponse::into_response)?;
        if !body.is_empty() && !is_form(&parts) {
            return Err(not_a_form());
        }
        let mut pairs = pairs(&body);
        let form = T::read(&mut pairs).filter(|_| pairs.is_empty()).ok_or_else(bad_form)?;
        Ok(Self(form, Post { app: app.clone(), context, parts }))
    }
}

impl Post {
    /// The same for the page at another path, which the form is part of.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.parts.uri = Uri::try_from(path).unwrap_or(self.parts.uri);
        self
    }

    /// Renders the page of this request with what became of the form.
    pub async fn answer(self, status: StatusCode, outcome: FormOutcome) -> Response {
        answer_form(&self.app, self.parts, status, outcome).await
    }

    /// Renders the page again with what has to be mended, or why it failed otherwise.
    pub async fn refuse(
        self,
        errors: impl Into<FormErrors>,
        outcome: impl FnOnce(FormErrors) -> FormOutcome,
    ) -> Response {
        let errors = errors.into();
        let status = StatusCode::from_u16(errors.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.answer(status, outcome(errors)).await
    }

    /// The request's query.
    pub fn query(&self) -> Option<&str> {
        self.parts.uri.query()
    }
}

/// Fields and values, in order. A body that is not a form's has none.
pub fn pairs(body: &[u8]) -> Pairs {
    form_urlencoded::parse(body).into_owned().collect()
}

/// Takes one field out; empty when it is not there.
pub fn take(pairs: &mut Pairs, field: &str) -> String {
    let place = pairs.iter().position(|(name, _)| name == field);
    place.map(|place| pairs.remove(place).1).unwrap_or_default()
}

/// How browsers write a form.
const FORM: &str = "application/x-www-form-urlencoded";

fn is_form(parts: &Parts) -> bool {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.and_then(|kind| kind.split(';').next()).is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM))
}

fn not_a_form() -> Response {
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("Send the form as {FORM}.\n")).into_response()
}

/// Fields that the form does not have.
pub fn bad_form() -> Response {
    (StatusCode::BAD_REQUEST, "This form is not one of Keyward's. Go back, reload the page and try again.\n")
        .into_response()
}
