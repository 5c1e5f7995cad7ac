//! The page that explains refusals. A key may be pasted into it: it comes with a POST, goes to the use case, and is in no
//! address, no answer and no log.

use app::{explain::answer::ExplainForm, form_outcome::FormOutcome, routes, session::context::RequestContext};
use axum::{
    Extension,
    body::Bytes,
    extract::{Request, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use model::id::KeyId;

use crate::console::{
    forms::{bad_form, pairs, status},
    pages::answer_form,
};
use crate::state::AppState;

/// The page, for an id in the address or for none. Anything else in the address could be a key, and is dropped.
pub async fn why(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    request: Request,
) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asked = match pairs(query.as_bytes()).as_slice() {
        [] => None,
        [(name, id)] if (name == "key" || name == "request") && KeyId::parse(id).is_some() => Some(id.clone()),
        _ => return Redirect::to(routes::WHY).into_response(),
    };
    answer(&app, &context, request.into_parts().0, asked.as_deref(), &ExplainForm::default()).await
}

/// The answer to the form.
pub async fn post_why(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let (mut asked, mut form) = (String::new(), ExplainForm::default());
    for (field, value) in pairs(&body) {
        match field.as_str() {
            "asked" => asked = value,
            "scope" => form.scope = value,
            "tenant" => form.tenant = value,
            "address" => form.address = value,
            "method" => form.method = value,
            _ => return bad_form(),
        }
    }
    if parts.uri.query().is_some() {
        return bad_form();
    }
    answer(&app, &context, parts, Some(&asked), &form).await
}

async fn answer(
    app: &AppState,
    context: &RequestContext,
    parts: Parts,
    asked: Option<&str>,
    form: &ExplainForm,
) -> Response {
    let view = app::explain::load::why(context, &app.verifier, asked, form).await;
    let status = match view.failure {
        Some(error) => status(error),
        None if view.errors.is_empty() => StatusCode::OK,
        None => StatusCode::UNPROCESSABLE_ENTITY,
    };
    answer_form(app, parts, status, FormOutcome::Why(Box::new(view))).await
}
