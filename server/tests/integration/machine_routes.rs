//! The verify API and forward auth: what they take, what they answer, and what they tell nobody.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Keyward, id_of};

#[tokio::test]
async fn the_verify_api_answers_every_question_it_understands() {
    let keyward = Keyward::new().await;
    let asker = keyward.issue("keyward.verify").await;
    let things = keyward.issue("things.read doors").await;
    let mut client = keyward.client();
    for (body, code) in [
        (json!({ "key": things, "scope": "any" }), "valid"),
        (json!({ "key": things, "scope": "things.read" }), "valid"),
        (json!({ "key": things, "scope": "doors.write" }), "valid"),
        (json!({ "key": things, "scopes": ["things.read", "doors.read"] }), "valid"),
        (json!({ "key": things, "scope": "any", "tenant": "default" }), "valid"),
        (json!({ "key": things, "scope": "things.write" }), "insufficient_scope"),
        (json!({ "key": things, "scopes": ["things.read", "windows"] }), "insufficient_scope"),
        (json!({ "key": things, "scope": "keyward.verify" }), "insufficient_scope"),
        (json!({ "key": format!(" {things}\r\n"), "scope": "any" }), "valid"),
        (json!({ "key": "nonsense", "scope": "any" }), "malformed"),
        (json!({ "key": "", "scope": "any" }), "malformed"),
        (json!({ "key": format!("{things}x"), "scope": "any" }), "malformed"),
        (json!({ "key": with_another_secret(&things), "scope": "any" }), "not_found"),
    ] {
        let answer = client.verify(&asker, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.body);
        let answer = answer.json();
        assert_eq!(
            (answer["code"].as_str(), answer["valid"] == true),
            (Some(code), code == "valid"),
            "{body}: {answer}"
        );
        assert_eq!(answer["request_id"].as_str().map(str::len), Some(16));
        let known = !matches!(code, "malformed" | "not_found");
        assert_eq!(answer["key"]["id"].as_str(), known.then(|| id_of(&things)), "{body}");
        let failed = answer["checks"].as_array().unwrap().iter().filter(|check| check["passed"] == false).count();
        assert_eq!(failed, usize::from(code != "valid"), "{answer}");
    }
}

/// The same id with a secret of our making and a right checksum.
fn with_another_secret(token: &str) -> String {
    let mut parts = token.split('_');
    let (prefix, id) = (parts.next().unwrap(), parts.next().unwrap());
    let body = format!("{prefix}_{id}_{}", "0".repeat(32));
    let sum = String::from_utf8(model::token::checksum(&body).to_vec()).unwrap();
    format!("{body}{sum}")
}

