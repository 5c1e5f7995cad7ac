//! The plain forms of a key's request signing keys: each leads back to their page, or renders it again with what was typed.

use std::mem;

use app::{
    form_outcome::FormOutcome,
    request_signing::{
        form::{RequestSigningKeyForm, overlap_from_pairs},
        load::{add_request_signing_key, retire_request_signing_key},
    },
    routes,
};
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};

use crate::console::form_post::{Form, FormPost, Pairs};

impl Form for RequestSigningKeyForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        Self::from_pairs(mem::take(pairs))
    }
}

/// The form that retires a request signing key: after which overlap.
pub struct RetireForm(String);

impl Form for RetireForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        overlap_from_pairs(mem::take(pairs)).map(Self)
    }
}

/// Adds a request signing key.
pub async fn post_request_signing_key(
    Path(id): Path<String>,
    FormPost(mut form, post): FormPost<RequestSigningKeyForm>,
) -> Response {
    match add_request_signing_key(&post.context, &id, &mut form).await {
        Ok(errors) if errors.is_empty() => Redirect::to(&routes::signing_keys(&id)).into_response(),
        Ok(errors) => post.refuse(errors, |errors| FormOutcome::Signing(form, errors)).await,
        Err(error) => post.refuse(error, |errors| FormOutcome::Signing(form, errors)).await,
    }
}

/// Retires a request signing key.
pub async fn post_retire(
    Path((id, request_signing_key)): Path<(String, String)>,
    FormPost(RetireForm(overlap), post): FormPost<RetireForm>,
) -> Response {
    let page = routes::signing_keys(&id);
    match retire_request_signing_key(&post.context, &id, &request_signing_key, &overlap).await {
        Ok(()) => Redirect::to(&page).into_response(),
        // What failed is said on the page that the form is part of.
        Err(error) => {
            let outcome = |errors| FormOutcome::Signing(RequestSigningKeyForm::default(), errors);
            post.at(&page).refuse(error, outcome).await
        }
    }
}
