//! The overview and the end of the first run: numbers that are true on both databases, and one's own alone for a member.

use std::time::Duration;

use admin::FirstRun;
use model::{account::Role, key_input::KeyInput};

use crate::support::{Keyward, Operator, databases, id_of};

#[tokio::test]
async fn the_overview_counts_what_happened() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        let mut browser = keyward.signed_in(Role::Admin).await;
        assert_eq!(browser.get("/").await.header("location"), "/keys", "{name}: there is nothing to see yet");
        let key = keyward.issue("things.read").await;
        assert_eq!(browser.get("/").await.header("location"), "/overview", "{name}");
        assert_eq!(admin.first_run(&operator).await.unwrap(), FirstRun::NoCall, "{name}");
        assert!(browser.get("/overview").await.page().contains("One step left: have a key verified"), "{name}");

        let mut client = keyward.client();
        for _ in 0..3 {
            assert_eq!(client.forward(&key, "scope=things.read").await.status, 200);
        }
        assert_eq!(client.forward(&key, "scope=doors").await.status, 403);
        keyward.app.verifier.flush().await.unwrap();
        let seen = admin.overview(&operator).await.unwrap();
        let last = seen.calls.bars.last().unwrap();
        assert_eq!((seen.calls.bars.len(), last.allowed, last.limited, last.refused), (24, 3, 0, 1), "{name}");
        assert_eq!(
            seen.reasons.iter().map(|(reason, calls)| (reason.code(), *calls)).collect::<Vec<_>>(),
            [("insufficient_scope", 1)]
        );
        assert_eq!((seen.busiest[0].id.as_str(), seen.busiest[0].calls), (id_of(&key), 3), "{name}");
        assert_eq!((seen.live, seen.soon, seen.expiring[0].id.as_str()), (1, 0, id_of(&key)), "{name}");
        assert_eq!(admin.first_run(&operator).await.unwrap(), FirstRun::Verified, "{name}");
        let page = browser.get("/overview").await.page();
        assert!(page.contains("The first call was allowed.") && page.contains("insufficient_scope"), "{name}");

        // A second batch adds to the first; a day later both are the day before.
        assert_eq!(client.forward(&key, "scope=things.read").await.status, 200);
        keyward.app.verifier.flush().await.unwrap();
        assert_eq!(admin.overview(&operator).await.unwrap().calls.bars.last().unwrap().allowed, 4, "{name}");
        keyward.pass(Duration::from_hours(24)).await;
        let seen = admin.overview(&operator).await.unwrap();
        assert_eq!((seen.calls.bars.iter().map(|hour| hour.allowed).sum::<i64>(), seen.before), (0, 5), "{name}");
        assert_eq!(admin.first_run(&operator).await.unwrap(), FirstRun::Over, "{name}");
    }
}

#[tokio::test]
async fn a_member_sees_their_own_numbers() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let mut member = keyward.signed_in(Role::Member).await;
        let theirs = keyward.issue("things").await;
        let form = KeyInput {
            name: "mine alone".to_owned(),
            owner: "member@example.com".to_owned(),
            scopes: "things".to_owned(),
            expires: "20d".to_owned(),
            ..KeyInput::default()
        };
        let admin = &keyward.app.admin;
        let mine = admin.issue_key(&admin.operator(), &form).await.unwrap().token.reveal().to_owned();
        let mut client = keyward.client();
        for (token, calls) in [(&theirs, 5), (&mine, 2)] {
            for _ in 0..calls {
                assert_eq!(client.forward(token, "scope=any").await.status, 200);
            }
        }
        keyward.app.verifier.flush().await.unwrap();
        let page = member.get("/overview").await.page();
        assert!(page.contains("hour by hour: 2 allowed") && page.contains("mine alone"), "{name}: {page}");
        assert!(!page.contains("for things") && !page.contains("Recent changes"), "{name}");
        let list = member.get("/keys?owner=member@example.com").await.page();
        assert!(list.contains("mine alone"), "{name}: {list}");
        let list = member.get("/keys?owner=ada@example.com").await.page();
        assert!(
            list.contains("No key matches") && !list.contains("mine alone"),
            "{name}: not one's own instead: {list}"
        );
        let all = admin.overview(&admin.operator()).await.unwrap();
        assert_eq!((all.calls.bars.last().unwrap().allowed, all.live, all.soon), (7, 2, 1), "{name}");
    }
}
