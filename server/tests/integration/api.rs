//! The REST API: what programs do with a key of Keyward's own, and how far such a key reaches.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use model::{account::Role, catalog::Kind};
use serde_json::{Value, json};
use server::api::{OPERATIONS, Operation};

use crate::support::{Answer, Client, Keyward, Operator, databases, id_of};

/// Sends a request with a key and a body.
async fn ask(keyward: &Keyward, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
    ask_with(keyward, token, method, path, body, &[]).await
}

async fn ask_with(
    keyward: &Keyward,
    token: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
    more: &[(&str, &str)],
) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("authorization", bearer.as_str())];
    if body.is_some() {
        headers.push(("content-type", "application/json"));
    }
    headers.extend(more);
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    keyward.client().send(method, path, &headers, &body).await
}

async fn get(keyward: &Keyward, token: &str, path: &str) -> Answer {
    ask(keyward, token, Method::GET, path, None).await
}

async fn post(keyward: &Keyward, token: &str, path: &str, body: Value) -> Answer {
    ask(keyward, token, Method::POST, path, Some(body)).await
}

/// Every scope of Keyward's own but these.
fn all_but(left_out: &[&str]) -> String {
    let scopes = model::scope::RESERVED.iter().map(|(name, _)| *name).filter(|name| !left_out.contains(name));
    scopes.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_key_is_made_found_edited_rotated_and_archived_by_program() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue(&all_but(&[])).await;
        let body = json!({
            "name": "Lobby kiosk", "owner": "Front desk", "scopes": ["rooms.read"], "expires": "90d",
            "labels": ["env=prod"], "limits": ["60/minute"], "metadata": { "floor": 1.50 },
        });
        let made = post(&keyward, &token, "/api/v1/keys", body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{on}: {}", made.body);
        let key = made.json()["key"].clone();
        let (id, secret) = (key["id"].as_str().unwrap().to_owned(), made.json()["token"].as_str().unwrap().to_owned());
        let path = format!("/api/v1/keys/{id}");
        assert_eq!((made.header("location"), id_of(&secret)), (path.as_str(), id.as_str()), "{on}");
        assert_eq!((&key["status"], &key["series"]), (&json!("active"), &json!(id)), "{on}: {key}");
        assert_eq!(
            (&key["labels"], &key["metadata"]),
            (&json!(["env=prod"]), &json!({ "floor": 1.50 })),
            "{on}: {key}"
        );
        assert_eq!(keyward.client().forward(&secret, "scope=rooms.read").await.status, StatusCode::OK, "{on}");

        let shown = get(&keyward, &token, &path).await;
        assert!(shown.status == StatusCode::OK && !shown.body.contains(&secret), "{on}: {}", shown.body);
        let tag = shown.header("etag").to_owned();
        let wanted = json!({ "description": "At the entrance", "limits": null, "scopes": ["rooms"] });
        let edit = async |tag: Option<&str>| {
            let tag: Vec<_> = tag.map(|tag| ("if-match", tag)).into_iter().collect();
            ask_with(&keyward, &token, Method::PATCH, &path, Some(wanted.clone()), &tag).await
        };
        assert_eq!(edit(None).await.status, StatusCode::PRECONDITION_REQUIRED, "{on}");
        assert_eq!(edit(Some("\"1\"")).await.status, StatusCode::PRECONDITION_FAILED, "{on}");
        let edited = edit(Some(&tag)).await;
        assert_eq!(edited.status, StatusCode::OK, "{on}: {}", edited.body);
        let key = edited.json();
        assert_eq!(
            (&key["limits"], &key["scopes"], &key["labels"]),
            (&json!([]), &json!(["rooms"]), &json!(["env=prod"]))
        );
        assert_eq!(key["expires_at"], shown.json()["expires_at"], "{on}: what is not named stays");
        assert_eq!(edit(Some(&tag)).await.status, StatusCode::PRECONDITION_FAILED, "{on}: the tag is old");

        for (verb, status) in [("disable", "off"), ("enable", "active")] {
            let switched = post(&keyward, &token, &format!("{path}/{verb}"), json!({})).await;
            assert_eq!(switched.json()["status"], status, "{on}: {}", switched.body);
        }
        let rotated = post(&keyward, &token, &format!("{path}/rotate"), json!({ "overlap": "1h" })).await;
        assert_eq!(rotated.status, StatusCode::CREATED, "{on}: {}", rotated.body);
        let new = rotated.json()["key"].clone();
        assert_eq!((&new["series"], &new["rotated_from"]), (&json!(id), &json!(id)), "{on}");
        let current = get(&keyward, &token, &format!("{path}/current")).await.json();
        assert_eq!(current["id"], new["id"], "{on}");
        let series = get(&keyward, &token, &format!("/api/v1/keys?series={id}&status=any")).await.json();
        assert_eq!(series["keys"].as_array().unwrap().len(), 2, "{on}");
        // Whoever remembers the series alone rotates its newest generation, once for each mark.
        let mark = [("idempotency-key", "november")];
        let by_series = format!("{path}/current/rotate");
        let next = ask_with(&keyward, &token, Method::POST, &by_series, None, &mark).await;
        assert_eq!(next.json()["key"]["rotated_from"], new["id"], "{on}: {}", next.body);
        let again = ask_with(&keyward, &token, Method::POST, &by_series, None, &mark).await;
        assert_eq!((&again.json()["key"]["id"], &again.json()["token"]), (&next.json()["key"]["id"], &Value::Null));
        ask(
            &keyward,
            &token,
            Method::POST,
            &format!("/api/v1/keys/{}/archive", next.json()["key"]["id"].as_str().unwrap()),
            None,
        )
        .await;
        let cut = ask(&keyward, &token, Method::POST, &format!("{path}/cut"), None).await;
        assert_eq!(cut.json()["status"], "expired", "{on}: {}", cut.body);

        let new = format!("/api/v1/keys/{}", new["id"].as_str().unwrap());
        let gone = post(&keyward, &token, &format!("{new}/archive"), json!({ "reason": "superseded" })).await;
        assert_eq!(gone.json()["archived"]["reason"], "superseded", "{on}: {}", gone.body);
        keyward.pass(std::time::Duration::from_secs(1)).await;
        let refused = keyward.client().forward(rotated.json()["token"].as_str().unwrap(), "scope=any").await;
        assert_eq!(refused.json()["code"], "archived", "{on}");
        let back = ask(&keyward, &token, Method::POST, &format!("{new}/undo-archive"), None).await;
        assert_eq!(back.json()["status"], "expiring", "{on}: it was rotated meanwhile: {}", back.body);
        let purged = ask(&keyward, &token, Method::DELETE, &new, None).await;
        assert_eq!(purged.status, StatusCode::UNPROCESSABLE_ENTITY, "{on}: only what is archived");
        ask(&keyward, &token, Method::POST, &format!("{new}/archive"), None).await;
        let purged = ask(&keyward, &token, Method::DELETE, &new, None).await;
        assert_eq!((purged.status, purged.body.as_str()), (StatusCode::NO_CONTENT, ""), "{on}");
        assert_eq!(get(&keyward, &token, &new).await.status, StatusCode::NOT_FOUND, "{on}");

        let events = get(&keyward, &token, &format!("{path}/audit")).await.json();
        let actor = format!("key for {} ({})", all_but(&[]), id_of(&token));
        let actor = events["events"][0]["actor"].as_str().unwrap().starts_with(&actor[..20]);
        assert!(actor && events["events"].as_array().unwrap().len() >= 5, "{on}: {events}");
    }
}

