//! What a form says once it is done, and what becomes of one whose session ended: without JavaScript.

use axum::http::StatusCode;
use model::account::Role;

use crate::support::{Keyward, id_of};

#[tokio::test]
async fn what_a_form_did_is_said_once_and_can_be_undone() {
    let keyward = Keyward::new().await;
    let token = keyward.issue("a").await;
    let page = format!("/keys/{}", id_of(&token));
    let mut browser = keyward.signed_in(Role::Admin).await;
    for (to, words, back) in [("off", "Switched off. It is refused everywhere.", "on"), ("on", "Switched on.", "off")] {
        let done = browser.post(&format!("{page}/switch"), &[("to", to)]).await;
        assert_eq!(done.header("location"), page);
        let cookie = done.header("set-cookie");
        for part in ["HttpOnly", "SameSite=Strict", "Max-Age=30"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        let live = [("accept", "text/html"), ("x-keyward-live", "1")];
        let quiet = browser.send(axum::http::Method::GET, &page, &live, "").await;
        assert!(!quiet.body.contains("data-said"), "a page that looks after itself takes nothing away");
        let led = browser.get(&page).await.page();
        let (_, said) = led.split_once("data-said").expect(words);
        assert!(said.contains(words), "{said}");
        assert!(said.contains(&format!("name=\"to\" value=\"{back}\"")), "{said}");
        assert!(!browser.get(&page).await.body.contains("data-said"), "once");
    }
    browser.cookies.push(("keyward_said".to_owned(), "<b>anything</b>".to_owned()));
    assert!(!browser.get(&page).await.body.contains("data-said"), "a closed list");
}

#[tokio::test]
async fn a_form_whose_session_ended_is_kept_and_sent_again() {
    let keyward = Keyward::new().await;
    let mut nobody = keyward.client();
    let typed = [("name", "Kiosk \"gate\""), ("description", "Two\nlines"), ("scopes", "a"), ("life", "90")];
    let kept = nobody.post("/keys/new", &typed).await;
    assert_eq!(kept.status, StatusCode::UNAUTHORIZED);
    assert_eq!(kept.header("cache-control"), "no-store");
    let page = kept.page();
    assert!(page.contains("Your session is over") && page.contains("action=\"/keys/new\""), "{page}");
    for (name, value) in [("name", "Kiosk &quot;gate&quot;"), ("description", "Two\nlines"), ("life", "90")] {
        assert!(page.contains(&format!("type=\"hidden\" name=\"{name}\" value=\"{value}\"")), "{name} in {page}");
    }
    let mut again = keyward.signed_in(Role::Admin).await;
    assert_eq!(again.post("/keys/new", &typed).await.status, StatusCode::OK);

    let person =
        nobody.post("/settings/people/new", &[("email", "new@example.com"), ("password", "not to be kept")]).await;
    assert_eq!(person.status, StatusCode::UNAUTHORIZED);
    assert!(person.body.contains("new@example.com") && !person.body.contains("not to be kept"), "{}", person.body);

    // What may hold a key, or is no more than a click, is not kept.
    for (path, fields) in [("/why", [("subject", "kw_secret")]), ("/keys/0123456789ABCDEF/switch", [("to", "off")])] {
        let led = nobody.post(path, &fields).await;
        assert_eq!((led.status, led.header("location")), (StatusCode::SEE_OTHER, "/sign-in"), "{path}");
    }
}
