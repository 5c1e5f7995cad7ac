//! Refuses text that no page of ours sends and that no field can hold: bytes that are not UTF-8, and NUL. It is refused
//! here once: further in, one would be another character by then, and the other is an error of `PostgreSQL`.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::Response,
};
use percent_encoding::percent_decode;

use super::{BODY_LIMIT, refusal};

/// Lets through what is no form or is one of text.
pub async fn refuse_unreadable_forms(request: Request, next: Next) -> Response {
    let Some(decode) = decoder(request.headers()) else { return next.run(request).await };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        let detail = format!("This is more than {BODY_LIMIT} bytes. Send less.");
        return refusal(&parts.headers, &parts.extensions, StatusCode::PAYLOAD_TOO_LARGE, "too_large", &detail);
    };
    if !is_text(&decode(&body)) {
        let detail = "The form holds bytes that are no text. Go back, type the field again and send it once more.";
        return refusal(&parts.headers, &parts.extensions, StatusCode::BAD_REQUEST, "invalid", detail);
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

fn is_text(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'))
}

/// Tells the text of a body.
type Decoder = fn(&[u8]) -> Vec<u8>;

/// How the text of a body is told from its bytes; `None` for what is no form.
fn decoder(headers: &HeaderMap) -> Option<Decoder> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    match kind.split(';').next()?.trim().to_ascii_lowercase().as_str() {
        "application/x-www-form-urlencoded" => Some(|body| percent_decode(body).collect()),
        // JSON writes NUL as an escape.
        "application/json" => Some(|body| {
            let escape = body.windows(6).any(|six| six == br"\u0000");
            if escape { vec![0] } else { body.to_vec() }
        }),
        _ => None,
    }
}
