//! Carries what a POST did to the page it leads to, in a cookie that lives for half a minute and is gone once it was read.

use app::said::{SAID_COOKIE, Said};
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::{layers::cookie, router::App};

/// Seconds that a page has to be loaded in.
const LIFE: u32 = 30;

/// Leads on, where it is said what was done.
pub(super) fn lead(app: &App, path: &str, said: Said) -> Response {
    let mut response = Redirect::to(path).into_response();
    keep(app, &mut response, &said.to_text(), LIFE);
    response
}

/// What has to be said on a page that was asked for with these headers.
pub(super) fn of(headers: &HeaderMap) -> Option<Said> {
    cookie(headers, SAID_COOKIE).and_then(Said::parse)
}

/// It was said.
pub(super) fn forget(app: &App, response: &mut Response) {
    keep(app, response, "", 0);
}

fn keep(app: &App, response: &mut Response, text: &str, life: u32) {
    let secure = if app.config.is_tls() { "; Secure" } else { "" };
    let cookie = format!("{SAID_COOKIE}={text}; Path=/; Max-Age={life}; SameSite=Strict; HttpOnly{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
