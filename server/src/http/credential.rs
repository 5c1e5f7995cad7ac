//! The key a request presents: `Authorization: Bearer TOKEN`, `Authorization: TOKEN` or `X-API-Key: TOKEN`.

use axum::http::{HeaderMap, HeaderValue, header};

/// What was found in a request's headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented<'a> {
    /// No credential at all.
    None,
    /// One. It may still be no key of ours.
    One(&'a str),
    /// Two credentials, or one header twice.
    Ambiguous,
}

/// Looks for the key.
pub fn presented(headers: &HeaderMap) -> Presented<'_> {
    let authorization = headers.get_all(header::AUTHORIZATION).iter().map(|value| bare(text(value)));
    let api_key = headers.get_all("x-api-key").iter().map(text);
    let mut found = authorization.chain(api_key);
    match (found.next(), found.next()) {
        (None, _) => Presented::None,
        (Some(token), None) => Presented::One(token),
        (Some(_), Some(_)) => Presented::Ambiguous,
    }
}

/// A header that is no text is still a credential, one that no key matches.
fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default().trim()
}

/// Without the scheme's name, which is compared in any case (RFC 9110, 11.1).
fn bare(value: &str) -> &str {
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_credential_is_found_wherever_it_is() {
        for (lines, expected) in [
            (&[][..], Presented::None),
            (&[("authorization", "Bearer kw_a")], Presented::One("kw_a")),
            (&[("authorization", "bearer   kw_a ")], Presented::One("kw_a")),
            (&[("authorization", "kw_a")], Presented::One("kw_a")),
            (&[("x-api-key", "kw_a")], Presented::One("kw_a")),
            (&[("authorization", "Bearer kw_a"), ("x-api-key", "kw_a")], Presented::Ambiguous),
            (&[("authorization", "kw_a"), ("authorization", "kw_a")], Presented::Ambiguous),
            (&[("x-api-key", "kw_a"), ("x-api-key", "kw_b")], Presented::Ambiguous),
            (&[("authorization", "Basic a3c6YQ==")], Presented::One("Basic a3c6YQ==")),
            (&[("authorization", "")], Presented::One("")),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, HeaderValue::from_static(value));
            }
            assert_eq!(presented(&headers), expected, "{lines:?}");
        }
        let mut headers = HeaderMap::new();
        headers.append("x-api-key", HeaderValue::from_bytes(b"\xff\xfe").unwrap());
        assert_eq!(presented(&headers), Presented::One(""));
    }
}
