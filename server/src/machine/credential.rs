//! The key a request presents, in any of the ways keys are presented: `Authorization` with its schemes, `X-API-Key`, a
//! header that a tenant named, `?api-key=` in the guarded address, a cookie. Two at once are nobody's.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use model::tenant::CredentialSource;
use verify::Names;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Base64 with or without the padding that some clients leave out.
const BASIC: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What was found in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials<'a> {
    /// No credential at all.
    None,
    /// One, and how it came. It may still be no key of ours.
    One(Cow<'a, str>, CredentialSource),
    /// Two credentials, or one header twice.
    Ambiguous,
}

/// Looks for the key in a request's headers and in the address of the guarded request, if it is known.
pub fn presented<'a>(headers: &'a HeaderMap, uri: Option<&'a str>, names: Option<&Names>) -> Credentials<'a> {
    let cookie = headers.get_all(header::COOKIE).iter().flat_map(|value| cookies(value.as_bytes()));
    let cookie = cookie.map(|value| (value.trim().into(), CredentialSource::Cookie));
    let query = uri.into_iter().flat_map(query).map(|value| (value, CredentialSource::Query));
    one(in_headers(headers, names).chain(query).chain(cookie))
}

/// Looks in the headers alone: a browser sends a cookie for whoever asks it to, so a service asks with none.
pub fn presented_in_headers<'a>(headers: &'a HeaderMap, names: Option<&Names>) -> Credentials<'a> {
    one(in_headers(headers, names))
}

type Found<'a> = (Cow<'a, str>, CredentialSource);

fn one<'a>(mut found: impl Iterator<Item = Found<'a>>) -> Credentials<'a> {
    match (found.next(), found.next()) {
        (None, _) => Credentials::None,
        (Some((credential, way)), None) => Credentials::One(credential, way),
        (Some(_), Some(_)) => Credentials::Ambiguous,
    }
}

fn in_headers<'a>(headers: &'a HeaderMap, names: Option<&Names>) -> impl Iterator<Item = Found<'a>> {
    let authorization = headers.get_all(header::AUTHORIZATION).iter().map(move |value| scheme(text(value), names));
    let api_key = headers.get_all(API_KEY).iter().map(|value| (text(value).into(), CredentialSource::ApiKeyHeader));
    let own = names.into_iter().flat_map(|names| &names.headers).flat_map(|name| headers.get_all(name));
    authorization.chain(api_key).chain(own.map(|value| (text(value).into(), CredentialSource::Extra)))
}

/// A header that is no text is still a credential, one that no key matches.
fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default().trim()
}

/// Takes `Authorization` apart. The scheme's name is compared in any case (RFC 9110, 11.1).
fn scheme<'a>(value: &'a str, names: Option<&Names>) -> (Cow<'a, str>, CredentialSource) {
    if let Some(key) = value.strip_prefix("rest_api_key=") {
        return (key.trim().into(), CredentialSource::RestApiKey);
    }
    let Some((scheme, rest)) = value.split_once(' ') else { return (value.into(), CredentialSource::Raw) };
    let rest = rest.trim_start();
    if scheme.eq_ignore_ascii_case("bearer") {
        (rest.into(), CredentialSource::Bearer)
    } else if scheme.eq_ignore_ascii_case("basic") {
        (basic(rest), CredentialSource::Basic)
    } else if names.is_some_and(|names| names.schemes.iter().any(|own| scheme.eq_ignore_ascii_case(own))) {
        (rest.into(), CredentialSource::Extra)
    } else {
        (value.into(), CredentialSource::Raw)
    }
}

/// Id and secret, or the key as one of the two with the other left out (RFC 7617). What does not decode is no key's.
fn basic(encoded: &str) -> Cow<'static, str> {
    let decoded = BASIC.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.unwrap_or_default().trim().to_owned().into()
}

/// The values of the cookie `api-key`. Other cookies may hold any bytes.
fn cookies(header: &[u8]) -> impl Iterator<Item = &str> {
    let pairs = header.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let values = pairs.filter_map(|pair| pair.strip_prefix(b"api-key="));
    values.map(|value| str::from_utf8(value).unwrap_or_default().trim_matches('"'))
}