/// An operation's path with ids in it.
fn filled(operation: &Operation, id: &str) -> String {
    operation.path.replace("{id}", id).replace("{signing}", "0123456789abcdef")
}

#[tokio::test]
async fn every_operation_asks_for_its_scope_and_for_a_key_in_a_header() {
    let keyward = Keyward::new().await;
    let browser = keyward.signed_in(Role::Superadmin).await;
    let key = keyward.issue("a").await;
    for operation in OPERATIONS.iter() {
        let path = filled(operation, id_of(&key));
        let what = format!("{} {path}", operation.method);
        let mut signed_in: Client = browser.clone();
        let site = [("sec-fetch-site", "same-origin")];
        let session = signed_in.send(operation.method.clone(), &path, &site, "").await;
        assert_eq!(session.json()["code"], "missing_credentials", "{what}: a session is no key");
        let all = keyward.issue(&all_but(&[])).await;
        let in_address = format!("{path}?api-key={all}");
        let cookie = format!("api-key={all}");
        for (path, headers) in [(in_address.as_str(), vec![]), (path.as_str(), vec![("cookie", cookie.as_str())])] {
            let answer = keyward.client().send(operation.method.clone(), path, &headers, "").await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what} {headers:?}");
        }
        let Some(scope) = operation.scope else { continue };
        let others = keyward.issue(&all_but(&[scope])).await;
        let refused = ask(&keyward, &others, operation.method.clone(), &path, Some(json!({}))).await;
        assert_eq!(refused.json()["code"], "insufficient_scope", "{what}: {}", refused.body);
        assert!(refused.header("www-authenticate").contains(&format!("scope=\"{scope}\"")), "{what}");
        let public = keyward.app.admin.operator();
        let wide = model::key_input::KeyInput {
            name: "wide".to_owned(),
            owner: "w".to_owned(),
            scopes: "public".to_owned(),
            all_access_reason: "to see".to_owned(),
            expires: "90d".to_owned(),
            ..Default::default()
        };
        let wide = keyward.app.admin.issue_key(&public, &wide).await;
        if let Ok(wide) = wide {
            let refused = ask(&keyward, wide.token.reveal(), operation.method.clone(), &path, None).await;
            assert_eq!(refused.json()["code"], "insufficient_scope", "{what}: nothing wide covers it");
        }
    }
}

#[tokio::test]
async fn a_key_does_no_more_than_who_gave_it_its_scopes() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let mut admin = keyward.signed_in(Role::Admin).await;
        let scopes = "keyward.keys.read keyward.keys.write keyward.accounts.read keyward.catalog.write";
        let fields = [("name", "by an admin"), ("owner", "ci"), ("scopes", scopes), ("life", "90")];
        let page = admin.post("/keys/new", &fields).await.body;
        let start = page.find("kw_").unwrap_or_else(|| panic!("{on}: {page}"));
        let token: String = page[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        keyward.pass(std::time::Duration::from_secs(1)).await;
        assert_eq!(get(&keyward, &token, "/api/v1/keys").await.status, StatusCode::OK, "{on}");
        for (path, body) in [
            ("/api/v1/tenants", json!({ "name": "acme", "prefix": "ac" })),
            ("/api/v1/scopes", json!({ "name": "lockers", "sentence": "Lockers.", "risk": "low" })),
        ] {
            let refused = post(&keyward, &token, path, body).await;
            assert_eq!(refused.json()["code"], "forbidden", "{on} {path}: beyond the role, or the tenant");
        }
        assert_eq!(get(&keyward, &token, "/api/v1/accounts").await.json()["code"], "forbidden", "{on}");
        // It gives no more than it has.
        for (scope, status) in [("keyward.audit.read", 422), ("keyward.keys.read", 201), ("rooms.read", 201)] {
            let body = json!({ "name": "k", "owner": scope, "scopes": [scope], "expires": "30d" });
            let made = post(&keyward, &token, "/api/v1/keys", body).await;
            assert_eq!(made.status.as_u16(), status, "{on} {scope}: {}", made.body);
        }
        let whoami = get(&keyward, &token, "/api/v1/whoami").await.json();
        assert_eq!((&whoami["role"], &whoami["tenant"]), (&json!("admin"), &json!("default")), "{on}");

        let child = json!({ "name": "child", "owner": "c", "scopes": ["keyward.keys.read"], "expires": "30d" });
        let child = post(&keyward, &token, "/api/v1/keys", child).await.json()["token"].as_str().unwrap().to_owned();
        assert_eq!(get(&keyward, &child, "/api/v1/keys").await.status, StatusCode::OK, "{on}");
        // An account that may not sign in any more takes it from the keys it gave it to, and from those of these.
        let account =
            keyward.app.admin.account_named(&keyward.app.admin.operator(), "admin@example.com").await.unwrap();
        keyward.app.admin.disable_account(&keyward.app.admin.operator(), account.id).await.unwrap();
        for token in [&token, &child] {
            let refused = get(&keyward, token, "/api/v1/keys").await;
            assert_eq!(refused.json()["code"], "grantor_inactive", "{on}: {}", refused.body);
        }
        assert_eq!(get(&keyward, &token, "/api/v1/whoami").await.json()["role"], Value::Null, "{on}");
    }
}

