//! What a page of the console asks of its visitor before its handler runs.

use app::{form_outcome::FormOutcome, session::context::RequestContext};
use axum::{
    extract::{Request, State},
    http::{Method, StatusCode, Uri},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    access::Access,
    console::{pages::answer_form, session_over},
    state::AppState,
};

/// Leads visitors who are not signed in to the sign-in page, and back afterwards. What they typed into a form is kept.
pub async fn require_sign_in(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let context = request.extensions().get::<RequestContext>();
    if context.is_some_and(|context| context.signed_in.is_some()) {
        return next.run(request).await;
    }
    let reading = request.method().is_safe();
    let wanted = request.uri().path_and_query().map(ToString::to_string);
    if let Some(kept) = session_over::keep(&app, request).await {
        return kept;
    }
    match wanted.filter(|wanted| reading && wanted != "/" && wanted != app::routes::KEYS) {
        Some(wanted) => {
            let wanted: String = form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
            Redirect::to(&format!("{}?next={wanted}", app::routes::SIGN_IN)).into_response()
        }
        None => Redirect::to(app::routes::SIGN_IN).into_response(),
    }
}

/// Asks for authority before anything else of a request is looked at. Who may not do this is told which roles may.
pub async fn require_permission(
    State((app, access)): State<(AppState, Access)>,
    request: Request,
    next: Next,
) -> Response {
    let context = request.extensions().get::<RequestContext>();
    let permit = context.and_then(|context| context.signed_in.as_ref()).map(|(permit, _)| permit);
    let missing = access
        .action(request.uri().path())
        .filter(|action| permit.is_none_or(|permit| permit.allows(*action).is_err()));
    let Some(action) = missing else { return next.run(request).await };
    let (mut parts, _) = request.into_parts();
    if parts.method != Method::GET {
        // Not every form has a page of its own.
        parts.uri = Uri::from_static(app::routes::KEYS);
    }
    answer_form(&app, parts, StatusCode::FORBIDDEN, FormOutcome::Barred(action)).await
}
