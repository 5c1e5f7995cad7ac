//! Carries what a POST did to the page it leads to, in a cookie that lives for half a minute and is gone once it was read.

use app::flash::{FLASH_COOKIE, Flash};
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::layers::request_context::cookie;

/// Seconds that a page has to be loaded in.
const LIFE: u32 = 30;

/// Leads on, where it is said what was done.
pub(super) fn lead(path: &str, said: Flash) -> Response {
    let mut response = Redirect::to(path).into_response();
    keep(&mut response, &said.to_text(), LIFE);
    response
}

/// What has to be said on a page that was asked for with these headers.
pub(super) fn of(headers: &HeaderMap) -> Option<Flash> {
    cookie(headers, FLASH_COOKIE).and_then(Flash::parse)
}

/// It was said.
pub(super) fn forget(response: &mut Response) {
    keep(response, "", 0);
}

fn keep(response: &mut Response, text: &str, life: u32) {
    let cookie = format!("{FLASH_COOKIE}={text}; Path=/; Max-Age={life}; SameSite=Strict; HttpOnly");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