#[tokio::test]
async fn a_key_stays_in_its_tenant_unless_it_may_cross() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        keyward.create_entry(Kind::Tenant, &[("name", "acme"), ("prefix", "ac")]).await;
        keyward.create_entry(Kind::Group, &[("name", "Theirs"), ("tenant", "acme")]).await;
        let scopes = all_but(&["keyward.any_tenant"]);
        let (bounded, crossing) = (keyward.issue(&scopes).await, keyward.issue(&all_but(&[])).await);
        let theirs = json!({ "name": "theirs", "owner": "o", "tenant": "acme", "scopes": ["a"], "expires": "30d" });
        let made = post(&keyward, &crossing, "/api/v1/keys", theirs.clone()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{on}: {}", made.body);
        let refused = post(&keyward, &bounded, "/api/v1/keys", theirs).await;
        assert_eq!(refused.json()["errors"][0]["field"], "tenant", "{on}: {}", refused.body);

        let id = made.json()["key"]["id"].as_str().unwrap().to_owned();
        let found = get(&keyward, &bounded, "/api/v1/keys?q=theirs&status=any").await;
        assert_eq!(found.json()["keys"], json!([]), "{on}");
        assert_eq!(get(&keyward, &bounded, "/api/v1/keys?tenant=acme").await.json()["keys"], json!([]), "{on}");
        assert_eq!(get(&keyward, &crossing, "/api/v1/keys?tenant=acme").await.json()["keys"][0]["id"], id, "{on}");
        for operation in OPERATIONS.iter().filter(|operation| operation.path.starts_with("/api/v1/keys/{id}")) {
            let path = filled(operation, &id);
            let tag = [("if-match", "*")];
            let overlap = if operation.id == "extend_key" { json!({ "overlap": "1h" }) } else { json!({}) };
            let body = (operation.method != Method::GET).then_some(overlap);
            let refused = ask_with(&keyward, &bounded, operation.method.clone(), &path, body, &tag).await;
            assert_eq!(refused.status, StatusCode::NOT_FOUND, "{on} {} {path}: {}", operation.method, refused.body);
        }
        let tenants = get(&keyward, &bounded, "/api/v1/tenants").await.json();
        assert_eq!(tenants["tenants"].as_array().unwrap().len(), 1, "{on}: {tenants}");
        let groups = get(&keyward, &bounded, "/api/v1/groups").await.json();
        assert!(
            groups["groups"].as_array().unwrap().iter().all(|group| group["tenant"] == "default"),
            "{on}: {groups}"
        );
        let groups = get(&keyward, &crossing, "/api/v1/groups").await.json();
        let group = groups["groups"].as_array().unwrap().iter().find(|group| group["tenant"] == "acme").unwrap();
        let group = group["id"].as_str().unwrap();
        assert_eq!(get(&keyward, &bounded, &format!("/api/v1/groups/{group}")).await.status, StatusCode::NOT_FOUND);
        for (path, body) in [
            ("/api/v1/groups", json!({ "name": "g", "tenant": "acme" })),
            ("/api/v1/scopes", json!({ "name": "lockers", "sentence": "Lockers.", "risk": "low" })),
            ("/api/v1/tenants", json!({ "name": "other", "prefix": "ot" })),
        ] {
            let refused = post(&keyward, &bounded, path, body.clone()).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{on} {path}: {}", refused.body);
            assert_eq!(post(&keyward, &crossing, path, body).await.status, StatusCode::CREATED, "{on} {path}");
        }
        for path in ["/api/v1/audit", "/api/v1/accounts"] {
            assert_eq!(get(&keyward, &bounded, path).await.status, StatusCode::FORBIDDEN, "{on} {path}");
            assert_eq!(get(&keyward, &crossing, path).await.status, StatusCode::OK, "{on} {path}");
        }
        let tag = [("if-match", "*")];
        for (token, status) in [(&bounded, StatusCode::FORBIDDEN), (&crossing, StatusCode::OK)] {
            let body = Some(json!({ "max_days": 300 }));
            let edited = ask_with(&keyward, token, Method::PATCH, "/api/v1/policy", body, &tag).await;
            assert_eq!(edited.status, status, "{on}: {}", edited.body);
        }
    }
}

