//! Refuses requests that another site's page makes a browser send. Reading is free; whatever else comes must say that it
//! comes from here.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::RequestId;
use crate::{http::problem::Problem, router::App};

/// Lets through what is safe or comes from here.
pub async fn refuse_other_sites(State(app): State<App>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_ours(request.headers(), &app.config.public_url) {
        return next.run(request).await;
    }
    match request.extensions().get::<RequestId>() {
        Some(id) => {
            let detail = "This request did not come from a page of this Keyward. Open the console and try again there.";
            Problem::new(StatusCode::FORBIDDEN, "cross_site", detail, id).into_response()
        }
        None => StatusCode::FORBIDDEN.into_response(),
    }
}

/// `Sec-Fetch-Site`, which pages cannot forge; from browsers that do not send it, `Origin`. Neither is a no.
fn is_ours(headers: &HeaderMap, public_url: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else { return false };
    let host = text(header::HOST);
    let from_host = ["http://", "https://"].iter().find_map(|scheme| origin.strip_prefix(scheme));
    origin == public_url || (from_host.is_some() && from_host == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_change_things() {
        for (lines, expected) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://keys.example.com")], false),
            (&[("origin", "https://keys.example.com"), ("host", "10.0.0.1:3000")], true),
            (&[("origin", "http://10.0.0.1:3000"), ("host", "10.0.0.1:3000")], true),
            (&[("origin", "https://evil.example"), ("host", "10.0.0.1:3000")], false),
            (&[("origin", "null"), ("host", "10.0.0.1:3000")], false),
            (&[("host", "10.0.0.1:3000")], false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, value.parse().unwrap());
            }
            assert_eq!(is_ours(&headers, "https://keys.example.com"), expected, "{lines:?}");
        }
    }
}
