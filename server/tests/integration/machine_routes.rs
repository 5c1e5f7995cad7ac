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
    let sum = String::from_utf8(keyward::token::checksum(&body).to_vec()).unwrap();
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
    let cases: [(&[(&str, &str)], &str, u16, &str); 16] = [
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
        (&[("authorization", &bearer)], &big, 413, ""),
    ];
    for (headers, body, status, code) in cases {
        let answer = client.send(Method::POST, "/api/v1/verify", headers, body).await;
        let what = format!("{} {}: {}", answer.status, body.chars().take(60).collect::<String>(), answer.body);
        assert_eq!(answer.status.as_u16(), status, "{what}");
        if code.is_empty() {
            continue;
        }
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
    let router = server::router::verification(&keyward.app);
    let ask = |path: &str| {
        let request =
            axum::http::Request::get(path).header("authorization", &token).body(axum::body::Body::empty()).unwrap();
        tower::ServiceExt::oneshot(router.clone(), request)
    };
    assert_eq!(ask("/forward-auth?scope=any").await.unwrap().status(), StatusCode::OK);
    assert_eq!(ask("/.well-known/jwks.json").await.unwrap().status(), StatusCode::OK);
    for path in ["/", "/sign-in", "/keys", "/setup", "/metrics"] {
        assert_eq!(ask(path).await.unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
}