#[tokio::test]
async fn a_request_with_a_mark_makes_one_key() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue("keyward.keys.write keyward.keys.read").await;
        let body = json!({ "name": "once", "owner": "o", "scopes": ["a"], "expires": "30d" });
        let mark = [("idempotency-key", "7d3f")];
        let send =
            async |body: Value| ask_with(&keyward, &token, Method::POST, "/api/v1/keys", Some(body), &mark).await;
        let (first, again) = (send(body.clone()).await, send(body.clone()).await);
        assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::OK), "{on}: {}", again.body);
        assert_eq!((&again.json()["key"]["id"], &again.json()["token"]), (&first.json()["key"]["id"], &Value::Null));
        let other = send(json!({ "name": "other", "owner": "o", "scopes": ["a"], "expires": "30d" })).await;
        assert_eq!(
            (other.status, other.json()["code"].as_str()),
            (StatusCode::CONFLICT, Some("idempotency_key_reused"))
        );
        let rotate = format!("/api/v1/keys/{}/rotate", first.json()["key"]["id"].as_str().unwrap());
        let one = ask_with(&keyward, &token, Method::POST, &rotate, Some(json!({})), &mark).await;
        let two = ask_with(&keyward, &token, Method::POST, &rotate, Some(json!({})), &mark).await;
        assert_eq!((one.status, two.status), (StatusCode::CREATED, StatusCode::OK), "{on}: {} {}", one.body, two.body);
        assert_eq!(two.json()["key"]["id"], one.json()["key"]["id"], "{on}");
        let another = keyward.issue("keyward.keys.write").await;
        let theirs = ask_with(&keyward, &another, Method::POST, "/api/v1/keys", Some(body), &mark).await;
        assert_eq!(theirs.status, StatusCode::CREATED, "{on}: another's mark is another: {}", theirs.body);
    }
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_while_keys_are_made() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue("keyward.keys.read").await;
        let mut made = Vec::new();
        for _ in 0..7 {
            made.push(id_of(&keyward.issue("paged").await).to_owned());
        }
        for sort in ["newest", "oldest", "name", "-name", "expires", "-expires", "used", "-used"] {
            let mut next = Some(format!("/api/v1/keys?scope=paged&limit=2&sort={sort}"));
            let mut found = Vec::new();
            while let Some(path) = next {
                let page = get(&keyward, &token, &path).await;
                let body = page.json();
                found.extend(body["keys"].as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap().to_owned()));
                if found.len() < 8 {
                    keyward.issue("paged").await;
                }
                let link = page.header("link");
                next = link.strip_prefix('<').and_then(|link| Some(link.split_once(">; rel=\"next\"")?.0.to_owned()));
                assert_eq!(next.is_some(), body["next_cursor"].is_string(), "{on} {sort}: {link}");
            }
            let once: BTreeSet<_> = found.iter().collect();
            assert_eq!(once.len(), found.len(), "{on} {sort}: none is there twice");
            assert!(made.iter().all(|id| found.contains(id)), "{on} {sort}: none is left out");
        }
    }
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused_by_its_name_and_changes_nothing() {
    let keyward = Keyward::new().await;
    let token = keyward.issue(&all_but(&[])).await;
    let valid = json!({ "name": "k", "owner": "o", "scopes": ["a"], "expires": "30d" });
    let mut unknown = valid.clone();
    unknown["colour"] = "red".into();
    for (body, field) in [
        (unknown, "colour"),
        (json!({ "name": "", "owner": "o", "scopes": ["a"], "expires": "30d" }), "name"),
        (json!({ "name": "k", "owner": "o", "scopes": [], "expires": "30d" }), "scopes"),
        (json!({ "name": "k", "owner": "o", "scopes": ["a"], "expires": "1d" }), "expires"),
        (json!({ "name": "k", "owner": "o", "scopes": ["a"], "expires": "30d", "metadata": [] }), "metadata"),
        (json!({ "name": "k", "owner": "o", "scopes": ["a"], "expires": "30d", "tenant": "nowhere" }), "tenant"),
    ] {
        let refused = post(&keyward, &token, "/api/v1/keys", body.clone()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", refused.body);
        assert_eq!(refused.header("content-type"), "application/problem+json");
        assert_eq!(refused.json()["errors"][0]["field"], field, "{body}: {}", refused.body);
    }
    let send = async |method: Method, path: &str, headers: &[(&str, &str)], body: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [&[("authorization", bearer.as_str())], headers].concat();
        keyward.client().send(method, path, &headers, body).await
    };
    let json_body = ("content-type", "application/json");
    for (method, path, headers, body, status) in [
        (Method::GET, "/api/v1/keys?colour=red", &[][..], "", 400),
        (Method::GET, "/api/v1/keys?limit=0", &[], "", 400),
        (Method::GET, "/api/v1/keys?limit=201", &[], "", 400),
        (Method::GET, "/api/v1/keys?cursor=nowhere", &[], "", 400),
        (Method::GET, "/api/v1/keys?status=gone", &[], "", 400),
        (Method::GET, "/api/v1/keys?flag=idle,odd", &[], "", 400),
        (Method::GET, "/api/v1/keys", &[("accept", "text/html")], "", 406),
        (Method::GET, "/api/v1/keys", &[("accept", "text/html, */*;q=0.1")], "", 200),
        (Method::POST, "/api/v1/keys", &[], "{}", 415),
        (Method::POST, "/api/v1/keys", &[("content-type", "application/merge-patch+json")], "{}", 415),
        (Method::POST, "/api/v1/keys", &[json_body], "{", 400),
        (Method::POST, "/api/v1/keys", &[json_body], "[]", 400),
        (Method::POST, "/api/v1/keys", &[json_body], r#"{"name": "a", "name": "b"}"#, 400),
        (Method::POST, "/api/v1/keys", &[json_body], "\u{feff}{}", 400),
        (Method::PUT, "/api/v1/keys", &[json_body], "{}", 405),
        (Method::GET, "/api/v1/keys/nothing", &[], "", 404),
        (Method::GET, "/api/v1/keys/0000000000000000", &[], "", 404),
        (Method::GET, "/api/v1/nowhere", &[], "", 404),
        (Method::POST, "/api/v1/keys", &[json_body, ("idempotency-key", " ")], "{}", 400),
        (Method::POST, "/api/v1/keys", &[json_body, ("idempotency-key", "two words")], "{}", 400),
    ] {
        let answer = send(method.clone(), path, headers, body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path} {headers:?} {body}: {}", answer.body);
        assert!(status < 400 || answer.json()["request_id"].is_string(), "{}", answer.body);
        assert!(status < 400 || answer.header("content-type") == "application/problem+json", "{path} {}", answer.body);
    }
    let allowed = send(Method::PUT, "/api/v1/keys", &[], "").await;
    assert_eq!(allowed.header("allow"), "GET, POST, HEAD, OPTIONS");
    let options = keyward.client().send(Method::OPTIONS, "/api/v1/keys", &[], "").await;
    assert_eq!((options.status, options.header("allow")), (StatusCode::NO_CONTENT, "GET, POST, HEAD, OPTIONS"));
    let head = send(Method::HEAD, "/api/v1/keys", &[], "").await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    let limited = keyward.issue("keyward.keys.read").await;
    let patch = json!({ "limits": ["1/minute"] });
    let place = format!("/api/v1/keys/{}", id_of(&limited));
    let edited = ask_with(&keyward, &token, Method::PATCH, &place, Some(patch), &[("if-match", "*")]).await;
    assert_eq!(edited.status, StatusCode::OK, "{}", edited.body);
    keyward.pass(std::time::Duration::from_secs(1)).await;
    let answers = [get(&keyward, &limited, "/api/v1/keys").await, get(&keyward, &limited, "/api/v1/keys").await];
    assert_eq!(answers.each_ref().map(|answer| answer.status.as_u16()), [200, 429]);
    assert!(answers.iter().all(|answer| !answer.header("ratelimit").is_empty()), "{answers:?}");
    assert!(!answers[1].header("retry-after").is_empty());
}

#[tokio::test]
async fn the_catalog_and_people_are_kept_by_program() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        keyward.signed_in(Role::Member).await;
        let token = keyward.issue(&all_but(&[])).await;
        for (path, code, body, patch) in [
            (
                "/api/v1/tenants",
                "tenants",
                json!({ "name": "acme", "prefix": "ac" }),
                json!({ "docs": "https://docs.example.com" }),
            ),
            ("/api/v1/groups", "groups", json!({ "name": "Kiosks" }), json!({ "description": "On the ground floor" })),
            ("/api/v1/identities", "identities", json!({ "name": "kiosk-7" }), json!({ "description": "d" })),
            (
                "/api/v1/scopes",
                "scopes",
                json!({ "name": "lockers", "sentence": "Lockers.", "risk": "low" }),
                json!({ "risk": "high" }),
            ),
            (
                "/api/v1/templates",
                "templates",
                json!({ "name": "Panel 2", "required": ["lockers.read"] }),
                json!({ "optional": ["lockers.write"] }),
            ),
        ] {
            let made = post(&keyward, &token, path, body.clone()).await;
            assert_eq!(made.status, StatusCode::CREATED, "{on} {path}: {}", made.body);
            let place = made.header("location").to_owned();
            assert!(get(&keyward, &token, path).await.json()[code].as_array().unwrap().contains(&made.json()), "{on}");
            let tag = [("if-match", made.header("etag"))];
            let edited = ask_with(&keyward, &token, Method::PATCH, &place, Some(patch.clone()), &tag).await;
            assert_eq!(edited.status, StatusCode::OK, "{on} {place}: {}", edited.body);
            let (field, value) = patch.as_object().unwrap().iter().next().unwrap();
            assert_eq!(&edited.json()[field], value, "{on} {place}");
            let late = ask_with(&keyward, &token, Method::PATCH, &place, Some(patch.clone()), &tag).await;
            assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{on} {place}");
            let again = post(&keyward, &token, path, body).await;
            assert_eq!(again.json()["errors"][0]["field"], "name", "{on} {path}: {}", again.body);
            if code == "identities" {
                for (verb, off) in [("disable", true), ("enable", false)] {
                    let switched = ask(&keyward, &token, Method::POST, &format!("{place}/{verb}"), None).await;
                    assert_eq!(switched.json()["disabled_at"].is_string(), off, "{on}: {}", switched.body);
                }
            }
            if code != "tenants" {
                let deleted = ask(&keyward, &token, Method::DELETE, &place, None).await;
                assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{on} {place}: {}", deleted.body);
                assert_eq!(get(&keyward, &token, &place).await.status, StatusCode::NOT_FOUND, "{on} {place}");
            }
        }
        let policy = get(&keyward, &token, "/api/v1/policy").await;
        let tag = [("if-match", policy.header("etag"))];
        let edited =
            ask_with(&keyward, &token, Method::PATCH, "/api/v1/policy", Some(json!({ "max_days": 300 })), &tag).await;
        assert_eq!(
            (&edited.json()["max_days"], &edited.json()["min_days"]),
            (&json!(300), &policy.json()["min_days"]),
            "{on}"
        );

        let accounts = get(&keyward, &token, "/api/v1/accounts").await.json();
        let member = accounts["accounts"].as_array().unwrap().iter().find(|one| one["role"] == "member").unwrap();
        let path = format!("/api/v1/accounts/{}", member["id"].as_str().unwrap());
        for (verb, off) in [("disable", true), ("enable", false)] {
            let switched = ask(&keyward, &token, Method::POST, &format!("{path}/{verb}"), None).await;
            assert_eq!(switched.json()["disabled_at"].is_string(), off, "{on}: {}", switched.body);
        }
        let events = get(&keyward, &token, "/api/v1/audit?action=user.&limit=2").await;
        let actions: Vec<_> =
            events.json()["events"].as_array().unwrap().iter().map(|event| event["action"].clone()).collect();
        assert_eq!(actions, ["user.enable", "user.disable"], "{on}");
        assert!(events.header("link").contains("action=user."), "{on}: {}", events.header("link"));
    }
}

