//! Refuses what no page of ours sends: text that no field can hold (bytes that are not UTF-8, and NUL), and a field that
//! comes twice. It is refused here once: further in, the first would be another character by then, the second is an error
//! of `PostgreSQL`, and of the third one value would win.

use std::{collections::HashSet, sync::LazyLock};

use app::catalog::fields::is_ticked;
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::Response,
};
use model::catalog;
use percent_encoding::percent_decode;

use crate::layers::{envelope::BODY_LIMIT, refusal};

/// Lets through what is no form or is one of text.
pub async fn refuse_unreadable_forms(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        let detail = format!("This is more than {BODY_LIMIT} bytes. Send less.");
        return refusal(&parts.headers, &parts.extensions, StatusCode::PAYLOAD_TOO_LARGE, "too_large", &detail);
    };
    let found = match kind(&parts.headers) {
        Some(Kind::Fields) => fields(&body),
        Some(Kind::Json) => json(&body),
        None => Ok(()),
    };
    if let Err(detail) = found {
        return refusal(&parts.headers, &parts.extensions, StatusCode::BAD_REQUEST, "invalid", detail);
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// How a form is written.
enum Kind {
    Fields,
    Json,
}

fn kind(headers: &HeaderMap) -> Option<Kind> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    match kind.split(';').next()?.trim().to_ascii_lowercase().as_str() {
        "application/x-www-form-urlencoded" => Some(Kind::Fields),
        "application/json" => Some(Kind::Json),
        _ => None,
    }
}

const NO_TEXT: &str = "The form holds bytes that are no text. Go back, type the field again and send it once more.";
const TWICE: &str = "The form holds a field twice. Go back, reload the page and send it once more.";

fn fields(body: &[u8]) -> Result<(), &'static str> {
    if !is_text(&percent_decode(body).collect::<Vec<_>>()) {
        return Err(NO_TEXT);
    }
    let mut seen = HashSet::new();
    let mut names = form_urlencoded::parse(body).map(|(name, _)| name).filter(|name| !MANY.contains(&**name));
    if names.all(|name| seen.insert(name)) { Ok(()) } else { Err(TWICE) }
}

/// JSON writes NUL as an escape. Names that come twice are refused where the JSON is read.
fn json(body: &[u8]) -> Result<(), &'static str> {
    let has_nul = body.windows(6).any(|six| six == br"\u0000");
    if is_text(body) && !has_nul { Ok(()) } else { Err(NO_TEXT) }
}

/// The fields of which a form has as many as are ticked, or as it has rows.
static MANY: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let fields = catalog::Kind::ALL.into_iter().flat_map(|kind| kind.fields().iter().map(move |field| (kind, *field)));
    let ticked = fields.filter(|(kind, field)| is_ticked(*kind, *field));
    ticked.map(|(_, field)| field.code()).chain(["key", "scope", "limits", "limits_per"]).collect()
});

fn is_text(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_comes_once_unless_it_is_ticked_or_has_rows() {
        for (body, expected) in [
            (&b"name=a&owner=b"[..], Ok(())),
            (b"scope=a&scope=b&key=1&key=2&presentations=&presentations=bearer", Ok(())),
            (b"limits=5&limits_per=second&limits=9&limits_per=day", Ok(())),
            (b"quota=5&quota=9", Err(TWICE)),
            (b"name=a&name=b", Err(TWICE)),
            (b"name=a&n%61me=b", Err(TWICE)),
            (b"name=%ff", Err(NO_TEXT)),
            (b"name=%00", Err(NO_TEXT)),
        ] {
            assert_eq!(fields(body), expected, "{}", String::from_utf8_lossy(body));
        }
    }
}
