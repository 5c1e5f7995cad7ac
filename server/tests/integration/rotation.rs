//! Rotation with a drain meter: a key and its successor work side by side for as long as was chosen, the pages of both say
//! who still calls with the old one, and it is cut or let work longer from there.

use std::time::Duration;

use admin::{AdminError, BulkAct};
use axum::http::{Method, StatusCode};
use model::{
    account::Role,
    id::KeyId,
    key::{ArchiveReason, Key, KeyState},
    key_input::KeyInput,
    time::Timestamp,
};

use crate::support::{Answer, Client, Keyward, Operator, databases, id_of};

/// A Keyward, and a browser in it.
struct Here {
    keyward: Keyward,
    browser: Client,
}

impl Here {
    async fn everywhere() -> Vec<Self> {
        let mut found = Vec::new();
        for (_, database) in databases() {
            let settings = [("KEYWARD_TRUSTED_PROXIES", "192.0.2.10/32")];
            let keyward = Keyward::with(database, &settings).await;
            let browser = keyward.signed_in(Role::Superadmin).await;
            found.push(Self { keyward, browser });
        }
        found
    }

    async fn issue(&self, name: &str, form: &str) -> String {
        let admin = &self.keyward.app.admin;
        let form = KeyInput {
            name: name.to_owned(),
            owner: format!("owner of {name}"),
            scopes: "things".to_owned(),
            expires: "90d".to_owned(),
            form: form.to_owned(),
            ..KeyInput::default()
        };
        admin.issue_key(&admin.operator(), &form).await.unwrap().token.reveal().to_owned()
    }

    async fn rotate(&self, token: &str, overlap: i64) -> String {
        let admin = &self.keyward.app.admin;
        admin.rotate_key(&admin.operator(), id(token), overlap).await.unwrap().token.reveal().to_owned()
    }