#[tokio::test]
async fn how_a_key_is_used_is_told_to_programs() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue("keyward.usage.read keyward.keys.write keyward.keys.read").await;
        let used = keyward.issue("rooms.read").await;
        for scope in ["rooms.read", "rooms.read", "rooms.write"] {
            keyward.client().forward(&used, &format!("scope={scope}")).await;
        }
        keyward.app.verifier.flush().await.unwrap();
        let path = format!("/api/v1/keys/{}", id_of(&used));
        let usage = get(&keyward, &token, &format!("{path}/usage?period=hour")).await.json();
        assert_eq!(usage["total"], json!({ "allowed": 2, "limited": 0, "refused": 1 }), "{on}: {usage}");
        assert_eq!(usage["reasons"], json!([{ "code": "insufficient_scope", "calls": 1 }]), "{on}");
        assert_eq!((usage["bars"].as_array().unwrap().len(), &usage["step_seconds"]), (60, &json!(60)), "{on}");
        let callers = get(&keyward, &token, &format!("{path}/callers")).await.json();
        assert_eq!(
            (&callers["calls"], callers["callers"].as_array().unwrap().len()),
            (&json!(3), 2),
            "{on}: {callers}"
        );
        assert_eq!(callers["callers"][0]["source"], "bearer", "{on}: {callers}");

        let signing = format!("{path}/request-signing-keys");
        let pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEOfIBcYfDpfh7aF3f0TBMQeSqpKhO\n-----END PUBLIC KEY-----";
        let refused = post(&keyward, &token, &signing, json!({ "label": "one", "public_key": pem })).await;
        assert_eq!(refused.json()["errors"][0]["field"], "public_key", "{on}: {}", refused.body);
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        });
        let added = post(&keyward, &token, &signing, json!({ "label": "one", "public_key": jwk.to_string() })).await;
        assert_eq!(added.status, StatusCode::CREATED, "{on}: {}", added.body);
        let listed = get(&keyward, &token, &signing).await.json();
        assert_eq!(listed["request_signing_keys"][0], added.json(), "{on}");
        let one = format!("{signing}/{}", added.json()["id"].as_str().unwrap());
        assert_eq!(ask(&keyward, &token, Method::DELETE, &one, None).await.status, StatusCode::NO_CONTENT, "{on}");
        let listed = get(&keyward, &token, &signing).await.json();
        assert!(listed["request_signing_keys"][0]["retired_at"].is_string(), "{on}: {listed}");
    }
}

#[tokio::test]
async fn the_document_describes_every_operation_and_its_examples_are_taken() {
    let keyward = Keyward::new().await;
    let document = keyward.client().get("/api/v1/openapi.json").await.json();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut ids = BTreeSet::new();
    for operation in OPERATIONS.iter() {
        let described = &document["paths"][operation.path][operation.method.as_str().to_lowercase()];
        assert_eq!(described["operationId"], operation.id, "{described}");
        assert!(ids.insert(operation.id), "{} is there twice", operation.id);
        let named = [operation.body, operation.answer.1].into_iter().flatten();
        assert!(named.into_iter().all(|name| schemas.contains_key(name)), "{}", operation.id);
    }
    // Every reference leads somewhere.
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
    let token = keyward.issue(&all_but(&[])).await;
    let making = OPERATIONS
        .iter()
        .filter(|operation| operation.answer.0 == StatusCode::CREATED && !operation.path.contains('{'));
    for operation in making {
        let described = &document["paths"][operation.path]["post"];
        let sample = described["x-codeSamples"][0]["source"].as_str().unwrap();
        if operation.body.is_none() {
            continue;
        }
        let body = sample.split("-d '").nth(1).and_then(|rest| rest.strip_suffix('\'')).unwrap();
        let made = post(&keyward, &token, operation.path, serde_json::from_str(body).unwrap()).await;
        assert_eq!(made.status, operation.answer.0, "{sample}: {}", made.body);
    }
}

/// The role that a key has now.
async fn role(keyward: &Keyward, token: &str) -> Value {
    get(keyward, token, "/api/v1/whoami").await.json()["role"].clone()
}

/// A key that an administrator made in the console.
async fn made_by(keyward: &Keyward, browser: &mut Client, owner: &str, scopes: &str) -> String {
    let fields = [("name", owner), ("owner", owner), ("scopes", scopes), ("life", "90")];
    let page = browser.post("/keys/new", &fields).await.body;
    let start = page.find("kw_").unwrap_or_else(|| panic!("{page}"));
    let token = page[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    keyward.app.verifier.poll_changes().await.unwrap();
    token
}

/// A key that another one edits, rotates or switches on gets no authority that neither its grantor nor the other key had.
#[tokio::test]
async fn nobody_raises_a_key_beyond_what_they_and_its_grantor_may() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let (app, operator) = (&keyward.app, keyward.app.admin.operator());
        let mut superadmin = keyward.signed_in(Role::Superadmin).await;
        let accounts = "keyward.accounts.read keyward.accounts.write keyward.any_tenant";
        let strong = made_by(&keyward, &mut superadmin, "strong", accounts).await;
        let weak = keyward.issue("keyward.keys.read keyward.keys.write keyward.verify").await;
        let strong_path = format!("/api/v1/keys/{}", id_of(&strong));
        let tag = [("if-match", "*")];
        let edit = async |token: &str, path: &str, body: Value| {
            ask_with(&keyward, token, Method::PATCH, path, Some(body), &tag).await
        };
        // A scope more would make the weak key the strong one's grantor; fewer bounds would lend its authority.
        let scopes: Vec<_> = format!("{accounts} keyward.verify").split(' ').map(str::to_owned).collect();
        for body in [
            json!({ "scopes": scopes }),
            json!({ "addresses": ["0.0.0.0/0"] }),
            json!({ "limits": ["9/minute"] }),
            json!({ "expires": "300d" }),
        ] {
            let refused = edit(&weak, &strong_path, body.clone()).await;
            assert_eq!(refused.json()["errors"][0]["field"], "scopes", "{on} {body}: {}", refused.body);
        }
        assert_eq!(edit(&weak, &strong_path, json!({ "description": "d" })).await.status, StatusCode::OK, "{on}");
        let off = ask(&keyward, &weak, Method::POST, &format!("{strong_path}/disable"), None).await;
        assert_eq!(off.status, StatusCode::OK, "{on}: taking away is free");
        for act in ["enable", "rotate"] {
            let refused = ask(&keyward, &weak, Method::POST, &format!("{strong_path}/{act}"), None).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{on} {act}: {}", refused.body);
        }
        let crossing = keyward.issue(&all_but(&[])).await;
        let back = ask(&keyward, &crossing, Method::POST, &format!("{strong_path}/enable"), None).await;
        assert_eq!(back.status, StatusCode::OK, "{on}: {}", back.body);

        // What a superadmin adds to an admin's key, or makes of it, stays within the admin's role.
        let mut admin = keyward.signed_in(Role::Admin).await;
        let theirs = made_by(&keyward, &mut admin, "theirs", "keyward.keys.read keyward.keys.write").await;
        let path = format!("/api/v1/keys/{}", id_of(&theirs));
        let more = json!({ "scopes": ["keyward.keys.read", "keyward.keys.write", "keyward.usage.read"] });
        assert_eq!(edit(&crossing, &path, more).await.status, StatusCode::OK, "{on}");
        let rotated = ask(&keyward, &crossing, Method::POST, &format!("{path}/rotate"), None).await;
        let next = rotated.json()["token"].as_str().unwrap_or_else(|| panic!("{on}: {}", rotated.body)).to_owned();
        keyward.pass(std::time::Duration::from_secs(1)).await;
        assert_eq!(
            (role(&keyward, &theirs).await, role(&keyward, &next).await),
            (json!("admin"), json!("admin")),
            "{on}"
        );
        // And what an admin adds to a superadmin's key takes it down to theirs.
        let id = id_of(&crossing);
        let edits = [
            ("name", "raised"),
            ("owner", "o"),
            ("scopes", "keyward.verify keyward.keys.read"),
            ("life", "keep"),
            ("step", "anyway"),
        ];
        let plain = keyward.issue("keyward.verify").await;
        let generation =
            app.store.key(model::id::KeyId::parse(id_of(&plain)).unwrap()).await.unwrap().unwrap().0.key.generation;
        let seen = generation.to_string();
        let saved =
            admin.post(&format!("/keys/{}/edit", id_of(&plain)), &[&edits[..], &[("seen", &seen)]].concat()).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{on}: {}", saved.body);
        keyward.pass(std::time::Duration::from_secs(1)).await;
        assert_eq!(role(&keyward, &plain).await, "admin", "{on} {id}");
        let events = get(&keyward, &crossing, &format!("/api/v1/keys/{}/audit", id_of(&plain))).await;
        assert!(events.body.contains("granted_by"), "{on}: {}", events.body);

        // A key of one's own is no way round the rule that nobody disables themselves.
        let own = made_by(&keyward, &mut superadmin, "own", accounts).await;
        let account = app.admin.account_named(&operator, "superadmin@example.com").await.unwrap();
        let refused = post(&keyward, &own, &format!("/api/v1/accounts/{}/disable", account.id), json!({})).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{on}: {}", refused.body);

        // What nobody stands behind any more works again once its scopes were taken away and given again, as it says.
        let account = app.admin.account_named(&operator, "admin@example.com").await.unwrap();
        app.admin.disable_account(&operator, account.id).await.unwrap();
        assert_eq!(role(&keyward, &next).await, Value::Null, "{on}");
        let path = format!("/api/v1/keys/{}", id_of(&next));
        for (scopes, expected) in [
            (json!(["keyward.keys.read", "keyward.verify"]), Value::Null),
            (json!(["a"]), Value::Null),
            (json!(["a", "keyward.keys.read"]), json!("superadmin")),
        ] {
            let edited = edit(&crossing, &path, json!({ "scopes": scopes })).await;
            assert_eq!(edited.status, StatusCode::OK, "{on}: {}", edited.body);
            keyward.pass(std::time::Duration::from_secs(1)).await;
            assert_eq!(role(&keyward, &next).await, expected, "{on} {scopes}");
        }
    }
}

