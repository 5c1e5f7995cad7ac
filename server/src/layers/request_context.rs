//! Who visits the console: the session's user, still allowed to sign in, with the permit that follows.

use std::{path::Path, sync::Arc};

use admin::Permit;
use app::session::context::RequestContext;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use model::{account::Account, id::AccountId, time::Timestamp};
use tower_sessions::Session;

use crate::{layers::address::ClientAddress, state::AppState};

/// The session's field with the account's id.
pub const USER: &str = "user";
/// The session's field with the instant of the sign-in, in milliseconds.
pub const SIGNED_IN_AT: &str = "signed_in_at";
/// The session's field with when it was last used, in milliseconds.
const SEEN: &str = "seen";
/// Milliseconds between two notes of a session's use: each is a write.
const NOTE_EVERY: i64 = 60_000;

/// The cookie with the list's columns.
pub const COLUMNS_COOKIE: &str = "keyward_columns";
/// The cookie with the query of the list that was looked at last.
pub const LIST_COOKIE: &str = "keyward_list";
/// Marks a request that no person made: a page that keeps itself up to date. It does not keep a session alive.
const LIVE_HEADER: &str = "x-keyward-live";

/// The cookie with the chosen theme.
pub const THEME_COOKIE: &str = "keyward_theme";

/// Notes the visit on the request. When sessions cannot be read the answer is 503: nobody is signed out by that.
pub async fn identify_visitor(
    State(app): State<AppState>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let counts = !is_live(&request);
    let Ok(signed_in) = signed_in(&app, &session, counts).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let context = RequestContext {
        admin: app.admin.clone(),
        signed_in,
        origin: app.config.public_url.as_str().into(),
        master_key_file: absolute(&app.config.master_key_file),
        address: request.extensions().get::<ClientAddress>().and_then(|client| client.0),
        columns: cookie(request.headers(), COLUMNS_COOKIE).map(str::to_owned),
        theme: theme(request.headers()),
        list: cookie(request.headers(), LIST_COOKIE).map(str::to_owned),
    };
    request.extensions_mut().insert(context);
    let response = next.run(request).await;
    app.metrics.requested(response.status().as_u16());
    response
}

/// A path from the root, however the setting writes it.
fn absolute(path: &Path) -> Arc<str> {
    std::path::absolute(path).as_deref().unwrap_or(path).to_string_lossy().into()
}

struct Unreadable;

/// Whether nobody did anything to send this.
pub fn is_live(request: &Request) -> bool {
    request.uri().path() == app::routes::LIVE || request.headers().contains_key(LIVE_HEADER)
}

async fn signed_in(app: &AppState, session: &Session, counts: bool) -> Result<Option<(Permit, Account)>, Unreadable> {
    let failed = |error: &dyn std::error::Error| {
        tracing::error!(%error, "a session could not be read");
        Unreadable
    };
    let account: Option<String> = session.get(USER).await.map_err(|error| failed(&error))?;
    let since: Option<i64> = session.get(SIGNED_IN_AT).await.map_err(|error| failed(&error))?;
    let Some((account, since)) = account.as_deref().and_then(AccountId::parse).zip(since) else { return Ok(None) };
    let found = app.admin.permit(account, Timestamp::from_millis(since)).await.map_err(|error| failed(&error))?;
    if found.is_none() {
        session.flush().await.map_err(|error| failed(&error))?;
        return Ok(None);
    }
    if !counts {
        return Ok(found);
    }
    let now = app.clock.now().millis();
    let seen: Option<i64> = session.get(SEEN).await.map_err(|error| failed(&error))?;
    if seen.is_none_or(|seen| now - seen > NOTE_EVERY) {
        session.insert(SEEN, now).await.map_err(|error| failed(&error))?;
    }
    Ok(found)
}

fn theme(headers: &HeaderMap) -> Option<&'static str> {
    match cookie(headers, THEME_COOKIE)? {
        "dark" => Some("dark"),
        "light" => Some("light"),
        _ => None,
    }
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}
