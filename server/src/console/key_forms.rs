//! The plain forms of a key that is there: edit, switch, rotate, cut, extend, purge. Each leads elsewhere when it is done, or renders
//! its page again with what was typed.

use std::sync::Arc;

use app::{
    flash::Flash,
    form_outcome::{FormErrors, FormOutcome},
    keys::{
        change::{Edited, Rotated},
        form::{BACK, EditForm, PurgeForm, rotation::RotateForm},
    },
    routes,
    session::context::RequestContext,
};
use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use model::id::KeyId;

use crate::console::{
    flash,
    forms::{bad_form, pairs, take},
    pages::answer_form,
};
use crate::state::AppState;

fn status(refused: &FormErrors) -> StatusCode {
    StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Edits a key and leads to its page.
pub async fn post_edit(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let Some(form) = EditForm::from_pairs(pairs(&body)) else { return bad_form() };
    if form.step == BACK {
        // As it was typed: nothing is asked of anybody.
        return answer_form(&app, parts, StatusCode::OK, FormOutcome::Edit(form, FormErrors::default())).await;
    }
    match app::keys::change::edit(&context, &id, &form).await {
        Ok(Edited::Saved) => flash::lead(&routes::key(&id), Flash::Saved),
        Ok(Edited::WouldBreak(found)) => {
            answer_form(&app, parts, StatusCode::OK, FormOutcome::Tighten(form, found)).await
        }
        Err(refused) => answer_form(&app, parts, status(&refused), FormOutcome::Edit(form, refused)).await,
    }
}

/// Switches a key off or on, and leads to its page.
pub async fn post_switch(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<String>,
    mut parts: Parts,
    body: Bytes,
) -> Response {
    let on = match take(&mut pairs(&body), "to").as_str() {
        "on" => true,
        "off" => false,
        _ => return bad_form(),
    };
    match (app::keys::change::switch(&context, &id, on).await, KeyId::parse(&id)) {
        (Ok(()), Some(key)) => flash::lead(&routes::key(&id), Flash::switched(key, on)),
        // An archived key's page says why it stays as it is.
        (Ok(()) | Err(FormErrors { failure: None, .. }), _) => Redirect::to(&routes::key(&id)).into_response(),
        (Err(refused), _) => {
            // There is no page of its own to come back to.
            parts.uri = routes::key(&id).parse().unwrap_or(parts.uri);
            answer_form(&app, parts, status(&refused), FormOutcome::Switch(refused)).await
        }
    }
}

/// Issues a key's successor; the answer shows it once.
pub async fn post_rotate(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let Some(form) = RotateForm::from_pairs(pairs(&body)) else { return bad_form() };
    match app::keys::change::rotate(&context, &id, &form).await {
        Ok(Rotated::IssuedSecret(once)) => {
            answer_form(&app, parts, StatusCode::OK, FormOutcome::Issued(Arc::from(once))).await
        }
        Ok(Rotated::Already(id)) => answer_form(&app, parts, StatusCode::CONFLICT, FormOutcome::Already(id)).await,
        Err(refused) => answer_form(&app, parts, status(&refused), FormOutcome::Rotate(form, refused)).await,
    }
}

/// Ends the overlap of an old key and leads back to the page it was asked on.
pub async fn post_cut(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    // Only a key has such a page.
    let Some(page) = KeyId::parse(&take(&mut pairs(&body), "page")) else { return bad_form() };
    let done = app::keys::change::cut(&context, &id).await;
    overlap_answer(&app, parts, page, (id, RotateForm::default()), done).await
}

/// Lets an old key work for longer and leads back to the page it was asked on.
pub async fn post_extend(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let mut pairs = pairs(&body);
    let Some(page) = KeyId::parse(&take(&mut pairs, "page")) else { return bad_form() };
    pairs.retain(|(field, _)| field != "page");
    let Some(form) = RotateForm::from_pairs(pairs) else { return bad_form() };
    let done = app::keys::change::extend(&context, &id, &form).await;
    overlap_answer(&app, parts, page, (id, form), done).await
}

/// Leads to the key's page that a form was on, or renders it again with what has to be mended.
async fn overlap_answer(
    app: &AppState,
    mut parts: Parts,
    page: KeyId,
    (old, form): (String, RotateForm),
    done: Result<(), FormErrors>,
) -> Response {
    let page = routes::key(page.as_str());
    let Err(refused) = done else { return Redirect::to(&page).into_response() };
    parts.uri = page.parse().unwrap_or(parts.uri);
    answer_form(app, parts, status(&refused), FormOutcome::Overlap(old, form, refused)).await
}

/// Removes an archived key and leads to the list.
pub async fn post_purge(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let Some(form) = PurgeForm::from_pairs(pairs(&body)) else { return bad_form() };
    match app::keys::change::purge(&context, &id, &form).await {
        Ok(()) => flash::lead(&format!("{}?status=any", routes::KEYS), Flash::Purged),
        Err(refused) => answer_form(&app, parts, status(&refused), FormOutcome::Purge(form, refused)).await,
    }
}