#[tokio::test]
async fn what_was_broken_once_holds() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue(&all_but(&[])).await;
        let make = async |name: &str| {
            let body = json!({ "name": name, "owner": name, "scopes": ["a"], "expires": "90d" });
            let made = post(&keyward, &token, "/api/v1/keys", body).await.json();
            format!("/api/v1/keys/{}", made["key"]["id"].as_str().unwrap())
        };
        // That a key was compromised is noted although it was archived already, and is final.
        let leaked = make("leaked").await;
        for reason in ["not_needed", "compromised", "superseded"] {
            let gone = post(&keyward, &token, &format!("{leaked}/archive"), json!({ "reason": reason })).await.json();
            let expected = if reason == "not_needed" { reason } else { "compromised" };
            assert_eq!(gone["archived"]["reason"], expected, "{on}");
        }
        let undone = post(&keyward, &token, &format!("{leaked}/undo-archive"), json!({})).await;
        assert_eq!(undone.status, StatusCode::UNPROCESSABLE_ENTITY, "{on}: {}", undone.body);

        // A successor does not come back beside another one.
        let first = make("first").await;
        let rotate =
            async || post(&keyward, &token, &format!("{first}/rotate"), json!({})).await.json()["key"]["id"].clone();
        let second = format!("/api/v1/keys/{}", rotate().await.as_str().unwrap());
        post(&keyward, &token, &format!("{second}/archive"), json!({})).await;
        let third = rotate().await;
        assert!(third.is_string(), "{on}");
        let undone = post(&keyward, &token, &format!("{second}/undo-archive"), json!({})).await;
        assert_eq!(undone.status, StatusCode::UNPROCESSABLE_ENTITY, "{on}: {}", undone.body);
        // Any generation leads to the newest.
        for generation in [&first, &second] {
            assert_eq!(get(&keyward, &token, &format!("{generation}/current")).await.json()["id"], third, "{on}");
        }

        // No database keeps a NUL, and none is asked to.
        for (path, body) in [
            ("/api/v1/keys", json!({ "name": "k", "scopes": ["a"], "expires": "90d", "group": "\0" })),
            ("/api/v1/keys", json!({ "name": "k", "scopes": ["a"], "expires": "90d", "tenant": "\0" })),
            ("/api/v1/scopes", json!({ "name": "s", "sentence": "s", "risk": "low", "opened": ["\0"] })),
        ] {
            let refused = post(&keyward, &token, path, body.clone()).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{on} {body}: {}", refused.body);
        }
        let refused = get(&keyward, &token, "/api/v1/keys?sort=name&cursor=1-%00").await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{on}: {}", refused.body);

        // A mark is the key's, whatever the key is called.
        let mark = [("idempotency-key", "REN")];
        let body = json!({ "name": "once", "owner": "once", "scopes": ["a"], "expires": "90d" });
        let send = async || ask_with(&keyward, &token, Method::POST, "/api/v1/keys", Some(body.clone()), &mark).await;
        let first_made = send().await.json()["key"]["id"].clone();
        let renamed = json!({ "name": "renamed" });
        let own = format!("/api/v1/keys/{}", id_of(&token));
        let tag = [("if-match", "*")];
        assert_eq!(ask_with(&keyward, &token, Method::PATCH, &own, Some(renamed), &tag).await.status, StatusCode::OK);
        keyward.pass(std::time::Duration::from_secs(1)).await;
        let again = send().await;
        assert_eq!((again.status, &again.json()["key"]["id"]), (StatusCode::OK, &first_made), "{on}: {}", again.body);

        // Of other tenants not even the names.
        for name in ["acme", "bolt"] {
            keyward.create_entry(Kind::Tenant, &[("name", name), ("prefix", &name[..2])]).await;
        }
        let gated =
            [("name", "vault"), ("sentence", "s"), ("risk", "high"), ("gate", "gated"), ("opened", "bolt default")];
        keyward.create_entry(Kind::Scope, &gated).await;
        let bounded = keyward.issue("keyward.catalog.read").await;
        let scopes = get(&keyward, &bounded, "/api/v1/scopes").await;
        assert!(scopes.body.contains("vault") && !scopes.body.contains("bolt"), "{on}: {}", scopes.body);

        let encoded = [("content-encoding", "gzip")];
        let refused = ask_with(&keyward, &token, Method::POST, "/api/v1/keys", Some(body.clone()), &encoded).await;
        assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{on}");
        let (whole, head) = (
            get(&keyward, &token, "/api/v1/policy").await,
            ask(&keyward, &token, Method::HEAD, "/api/v1/policy", None).await,
        );
        assert_eq!(head.header("content-length"), whole.body.len().to_string(), "{on}");
    }
}

