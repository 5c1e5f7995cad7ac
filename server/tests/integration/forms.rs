//! Text that wants to be more than text, and forms nobody made.

use axum::http::{Method, StatusCode};
use model::account::Role;
use server::access::Access;

use crate::support::{Keyward, databases};

#[tokio::test]
async fn a_name_is_only_ever_text() {
    let keyward = Keyward::new().await;
    let mut browser = keyward.signed_in(Role::Superadmin).await;
    for name in
        ["</script><img src=x onerror=alert(1)>", "</textarea><b>", "\u{202e}gpj.exe", "'\"><svg onload=alert(1)>"]
    {
        let fields = [("name", name), ("description", name), ("owner", name), ("scopes", "a"), ("life", "90")];
        let once = browser.post("/keys/new", &fields).await;
        assert_eq!(once.status, StatusCode::OK, "{}", once.body);
        let list = browser.get("/keys").await;
        let id = list
            .body
            .split("/keys/")
            .filter_map(|part| part.get(..16))
            .find(|id| model::id::KeyId::parse(id).is_some())
            .unwrap()
            .to_owned();
        let refused = [("name", name), ("description", name), ("owner", name), ("scopes", name), ("life", "90")];
        let pages = [
            once,
            list,
            browser.get(&format!("/keys/{id}")).await,
            browser.get(&format!("/keys/{id}/archive")).await,
            browser.get("/audit").await,
            browser.get(&format!("/keys?{}", crate::support::encode(&[("q", name)]))).await,
            browser.post("/keys/new", &refused).await,
            browser.post("/sign-in", &[("email", name), ("password", name)]).await,
        ];
        for page in pages {
            assert!(
                !page.body.contains("<img src=x")
                    && !page.body.contains("</textarea><b>")
                    && !page.body.contains("<svg onload"),
                "{}",
                page.body
            );
        }
    }
}

#[tokio::test]
async fn what_no_form_of_ours_sends_is_refused_without_a_panic() {
    let keyward = Keyward::new().await;
    let mut browser = keyward.signed_in(Role::Superadmin).await;
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];
    for (path, body, status) in [
        ("/keys/new", "name=a&scope=b&life=90&admin=1", 400),
        ("/keys/new", "", 422),
        ("/keys/new", "name=a%00b&scope=b&life=90", 400),
        ("/keys/new", "name=a&name=b&scope=b&life=90", 400),
        ("/keys/new", "name=a&scope=b&scope=b&life=", 422),
        ("/keys/new", "name=a%0d%0ab&scope=b&life=90", 422),
        ("/keys/new", "name=%ff%fe&scope=b&life=90", 400),
        ("/keys/new", "name=a&scope=b&life=90000000000000000000", 422),
        ("/keys/new", "name=a&scope=keyward.everything&life=90", 422),
        ("/keys/new", "name=%E2%80%8B%E3%85%A4&scope=b&life=90", 422),
        ("/keys/new", "name=a&owner=%E2%80%8B&scope=b&life=90", 422),
        ("/keys/0123456789ABCDEF/archive", "reason=not_needed", 404),
        ("/keys/nonsense/archive", "reason=not_needed", 404),
        ("/keys/0123456789ABCDEF/archive", "reason=because", 400),
        ("/sign-in", "", 401),
        ("/sign-in", "email=%ff&password=a", 400),
        ("/sign-in", "email=a&password=%00", 400),
        ("/setup", "code=nonsense", 410),
        ("/api/console/issue_key", "name=a", 400),
        ("/api/console/nothing", "", 400),
    ] {
        let answer = browser.send(Method::POST, path, &headers, body).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {body}: {}", answer.body);
    }
    for (path, status) in [
        ("/keys/nonsense", 404),
        ("/keys/0123456789ABCDEF", 404),
        ("/keys?after=nonsense", 400),
        ("/keys?after=1-0123456789ABCDEF", 200),
        ("/audit?before=nonsense", 200),
        ("/audit?before=-9223372036854775808", 200),
        ("/setup", 410),
        ("/nothing", 404),
        ("/keys/%00", 404),
        ("/keys/%ff", 404),
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
    }
    let missing = keyward.client().send(Method::GET, "/api/v1/nothing", &[], "").await;
    assert_eq!((missing.status, missing.json()["code"].as_str()), (StatusCode::NOT_FOUND, Some("no_such_route")));
}

/// `PostgreSQL` stores no NUL: whatever field it stands in, it is refused before.
#[tokio::test]
async fn a_nul_is_refused_by_every_form_on_both_databases() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        let headers = [("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];
        let json = [("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
        for route in server::routes::table() {
            if route.method != "POST" || matches!(route.access, Access::Machine | Access::File) {
                continue;
            }
            let path = route.path.replace("{id}", "0123456789ABCDEF");
            let answer = browser.send(Method::POST, &path, &headers, "email=a%00b&id=%00&name=%00&confirm=%00").await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name} {path}: {}", answer.body);
            let answer = browser.send(Method::POST, &path, &json, r#"{"id":"a\u0000b"}"#).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name} {path}: {}", answer.body);
        }
    }
}

/// The form has a calendar, so it does not explain how a command line writes an expiry.
#[tokio::test]
async fn a_day_that_was_not_picked_is_asked_for_in_the_forms_words() {
    let keyward = Keyward::new().await;
    let mut browser = keyward.signed_in(Role::Superadmin).await;
    for (date, words) in [
        ("", "Pick the day on which the key ends."),
        (" ", "Pick the day on which the key ends."),
        ("14.03.2027", "Pick the day on which the key ends."),
        ("2027-02-30", "Pick the day on which the key ends."),
        ("2026-11-23", "A key lives at least 7 days: choose 29 Nov 2026 or later."),
        ("2028-01-01", "A key lives at most 365 days: choose 22 Nov 2027 or earlier."),
    ] {
        let fields = [("name", "a"), ("scopes", "b"), ("life", "date"), ("date", date)];
        let answer = browser.post("/keys/new", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{date:?}");
        assert!(answer.body.contains(words) && !answer.body.contains("such as 90d"), "{date:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_member_manages_just_their_own() {
    let keyward = Keyward::new().await;
    let theirs = keyward.issue("a").await;
    let mut member = keyward.signed_in(Role::Member).await;
    let made = member.post("/keys/new", &[("name", "mine"), ("scopes", "a"), ("life", "90")]).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let list = member.get("/keys").await;
    assert!(list.body.contains("mine") && !list.body.contains(crate::support::id_of(&theirs)));
    let reserved = member.post("/keys/new", &[("name", "x"), ("scopes", "keyward.verify"), ("life", "90")]).await;
    assert_eq!(reserved.status, StatusCode::UNPROCESSABLE_ENTITY);
    let foreign =
        member.post("/keys/new", &[("name", "x"), ("scopes", "a"), ("owner", "someone"), ("life", "90")]).await;
    assert_eq!(foreign.status, StatusCode::UNPROCESSABLE_ENTITY);
}
