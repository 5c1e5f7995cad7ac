//! One key, from the setup link to its refusal, on both databases, with plain forms alone.

use std::time::Duration;

use axum::http::StatusCode;

use crate::support::{Keyward, Operator, PASSWORD, databases, id_of};

#[tokio::test]
async fn one_key_from_the_setup_link_to_the_refusal() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        story(Keyward::fresh(database).await).await;
    }
}

async fn story(keyward: Keyward) {
    let admin = &keyward.app.admin;
    let operator = admin.operator();
    let mut browser = keyward.client();

    // The link makes the first superadmin, and is dead afterwards.
    let code = admin.setup_link(&operator).await.unwrap().expect("nobody is there yet").reveal().to_owned();
    let page = browser.get(&format!("/setup?code={code}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains(&code), "the form carries the code on");
    let short =
        browser.post("/setup", &[("code", &code), ("email", "Ops@example.com"), ("password", "too short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.body.contains("at least 15 characters") && short.body.contains("Ops@example.com"), "{}", short.body);
    assert!(!short.body.contains("too short"), "a password is never sent back");
    let made = browser.post("/setup", &[("code", &code), ("email", "Ops@example.com"), ("password", PASSWORD)]).await;
    assert_eq!((made.status, made.header("location")), (StatusCode::SEE_OTHER, "/"), "{}", made.body);
    let again = browser.post("/setup", &[("code", &code), ("email", "evil@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(again.status, StatusCode::GONE);
    assert_eq!(browser.get(&format!("/setup?code={code}")).await.status, StatusCode::GONE);
    assert!(admin.setup_link(&operator).await.unwrap().is_none(), "no link once there is a superadmin");

    // Sign in, and be told what to do.
    let wrong = browser.post("/sign-in", &[("email", "ops@example.com"), ("password", "not the password")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let signed_in = browser.post("/sign-in", &[("email", "OPS@example.com "), ("password", PASSWORD)]).await;
    assert_eq!((signed_in.status, signed_in.header("location")), (StatusCode::SEE_OTHER, "/"));
    let empty = browser.get("/keys").await;
    assert!(empty.body.contains("Create key"), "{}", empty.body);

    // Bad input is said at its field and keeps what was typed.
    let fields = [
        ("name", ""),
        ("description", "for the lobby"),
        ("scopes", "Bookings!"),
        ("life", "date"),
        ("date", "2026-11-23"),
    ];
    let refused = browser.post("/keys/new", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for expected in ["This is needed.", "is not a scope", "at least 7 days", "for the lobby", "Bookings!", "2026-11-23"]
    {
        assert!(refused.body.contains(expected), "{expected}: {}", refused.body);
    }

    // Create: the answer to the POST is the one page with the secret.
    let fields = [("name", "kiosk"), ("description", ""), ("scopes", "bookings.read"), ("life", "90")];
    let once = browser.post("/keys/new", &fields).await;
    assert_eq!((once.status, once.header("cache-control")), (StatusCode::OK, "no-store"));
    let start = once.body.find("kw_").expect("the token is on the page");
    let token: String = once.body[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    assert!(model::token::parse(&token).is_some(), "{token}");
    let id = id_of(&token);

    // The service asks.
    let asker = keyward.issue("keyward.verify").await;
    let mut service = keyward.client();
    let ask = serde_json::json!({ "key": token, "scope": "bookings.read", "address": "203.0.113.7" });
    let answer = service.verify(&asker, &ask).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (StatusCode::OK, Some("valid")), "{}", answer.body);
    let passed = service.forward(&token, "scope=any").await;
    assert_eq!((passed.status, passed.header("x-keyward-key-id")), (StatusCode::OK, id));

    // List and page show the use.
    keyward.pass(Duration::from_mins(2)).await;
    keyward.app.verifier.flush().await.unwrap();
    let list = browser.get("/keys").await;
    assert!(list.body.contains("2 min ago") && list.body.contains("kiosk"), "{}", list.body);
    let page = browser.get(&format!("/keys/{id}")).await;
    assert!(page.body.contains("2 min ago") && page.body.contains("203.0.113.7"), "{}", page.body);

    // Archive: what is at stake is shown, and a key in use asks for its name.
    let confirm = browser.get(&format!("/keys/{id}/archive")).await;
    assert!(confirm.body.contains("203.0.113.7") && confirm.body.contains("confirm"), "{}", confirm.body);
    let unnamed =
        browser.post(&format!("/keys/{id}/archive"), &[("reason", "superseded"), ("confirm", "kiosk?")]).await;
    assert_eq!(unnamed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unnamed.body.contains("kiosk?"), "what was typed is kept: {}", unnamed.body);
    assert_eq!(service.verify(&asker, &ask).await.json()["valid"], true);
    let archived =
        browser.post(&format!("/keys/{id}/archive"), &[("reason", "superseded"), ("confirm", "kiosk")]).await;
    assert_eq!(archived.status, StatusCode::SEE_OTHER, "{}", archived.body);

    // The next verify is refused, and says why to whoever has the secret.
    let answer = service.verify(&asker, &ask).await.json();
    assert_eq!((answer["valid"].as_bool(), answer["code"].as_str()), (Some(false), Some("archived")));
    let denied = service.forward(&token, "scope=any").await;
    assert_eq!((denied.status, denied.json()["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("archived")));
    let page = browser.get(&format!("/keys/{id}")).await;
    assert!(page.body.contains("Replaced by another key"), "{}", page.body);
    let live = browser.get("/keys").await;
    assert!(!live.body.contains(id), "archived keys are out of the list");
    assert!(browser.get("/keys?status=any").await.body.contains(id));

    // It is all in the audit, and the chain is whole.
    let audit = browser.get("/audit").await;
    for expected in ["Account added", "Key created", "Key archived", "ops@example.com"] {
        assert!(audit.body.contains(expected), "{expected}: {}", audit.body);
    }
    admin.checkpoint_audit().await.unwrap();
    let report = admin.verify_audit(&operator).await.unwrap();
    assert_eq!((report.events, report.anchored), (4, Some(4)));
}