/// However a request is repeated at once, its key is made once and everybody is told of that one.
#[tokio::test]
async fn a_request_repeated_at_once_is_done_once() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue(&all_but(&[])).await;
        let old = keyward.issue("a").await;
        let path = format!("/api/v1/keys/{}/rotate", id_of(&old));
        let mark = [("idempotency-key", "r1")];
        let sent = (0..12).map(|_| ask_with(&keyward, &token, Method::POST, &path, Some(json!({})), &mark));
        let answers = futures_util::future::join_all(sent).await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{on}: {statuses:?}");
        assert!(statuses.iter().all(|status| [200, 201].contains(status)), "{on}: {statuses:?}");
        let ids: BTreeSet<_> = answers.iter().map(|answer| answer.json()["key"]["id"].to_string()).collect();
        assert_eq!(ids.len(), 1, "{on}");
    }
}

/// The document as it was last looked at: a change of it is read before it is kept.
#[tokio::test]
async fn the_document_is_the_one_that_was_kept() {
    const RENEW: &str = "RENEW=1 cargo test --package server --test integration the_document_is_the_one";
    let keyward = Keyward::new().await;
    let origin = keyward.app.config.public_url.clone();
    let document = keyward.client().get("/api/v1/openapi.json").await.body;
    let mut document: Value = serde_json::from_str(&document.replace(&origin, "https://keys.example.com")).unwrap();
    document["info"]["version"] = "0.0.0".into();
    let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/integration/openapi.json");
    if std::env::var_os("RENEW").is_some() {
        std::fs::write(place, &text).unwrap();
    }
    let kept = std::fs::read_to_string(place).unwrap_or_default();
    let difference = text.lines().zip(kept.lines()).position(|(new, old)| new != old);
    let line = difference.unwrap_or_else(|| text.lines().count().min(kept.lines().count())) + 1;
    let lines = |text: &str| text.lines().skip(line.saturating_sub(3)).take(6).collect::<Vec<_>>().join("\n");
    assert!(
        text == kept,
        "the document differs from tests/integration/openapi.json from line {line} on:\n{}\nwas\n{}\nIf that is meant, \
         keep it: {RENEW}",
        lines(&text),
        lines(&kept)
    );
}

#[tokio::test]
async fn calls_refusals_and_reasons_are_told_within_reach() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        keyward.create_entry(Kind::Tenant, &[("name", "acme"), ("prefix", "ac")]).await;
        let group = keyward.create_entry(Kind::Group, &[("name", "Kiosks"), ("tenant", "default")]).await;
        let crossing = keyward.issue(&all_but(&[])).await;
        let bounded = keyward.issue("keyward.usage.read keyward.keys.write").await;
        let make = async |body: Value| {
            let made = post(&keyward, &crossing, "/api/v1/keys", body).await;
            made.json()["token"].as_str().unwrap_or_else(|| panic!("{on}: {}", made.body)).to_owned()
        };
        let ours =
            json!({ "name": "ours", "owner": "desk", "group": "Kiosks", "scopes": ["a.read"], "expires": "90d" });
        let ours = make(ours).await;
        let theirs =
            json!({ "name": "theirs", "owner": "t", "tenant": "acme", "scopes": ["a.read"], "expires": "90d" });
        let theirs = make(theirs).await;
        for (token, scope, times) in
            [(&ours, "a.read", 3), (&ours, "b.read", 2), (&theirs, "a.read", 4), (&theirs, "b.read", 1)]
        {
            for _ in 0..times {
                keyward.client().forward(token, &format!("scope={scope}")).await;
            }
        }
        keyward.client().forward("kw_0000000000000000_no", "scope=any").await;
        keyward.app.verifier.flush().await.unwrap();

        let counts = async |token: &str, query: &str| {
            let usage = get(&keyward, token, &format!("/api/v1/usage?period=hour{query}")).await.json();
            (usage["total"]["allowed"].as_i64().unwrap(), usage["total"]["refused"].as_i64().unwrap())
        };
        let ours_and_bounded = counts(&bounded, "").await;
        assert_eq!(ours_and_bounded.1, 2, "{on}: a key counts within its tenant");
        for query in ["&owner=desk", "&tenant=default&owner=desk", &format!("&group={}", group.id)] {
            assert_eq!(counts(&crossing, query).await, (3, 2), "{on} {query}");
            assert_eq!(counts(&bounded, query).await, (3, 2), "{on} {query}");
        }
        assert_eq!(counts(&crossing, "&tenant=acme").await, (4, 1), "{on}");
        assert_eq!(counts(&bounded, "&tenant=acme").await, (0, 0), "{on}");
        let (allowed, refused) = counts(&crossing, "").await;
        assert!(allowed > 7 && refused == 3, "{on}: what is no key counts nowhere: {allowed} {refused}");

        let listed = async |token: &str, query: &str| {
            let page = get(&keyward, token, &format!("/api/v1/refusals?{query}")).await;
            assert_eq!(page.status, StatusCode::OK, "{on} {query}: {}", page.body);
            page.json()["refusals"].as_array().unwrap().clone()
        };
        assert_eq!(listed(&crossing, "").await.len(), 4, "{on}");
        assert_eq!(listed(&crossing, "code=malformed").await.len(), 1, "{on}");
        assert_eq!(listed(&crossing, &format!("key={}", id_of(&theirs))).await.len(), 1, "{on}");
        assert_eq!(listed(&crossing, "until=2000-01-01T00:00:00Z").await.len(), 0, "{on}");
        let own = listed(&bounded, "").await;
        assert!(own.len() == 2 && own.iter().all(|one| one["key_name"] == "ours"), "{on}: {own:?}");
        for query in [&format!("key={}", id_of(&theirs)), "tenant=acme", "code=malformed"] {
            assert_eq!(listed(&bounded, query).await.len(), 0, "{on} {query}");
        }
        // Pages.
        let (mut next, mut ids) = (Some("/api/v1/refusals?limit=3&owner=".to_owned()), BTreeSet::new());
        while let Some(path) = next {
            let page = get(&keyward, &crossing, &path).await;
            let refusals = page.json()["refusals"].as_array().unwrap().clone();
            ids.extend(refusals.iter().map(|one| one["request_id"].as_str().unwrap().to_owned()));
            next = page.header("link").strip_prefix('<').map(|link| link.split_once('>').unwrap().0.to_owned());
        }
        assert_eq!(ids.len(), 4, "{on}");

        let explain = async |token: &str, body: Value| post(&keyward, token, "/api/v1/explain", body).await;
        for key in [ours.as_str(), id_of(&ours), "ours"] {
            let told = explain(&bounded, json!({ "key": key, "scope": "a.write" })).await;
            assert_eq!(told.json()["now"]["code"], "insufficient_scope", "{on}: {}", told.body);
            assert_eq!(told.json()["secret_presented"], key == ours, "{on}");
            assert!(!told.body.contains(&ours[24..]), "{on}: no secret comes back");
            let told = explain(&bounded, json!({ "key": key, "scope": "a.read" })).await;
            assert_eq!(told.json()["now"]["valid"], true, "{on}: {}", told.body);
        }
        for one in &own {
            let told = explain(&bounded, json!({ "request_id": one["request_id"] })).await.json();
            assert_eq!((&told["refusal"], &told["now"]["code"]), (one, &json!("insufficient_scope")), "{on}");
        }
        // Beyond its tenant there is nothing, not even a tenant's name.
        let beyond = listed(&crossing, "tenant=acme").await[0]["request_id"].clone();
        for (body, status) in [
            (json!({ "request_id": beyond }), 404),
            (json!({ "key": id_of(&theirs) }), 404),
            (json!({ "key": "ours", "tenant": "acme" }), 422),
            (json!({ "key": "ours", "tenant": "nowhere" }), 422),
            (json!({ "key": "ours", "request_id": beyond }), 422),
            (json!({ "request_id": ours }), 422),
            (json!({ "request_id": id_of(&ours) }), 404),
            (json!({ "key": " " }), 422),
            (json!({}), 422),
        ] {
            let refused = explain(&bounded, body.clone()).await;
            assert_eq!(refused.status.as_u16(), status, "{on} {body}: {}", refused.body);
            assert!(!refused.body.contains(&ours[24..]), "{on}: no secret comes back");
        }
        let told = explain(&bounded, json!({ "key": theirs })).await;
        assert_eq!((&told.json()["now"]["code"], told.json()["now"].get("key")), (&json!("not_found"), None), "{on}");
        let told = explain(&crossing, json!({ "request_id": beyond })).await;
        assert_eq!(told.json()["refusal"]["key_id"], id_of(&theirs), "{on}: {}", told.body);
    }
}

