//! Refuses requests that another site's page makes a browser send. Reading is free; whatever else comes must say that it
//! comes from here.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};

use crate::{layers::refusal, state::AppState};

/// Lets through what is safe or comes from here.
pub async fn refuse_other_sites(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // Programs ask there, with keys; the routes there have no use for a session.
    let is_machine = request.uri().path().starts_with("/api/v1/");
    let public_url = app.config.is_public_url_set.then_some(app.config.public_url.as_str());
    if safe || is_machine || is_ours(request.headers(), public_url) {
        return next.run(request).await;
    }
    let detail = match public_url {
        Some(url) => format!(
            "This did not come from a page of {url}, the address that this Keyward has (KEYWARD_PUBLIC_URL). Open the console there and try again."
        ),
        None => "This did not come from a page of this Keyward. Open the console and try again there.".to_owned(),
    };
    refusal(request.headers(), request.extensions(), StatusCode::FORBIDDEN, "cross_site", &detail)
}

/// Whether our own page sent a request. `Sec-Fetch-Site`, which pages cannot forge and browsers leave out over plain HTTP,
/// may not speak against it. `Origin`, where there is one, is the public URL, or, where none is set, the host that the
/// request is for. Neither of the two is a no.
fn is_ours(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if site.is_some_and(|site| !matches!(site, b"same-origin" | b"none")) {
        return false;
    }
    let Some(origin) = text(header::ORIGIN) else { return site.is_some() };
    if let Some(url) = public_url {
        return origin == url;
    }
    let host = ["http://", "https://"].iter().find_map(|scheme| origin.strip_prefix(scheme));
    host.is_some() && host == text(header::HOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_change_things() {
        let set = Some("https://keys.example.com");
        for (url, lines, expected) in [
            (None, &[("sec-fetch-site", "same-origin")][..], true),
            (None, &[("sec-fetch-site", "none")], true),
            (None, &[("sec-fetch-site", "same-site")], false),
            (None, &[("sec-fetch-site", "cross-site")], false),
            (set, &[("sec-fetch-site", "same-origin"), ("origin", "https://keys.example.com")], true),
            (set, &[("sec-fetch-site", "cross-site"), ("origin", "https://keys.example.com")], false),
            (
                set,
                &[("sec-fetch-site", "same-origin"), ("origin", "http://10.0.0.1:3000"), ("host", "10.0.0.1:3000")],
                false,
            ),
            (set, &[("origin", "https://keys.example.com"), ("host", "10.0.0.1:3000")], true),
            (set, &[("origin", "http://10.0.0.1:3000"), ("host", "10.0.0.1:3000")], false),
            (None, &[("origin", "http://keys.lan:3000"), ("host", "keys.lan:3000")], true),
            (None, &[("origin", "http://10.0.0.1:3000"), ("host", "10.0.0.1:3000")], true),
            (None, &[("origin", "https://evil.example"), ("host", "10.0.0.1:3000")], false),
            (None, &[("origin", "null"), ("host", "10.0.0.1:3000")], false),
            (None, &[("origin", "null"), ("host", "null")], false),
            (None, &[("sec-fetch-site", "same-origin"), ("origin", "null"), ("host", "10.0.0.1:3000")], false),
            (None, &[("host", "10.0.0.1:3000")], false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, value.parse().unwrap());
            }
            assert_eq!(is_ours(&headers, url), expected, "{url:?} {lines:?}");
        }
    }
}
