//! Headers of answers. Pages bring their own content policy, which names a nonce; everything else that a browser may
//! render gets one that allows nothing.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// For answers to machines and to browsers alike.
const ALWAYS: (HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");

/// Kept by nobody, unless the answer says otherwise.
const NO_STORE: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// For whatever a browser may render.
const BROWSERS: [(HeaderName, &str); 4] = [
    // Not "no-referrer": browsers would send the forms of our own pages with "Origin: null".
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

const NOTHING_ALLOWED: (HeaderName, &str) = (
    header::CONTENT_SECURITY_POLICY,
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);

const OVER_TLS: (HeaderName, &str) = (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");

/// Takes out of a request the cookies that are no plain text, which others set here: a line that holds one would be read
/// by nobody, and ours with it.
pub(super) fn keep_plain_cookies(headers: &mut HeaderMap) {
    let is_plain = |bytes: &[u8]| bytes.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    if headers.get_all(header::COOKIE).iter().all(|line| is_plain(line.as_bytes())) {
        return;
    }
    let lines: Vec<_> = headers.get_all(header::COOKIE).iter().cloned().collect();
    headers.remove(header::COOKIE);
    for line in lines {
        let pairs = line.as_bytes().split(|byte| *byte == b';').filter(|pair| is_plain(pair));
        let line = HeaderValue::from_bytes(&pairs.collect::<Vec<_>>().join(&b';'));
        headers.extend(line.map(|line| (header::COOKIE, line)));
    }
}

/// Has every cookie sent back over TLS alone. The sessions' layer leaves that out when it takes its own away, and browsers
/// then keep it.
pub(super) fn secure_cookies(headers: &mut HeaderMap) {
    for (name, cookie) in headers.iter_mut() {
        let text = cookie.to_str().unwrap_or_default();
        if *name == header::SET_COOKIE && !text.split(';').any(|part| part.trim().eq_ignore_ascii_case("secure")) {
            *cookie = HeaderValue::from_str(&format!("{text}; Secure")).unwrap_or(HeaderValue::from_static(""));
        }
    }
}

/// The headers of every answer.
pub(super) fn common(headers: &mut HeaderMap) {
    headers.insert(ALWAYS.0, HeaderValue::from_static(ALWAYS.1));
    headers.entry(NO_STORE.0).or_insert(HeaderValue::from_static(NO_STORE.1));
}

/// The headers of answers to browsers.
pub fn browsers(headers: &mut HeaderMap, tls: bool) {
    for (name, value) in BROWSERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(NOTHING_ALLOWED.0).or_insert(HeaderValue::from_static(NOTHING_ALLOWED.1));
    if tls {
        headers.insert(OVER_TLS.0, HeaderValue::from_static(OVER_TLS.1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_is_no_text_hides_no_other() {
        for (line, expected) in [
            (&b"a=1; b=2"[..], "a=1; b=2"),
            (b"a=1; name=M\xfcller; keyward_session=x", "a=1; keyward_session=x"),
            (b"name=M\xc3\xbcller", ""),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
            keep_plain_cookies(&mut headers);
            assert_eq!(headers.get(header::COOKIE).unwrap(), expected);
        }
    }
}