#[tokio::test]
async fn people_are_added_by_program() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue(&all_but(&[])).await;
        let password = "four unrelated quiet words";
        let body = json!({ "email": "Jo@example.com", "role": "admin", "password": password });
        let made = post(&keyward, &token, "/api/v1/accounts", body.clone()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{on}: {}", made.body);
        assert_eq!((&made.json()["email"], &made.json()["role"]), (&json!("jo@example.com"), &json!("admin")), "{on}");
        let shown = get(&keyward, &token, made.header("location")).await;
        assert_eq!(shown.json(), made.json(), "{on}");
        let events = get(&keyward, &token, "/api/v1/audit?action=user.create").await;
        assert!(events.body.contains("jo@example.com") && !events.body.contains(password), "{on}: {}", events.body);
        for (field, value) in
            [("email", "jo@example.com"), ("email", "jo"), ("role", "owner"), ("password", "short"), ("colour", "red")]
        {
            let mut wrong = body.clone();
            wrong[field] = value.into();
            let refused = post(&keyward, &token, "/api/v1/accounts", wrong).await;
            assert_eq!(refused.json()["errors"][0]["field"], field, "{on} {value}: {}", refused.body);
        }
        let bounded = keyward.issue(&all_but(&["keyward.any_tenant"])).await;
        let another = json!({ "email": "al@example.com", "role": "member", "password": password });
        let refused = post(&keyward, &bounded, "/api/v1/accounts", another).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{on}: {}", refused.body);
        assert_eq!(get(&keyward, &bounded, made.header("location")).await.status, StatusCode::FORBIDDEN, "{on}");
        let nobody = get(&keyward, &token, "/api/v1/accounts/0123456789abcdef").await;
        assert_eq!(nobody.status, StatusCode::NOT_FOUND, "{on}");
    }
}

/// What HTTP and the document say of headers, parameters and addresses holds to the letter.
#[tokio::test]
async fn requests_are_read_to_the_letter() {
    let keyward = Keyward::new().await;
    let token = keyward.issue(&all_but(&[])).await;
    for query in [
        "status=",
        "sort=",
        "flag=",
        "group=",
        "series=",
        "limit=",
        "limit=%201",
        "cursor=",
        "limit=1&limit=2",
        "q=a&q=b",
    ] {
        let refused = get(&keyward, &token, &format!("/api/v1/keys?{query}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}: {}", refused.body);
    }
    for query in ["q=", "owner=", "tenant=", "flag=idle,unused", "flag=idle&flag=unused"] {
        let found = get(&keyward, &token, &format!("/api/v1/keys?{query}")).await;
        assert!(found.status == StatusCode::OK, "{query}: {}", found.body);
    }
    for path in ["/api/v1/audit?from=", "/api/v1/audit?from=2026-01-01", "/api/v1/refusals?code="] {
        assert_eq!(get(&keyward, &token, path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }

    let policy = get(&keyward, &token, "/api/v1/policy").await;
    let tag = policy.header("etag");
    let weak = format!("W/{tag}");
    let several = format!("\"7\", {tag}");
    for (sent, status) in [("7", 400), (weak.as_str(), 412), ("\"7\", \"8\"", 412), (several.as_str(), 200)] {
        let body = Some(json!({ "max_days": 300 }));
        let edited = ask_with(&keyward, &token, Method::PATCH, "/api/v1/policy", body, &[("if-match", sent)]).await;
        assert_eq!(edited.status.as_u16(), status, "{sent}: {}", edited.body);
    }
    let refused =
        ask_with(&keyward, &token, Method::GET, "/api/v1/policy", None, &[("accept", "application/json;q=0")]).await;
    assert_eq!(refused.status, StatusCode::NOT_ACCEPTABLE, "{}", refused.body);

    // Where there is nothing, there is nothing to change either.
    for method in [Method::POST, Method::PATCH, Method::DELETE, Method::GET] {
        let nothing = ask(&keyward, &token, method.clone(), "/api/v1/nowhere", Some(json!({}))).await;
        assert_eq!(nothing.json()["code"], "no_such_route", "{method}: {}", nothing.body);
    }

    // What a request made before and is gone cannot be answered again.
    let body = json!({ "name": "once", "owner": "o", "scopes": ["a"], "expires": "30d" });
    let mark = [("idempotency-key", "7d3f")];
    let send = async || ask_with(&keyward, &token, Method::POST, "/api/v1/keys", Some(body.clone()), &mark).await;
    let place = send().await.header("location").to_owned();
    ask(&keyward, &token, Method::POST, &format!("{place}/archive"), None).await;
    assert_eq!(send().await.json()["key"]["status"], "archived");
    ask(&keyward, &token, Method::DELETE, &place, None).await;
    let gone = send().await;
    assert_eq!((gone.status, &gone.json()["code"]), (StatusCode::GONE, &json!("gone")), "{}", gone.body);

    // Two ways of saying one thing are one too many, and a body that has to be there has to be there.
    let made =
        post(&keyward, &token, "/api/v1/keys", json!({ "name": "k", "owner": "k", "scopes": ["a"], "expires": "90d" }));
    let place = made.await.header("location").to_owned();
    let both = json!({ "overlap": null, "until": "2099-01-01T00:00:00Z" });
    let refused = post(&keyward, &token, &format!("{place}/rotate"), both).await;
    assert_eq!(refused.json()["errors"][0]["field"], "until", "{}", refused.body);
    let empty = ask_with(&keyward, &token, Method::PATCH, &place, None, &[("if-match", "*")]).await;
    assert!(empty.status.is_client_error(), "{}", empty.body);
    // The longest scope that a proxy may name is told again.
    keyward.client().forward(&token, &format!("scope={}", "a".repeat(64))).await;
    assert_eq!(get(&keyward, &token, "/api/v1/refusals").await.status, StatusCode::OK);
}
