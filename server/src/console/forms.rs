//! Plain forms: what works without JavaScript. Each POST runs the use case of its server function and either leads
//! elsewhere or renders the page again with what was typed.

use std::sync::Arc;

use admin::{AdminError, NewAccount, SetupError, SignInError};
use app::{
    error::ApiError,
    flash::Flash,
    form_outcome::{FormOutcome, SetupCode},
    keys::{
        archive::ArchiveAnswer,
        create::Made,
        form::{ArchiveForm, KeyForm},
        issued_secret::IssueAnswer,
    },
    routes,
    session::context::RequestContext,
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;
use tower_sessions::Session;

use crate::console::{
    flash,
    pages::{answer_form, render},
};
use crate::{
    layers::{
        address::ClientAddress,
        request_context::{SIGNED_IN_AT, THEME_COOKIE, USER},
    },
    state::AppState,
};

/// Has a browser forget what it keeps for us.
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Fields and values, in order. A body that is not a form's has none.
pub(super) fn pairs(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

/// Takes one field out; empty when it is not there.
pub(super) fn take(pairs: &mut [(String, String)], field: &str) -> String {
    pairs.iter_mut().find(|(name, _)| name == field).map(|(_, value)| std::mem::take(value)).unwrap_or_default()
}

/// The status of an answer that failed.
pub(super) fn status(error: ApiError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The setup page, or that its link is dead.
pub async fn setup(State(app): State<AppState>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let code = take(&mut pairs(query.as_bytes()), "code");
    match app.admin.setup_works(&code).await {
        Ok(true) => render(&app, request, None, move |_| provide_context(SetupCode(code.clone()))).await,
        Ok(false) => {
            let mut response =
                render(&app, request, Some(FormOutcome::DeadLink), |_| provide_context(SetupCode(String::new()))).await;
            *response.status_mut() = StatusCode::GONE;
            response
        }
        Err(error) => {
            tracing::error!(%error, "a setup link could not be looked up");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// Makes the first superadmin.
pub async fn post_setup(State(app): State<AppState>, parts: Parts, body: Bytes) -> Response {
    let mut pairs = pairs(&body);
    let (code, email) = (take(&mut pairs, "code"), take(&mut pairs, "email"));
    let form = NewAccount { email: email.clone(), password: take(&mut pairs, "password") };
    let (status, form_outcome) = match app.admin.set_up(&code, form).await {
        Ok(_) => return Redirect::to(&format!("{}?set-up=1", routes::SIGN_IN)).into_response(),
        Err(SetupError::DeadLink) => (StatusCode::GONE, FormOutcome::DeadLink),
        Err(SetupError::Admin(AdminError::Invalid(errors))) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            FormOutcome::SetUp { email, errors: app::keys::field_errors(&errors), failure: None },
        ),
        Err(SetupError::Admin(error)) => {
            let failure = app::session::context::closed(error);
            (status(failure), FormOutcome::SetUp { email, errors: Vec::new(), failure: Some(failure) })
        }
    };
    let request = Request::from_parts(parts, Body::empty());
    let mut response =
        render(&app, request, Some(form_outcome), move |_| provide_context(SetupCode(code.clone()))).await;
    *response.status_mut() = status;
    response
}

/// Signs in. The session gets a new id, so that one known before is worth nothing.
pub async fn post_sign_in(
    State(app): State<AppState>,
    Extension(session): Extension<Session>,
    Extension(client): Extension<ClientAddress>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let mut pairs = pairs(&body);
    let (email, password, next) = (take(&mut pairs, "email"), take(&mut pairs, "password"), take(&mut pairs, "next"));
    let busy = "Many people are signing in at the moment. Wait a few seconds and try again.".to_owned();
    let (status, message) = match app.admin.sign_in(&email, password, client.0).await {
        Ok(signed_in) => {
            let started = async {
                session.cycle_id().await?;
                session.insert(USER, signed_in.account.id.as_str()).await?;
                session.insert(SIGNED_IN_AT, signed_in.at.millis()).await
            };
            match started.await {
                Ok(()) => return Redirect::to(local(&next)).into_response(),
                Err(error) => {
                    tracing::error!(%error, "a session could not be started");
                    (StatusCode::SERVICE_UNAVAILABLE, ApiError::Unavailable.to_string())
                }
            }
        }
        Err(SignInError::Wrong) => (StatusCode::UNAUTHORIZED, "The mail address or the password is wrong.".to_owned()),
        Err(SignInError::Wait(seconds)) => {
            (StatusCode::TOO_MANY_REQUESTS, format!("Too many attempts. Wait {seconds} s and try again."))
        }
        Err(SignInError::Busy) => (StatusCode::SERVICE_UNAVAILABLE, busy),
        Err(SignInError::Store(error)) => {
            tracing::error!(%error, "a sign-in could not be checked");
            (StatusCode::SERVICE_UNAVAILABLE, ApiError::Unavailable.to_string())
        }
    };
    answer_form(&app, parts, status, FormOutcome::SignIn { email, message }).await
}

/// Where to go after signing in: a page of ours and nothing else.
fn local(next: &str) -> &str {
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|b| b.is_ascii_graphic());
    if ours { next } else { routes::HOME }
}

/// Signs out: the session ends on the server.
pub async fn post_sign_out(Extension(session): Extension<Session>) -> Response {
    match session.flush().await {
        Ok(()) => {
            let mut response = Redirect::to(&format!("{}?signed-out=1", routes::SIGN_IN)).into_response();
            // What pages left in the browser for this session, private halves of signing pairs among it, ends with it.
            response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"storage\""));
            response
        }
        Err(error) => {
            tracing::error!(%error, "a session could not be ended");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "You are still signed in: the database does not answer. Try again in a moment.\n",
            )
                .into_response()
        }
    }
}

/// Changes the theme: the system's, dark, light, and round again.
pub async fn post_theme(Extension(context): Extension<RequestContext>, body: Bytes) -> Response {
    let next = take(&mut pairs(&body), "next");
    let (theme, age) = match context.theme {
        None => ("dark", 31_536_000),
        Some("dark") => ("light", 31_536_000),
        Some(_) => ("", 0),
    };
    let cookie = format!("{THEME_COOKIE}={theme}; Path=/; Max-Age={age}; SameSite=Strict; HttpOnly");
    let mut response = Redirect::to(local(&next)).into_response();
    response.headers_mut().extend(HeaderValue::from_str(&cookie).map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

/// Issues a key; the answer shows it once.
pub async fn post_new_key(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let Some(form) = KeyForm::from_pairs(pairs(&body)) else { return bad_form() };
    let (status, form_outcome) = match app::keys::create::issue(&context, &form).await {
        Ok(Made::Answer(IssueAnswer::Issued(once))) => (StatusCode::OK, FormOutcome::Issued(Arc::new(once))),
        Ok(Made::Already(id)) => (StatusCode::CONFLICT, FormOutcome::Already(id)),
        Ok(Made::Answer(IssueAnswer::Refused(errors))) => {
            (StatusCode::UNPROCESSABLE_ENTITY, FormOutcome::Issue { form, errors, failure: None })
        }
        Err(error) => (status(error), FormOutcome::Issue { form, errors: Vec::new(), failure: Some(error) }),
    };
    answer_form(&app, parts, status, form_outcome).await
}

/// Archives a key and leads to its page.
pub async fn post_archive(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let Some(form) = ArchiveForm::from_pairs(pairs(&body)) else { return bad_form() };
    let (status, form_outcome) = match app::keys::archive::archive(&context, &id, &form).await {
        Ok(ArchiveAnswer::Archived) => return flash::lead(&routes::key(&id), Flash::Archived),
        Ok(ArchiveAnswer::Refused(errors)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, FormOutcome::Archive { form, errors, failure: None })
        }
        Err(error) => (status(error), FormOutcome::Archive { form, errors: Vec::new(), failure: Some(error) }),
    };
    answer_form(&app, parts, status, form_outcome).await
}

/// Fields that no form of ours has.
pub(super) fn bad_form() -> Response {
    (StatusCode::BAD_REQUEST, "This form is not one of Keyward's. Go back, reload the page and try again.\n")
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_follow_a_sign_in() {
        for (next, expected) in [
            ("/keys/0123456789ABCDEF?x=1", "/keys/0123456789ABCDEF?x=1"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nSet-Cookie: x=1", "/"),
        ] {
            assert_eq!(local(next), expected, "{next:?}");
        }
    }
}
