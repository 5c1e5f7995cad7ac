//! The request that is asked about, as a proxy or a service tells of it: its method, its address and its host.

use axum::http::HeaderMap;
use crypto::signature::{Body, Message, authority};

use crate::layers::address::TrustedPeer;

/// The headers in which proxies name the method of a request.
const METHODS: &[&str] = &["x-forwarded-method", "x-original-method"];
/// The headers in which proxies name its address; the last one whole, as ingress-nginx sends it.
const ADDRESSES: &[&str] = &["x-forwarded-uri", "x-original-uri", "x-original-url"];
/// The header in which proxies name its host.
const HOSTS: &[&str] = &["x-forwarded-host"];

/// An address, taken apart: a path with its query, or a whole one (RFC 3986, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Address<'a> {
    /// Takes it apart. What stands behind "://" in a query is the client's to choose: it is no address of the request.
    pub(super) fn parse(text: &'a str) -> Self {
        let is_scheme = |scheme: &str| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphabetic());
        let whole = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme));
        let (scheme, authority, target) = whole.map_or((None, None, text), |(scheme, rest)| {
            let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            (Some(scheme), Some(authority), target)
        });
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        Self { scheme, authority, path: if path.is_empty() { "/" } else { path }, query }
    }
}

/// What is known of a guarded request, as far as a signature covers it.
pub(super) struct Requested<'a> {
    method: &'a str,
    address: Address<'a>,
    authority: &'a str,
}

impl<'a> Requested<'a> {
    /// From its method, its address (a path, or whole) and its host; `None` unless all of it is known.
    pub(super) fn of(method: Option<&'a str>, uri: Option<&'a str>, host: Option<&'a str>) -> Option<Self> {
        let address = Address::parse(uri?);
        Some(Self { method: method?, address, authority: address.authority.or(host)? })
    }

    /// The message; a request that writes may have a body.
    pub(super) fn message<'m>(&'m self, header: &'m (dyn Fn(&str) -> Option<String> + Sync)) -> Message<'m> {
        let Address { scheme, path, query, .. } = self.address;
        let body = if is_safe(self.method) { Body::Absent } else { Body::Possible };
        Message { method: self.method, scheme, authority: self.authority, path, query, body, header }
    }
}

/// What is known of the request that a proxy has in its hands.
pub(super) struct Guarded<'a> {
    /// Whether it writes: so it does unless a trusted proxy says that it is of a method known to be safe.
    pub(super) writes: bool,
    /// Its method, its address and its host, as a trusted proxy has them.
    pub(super) method: Option<&'a str>,
    pub(super) uri: Option<&'a str>,
    pub(super) host: Option<&'a str>,
    /// Whether whoever asks speaks as a proxy does, trusted or not: it names a method or an address.
    pub(super) by_proxy: bool,
}

impl<'a> Guarded<'a> {
    /// What a trusted proxy says, in any of the headers that proxies have for it. A client may have brought one of them
    /// along: methods that differ are no method that is known to be safe. `None` when addresses or hosts differ, or are
    /// no text.
    pub(super) fn of(headers: &'a HeaderMap, peer: TrustedPeer) -> Option<Self> {
        let said = |names: &'static [&'static str]| {
            let lines = names.iter().flat_map(|name| headers.get_all(*name)).filter(|_| peer.0);
            lines.map(|line| str::from_utf8(line.as_bytes()))
        };
        let mut methods = said(METHODS);
        let method = methods.next().and_then(Result::ok).filter(|method| methods.all(|other| other == Ok(*method)));
        let uris: Vec<&str> = said(ADDRESSES).collect::<Result<_, _>>().ok()?;
        let hosts: Vec<&str> = said(HOSTS).collect::<Result<_, _>>().ok()?;
        let addresses = uris.iter().map(|uri| Address::parse(uri));
        let scheme = addresses.clone().find_map(|address| address.scheme);
        let named = addresses.clone().filter_map(|address| address.authority).chain(hosts.iter().copied());
        let mut named = named.map(|host| authority(scheme, host));
        let mut targets = addresses.map(|address| (address.path, address.query));
        let is_one_host = named.next().is_none_or(|first| named.all(|other| other == first));
        if !is_one_host || !targets.next().is_none_or(|first| targets.all(|other| other == first)) {
            return None;
        }
        let (uri, host) = (uris.first().copied(), hosts.first().copied());
        let by_proxy = METHODS.iter().chain(ADDRESSES).any(|name| headers.contains_key(*name));
        Some(Self { writes: !method.is_some_and(is_safe), method, uri, host, by_proxy })
    }

    /// What Envoy says: it asks with the request's own method and host, and with its address behind a prefix.
    pub(super) fn of_envoy(method: &'a str, uri: &'a str, host: Option<&'a str>, peer: TrustedPeer) -> Self {
        if peer.0 {
            Self { writes: !is_safe(method), method: Some(method), uri: Some(uri), host, by_proxy: true }
        } else {
            Self { writes: true, method: None, uri: None, host: None, by_proxy: true }
        }
    }
}

