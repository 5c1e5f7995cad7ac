//! The answer to a form that was sent after its session had ended: a page that keeps what was typed and sends it again,
//! once its author has signed in in another tab. Only forms without secrets are kept, and never a password.

use app::{form_outcome::FormOutcome, routes};
use axum::{
    body::to_bytes,
    extract::{MatchedPath, Request},
    http::{StatusCode, Uri},
    response::Response,
};

use crate::{
    console::{form_post::pairs, pages::answer_form},
    layers::envelope::BODY_LIMIT,
    state::AppState,
};

/// The forms that somebody spends time on.
const KEPT: [&str; 11] = [
    routes::NEW_KEY,
    routes::BULK,
    routes::NEW_PERSON,
    "/keys/{id}/edit",
    "/keys/{id}/rotate",
    "/keys/{id}/extend",
    "/keys/{id}/archive",
    "/keys/{id}/purge",
    "/keys/{id}/signing",
    "/settings/{kind}/new",
    "/settings/{kind}/{id}",
];

/// The page; nothing when there is nothing to keep.
pub async fn keep(app: &AppState, request: Request) -> Option<Response> {
    let is_kept = request.extensions().get::<MatchedPath>().is_some_and(|path| KEPT.contains(&path.as_str()));
    if request.method().is_safe() || !is_kept {
        return None;
    }
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT).await.ok()?;
    let fields: Vec<_> = pairs(&body).into_iter().filter(|(name, _)| name != "password").collect();
    if fields.is_empty() {
        return None;
    }
    let action = parts.uri.path().to_owned();
    // It stands where one signs in: whoever sees it is nobody.
    parts.uri = Uri::from_static(routes::SIGN_IN);
    Some(answer_form(app, parts, StatusCode::UNAUTHORIZED, FormOutcome::SessionExpired { action, fields }).await)
}