    async fn call(&self, token: &str, agent: &str) -> StatusCode {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("x-forwarded-method", "GET"),
            ("x-forwarded-for", "203.0.113.7"),
            ("user-agent", agent),
        ];
        let answer = self.keyward.client().send(Method::GET, "/forward-auth?scope=things", &headers, "").await;
        self.keyward.app.verifier.flush().await.unwrap();
        answer.status
    }

    async fn page(&mut self, token: &str) -> String {
        let answer = self.browser.get(&format!("/keys/{}", id_of(token))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.page()
    }

    async fn key(&self, token: &str) -> Key {
        self.keyward.app.store.key(id(token)).await.unwrap().unwrap().0.key
    }

    /// A form of the pair, sent from the old key's page.
    async fn send(&mut self, old: &str, what: &str, fields: &[(&str, &str)]) -> Answer {
        let page = id_of(old).to_owned();
        let fields: Vec<_> = [("page", page.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.browser.post(&format!("/keys/{}/{what}", id_of(old)), &fields).await
    }

    /// Sessions do not last as long as some tests.
    async fn pass(&mut self, time: Duration) {
        self.keyward.pass(time).await;
        self.browser = self.keyward.signed_in(Role::Superadmin).await;
    }
}

fn id(token: &str) -> KeyId {
    KeyId::parse(id_of(token)).unwrap()
}

#[tokio::test]
async fn mission_n3_both_pages_show_who_still_calls_with_the_old_key_and_when_it_is_safe_to_cut() {
    for mut here in Here::everywhere().await {
        let old = here.issue("kiosks", "").await;
        here.call(&old, "kiosk north").await;
        let new = here.rotate(&old, 7 * 86_400_000).await;
        for (token, agent) in
            [(&old, "kiosk north"), (&new, "kiosk south"), (&new, "kiosk south"), (&new, "kiosk east")]
        {
            assert_eq!(here.call(token, agent).await, StatusCode::OK, "both work");
        }
        for (token, other, about) in [(&old, &new, "Its successor is"), (&new, &old, "It takes the place of")] {
            let page = here.page(token).await;
            for words in [
                about,
                "Still in use",
                "Called with the old key since",
                "kiosk north",
                "<b>60%</b>",
                "<b>40%</b>",
                &format!("href=\"/keys/{}\"", id_of(other)),
                &format!("action=\"/keys/{}/cut\"", id_of(&old)),
            ] {
                assert!(page.contains(words), "{words}: {page}");
            }
        }
        here.pass(Duration::from_mins(119)).await;
        assert!(here.page(&old).await.contains("Still in use"));
        here.pass(Duration::from_mins(1)).await;
        let page = here.page(&new).await;
        assert!(page.contains("Safe to cut") && page.contains("<b>2 h ago</b>"), "{page}");

        let cut = here.send(&old, "cut", &[]).await;
        assert_eq!(
            (cut.status, cut.header("location")),
            (StatusCode::SEE_OTHER, format!("/keys/{}", id_of(&old)).as_str())
        );
        assert_eq!(here.call(&old, "kiosk north").await, StatusCode::UNAUTHORIZED, "the next call is refused");
        assert_eq!(here.call(&new, "kiosk north").await, StatusCode::OK);
        let page = here.page(&new).await;
        assert!(page.contains("Old key stopped") && !page.contains("/cut\""), "{page}");
        assert!(here.page(&old).await.contains("Old key cut"), "the audit knows it");
        assert_eq!(here.send(&old, "cut", &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "it is cut once");

        let again = here.send(&old, "extend", &[("overlap", "1h"), ("until", "")]).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.body);
        assert_eq!(here.call(&old, "kiosk north").await, StatusCode::OK, "somebody was missed: it works again");
        assert!(here.page(&old).await.contains("Overlap extended"));

        let admin = here.keyward.app.admin.clone();
        admin.archive_key(&admin.operator(), id(&old), ArchiveReason::Superseded).await.unwrap();
        assert!(!here.page(&new).await.contains("id=\"pair-"), "an archived key is no pair's");
        assert_eq!(here.send(&old, "extend", &[("overlap", "7d")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        admin.purge_key(&admin.operator(), id(&old)).await.unwrap();
        here.page(&new).await;
    }
}

#[tokio::test]
async fn mission_n3_the_overlap_is_what_was_chosen_and_never_longer_than_the_old_key_was_made_for() {
    for mut here in Here::everywhere().await {
        for (overlap, until, expected) in [
            ("0", "", Ok("2026-11-22T12:00:00Z")),
            ("1h", "", Ok("2026-11-22T13:00:00Z")),
            ("24h", "", Ok("2026-11-23T12:00:00Z")),
            ("7d", "", Ok("2026-11-29T12:00:00Z")),
            ("until", "2026-12-24T18:30", Ok("2026-12-24T18:30:00Z")),
            ("until", "2026-11-22T12:00", Err("already: choose a later time.")),
            ("until", "2027-06-01T00:00", Err("It cannot work beyond 20 Feb 2027")),
            ("until", "soon", Err("Pick the day and the time")),
            ("until", "", Err("Pick the day and the time")),
        ] {
            let old = here.issue(&format!("{overlap} {until}"), "").await;
            let rotate = format!("/keys/{}/rotate", id_of(&old));
            let answer = here.browser.post(&rotate, &[("overlap", overlap), ("until", until)]).await;
            match expected {
                Ok(ends) => {
                    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
                    assert_eq!(
                        here.key(&old).await.spec.expires_at,
                        Timestamp::parse(ends).unwrap(),
                        "{overlap} {until}"
                    );
                }
                Err(words) => {
                    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
                    assert!(answer.page().contains(words), "{words}: {}", answer.body);
                    assert!(
                        answer.page().contains(&format!("value=\"{until}\"")),
                        "what was typed stays: {}",
                        answer.body
                    );
                }
            }
        }
        let page = here.browser.get(&format!("/keys/{}/rotate", id_of(&here.issue("asked", "").await))).await.page();
        for words in
            ["At once", "22 Nov 2026, 13:00 UTC", "23 Nov 2026, 12:00 UTC", "29 Nov 2026, 12:00 UTC", "20 Feb 2027"]
        {
            assert!(page.contains(words), "the page says what happens when: {words}: {page}");
        }

        // Extended, never beyond what it was made for: 90 days, to 20 February.
        let old = here.issue("extended", "").await;
        let new = here.rotate(&old, 0).await;
        assert_eq!(here.key(&new).await.spec.expires_at, Timestamp::parse("2027-02-20T12:00:00Z").unwrap());
        for (overlap, until, expected) in [
            ("24h", "", Ok("2026-11-23T12:00:00Z")),
            ("1h", "", Err("choose a later time")),
            ("until", "2026-11-23T11:59", Err("choose a later time")),
            ("until", "2027-02-20T12:01", Err("It cannot work beyond 20 Feb 2027")),
            ("until", "2027-02-20T12:00", Ok("2027-02-20T12:00:00Z")),
        ] {
            let answer = here.send(&old, "extend", &[("overlap", overlap), ("until", until)]).await;
            match expected {
                Ok(ends) => {
                    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
                    assert_eq!(here.key(&old).await.spec.expires_at, Timestamp::parse(ends).unwrap());
                }
                Err(words) => {
                    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{overlap} {until}");
                    assert!(answer.page().contains(words), "{words}: {}", answer.body);
                }
            }
        }
        assert!(!here.page(&old).await.contains("/extend\""), "there is nothing left to extend");

        // A key that was never rotated has no overlap; and only forms of ours are understood.
        let alone = here.issue("alone", "").await;
        for (what, fields) in [("cut", &[][..]), ("extend", &[("overlap", "1h")])] {
            let refused = here.send(&alone, what, fields).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}: {}", refused.body);
            assert_eq!(here.key(&alone).await.spec.expires_at, Timestamp::parse("2027-02-20T12:00:00Z").unwrap());
        }
        assert_eq!(here.send(&old, "extend", &[("overlap", "2y")]).await.status, StatusCode::BAD_REQUEST);
        let ends = here.key(&old).await.spec.expires_at;
        let elsewhere = here.browser.post(&format!("/keys/{}/cut", id_of(&old)), &[("page", "//evil.example")]).await;
        assert_eq!(elsewhere.status, StatusCode::BAD_REQUEST);
        assert_eq!(here.key(&old).await.spec.expires_at, ends, "what is refused is not done");
    }
}

/// What is signed into a JWT cannot be lengthened, and its page says so.
#[tokio::test]
async fn mission_n3_a_jwt_says_that_its_own_end_stays() {
    for mut here in Here::everywhere().await {
        let admin = &here.keyward.app.admin;
        let operator = admin.operator();
        let form = KeyInput {
            name: "offline".to_owned(),
            owner: "offline".to_owned(),
            scopes: "things".to_owned(),
            expires: "90d".to_owned(),
            form: "jwt".to_owned(),
            ..KeyInput::default()
        };
        let old = admin.issue_key(&operator, &form).await.unwrap().key;
        let page = here.browser.get(&format!("/keys/{}/rotate", old.id)).await.page();
        assert!(page.contains("accepts it until its own end"), "{page}");
        admin.rotate_key(&operator, old.id, 3_600_000).await.unwrap();
        let page = here.browser.get(&format!("/keys/{}", old.id)).await.page();
        assert!(page.contains("The old key is a JWT") && page.contains("nothing lengthens it"), "{page}");
        let beyond =
            admin.extend_overlap(&operator, old.id, admin::Overlap::Until(old.spec.expires_at.plus(1000))).await;
        assert!(beyond.is_err());
        // The policy is the other bound.
        here.keyward.edit_entry(model::catalog::Kind::Policy, "", &[("max_days", "7")]).await;
        let week = here.keyward.clock.now().plus(7 * 86_400_000);
        let until = |at| admin::Overlap::Until(at);
        assert!(admin.extend_overlap(&operator, old.id, until(week.plus(1000))).await.is_err());
        let extended = admin.extend_overlap(&operator, old.id, until(week)).await.unwrap();
        assert_eq!(extended.spec.expires_at, week);
    }
}

#[tokio::test]
async fn a_key_has_one_successor_and_what_others_do_meanwhile_stays_done() {
    for here in Here::everywhere().await {
        let admin = &here.keyward.app.admin;
        let operator = admin.operator();
        let old = here.issue("one successor", "").await;
        let new = here.rotate(&old, 86_400_000).await;
        let again = admin.rotate_key(&operator, id(&old), 0).await;
        assert!(matches!(again, Err(AdminError::Invalid(_))), "{:?}", again.err());
        let extend = BulkAct::Extend("90d".to_owned());
        let left_alone = admin.change_keys(&operator, &extend, &[id(&old)], None).await;
        assert!(left_alone.unwrap()[0].refused.as_ref().unwrap().contains("rotated"));
        admin.archive_key(&operator, id(&new), ArchiveReason::NotNeeded).await.unwrap();
        assert!(admin.rotate_key(&operator, id(&old), 0).await.is_ok());
        for round in 0..8 {
            let raced = here.issue(&format!("raced {round}"), "").await;
            let (rotated, switched) = tokio::join!(
                admin.rotate_key(&operator, id(&raced), 86_400_000),
                admin.switch_key(&operator, id(&raced), false)
            );
            switched.unwrap();
            assert!(rotated.is_ok() || matches!(rotated, Err(AdminError::Conflict | AdminError::Invalid(_))));
            assert!(matches!(here.key(&raced).await.state, KeyState::Off(_)), "{:?}", rotated.err());
        }
    }
}

/// An auditor looks; a member reaches their own pairs alone.
#[tokio::test]
async fn a_pair_is_cut_by_whoever_may_write_it() {
    let here = Here::everywhere().await.remove(0);
    let old = here.issue("theirs", "").await;
    here.rotate(&old, 86_400_000).await;
    for (role, expected) in [(Role::Auditor, StatusCode::FORBIDDEN), (Role::Member, StatusCode::NOT_FOUND)] {
        let mut client = here.keyward.signed_in(role).await;
        for (what, fields) in [("cut", &[][..]), ("extend", &[("overlap", "7d")][..])] {
            let page = [("page", id_of(&old))];
            let fields: Vec<_> = page.iter().chain(fields).copied().collect();
            let answer = client.post(&format!("/keys/{}/{what}", id_of(&old)), &fields).await;
            assert_eq!(answer.status, expected, "{role} {what}");
        }
    }
    assert!(here.key(&old).await.spec.expires_at > here.keyward.clock.now());
    let mut auditor = here.keyward.signed_in(Role::Auditor).await;
    let page = auditor.get(&format!("/keys/{}", id_of(&old))).await.page();
    assert!(page.contains("Its successor is") && !page.contains("/cut\"") && !page.contains("/extend\""), "{page}");
}
