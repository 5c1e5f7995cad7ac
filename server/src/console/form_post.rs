//! A plain form that was posted, as handlers take it, and how it is answered.

use app::{
    form_outcome::{FormErrors, FormOutcome},
    session::context::RequestContext,
};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, Uri, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{console::pages::answer_form, state::AppState};

/// The fields of a form, in the order in which they were sent.
pub type Pairs = Vec<(String, String)>;

/// A form of the console.
pub trait Form: Sized {
    /// Reads the fields; `None` when they are not those of this form.
    fn read(pairs: Pairs) -> Option<Self>;
}

/// A form, and the request it came with. Fields that no form of ours has are refused with 400.
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
        let form = T::read(pairs(&body)).ok_or_else(bad_form)?;
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
pub fn take(pairs: &mut [(String, String)], field: &str) -> String {
    pairs.iter_mut().find(|(name, _)| name == field).map(|(_, value)| std::mem::take(value)).unwrap_or_default()
}

/// Fields that no form of ours has.
pub fn bad_form() -> Response {
    (StatusCode::BAD_REQUEST, "This form is not one of Keyward's. Go back, reload the page and try again.\n")
        .into_response()
}
