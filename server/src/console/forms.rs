//! The plain forms of setting up, signing in and out, and of the theme.

use admin::{AdminError, NewAccount, SetupError, SignInError};
use app::{
    error::ApiError,
    form_outcome::{FormErrors, FormOutcome},
    routes,
};
use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use model::{id::AccountId, time::Timestamp};
use tower_sessions::Session;

use crate::{
    console::{
        form_post::{Form, FormPost, Pairs, pairs, take},
        pages::render,
    },
    layers::{
        address::ClientAddress,
        request_context::{SIGNED_IN_AT, THEME_COOKIE, USER},
    },
    state::AppState,
};

/// Has a browser forget what it keeps for us.
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// The status of an answer that failed.
pub(super) fn status(error: ApiError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The setup page, or that its link is dead.
pub async fn setup(State(app): State<AppState>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let code = take(&mut pairs(query.as_bytes()), "code");
    match app.admin.setup_works(&code).await {
        Ok(true) => {
            let blank = FormOutcome::SetUp { code, email: String::new(), errors: FormErrors::default() };
            render(&app, request, Some(blank)).await
        }
        Ok(false) => {
            let mut response = render(&app, request, Some(FormOutcome::DeadLink)).await;
            *response.status_mut() = StatusCode::GONE;
            response
        }
        Err(error) => {
            tracing::error!(%error, "a setup link could not be looked up");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// The form that makes the first superadmin.
pub struct SetupForm {
    /// What the link carries.
    code: String,
    email: String,
    password: String,
}

impl Form for SetupForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        let mut field = |name| take(pairs, name);
        Some(Self { code: field("code"), email: field("email"), password: field("password") })
    }
}

/// Makes the first superadmin, who is signed in then.
pub async fn post_setup(Extension(session): Extension<Session>, FormPost(form, post): FormPost<SetupForm>) -> Response {
    let SetupForm { code, email, password } = form;
    let errors: FormErrors = match post.app.admin.set_up(&code, NewAccount { email: email.clone(), password }).await {
        Ok(account) => {
            let is_begun = begin(&session, account.id, post.app.clock.now()).await;
            let next = if is_begun.is_ok() { routes::HOME.to_owned() } else { format!("{}?set-up=1", routes::SIGN_IN) };
            return Redirect::to(&next).into_response();
        }
        Err(SetupError::DeadLink) => return post.answer(StatusCode::GONE, FormOutcome::DeadLink).await,
        Err(SetupError::Admin(AdminError::Invalid(errors))) => app::keys::field_errors(&errors).into(),
        Err(SetupError::Admin(error)) => app::session::context::closed(error).into(),
    };
    post.refuse(errors, |errors| FormOutcome::SetUp { code, email, errors }).await
}

/// Begins a session. It gets a new id, so that one known before is worth nothing.
async fn begin(session: &Session, account: AccountId, at: Timestamp) -> Result<(), tower_sessions::session::Error> {
    session.cycle_id().await?;
    session.insert(USER, account.as_str()).await?;
    session.insert(SIGNED_IN_AT, at.millis()).await
}

/// The form that signs in.
pub struct SignInForm {
    email: String,
    password: String,
    /// Where to go then.
    next: String,
}

impl Form for SignInForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        let mut field = |name| take(pairs, name);
        Some(Self { email: field("email"), password: field("password"), next: field("next") })
    }
}

/// Signs in.
pub async fn post_sign_in(
    Extension(session): Extension<Session>,
    Extension(client): Extension<ClientAddress>,
    FormPost(form, post): FormPost<SignInForm>,
) -> Response {
    let SignInForm { email, password, next } = form;
    let busy = "Many people are signing in at the moment. Wait a few seconds and try again.".to_owned();
    let (status, message) = match post.app.admin.sign_in(&email, password, client.0).await {
        Ok(signed_in) => match begin(&session, signed_in.account.id, signed_in.at).await {
            Ok(()) => return Redirect::to(local(&next)).into_response(),
            Err(error) => {
                tracing::error!(%error, "a session could not be started");
                (StatusCode::SERVICE_UNAVAILABLE, ApiError::Unavailable.to_string())
            }
        },
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
    post.answer(status, FormOutcome::SignIn { email, message }).await
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
pub async fn post_sign_out(Extension(session): Extension<Session>, FormPost((), _): FormPost<()>) -> Response {
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

/// The form that changes the theme.
pub struct ThemeForm {
    /// `light`, `dark`, or empty for the system's.
    theme: String,
    /// Where to go then.
    next: String,
}

impl Form for ThemeForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        let (theme, next) = (take(pairs, "theme"), take(pairs, "next"));
        ["", "light", "dark"].contains(&theme.as_str()).then_some(Self { theme, next })
    }
}

/// Chooses the theme.
pub async fn post_theme(FormPost(ThemeForm { theme, next }, _): FormPost<ThemeForm>) -> Response {
    let age = if theme.is_empty() { 0 } else { 31_536_000 };
    let cookie = format!("{THEME_COOKIE}={theme}; Path=/; Max-Age={age}; SameSite=Strict; HttpOnly");
    let mut response = Redirect::to(local(&next)).into_response();
    response.headers_mut().extend(HeaderValue::from_str(&cookie).map(|cookie| (header::SET_COOKIE, cookie)));
    response
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
