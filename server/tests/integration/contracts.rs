//! Forward auth for proxies that cannot be had here: the shipped configurations of Traefik and Envoy, and questions that are
//! asked as these two ask by their documentation, with the addresses and the headers that the files say.

use axum::http::Method;

use crate::support::{Answer, Client, Database, Keyward, id_of};

const TRAEFIK: &str = include_str!("../../deploy/proxies/traefik.yml");
const ENVOY: &str = include_str!("../../deploy/proxies/envoy.yaml");

/// A request that a client sends to the proxy.
struct Arrived<'a> {
    method: Method,
    path: &'a str,
    headers: &'a [(&'a str, &'a str)],
}

/// What stands behind a word in a file, for each time it stands there.
fn after<'a>(file: &'a str, word: &str) -> Vec<&'a str> {
    file.lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix(word)).map(str::trim).collect()
}

/// The names of a list in brackets.
fn list(text: &str) -> Vec<String> {
    text.trim_matches(['[', ']']).split(", ").map(str::to_lowercase).collect()
}

fn only<'a>(headers: &[(&'a str, &'a str)], allowed: &[String]) -> Vec<(&'a str, &'a str)> {
    headers.iter().filter(|(name, _)| allowed.contains(&name.to_lowercase())).copied().collect()
}

/// Traefik asks with GET, tells of the request in X-Forwarded headers, and hands on of the client's headers those that it is
/// told to (its documentation of forwardAuth).
async fn traefik(client: &mut Client, scope: &str, arrived: &Arrived<'_>) -> Answer {
    let addresses = after(TRAEFIK, "address: ");
    let address = addresses.iter().find(|address| address.ends_with(&format!("={scope}"))).unwrap();
    let path = address.strip_prefix("http://127.0.0.1:3000").unwrap();
    let mut headers = only(arrived.headers, &list(after(TRAEFIK, "authRequestHeaders: ")[0]));
    headers.extend([
        ("X-Forwarded-Method", arrived.method.as_str()),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Host", "api.example.com"),
        ("X-Forwarded-Uri", arrived.path),
        ("X-Forwarded-For", "203.0.113.9"),
    ]);
    client.send(Method::GET, path, &headers, "").await
}

/// Envoy asks with the method, the host and the path of the request, the path behind its prefix, and adds its own address to
/// those the request came through (its documentation of `ext_authz`).
async fn envoy(client: &mut Client, scope: &str, arrived: &Arrived<'_>) -> Answer {
    let prefixes = after(ENVOY, "path_prefix: ");
    let prefix = prefixes.iter().find(|prefix| prefix.contains(&format!("/{scope}/"))).unwrap();
    let allowed: Vec<String> = after(ENVOY, "exact: ").into_iter().map(str::to_owned).collect();
    assert!(allowed.contains(&"x-forwarded-for".to_owned()));
    let mut headers = only(arrived.headers, &allowed);
    headers.extend([
        ("content-length", "0"),
        ("x-envoy-internal", "true"),
        ("x-forwarded-for", "203.0.113.9,192.0.2.10"),
    ]);
    client.send(arrived.method.clone(), &format!("{prefix}{}", arrived.path), &headers, "").await
}

