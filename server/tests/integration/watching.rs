//! The audit searched, exported and verified; the API reference against what is served; the page about this Keyward.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use model::{account::Role, decision::Reason, scope::RESERVED};
use server::{access::Access, routes::table};

use crate::support::{Database, Keyward, databases, id_of};

#[tokio::test]
async fn the_audit_is_searched_and_exported_as_it_is_filtered() {
    for (name, database) in databases() {
        let keyward = Keyward::fresh(database).await;
        let mut auditor = keyward.signed_in(Role::Auditor).await;
        let (one, two) = (keyward.issue("things").await, keyward.issue("doors").await);
        for (query, events) in [
            ("", 3),
            ("target=KEY", 1),
            ("target=for+doors", 1),
            ("what=key.", 2),
            ("what=user.create", 1),
            ("who=COMMAND", 3),
            ("who=nobody", 0),
            ("from=2026-11-22&to=2026-11-22", 3),
            ("to=2026-11-21", 0),
            ("from=2026-11-23", 0),
        ] {
            let query = query.replace("KEY", id_of(&one));
            let page = auditor.get(&format!("/audit?{query}")).await;
            assert_eq!(page.page().matches("class=\"c-seq").count(), events, "{name} {query}");
            let json = auditor.get(&format!("/audit/export?format=json&{query}")).await;
            assert_eq!(json.json().as_array().unwrap().len(), events, "{name} {query}");
            let csv = auditor.get(&format!("/audit/export?format=csv&{query}")).await;
            assert_eq!(csv.body.matches("\r\n").count(), events + 1, "{name} {query}");
            assert_eq!(csv.header("content-disposition"), "attachment; filename=\"audit.csv\"");
            assert!(csv.headers.get("set-cookie").is_none() && csv.header("cache-control") == "no-store");
        }
        assert!(!auditor.get("/audit/export?format=csv").await.body.contains(two.split('_').nth(2).unwrap()));
        assert_eq!(auditor.get("/audit?from=yesterday").await.status, StatusCode::BAD_REQUEST);
        for bad in ["", "format=xml", "format=csv&other=1"] {
            assert_eq!(auditor.get(&format!("/audit/export?{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
        }
        let mut member = keyward.signed_in(Role::Member).await;
        assert_eq!(member.get("/audit/export?format=csv").await.status, StatusCode::FORBIDDEN);
        assert_eq!(member.post("/audit/verify", &[]).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn the_page_says_how_the_chain_stands() {
    let keyward = Keyward::fresh(Database::sqlite()).await;
    let mut auditor = keyward.signed_in(Role::Auditor).await;
    assert!(auditor.get("/audit").await.page().contains("The chain was not walked yet"));
    keyward.app.admin.verify_audit_onward().await.unwrap();
    assert!(auditor.get("/audit").await.page().contains("The chain is whole up to event 1."));
    keyward.issue("things").await;
    let walked = auditor.post("/audit/verify", &[]).await;
    assert_eq!((walked.status, walked.header("location")), (StatusCode::SEE_OTHER, "/audit"));
    assert!(auditor.get("/audit").await.page().contains("The chain is whole up to event 2."));
}

#[tokio::test]
async fn the_document_has_every_machine_route_and_every_reason() {
    let keyward = Keyward::new().await;
    let document = keyward.client().get("/api/v1/openapi.json").await;
    assert_eq!(document.header("content-type"), "application/openapi+json");
    let document = document.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], "http://127.0.0.1:3000");
    let said: BTreeSet<_> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let machine = table().into_iter().filter(|route| route.access == Access::Machine);
    // The router has a route of its own for the guarded path "/".
    let paths = machine.map(|route| route.path.replace("{*path}", "{path}")).filter(|path| !path.ends_with('/'));
    assert_eq!(said, paths.collect::<Vec<_>>().iter().map(String::as_str).collect::<BTreeSet<_>>());
    let codes = document["components"]["schemas"]["Code"]["oneOf"].as_array().unwrap();
    let said: BTreeSet<_> = codes.iter().map(|code| code["const"].as_str().unwrap()).collect();
    assert_eq!(said, Reason::ALL.map(Reason::code).into_iter().chain(["valid"]).collect::<BTreeSet<_>>());

    let question = &document["components"]["schemas"]["VerifyRequest"];
    assert_eq!(question["additionalProperties"], false, "{question}");
    let fields: BTreeSet<_> = question["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let asker = keyward.issue("keyward.verify").await;
    let refused = keyward.client().verify(&asker, &serde_json::json!({ "nothing": 1 })).await.json();
    let (_, known) = refused["detail"].as_str().unwrap().split_once("Known are ").unwrap();
    assert_eq!(fields, known.trim_end_matches('.').split(", ").collect::<BTreeSet<_>>(), "the same fields are read");

    let scope = &document["components"]["schemas"]["Scope"]["pattern"];
    let reserved: Vec<_> = RESERVED
        .iter()
        .map(|(name, _)| format!("{}$", name.trim_start_matches("keyward.").replace('.', "\\.")))
        .collect();
    assert!(scope.as_str().unwrap().contains(&format!("(?!{})", reserved.join("|"))), "{scope}");

    let page = keyward.signed_in(Role::Member).await.get("/reference").await.page();
    for code in said {
        assert!(page.contains(&format!("<code translate=\"no\">{code}</code>")), "{code}");
    }
    for field in ["request_id", "on_limit", "X-Forwarded-Method", "digest"] {
        assert!(page.contains(&format!("<b>{field}</b>")), "{field}");
    }
}

#[tokio::test]
async fn superadmins_alone_see_how_it_is_set_up() {
    for (name, database) in databases() {
        let keyward = Keyward::with(database, &[("KEYWARD_TRUSTED_PROXIES", "10.0.0.0/8")]).await;
        for role in Role::ALL {
            let page = keyward.signed_in(role).await.get("/about").await.page();
            assert!(page.contains(if name == "sqlite" { "SQLite 3." } else { "PostgreSQL 1" }), "{name} {page}");
            assert_eq!(page.contains("1 network<"), role == Role::Superadmin, "{name} {role}");
        }
    }
}
