//! Gates: what is gated stays shut until a superadmin opens it for a tenant, to wide keys as to others, however it is asked.

use std::{fmt::Write, time::Duration};

use admin::{AdminError, Permit};
use axum::http::StatusCode;
use model::{account::Role, catalog::Kind, key_input::KeyInput};

use crate::support::{Keyward, Operator, databases, entry_input};

/// A gated scope of the catalogue, from the start.
const GATED: &str = "devices";

fn form(scopes: &str) -> KeyInput {
    KeyInput {
        name: "wide".to_owned(),
        owner: format!("service {scopes}"),
        scopes: scopes.to_owned(),
        all_access_reason: "The operations desk.".to_owned(),
        expires: "90d".to_owned(),
        ..KeyInput::default()
    }
}

async fn issue(keyward: &Keyward, scopes: &str) -> String {
    let admin = &keyward.app.admin;
    admin.issue_key(&admin.operator(), &form(scopes)).await.unwrap().token.reveal().to_owned()
}

/// Edits the gate's entry.
async fn set(keyward: &Keyward, permit: &Permit, field: &str, value: &str) {
    let admin = &keyward.app.admin;
    let entry = admin.entry_named(permit, Kind::Scope, "", GATED).await.unwrap();
    admin.edit_entry(permit, Kind::Scope, entry.id, &entry_input(&[(field, value)]), None).await.unwrap();
}

/// What the doors say of this key: the verify API, forward auth, and the page that explains.
async fn code(keyward: &Keyward, asker: &str, token: &str, scope: &str) -> String {
    let body = serde_json::json!({ "key": token, "scope": scope });
    let said = keyward.client().verify(asker, &body).await.json()["code"].as_str().unwrap().to_owned();
    let forward = keyward.client().forward(token, &format!("scope={scope}")).await;
    assert_eq!(forward.status == StatusCode::OK, said == "valid", "{scope}: {said} and {}", forward.status);
    let mut browser = keyward.signed_in(Role::Auditor).await;
    let why = browser.post("/why", &[("asked", token), ("scope", scope)]).await;
    assert_eq!(why.body.contains("Every check passes."), said == "valid", "{scope}: {said}");
    said
}

/// Bar 38, at verify time: closing a gate stops wide keys at once, and opening it lets them in again.
#[tokio::test]
async fn no_wide_key_passes_a_closed_gate() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let operator = keyward.app.admin.operator();
        let asker = keyward.issue("keyward.verify").await;
        let public = issue(&keyward, "public").await;
        set(&keyward, &operator, "opened", "default").await;
        let (whole, exact) = (issue(&keyward, GATED).await, issue(&keyward, "devices.write").await);
        for (opened, wide, narrow) in
            [("default", "valid", "valid"), ("", "insufficient_scope", "valid"), ("default", "valid", "valid")]
        {
            set(&keyward, &operator, "opened", opened).await;
            for (token, scope, expected) in [
                (&public, "devices.write", wide),
                (&public, "devices", wide),
                (&public, "bookings.write", "valid"),
                (&whole, "devices.write", wide),
                (&exact, "devices.write", narrow),
            ] {
                assert_eq!(code(&keyward, &asker, token, scope).await, expected, "{scope}, opened for {opened:?}");
            }
        }
        // Gated from one moment to the next, on another node as well: it hears of it.
        set(&keyward, &operator, "gate", "open").await;
        set(&keyward, &operator, "opened", "").await;
        assert_eq!(code(&keyward, &asker, &public, "devices.write").await, "valid");
        set(&keyward, &operator, "gate", "gated").await;
        keyward.pass(Duration::from_secs(1)).await;
        assert_eq!(code(&keyward, &asker, &public, "devices.write").await, "insufficient_scope");
    }
}

/// A gate that is closed while keys are made is closed for those made after it.
#[tokio::test]
async fn a_gate_closes_for_keys_under_way() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        let mut made = 0;
        for round in 0..12 {
            set(&keyward, &operator, "opened", "default").await;
            let form = KeyInput { owner: format!("owner {round}"), ..form("devices.write") };
            let (issued, again, ()) = tokio::join!(
                admin.issue_key(&operator, &form),
                admin.issue_key(&operator, &form),
                set(&keyward, &operator, "opened", "")
            );
            let closed = admin.entry_named(&operator, Kind::Scope, "", GATED).await.unwrap().generation;
            for issued in [issued, again] {
                match issued {
                    Ok(issued) => {
                        assert!(issued.key.generation < closed, "made after its gate was closed");
                        made += 1;
                    }
                    Err(error) => assert!(error.to_string().contains("is gated"), "{error}"),
                }
            }
        }
        eprintln!("{made} of 24 came before");
    }
}

/// A gate is found by its name, however many scopes come before it, and one that cannot be read is closed.
#[tokio::test]
async fn a_gate_is_found_by_name_and_closed_where_it_cannot_be_read() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let mut rows = String::from(
            "INSERT INTO entries (id, kind, tenant, name, settings, created_at, created_by, generation) VALUES ",
        );
        for number in 0..1100 {
            let settings = format!("{{\"name\":\"a{number}\",\"gate\":\"open\",\"opened\":\"\"}}");
            let comma = if number == 0 { "" } else { "," };
            let _ = write!(rows, "{comma}('scope{number:011}', 'scopes', '', 'a{number}', '{settings}', 0, 'x', 0)");
        }
        keyward.database.execute(&rows).await;
        let refused = |scope: &'static str| {
            let keyward = &keyward;
            async move {
                match admin.issue_key(&admin.operator(), &form(scope)).await {
                    Err(AdminError::Invalid(errors)) => errors[0].message.clone(),
                    Ok(_) => String::new(),
                    Err(error) => panic!("{scope}: {error} on {}", keyward.database.url()),
                }
            }
        };
        assert!(refused("devices.read").await.contains("is gated"), "beyond the thousandth");
        let (asker, public) = (keyward.issue("keyward.verify").await, issue(&keyward, "public").await);
        for settings in ["{\"name\":\"people\",\"gate\":\"ajar\",\"opened\":\"default\"}", "{}", "not JSON"] {
            keyward
                .database
                .execute(&format!(
                    "UPDATE entries SET settings = '{settings}' WHERE kind = 'scopes' AND name = 'people'"
                ))
                .await;
            // Whatever is changed in the console has every node read again.
            set(&keyward, &admin.operator(), "sentence", settings).await;
            assert!(refused("people.read").await.contains("is gated"), "{settings}");
            let body = serde_json::json!({ "key": public, "scope": "people.read" });
            assert_eq!(keyward.client().verify(&asker, &body).await.json()["code"], "insufficient_scope", "{settings}");
            let body = serde_json::json!({ "key": public, "scope": "maps.read" });
            assert_eq!(keyward.client().verify(&asker, &body).await.json()["code"], "valid", "that gate alone");
        }
    }
}