#[tokio::test]
async fn what_the_verify_api_does_not_understand_is_a_problem_document() {
    let keyward = Keyward::new().await;
    let asker = keyward.issue("keyward.verify").await;
    let other = keyward.issue("things").await;
    let bearer = format!("Bearer {asker}");
    let unscoped = format!("Bearer {other}");
    let big = format!("{{\"key\": \"{}\"}}", "x".repeat(100_000));
    let good = json!({ "key": other, "scope": "any" }).to_string();
    let mut client = keyward.client();
    let marked = format!("\u{feff}{good}");
    let cookie = format!("api-key={asker}");
    let two = r#"{"scope": "any", "headers": {"x-api-key": "a", "x-api-key": "b"}}"#;
    let spelled = r#"{"scope": "any", "headers": {"x-api-key": "a", "X-API-Key": "b"}}"#;
    let cases: [(&[(&str, &str)], &str, u16, &str); 23] = [
        (&[("authorization", &bearer)], two, 400, "bad_request"),
        (&[("authorization", &bearer)], spelled, 400, "bad_request"),
        (&[("authorization", &bearer)], r#"{"key": "a", "key": "b", "scope": "any"}"#, 400, "bad_request"),
        (&[("cookie", &cookie)], &good, 401, "missing_credentials"),
        (
            &[("authorization", &bearer), ("content-encoding", "identity"), ("content-encoding", "gzip")],
            &good,
            415,
            "unsupported_encoding",
        ),
        (&[("authorization", &bearer), ("content-encoding", "GZIP")], &good, 415, "unsupported_encoding"),
        (&[("authorization", &bearer), ("x-bomb", &"x".repeat(40_000))], &good, 431, "headers_too_large"),
        (&[("authorization", &bearer)], &marked, 400, "bad_request"),
        (&[("authorization", &bearer), ("content-encoding", "gzip")], &good, 415, "unsupported_encoding"),
        (&[("authorization", &bearer)], "", 400, "bad_request"),
        (&[("authorization", &bearer)], "[]", 400, "bad_request"),
        (&[("authorization", &bearer)], "{\"key\": 1, \"scope\": \"any\"}", 400, "bad_request"),
        (&[("authorization", &bearer)], "{\"key\": \"a\"}", 400, "bad_request"),
        (&[("authorization", &bearer)], "{\"key\": \"a\", \"scope\": \"\"}", 400, "bad_request"),
        (&[("authorization", &bearer)], "{\"key\": \"a\", \"scope\": \"A\"}", 400, "bad_request"),
        (&[("authorization", &bearer)], "{\"key\": \"a\", \"scope\": \"a\", \"scopes\": [\"a\"]}", 400, "bad_request"),
        (&[("authorization", &bearer)], "{\"key\": \"a\", \"scope\": \"a\", \"admin\": true}", 400, "bad_request"),
        (
            &[("authorization", &bearer)],
            "{\"key\": \"a\", \"scope\": \"any\", \"address\": \"here\"}",
            400,
            "bad_request",
        ),
        (&[], &good, 401, "missing_credentials"),
        (&[("authorization", "Bearer nonsense")], &good, 401, "invalid_key"),
        (&[("authorization", &unscoped)], &good, 403, "insufficient_scope"),
        (&[("authorization", &bearer), ("x-api-key", &asker)], &good, 400, "ambiguous_credentials"),
        (&[("authorization", &bearer)], &big, 413, "too_large"),
    ];
    for (headers, body, status, code) in cases {
        let answer = client.send(Method::POST, "/api/v1/verify", headers, body).await;
        let what = format!("{} {}: {}", answer.status, body.chars().take(60).collect::<String>(), answer.body);
        assert_eq!(answer.status.as_u16(), status, "{what}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
        let problem = answer.json();
        assert_eq!(problem["code"], code, "{what}");
        assert_eq!(problem["request_id"], answer.header("x-keyward-request-id"), "{what}");
        assert_eq!([401, 403].contains(&status), answer.header("www-authenticate").starts_with("Bearer"), "{what}");
        assert_eq!(
            answer.header("www-authenticate").contains("error="),
            status == 403 || code == "invalid_key",
            "{what}"
        );
    }
}

#[tokio::test]
async fn forward_auth_answers_with_a_status_and_headers() {
    let keyward =
        Keyward::with(crate::support::Database::sqlite(), &[("KEYWARD_TRUSTED_PROXIES", "192.0.2.0/24")]).await;
    let token = keyward.issue("things.read").await;
    let mut client = keyward.client();
    let bearer = format!("Bearer {token}");
    let strange = with_another_secret(&token);
    let cases: [(&str, &[(&str, &str)], u16, &str); 17] = [
        ("scope=any", &[("authorization", &bearer)], 200, ""),
        ("scope=any", &[("authorization", &token)], 200, ""),
        ("scope=any", &[("x-api-key", &token)], 200, ""),
        ("scope=things.read", &[("authorization", &bearer)], 200, ""),
        ("scope=things", &[("authorization", &bearer), ("x-forwarded-method", "GET")], 200, ""),
        ("scope=things", &[("authorization", &bearer), ("x-original-method", "HEAD")], 200, ""),
        ("scope=things", &[("authorization", &bearer), ("x-forwarded-method", "POST")], 403, "insufficient_scope"),
        ("scope=things", &[("authorization", &bearer)], 403, "insufficient_scope"),
        ("scope=other", &[("authorization", &bearer)], 403, "insufficient_scope"),
        ("scope=any&tenant=default", &[("authorization", &bearer)], 200, ""),
        ("scope=any&tenant=other", &[("authorization", &bearer)], 403, "wrong_tenant"),
        ("scope=any", &[], 401, "missing_credentials"),
        ("scope=any", &[("x-api-key", "nonsense")], 401, "invalid_key"),
        ("scope=any", &[("x-api-key", &strange)], 401, "invalid_key"),
        ("scope=any", &[("x-api-key", &token), ("authorization", &bearer)], 401, "ambiguous_credentials"),
        ("", &[("authorization", &bearer)], 400, "bad_request"),
        ("scope=any&admin=1", &[("authorization", &bearer)], 400, "bad_request"),
    ];
    for (query, headers, status, code) in cases {
        let answer = client.send(Method::GET, &format!("/forward-auth?{query}"), headers, "").await;
        let what = format!("{query} {headers:?}: {} {}", answer.status, answer.body);
        assert_eq!(answer.status.as_u16(), status, "{what}");
        if status == 200 {
            for name in ["key-id", "key-name", "subject", "role", "tenant", "scopes"] {
                assert!(
                    answer.headers.contains_key(format!("x-keyward-{name}")),
                    "every identity header is set: {what}"
                );
            }
            assert_eq!(answer.header("x-keyward-scopes"), "things.read");
        } else {
            assert_eq!(answer.json()["code"], code, "{what}");
            let challenged = answer.headers.contains_key("www-authenticate");
            assert_eq!(challenged, status == 401 || code == "insufficient_scope", "{what}");
        }
    }
}

/// Unknown and malformed look alike: body (but for the request's id), status and headers.
#[tokio::test]
async fn a_bearer_cannot_tell_an_unknown_key_from_nonsense() {
    let keyward = Keyward::new().await;
    let token = keyward.issue("a").await;
    let mut client = keyward.client();
    let mut seen = Vec::new();
    for presented in ["nonsense".to_owned(), with_another_secret(&token), format!("{token}x")] {
        let mut answer = client.forward(&presented, "scope=any").await;
        let id = answer.header("x-keyward-request-id").to_owned();
        answer.headers.remove("x-keyward-request-id");
        seen.push((answer.status, format!("{:?}", answer.headers), answer.body.replace(&id, "ID")));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
}

#[tokio::test]
async fn a_listener_for_verification_alone_has_no_console() {
    let keyward = Keyward::new().await;
    let token = keyward.issue("a").await;
    let router = server::routes::verification(&keyward.app);
    let ask = |path: &str| {
        let request = axum::http::Request::get(path)
            .header("host", "x")
            .header("authorization", &token)
            .body(axum::body::Body::empty())
            .unwrap();
        tower::ServiceExt::oneshot(router.clone(), request)
    };
    assert_eq!(ask("/forward-auth?scope=any").await.unwrap().status(), StatusCode::OK);
    assert_eq!(ask("/.well-known/jwks.json").await.unwrap().status(), StatusCode::OK);
    for path in ["/", "/sign-in", "/keys", "/setup", "/metrics"] {
        assert_eq!(ask(path).await.unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
}

/// HTTP asks for one Host line (RFC 9112, 3.2): what is for nobody, or for two, is for nobody here, at any endpoint.
#[tokio::test]
async fn a_request_is_for_one_host() {
    let keyward = Keyward::new().await;
    let token = keyward.issue("a").await;
    let router = server::routes::public(&keyward.app);
    for (hosts, status) in [(&["a.example.com"][..], 200), (&[], 400), (&["a.example.com", "b.example.com"], 400)] {
        for path in ["/forward-auth?scope=any", "/sign-in", "/robots.txt"] {
            let request = axum::http::Request::get(path).header("authorization", &token);
            let request = hosts.iter().fold(request, |request, host| request.header("host", *host));
            let request = request.body(axum::body::Body::empty()).unwrap();
            let answer = tower::ServiceExt::oneshot(router.clone(), request).await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{path} {hosts:?}");
            let is_problem =
                answer.headers().get("content-type").is_some_and(|kind| kind == "application/problem+json");
            assert_eq!(is_problem, status == 400, "{path} {hosts:?}");
        }
    }
}

/// `X-Forwarded-For` is how a proxy says for whom it asks. One that says nothing is not who asks.
#[tokio::test]
async fn a_proxys_own_address_never_stands_in() {
    let trusted = [("KEYWARD_TRUSTED_PROXIES", "192.0.2.0/24")];
    let keyward = Keyward::with(crate::support::Database::sqlite(), &trusted).await;
    let form = model::key_input::KeyInput {
        name: "bound".to_owned(),
        owner: "front desk".to_owned(),
        scopes: "a".to_owned(),
        expires: "90d".to_owned(),
        addresses: "192.0.2.0/24".to_owned(),
        ..Default::default()
    };
    let admin = &keyward.app.admin;
    let token = admin.issue_key(&crate::support::Operator::operator(&**admin), &form).await.unwrap();
    let mut client = keyward.client();
    for (line, status) in [
        (None, 403),
        (Some("192.0.2.77"), 200),
        (Some("192.0.2.77:51234"), 200),
        (Some("203.0.113.9"), 403),
        (Some("203.0.113.9:51234"), 403),
        (Some("unknown"), 403),
        (Some("[192.0.2.77"), 403),
        (Some(""), 403),
    ] {
        let mut headers = vec![("x-api-key", token.token.reveal())];
        headers.extend(line.map(|line| ("x-forwarded-for", line)));
        let answer = client.send(Method::GET, "/forward-auth?scope=any", &headers, "").await;
        assert_eq!(answer.status.as_u16(), status, "{line:?}: {}", answer.body);
    }
}

/// Envoy asks with the method, the host and the address of the request it guards, behind its prefix.
#[tokio::test]
async fn envoys_question_is_the_request_itself() {
    let trusted = [("KEYWARD_TRUSTED_PROXIES", "192.0.2.0/24")];
    let keyward = Keyward::with(crate::support::Database::sqlite(), &trusted).await;
    let token = keyward.issue("things.read").await;
    let mut client = keyward.client();
    let bearer = format!("Bearer {token}");
    let key: &[(&str, &str)] = &[("authorization", &bearer)];
    let query = format!("/forward-auth/envoy/things/-/x?api-key={token}");
    let cases: [(Method, &str, &[(&str, &str)], u16, &str); 14] = [
        (Method::GET, "/forward-auth/envoy/things/-/", key, 200, ""),
        (Method::GET, "/forward-auth/envoy/things/-/rooms/1?x=1", key, 200, ""),
        (Method::HEAD, "/forward-auth/envoy/things/default/rooms", key, 200, ""),
        (Method::POST, "/forward-auth/envoy/things/-/rooms", key, 403, "insufficient_scope"),
        (Method::GET, "/forward-auth/envoy/other/-/rooms", key, 403, "insufficient_scope"),
        (Method::GET, "/forward-auth/envoy/other/-/../../../things/-/rooms", key, 403, "insufficient_scope"),
        (Method::GET, "/forward-auth/envoy/other/-/?scope=things&tenant=-", key, 403, "insufficient_scope"),
        (Method::GET, "/forward-auth/envoy/things/other/rooms", key, 403, "wrong_tenant"),
        (Method::GET, "/forward-auth/envoy/things/-*", key, 404, "no_such_route"),
        (Method::GET, "/forward-auth/envoy/THINGS/-/", key, 400, "bad_request"),
        (Method::GET, "/forward-auth/envoy/things/-/", &[], 401, "missing_credentials"),
        (Method::GET, &query, &[], 200, ""),
        (Method::GET, &query, key, 401, "ambiguous_credentials"),
        (
            Method::POST,
            "/forward-auth/envoy/things/-/",
            &[("x-api-key", &token), ("x-forwarded-method", "GET")],
            403,
            "insufficient_scope",
        ),
    ];
    for (method, path, headers, status, code) in cases {
        let answer = client.send(method.clone(), path, headers, "").await;
        let what = format!("{method} {path} {headers:?}: {} {}", answer.status, answer.body);
        assert_eq!(answer.status.as_u16(), status, "{what}");
        if status == 200 {
            assert_eq!(answer.header("x-keyward-scopes"), "things.read", "{what}");
        } else {
            assert_eq!(answer.json()["code"], code, "{what}");
        }
    }
}
