//! The settings' forms: each POST runs one use case and leads to the list, or renders the page again with what was typed
//! and what to mend.

use app::{
    catalog::view::{SaveAnswer, Typed},
    error::ApiError,
    form_outcome::FormOutcome,
    routes,
    session::context::RequestContext,
};
use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, Uri, request::Parts},
    response::Response,
};
use model::catalog::Kind;

use crate::console::{
    flash,
    forms::{bad_form, pairs, status, take},
    pages::answer_form,
};
use crate::state::AppState;

/// Leads on when it is saved; otherwise the page of this request is rendered again.
async fn lead(
    app: &AppState,
    parts: Parts,
    done: &str,
    typed: Typed,
    result: Result<SaveAnswer, ApiError>,
) -> Response {
    let (status, errors, failure) = match result {
        Ok(SaveAnswer::Saved(said)) => return flash::lead(done, said),
        Ok(SaveAnswer::Refused(errors)) => (StatusCode::UNPROCESSABLE_ENTITY, errors, None),
        Err(error) => (status(error), Vec::new(), Some(error)),
    };
    answer_form(app, parts, status, FormOutcome::Settings { typed, errors, failure }).await
}

/// The list a form leads to.
fn list(kind: &str) -> String {
    routes::SETTINGS.replace(":kind", Kind::parse(kind).map_or("", Kind::code))
}

/// The fields of this kind's form. A kind that is none has no form; whoever saves it says so.
fn typed(kind: &str, body: &[u8]) -> Option<Typed> {
    let kind = Kind::parse(kind);
    Typed::from_pairs(pairs(body), |name| kind.is_none_or(|kind| kind.fields().iter().any(|field| field.name == name)))
}

async fn save(
    app: &AppState,
    context: &RequestContext,
    kind: &str,
    id: Option<&str>,
    parts: Parts,
    body: &[u8],
) -> Response {
    let Some(typed) = typed(kind, body) else { return bad_form() };
    let saved = app::catalog::forms::save_entry(context, kind, id, &typed).await;
    lead(app, parts, &list(kind), typed, saved).await
}

/// Makes an entry.
pub async fn post_new_entry(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Path(kind): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    save(&app, &context, &kind, None, parts, &body).await
}

/// Edits an entry.
pub async fn post_entry(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Path((kind, id)): Path<(String, String)>,
    parts: Parts,
    body: Bytes,
) -> Response {
    save(&app, &context, &kind, Some(&id), parts, &body).await
}

/// Whether a switch's form says on; `None` when it says neither.
fn on(body: &[u8]) -> Option<bool> {
    match take(&mut pairs(body), "on").as_str() {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}

/// The same request for another page: a switch has none of its own.
fn at(mut parts: Parts, path: &str) -> Parts {
    parts.uri = path.parse().unwrap_or_else(|_| Uri::from_static(routes::KEYS));
    parts
}

/// Switches an entry off, or on again.
pub async fn post_switch_entry(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Path((kind, id)): Path<(String, String)>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let Some(on) = on(&body) else { return bad_form() };
    let switched = app::catalog::forms::switch_entry(&context, &kind, &id, on).await;
    let list = list(&kind);
    lead(&app, at(parts, &list), &list, Typed::default(), switched).await
}

/// Adds someone who may sign in.
pub async fn post_new_person(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let mut pairs = pairs(&body);
    let password = take(&mut pairs, "password");
    let known = |name: &str| ["email", "role", "password"].contains(&name);
    let Some(typed) = Typed::from_pairs(pairs, known) else { return bad_form() };
    let added = app::catalog::forms::add_person(&context, &typed, password).await;
    lead(&app, parts, routes::PEOPLE, typed, added).await
}

/// Lets someone sign in, or not.
pub async fn post_switch_person(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let Some(on) = on(&body) else { return bad_form() };
    let switched = app::catalog::forms::switch_person(&context, &id, on).await;
    lead(&app, at(parts, routes::PEOPLE), routes::PEOPLE, Typed::default(), switched).await
}