/// The values of the query's `api-key`. The name counts as it is written, so that a proxy can find it to strip it.
fn query(uri: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let query = uri.split('#').next().and_then(|address| address.split_once('?')).map_or("", |(_, query)| query);
    let named = query.split('&').filter(|pair| pair.starts_with("api-key="));
    named.flat_map(|pair| form_urlencoded::parse(pair.as_bytes()).map(|(_, value)| value.trim().to_owned().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names { headers: vec!["apikey".to_owned()], schemes: vec!["token".to_owned()] }
    }

    #[test]
    fn one_credential_is_found_wherever_it_is() {
        use CredentialSource::{ApiKeyHeader, Basic, Bearer, Cookie, Extra, Query, Raw, RestApiKey};
        for (lines, uri, expected) in [
            (&[][..], None, None),
            (&[("authorization", "Bearer kw_a")], None, Some(("kw_a", Bearer))),
            (&[("authorization", "bearer   kw_a ")], None, Some(("kw_a", Bearer))),
            (&[("authorization", "kw_a")], None, Some(("kw_a", Raw))),
            (&[("authorization", "rest_api_key=kw_a")], None, Some(("kw_a", RestApiKey))),
            (&[("authorization", "Basic aWQ6c2VjcmV0")], None, Some(("id:secret", Basic))),
            (&[("authorization", "Basic a3dfYTo=")], None, Some(("kw_a:", Basic))),
            (&[("authorization", "Basic a3dfYTo")], None, Some(("kw_a:", Basic))),
            (&[("authorization", "Basic !")], None, Some(("", Basic))),
            (&[("authorization", "Basic a3dfYQo=")], None, Some(("kw_a", Basic))),
            (&[("authorization", "Token kw_a")], None, Some(("kw_a", Extra))),
            (&[("authorization", "Strange kw_a")], None, Some(("Strange kw_a", Raw))),
            (&[("authorization", "")], None, Some(("", Raw))),
            (&[("x-api-key", "kw_a")], None, Some(("kw_a", ApiKeyHeader))),
            (&[("apiKey", "kw_a")], None, Some(("kw_a", Extra))),
            (&[("cookie", "a=1; api-key=kw_a; b=2")], None, Some(("kw_a", Cookie))),
            (&[("cookie", "not-api-key=kw_a")], None, None),
            (&[], Some("/rooms?floor=2&api-key=kw_a"), Some(("kw_a", Query))),
            (&[], Some("/rooms?api-key=kw%5Fa#x"), Some(("kw_a", Query))),
            (&[], Some("/rooms?api-key=+kw_a%0A"), Some(("kw_a", Query))),
            (&[("cookie", "api-key=\" kw_a \"; b=2")], None, Some(("kw_a", Cookie))),
            (&[], Some("/rooms?api%2Dkey=kw_a"), None),
            (&[], Some("/rooms#?api-key=kw_a"), None),
            (&[], Some("/rooms?xapi-key=kw_a"), None),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, HeaderValue::from_static(value));
            }
            let expected = expected.map_or(Credentials::None, |(key, way)| Credentials::One(key.into(), way));
            assert_eq!(presented(&headers, uri, Some(&names())), expected, "{lines:?} {uri:?}");
        }
        let mut headers = HeaderMap::new();
        headers.append("x-api-key", HeaderValue::from_bytes(b"\xff\xfe").unwrap());
        assert_eq!(presented(&headers, None, Some(&names())), Credentials::One("".into(), ApiKeyHeader));
        let mut headers = HeaderMap::new();
        headers.append("cookie", HeaderValue::from_bytes(b"name=M\xfcller; api-key=kw_a").unwrap());
        assert_eq!(presented(&headers, None, Some(&names())), Credentials::One("kw_a".into(), Cookie));
    }

    /// Every two ways together, and every way twice.
    #[test]
    fn two_credentials_are_nobodys() {
        let ways: [(&str, &'static str); 7] = [
            ("authorization", "Bearer kw_a"),
            ("authorization", "rest_api_key=kw_a"),
            ("authorization", "Basic a3dfYTo="),
            ("x-api-key", "kw_a"),
            ("apikey", "kw_a"),
            ("cookie", "api-key=kw_a"),
            ("", "/?api-key=kw_a"),
        ];
        for one in ways {
            for other in ways {
                let mut headers = HeaderMap::new();
                let mut uri = String::new();
                for (name, value) in [one, other] {
                    if name.is_empty() {
                        uri = if uri.is_empty() { value.to_owned() } else { format!("{uri}&api-key=kw_a") };
                    } else {
                        headers
                            .append(name.parse::<axum::http::HeaderName>().unwrap(), HeaderValue::from_static(value));
                    }
                }
                assert_eq!(
                    presented(&headers, Some(&uri), Some(&names())),
                    Credentials::Ambiguous,
                    "{one:?} {other:?}"
                );
            }
        }
    }
}
