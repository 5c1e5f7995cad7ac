//! Keys in the form of a JWT: another library accepts them with nothing but the published keys, and refuses every change.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use admin::Admin;
use axum::http::Method;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use crypto::{
    clock::Clock,
    jwt::{self, Claims},
    secret::Entropy,
};
use model::{id::KeyId, scope::Scopes, time::DAY};
use serde_json::{Value, json};
use store::Store;

use crate::support::{Database, Keyward, Operator, databases, program::run};

const ISSUER: &str = "https://keys.example.com";
const ID: &str = "0123456789ABCDEF";

/// A JWT for the key [`ID`] that lives 90 days from now.
async fn signed(admin: &Admin) -> String {
    let now = admin.clock().now();
    let claims = Claims {
        issuer: ISSUER,
        audience: "default",
        subject: "ops",
        id: KeyId::parse(ID).unwrap(),
        issued_at: now,
        expires_at: now.plus(90 * DAY),
        scopes: &Scopes::parse("things.read doors").unwrap(),
    };
    admin.sign_jwt(&admin.operator(), &claims).await.unwrap().reveal().to_owned()
}

/// The published keys.
async fn published(keyward: &Keyward) -> Vec<Value> {
    let answer = keyward.client().send(Method::GET, "/.well-known/jwks.json", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/jwk-set+json"));
    answer.json()["keys"].as_array().unwrap().clone()
}

/// What the other library says, of every token in turn.
fn checked(question: &Value) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../end2end");
    let mut node = Command::new("node")
        .arg("check-jwts.js")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs; end2end/setup.sh installs it");
    node.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "check-jwts.js failed; end2end/setup.sh installs what it needs");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The same token with one part replaced.
fn with_part(token: &str, index: usize, change: impl Fn(&str) -> String) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts[index] = change(&parts[index]);
    parts.join(".")
}

/// The same token with its header or its payload edited.
fn edited(token: &str, index: usize, from: &str, to: &str) -> String {
    with_part(token, index, |part| {
        let json = String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert!(json.contains(from), "{json}");
        URL_SAFE_NO_PAD.encode(json.replace(from, to))
    })
}

#[tokio::test]
async fn mission_c1_services_check_jwts_offline_with_the_published_keys() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let old = signed(admin).await;
        admin.rotate_jwt_signing_key(&admin.operator()).await.unwrap();
        let new = signed(admin).await;
        let keys = published(&keyward).await;
        for key in &keys {
            let members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"], "no private member");
        }

        let now = keyward.clock.now();
        let ask = |issuer: &str, audience: &str, days: i64, tokens: &[&String]| {
            checked(&json!({
                "keys": keys, "issuer": issuer, "audience": audience, "now": now.plus(days * DAY).millis(),
                "tokens": tokens,
            }))
        };
        let said = ask(ISSUER, "default", 0, &[&new, &old]);
        let kids: Vec<&Value> = keys.iter().map(|key| &key["kid"]).collect();
        assert_eq!(said["thumbprints"].as_array().unwrap().iter().collect::<Vec<_>>(), kids);
        for (result, kid) in said["results"].as_array().unwrap().iter().zip(kids) {
            assert_eq!(result["header"], json!({ "alg": "ES256", "kid": kid, "typ": "at+jwt" }), "{said}");
            let expected = json!({
                "iss": ISSUER, "aud": "default", "sub": "ops", "jti": ID, "client_id": ID,
                "iat": now.millis() / 1000, "exp": now.plus(90 * DAY).millis() / 1000, "scope": "doors things.read",
            });
            assert_eq!(result["payload"], expected);
        }

        let changed = [
            edited(&new, 0, "ES256", "none"),
            edited(&new, 0, "ES256", "HS256"),
            edited(&new, 0, "at+jwt", "JWT"),
            edited(&new, 0, keys[0]["kid"].as_str().unwrap(), keys[1]["kid"].as_str().unwrap()),
            edited(&new, 1, "doors", "roofs"),
            edited(&new, 1, "\"exp\":", "\"exp\":9"),
            edited(&new, 1, ID, "AAAAAAAAAAAAAAAA"),
            with_part(&new, 2, |_| old.rsplit_once('.').unwrap().1.to_owned()),
            with_part(&new, 2, |_| String::new()),
            with_part(&new, 2, |_| "A".repeat(86)),
        ];
        let said = ask(ISSUER, "default", 0, &changed.iter().collect::<Vec<_>>());
        let results = said["results"].as_array().unwrap();
        assert_eq!(results.len(), changed.len());
        for (token, result) in changed.iter().zip(results) {
            assert!(result["refused"].is_string(), "{token}: {result}");
        }
        for (issuer, audience, days, refused) in [
            ("https://other.example.com", "default", 0, "ERR_JWT_CLAIM_VALIDATION_FAILED"),
            (ISSUER, "other", 0, "ERR_JWT_CLAIM_VALIDATION_FAILED"),
            (ISSUER, "default", 91, "ERR_JWT_EXPIRED"),
        ] {
            let said = ask(issuer, audience, days, &[&new]);
            assert_eq!(said["results"][0]["refused"], refused, "{issuer} {audience} {days}: {said}");
        }
        assert_eq!(jwt::parse(&new).map(|presented| presented.id), KeyId::parse(ID));
    }
}

/// Several nodes need the first signing key at once: they agree on one.
#[tokio::test]
async fn nodes_that_start_together_make_one_signing_key() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::fresh(database).await;
        let mut nodes: Vec<Store> = Vec::new();
        for _ in 0..4 {
            nodes.push(keyward.another_store().await);
        }
        let signers: Vec<_> = nodes
            .into_iter()
            .flat_map(|store| [store.clone(), store])
            .map(|store| {
                let checkpoint = keyward.app.config.checkpoint();
                let admin = Admin::new(store, Clock::system(), Entropy::system(), checkpoint);
                tokio::spawn(async move { signed(&admin).await })
            })
            .collect();
        let mut kids = Vec::new();
        for signer in signers {
            let token = signer.await.unwrap();
            kids.push(token.split_once('.').unwrap().0.to_owned());
        }
        kids.dedup();
        assert_eq!((kids.len(), published(&keyward).await.len()), (1, 1), "{kids:?}");
        let report = keyward.app.admin.verify_audit(&keyward.app.admin.operator()).await.unwrap();
        assert_eq!(report.events, 1);
    }
}

#[test]
fn the_command_line_rotates_and_prints_the_public_keys() {
    let database = Database::sqlite();
    let keys = || -> Value {
        let printed = run(&database, &["jwt", "jwks"], "");
        assert_eq!(printed.code, 0, "{printed:?}");
        serde_json::from_str(&printed.stdout).unwrap()
    };
    assert_eq!(keys(), json!({ "keys": [] }));
    let first = run(&database, &["jwt", "rotate"], "");
    let second = run(&database, &["jwt", "rotate", "--json"], "");
    assert_eq!((first.code, second.code), (0, 0), "{first:?} {second:?}");
    let second: Value = serde_json::from_str(&second.stdout).unwrap();
    let keys = keys();
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(2));
    assert_eq!(keys["keys"][0]["kid"], second["kid"]);
    assert!(first.stdout.contains(keys["keys"][1]["kid"].as_str().unwrap()), "{first:?}");
    let audit = run(&database, &["audit", "verify"], "");
    assert!(audit.code == 0 && audit.stdout.contains("2 events"), "{audit:?}");
}