/// Whether a request of this method only reads (RFC 9110, 9.2.1). What is not known to, writes.
pub(crate) fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn an_address_is_taken_apart_once_for_everyone() {
        for (text, authority, path, query) in [
            ("/rooms?a=1", None, "/rooms", Some("a=1")),
            ("/", None, "/", None),
            ("", None, "/", None),
            ("https://api.example.com/rooms?a=1", Some("api.example.com"), "/rooms", Some("a=1")),
            ("http://[::1]:81", Some("[::1]:81"), "/", None),
            ("https://api.example.com?a=1", Some("api.example.com"), "/", Some("a=1")),
            ("/rooms?next=https://api.example.com/doors", None, "/rooms", Some("next=https://api.example.com/doors")),
            ("/https://api.example.com/doors", None, "/https://api.example.com/doors", None),
            ("://api.example.com/doors", None, "://api.example.com/doors", None),
        ] {
            let address = Address::parse(text);
            assert_eq!((address.authority, address.path, address.query), (authority, path, query), "{text}");
        }
    }

    #[test]
    fn only_a_trusted_peer_can_say_that_a_request_reads() {
        for (method, trusted, expected) in [
            (Some("GET"), true, false),
            (Some("HEAD"), true, false),
            (Some("OPTIONS"), true, false),
            (Some("POST"), true, true),
            (Some("get"), true, true),
            (Some("BREW"), true, true),
            (None, true, true),
            (Some("GET"), false, true),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(
                method.map(|method| (HeaderName::from_static("x-forwarded-method"), HeaderValue::from_static(method))),
            );
            headers.insert("x-original-uri", HeaderValue::from_static("/rooms"));
            let guarded = Guarded::of(&headers, TrustedPeer(trusted)).unwrap();
            assert_eq!(guarded.uri.is_some(), trusted);
            assert_eq!(guarded.writes, expected, "{method:?} trusted {trusted}");
        }
    }

    #[test]
    fn headers_that_contradict_each_other_never_widen() {
        for (lines, expected) in [
            (&[("x-original-method", "GET"), ("x-forwarded-method", "GET")][..], Some(false)),
            (&[("x-original-method", "POST"), ("x-forwarded-method", "GET")], Some(true)),
            (&[("x-forwarded-method", "GET"), ("x-forwarded-method", "POST")], Some(true)),
            (&[("x-original-uri", "/rooms?a=1"), ("x-forwarded-uri", "/rooms?a=1")], Some(true)),
            (&[("x-original-uri", "/rooms"), ("x-original-url", "https://keys.example.com/rooms")], Some(true)),
            (&[("x-original-url", "https://keys.example.com"), ("x-forwarded-uri", "/")], Some(true)),
            (&[("x-original-uri", "/rooms"), ("x-forwarded-uri", "/doors")], None),
            (&[("x-original-uri", "/rooms"), ("x-original-uri", "/doors")], None),
            (&[("x-original-uri", "/rooms?g=M\u{fc}ller")], Some(true)),
            (&[("x-original-url", "https://A.example.com:443/"), ("x-forwarded-host", "a.example.com")], Some(true)),
            (&[("x-original-url", "https://a.example.com/"), ("x-forwarded-host", "b.example.com")], None),
            (&[("x-original-uri", "http://a.example.com/"), ("x-original-url", "https://b.example.com/")], None),
            (
                &[
                    ("x-original-uri", "/"),
                    ("x-forwarded-host", "a.example.com"),
                    ("x-forwarded-host", "b.example.com"),
                ],
                None,
            ),
            (&[("x-forwarded-host", "a.example.com"), ("x-forwarded-host", "b.example.com")], None),
            (&[("x-original-uri", "\u{1}ff"), ("x-forwarded-method", "GET")], None),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                // What begins with U+0001 stands for a byte that is no UTF-8.
                let bytes = value.strip_prefix('\u{1}').map_or(value.as_bytes().to_vec(), |_| b"/rooms?\xff".to_vec());
                headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(&bytes).unwrap());
            }
            let guarded = Guarded::of(&headers, TrustedPeer(true));
            assert_eq!(guarded.map(|guarded| guarded.writes), expected, "{lines:?}");
            assert!(Guarded::of(&headers, TrustedPeer(false)).is_some(), "of strangers nothing is read: {lines:?}");
        }
    }
}