#[tokio::test]
async fn mission_n1_traefik_and_envoy_ask_what_they_are_configured_to_ask() {
    let trusted = [("KEYWARD_TRUSTED_PROXIES", "192.0.2.0/24")];
    let keyward = Keyward::with(Database::sqlite(), &trusted).await;
    let both = keyward.issue("bookings rooms.read").await;
    let reader = keyward.issue("bookings.read").await;
    let (bearer, reading) = (format!("Bearer {both}"), format!("Bearer {reader}"));
    let all: &[(&str, &str)] = &[("Authorization", &bearer)];
    let read: &[(&str, &str)] = &[("Authorization", &reading)];
    let forged: &[(&str, &str)] = &[
        ("Authorization", &reading),
        ("X-Forwarded-Method", "GET"),
        ("X-Original-Method", "GET"),
        ("X-Forwarded-Uri", "/open"),
        ("X-Original-URL", "https://evil.example/open"),
        ("X-Forwarded-Host", "evil.example"),
    ];
    let cases: [(&str, Method, &str, &[(&str, &str)], u16, &str); 13] = [
        ("bookings", Method::GET, "/bookings/1?day=2", all, 200, ""),
        ("bookings", Method::POST, "/bookings", all, 200, ""),
        ("bookings", Method::POST, "/bookings", read, 403, "insufficient_scope"),
        ("bookings", Method::GET, "/", read, 200, ""),
        ("bookings", Method::HEAD, "/bookings", read, 200, ""),
        ("bookings", Method::POST, "/bookings", forged, 403, "insufficient_scope"),
        ("bookings", Method::GET, "/bookings", forged, 200, ""),
        ("rooms", Method::GET, "/rooms", all, 200, ""),
        ("rooms", Method::POST, "/rooms", all, 403, "insufficient_scope"),
        ("rooms", Method::GET, "/rooms?scope=any&tenant=x", read, 403, "insufficient_scope"),
        ("bookings", Method::GET, "/../../any/-/rooms", read, 200, ""),
        ("bookings", Method::GET, "/bookings", &[("X-API-Key", &both), ("Cookie", "a=1")], 200, ""),
        ("bookings", Method::GET, "/bookings", &[("Accept", "*/*")], 401, "missing_credentials"),
    ];
    let mut client = keyward.client();
    for (scope, method, path, headers, status, code) in cases {
        let arrived = Arrived { method, path, headers };
        let answers = [
            ("traefik", traefik(&mut client, scope, &arrived).await),
            ("envoy", envoy(&mut client, scope, &arrived).await),
        ];
        for (proxy, answer) in answers {
            let what = format!("{proxy} {} {path} {headers:?}: {} {}", arrived.method, answer.status, answer.body);
            assert_eq!(answer.status.as_u16(), status, "{what}");
            if status == 200 {
                assert!([id_of(&both), id_of(&reader)].contains(&answer.header("x-keyward-key-id")), "{what}");
            } else if arrived.method != Method::HEAD {
                assert_eq!(answer.json()["code"], code, "{what}");
            }
        }
    }
    // Both take over every header that says who calls, and only from Keyward.
    let allowed = keyward.client().forward(&both, "scope=any").await;
    let taken = list(after(TRAEFIK, "authResponseHeaders: ")[0]);
    for name in allowed.headers.keys().map(axum::http::HeaderName::as_str).filter(|name| name.starts_with("x-keyward-"))
    {
        assert!(taken.contains(&name.to_owned()), "Traefik takes {name}");
        assert!(ENVOY.contains(&format!("- {name}\n")), "Envoy drops {name} where nobody asks");
    }
    assert!(ENVOY.contains("{ prefix: x-keyward- }"));
}

/// A key that is bound to where it is used from is asked about with the client's address, never with the proxy's.
#[tokio::test]
async fn traefik_and_envoy_say_where_a_request_came_from() {
    let trusted = [("KEYWARD_TRUSTED_PROXIES", "192.0.2.0/24")];
    let keyward = Keyward::with(Database::sqlite(), &trusted).await;
    let mut client = keyward.client();
    for (addresses, status) in [("203.0.113.0/24", 200), ("192.0.2.0/24", 403)] {
        let form = model::key_input::KeyInput {
            name: "bound".to_owned(),
            owner: "front desk".to_owned(),
            scopes: "bookings".to_owned(),
            expires: "90d".to_owned(),
            addresses: addresses.to_owned(),
            ..Default::default()
        };
        let admin = &keyward.app.admin;
        let issued = admin.issue_key(&crate::support::Operator::operator(&**admin), &form).await.unwrap();
        let headers = [("X-API-Key", issued.token.reveal())];
        let arrived = Arrived { method: Method::GET, path: "/bookings", headers: &headers };
        assert_eq!(traefik(&mut client, "bookings", &arrived).await.status.as_u16(), status, "{addresses}");
        assert_eq!(envoy(&mut client, "bookings", &arrived).await.status.as_u16(), status, "{addresses}");
    }
}
