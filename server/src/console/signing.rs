//! The plain forms of a key's request signing keys: each leads back to their page, or renders it again with what was typed.

use app::{
    form_outcome::FormOutcome,
    request_signing::form::{RequestSigningKeyForm, overlap_from_pairs},
    routes,
    session::context::RequestContext,
};
use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, Uri, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use crate::console::{
    forms::{bad_form, pairs, status},
    pages::answer_form,
};
use crate::state::AppState;

/// Adds a request signing key.
pub async fn post_request_signing_key(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let Some(mut form) = RequestSigningKeyForm::from_pairs(pairs(&body)) else { return bad_form() };
    let (status, errors, failure) =
        match app::request_signing::load::add_request_signing_key(&context, &id, &mut form).await {
            Ok(errors) if errors.is_empty() => return Redirect::to(&routes::signing_keys(&id)).into_response(),
            Ok(errors) => (StatusCode::UNPROCESSABLE_ENTITY, errors, None),
            Err(error) => (status(error), Vec::new(), Some(error)),
        };
    answer_form(&app, parts, status, FormOutcome::Signing { form, errors, failure }).await
}

/// Retires a request signing key.
pub async fn post_retire(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Path((id, request_signing_key)): Path<(String, String)>,
    mut parts: Parts,
    body: Bytes,
) -> Response {
    let Some(overlap) = overlap_from_pairs(pairs(&body)) else { return bad_form() };
    let page = routes::signing_keys(&id);
    let Err(error) =
        app::request_signing::load::retire_request_signing_key(&context, &id, &request_signing_key, &overlap).await
    else {
        return Redirect::to(&page).into_response();
    };
    // What failed is said on the page that the form is part of.
    parts.uri = Uri::try_from(page).unwrap_or(parts.uri);
    let form_outcome =
        FormOutcome::Signing { form: RequestSigningKeyForm::default(), errors: Vec::new(), failure: Some(error) };
    answer_form(&app, parts, status(error), form_outcome).await
}
