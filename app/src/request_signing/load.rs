//! Request signing keys.

use admin::{AdminError, Permit};
use crypto::{
    secret::Digest,
    signature::{KeyError, RequestSigningKey},
};
use leptos::prelude::*;
use model::{
    account::Action,
    id::RequestSigningKeyId,
    key::{KeyState, SignedWrites},
    time::span,
};

use crate::{
    error::ApiError,
    keys::{
        to_view::{self, when},
        view::FieldErrorView,
    },
    request_signing::form::{
        RequestSigningKeyForm, RequestSigningKeyState, RequestSigningKeyView, SigningView, WritesView, looks_private,
    },
    session::context,
};

/// A key's request signing keys, with what becomes of writes.
pub async fn show_signing(id: String) -> Result<SigningView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit = context.permit()?;
            let id = to_view::key_id(&id)?;
            let found = context.admin.show_key(permit, id).await.map_err(context::closed)?;
            let request_signing_keys = context.admin.request_signing_keys(permit, id).await.map_err(context::closed)?;
            Ok(view(&found.key, &request_signing_keys, permit, session()?, context.admin.clock().now()))
        }
        .await,
    )
}

/// Adds a request signing key for this visit. Says what has to be mended, if anything; a private key is then taken out of the
/// form, so that it is never sent back.
pub async fn add_request_signing_key(
    context: &crate::session::context::RequestContext,
    id: &str,
    form: &mut RequestSigningKeyForm,
) -> Result<Vec<FieldErrorView>, ApiError> {
    let asked = admin::RequestSigningKeyForm {
        label: form.label.clone(),
        public_key: form.public_key.clone(),
        replace_after: span(&form.replace_after),
    };
    if looks_private(&form.public_key) || RequestSigningKey::parse(&form.public_key) == Err(KeyError::Private) {
        form.public_key.clear();
    }
    match context.admin.add_request_signing_key(context.permit()?, to_view::key_id(id)?, &asked).await {
        Ok(_) => Ok(Vec::new()),
        Err(AdminError::Invalid(errors)) => Ok(to_view::field_errors(&errors)),
        Err(error) => Err(context::closed(error)),
    }
}

/// Retires a request signing key for this visit.
pub async fn retire_request_signing_key(
    context: &crate::session::context::RequestContext,
    id: &str,
    request_signing_key: &str,
    overlap: &str,
) -> Result<(), ApiError> {
    let permit = context.may(Action::WriteKeys)?;
    let id = to_view::key_id(id)?;
    context.admin.show_key(permit, id).await.map_err(context::closed)?;
    let request_signing_key = RequestSigningKeyId::parse(request_signing_key).ok_or(ApiError::NotFound)?;
    let overlap = span(overlap).ok_or(ApiError::BadRequest)?;
    context.admin.retire_request_signing_key(permit, id, request_signing_key, overlap).await.map_err(context::closed)
}

/// Names the session without telling its id.
fn session() -> Result<String, ApiError> {
    let parts = use_context::<axum::http::request::Parts>().ok_or(ApiError::Unavailable)?;
    let id = parts.extensions.get::<tower_sessions::Session>().and_then(tower_sessions::Session::id);
    let id = id.ok_or(ApiError::SignedOut)?;
    let mut name = Digest::of(format!("kept in the browser for {id}").as_bytes()).to_hex();
    name.truncate(16);
    Ok(name)
}

fn view(
    key: &model::key::Key,
    request_signing_keys: &[store::StoredRequestSigningKey],
    permit: &Permit,
    session: String,
    now: model::time::Timestamp,
) -> SigningView {
    let state = |end| match end {
        None => RequestSigningKeyState::Counts,
        Some(end) if now < end => RequestSigningKeyState::Retires(when(end, now)),
        Some(end) => RequestSigningKeyState::Retired(when(end, now)),
    };
    let counting = || request_signing_keys.iter().filter(|key| key.counts(now));
    let writes = match (key.spec.signed_writes, counting().filter_map(|key| key.retired_at).max()) {
        (SignedWrites::Optional, _) => WritesView::Unsigned,
        (SignedWrites::Required, _) if counting().any(|key| key.retired_at.is_none()) => WritesView::Signed,
        (SignedWrites::Required, Some(last)) => WritesView::SignedUntil(when(last, now)),
        (SignedWrites::Required, None) => WritesView::Refused,
    };
    SigningView {
        id: key.id.to_string(),
        name: key.spec.name.to_string(),
        writes,
        request_signing_keys: request_signing_keys
            .iter()
            .map(|key| RequestSigningKeyView {
                id: key.id.to_string(),
                label: key.label.to_string(),
                fingerprint: key.public.fingerprint(),
                pem: key.public.to_pem(),
                added: when(key.created_at, now),
                by: key.created_by.clone(),
                state: state(key.retired_at),
            })
            .collect(),
        may_change: permit.allows(Action::WriteKeys).is_ok() && !matches!(key.state, KeyState::Archived(_)),
        session,
    }
}
