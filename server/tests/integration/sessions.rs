//! Sessions: how they begin, how they end, and what slows guessing down.

use std::time::Duration;

use axum::http::StatusCode;
use model::account::Role;

use crate::support::{Keyward, PASSWORD};

#[tokio::test]
async fn a_session_ends_on_the_server_when_someone_signs_out() {
    let keyward = Keyward::new().await;
    let mut browser = keyward.signed_in(Role::Admin).await;
    let mut stolen = browser.clone();
    assert_eq!(stolen.get("/keys").await.status, StatusCode::OK);
    let out = browser.post("/sign-out", &[]).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/sign-in?signed-out=1"));
    assert_eq!(stolen.get("/keys").await.status, StatusCode::SEE_OTHER, "the old cookie is worth nothing");
}

#[tokio::test]
async fn signing_in_gives_a_new_id_and_a_strict_cookie() {
    let keyward = Keyward::new().await;
    let mut browser = keyward.signed_in(Role::Admin).await;
    let first = browser.cookies.clone();
    let again = browser.post("/sign-in", &[("email", "admin@example.com"), ("password", PASSWORD)]).await;
    let cookie = again.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=3600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_ne!(browser.cookies, first, "an id known before is worth nothing");
    let mut fixed = keyward.client();
    fixed.cookies = first;
    assert_eq!(fixed.get("/keys").await.status, StatusCode::SEE_OTHER);
    let stored = keyward.database.contents();
    let id = browser.cookies[0].1.clone();
    assert!(!stored.windows(id.len()).any(|part| part == id.as_bytes()), "ids are stored as digests");
}

#[tokio::test]
async fn a_session_ends_when_idle_and_after_twelve_hours_whatever_happens() {
    let keyward = Keyward::new().await;
    let mut idle = keyward.signed_in(Role::Auditor).await;
    let mut busy = keyward.signed_in(Role::Admin).await;
    for round in 1..=12 {
        keyward.clock.advance(Duration::from_mins(59));
        assert_eq!(busy.get("/keys").await.status, StatusCode::OK, "round {round}");
        if round == 2 {
            assert_eq!(idle.get("/keys").await.status, StatusCode::SEE_OTHER, "an hour without use is the end");
        }
    }
    keyward.clock.advance(Duration::from_mins(12));
    assert_eq!(busy.get("/keys").await.status, StatusCode::SEE_OTHER, "twelve hours are the end");
}

#[tokio::test]
async fn after_signing_in_one_is_where_one_wanted_to_be() {
    let keyward = Keyward::new().await;
    drop(keyward.signed_in(Role::Admin).await);
    let mut browser = keyward.client();
    let led = browser.get("/keys?q=kiosk%20a&status=any").await;
    assert_eq!(led.header("location"), "/sign-in?next=%2Fkeys%3Fq%3Dkiosk%2520a%26status%3Dany");
    let page = browser.get(led.header("location")).await;
    assert!(page.body.contains("/keys?q=kiosk%20a&amp;status=any"), "{}", page.body);
    for (next, expected) in [("/audit", "/audit"), ("//evil.example", "/"), ("https://evil.example", "/")] {
        let answer =
            browser.post("/sign-in", &[("email", "admin@example.com"), ("password", PASSWORD), ("next", next)]).await;
        assert_eq!(answer.header("location"), expected, "{next}");
    }
}

#[tokio::test]
async fn unknown_users_and_wrong_passwords_are_one_answer() {
    let keyward = Keyward::new().await;
    drop(keyward.signed_in(Role::Admin).await);
    let mut browser = keyward.client();
    let wrong = browser.post("/sign-in", &[("email", "admin@example.com"), ("password", "not it, not it")]).await;
    let unknown = browser.post("/sign-in", &[("email", "nobody@example.com"), ("password", "not it, not it")]).await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    let plain = |body: &str| {
        // Each page has a nonce of its own.
        let parts: Vec<&str> =
            body.split("nonce=\"").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest)).collect();
        parts.concat().replace("admin@", "X@").replace("nobody@", "X@")
    };
    assert_eq!(plain(&wrong.body), plain(&unknown.body));
    assert!(!wrong.body.contains("not it"), "a password is never sent back");
    assert!(wrong.headers.get("set-cookie").is_none(), "no session for nobody");
}

#[tokio::test]
async fn guessing_is_slowed_down_and_nobody_is_locked_out_for_good() {
    let keyward = Keyward::new().await;
    drop(keyward.signed_in(Role::Admin).await);
    let mut browser = keyward.client();
    let right = [("email", "admin@example.com"), ("password", PASSWORD)];
    for _ in 0..5 {
        browser.post("/sign-in", &[("email", "admin@example.com"), ("password", "wrong")]).await;
    }
    let slowed = browser.post("/sign-in", &right).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS, "{}", slowed.body);
    assert!(slowed.body.contains("Wait 1 s"), "{}", slowed.body);
    keyward.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.post("/sign-in", &right).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_theme_is_chosen_and_kept() {
    let keyward = Keyward::new().await;
    let mut browser = keyward.signed_in(Role::Admin).await;
    for (theme, expected) in
        [("dark", "data-theme=\"dark\""), ("light", "data-theme=\"light\""), ("", "<html lang=\"en\">")]
    {
        let answer = browser.post("/theme", &[("theme", theme), ("next", "/audit")]).await;
        assert_eq!(answer.header("location"), "/audit");
        assert!(browser.get("/keys").await.body.contains(expected), "{expected}");
    }
    assert_eq!(browser.post("/theme", &[("theme", "neon"), ("next", "/")]).await.status, StatusCode::BAD_REQUEST);
}

/// The way back to the list keeps its filters, and nothing that may be a secret.
#[tokio::test]
async fn the_list_is_remembered_without_what_may_be_a_secret() {
    let keyward = Keyward::new().await;
    let token = keyward.issue("a").await;
    let page = format!("/keys/{}", crate::support::id_of(&token));
    let mut browser = keyward.signed_in(Role::Admin).await;
    for (query, remembered) in [
        ("q=kiosk%20a&status=any".to_owned(), "/keys?q=kiosk%20a&amp;status=any"),
        (format!("q={token}"), "/keys?q=kiosk%20a&amp;status=any"),
        (format!("q={}", "x".repeat(2000)), "/keys?q=kiosk%20a&amp;status=any"),
        ("status=off".to_owned(), "/keys?status=off"),
        (String::new(), "/keys"),
    ] {
        let list = browser.get(&format!("/keys?{query}")).await;
        assert!(!list.header("set-cookie").contains(&token), "{query}");
        let back = format!("<a href=\"{remembered}\"><bdi>Keys</bdi></a>");
        let page = browser.get(&page).await.page();
        assert!(page.contains(&back), "{query}: {page}");
    }
    browser.cookies.push(("keyward_list".to_owned(), "status=none".to_owned()));
    assert!(browser.get(&page).await.page().contains("<a href=\"/keys\"><bdi>Keys</bdi></a>"), "nothing but a list");
}
