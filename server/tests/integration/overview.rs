//! The overview: numbers that are true on both databases, and one's own alone for a member.

use std::time::Duration;

use model::{
    account::Role,
    activity::{ChartQuery, Period},
    key_input::KeyInput,
};

use crate::support::{Keyward, Operator, databases, id_of};

#[tokio::test]
async fn the_overview_counts_what_happened() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        let mut browser = keyward.signed_in(Role::Admin).await;
        let mut auditor = keyward.signed_in(Role::Auditor).await;
        assert_eq!(auditor.get("/").await.header("location"), "/keys", "{name}: there is nothing to see yet");
        let key = keyward.issue("things.read").await;
        assert_eq!(auditor.get("/").await.header("location"), "/overview", "{name}");

        let mut client = keyward.client();
        for _ in 0..3 {
            assert_eq!(client.forward(&key, "scope=things.read").await.status, 200);
        }
        assert_eq!(client.forward(&key, "scope=doors").await.status, 403);
        keyward.app.verifier.flush().await.unwrap();
        let seen = admin.overview(&operator, ChartQuery::of(Period::Day)).await.unwrap();
        let last = seen.calls.series.bars.last().unwrap();
        assert_eq!((seen.calls.series.bars.len(), last.allowed, last.limited, last.refused), (24, 3, 0, 1), "{name}");
        assert_eq!(
            seen.calls.reasons.iter().map(|(reason, calls)| (reason.code(), *calls)).collect::<Vec<_>>(),
            [("insufficient_scope", 1)]
        );
        assert_eq!((seen.busiest[0].id.as_str(), seen.busiest[0].calls), (id_of(&key), 3), "{name}");
        assert_eq!((seen.live, seen.soon, seen.expiring[0].id.as_str()), (1, 0, id_of(&key)), "{name}");
        assert!(browser.get("/overview").await.page().contains("insufficient_scope"), "{name}");

        // A second batch adds to the first; a day later both are the day before.
        assert_eq!(client.forward(&key, "scope=things.read").await.status, 200);
        keyward.app.verifier.flush().await.unwrap();
        assert_eq!(
            admin
                .overview(&operator, ChartQuery::of(Period::Day))
                .await
                .unwrap()
                .calls
                .series
                .bars
                .last()
                .unwrap()
                .allowed,
            4,
            "{name}"
        );
        keyward.pass(Duration::from_hours(24)).await;
        let seen = admin.overview(&operator, ChartQuery::of(Period::Day)).await.unwrap();
        assert_eq!(
            (seen.calls.series.bars.iter().map(|hour| hour.allowed).sum::<i64>(), seen.before),
            (0, Some(5)),
            "{name}"
        );
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
        let all = admin.overview(&admin.operator(), ChartQuery::of(Period::Day)).await.unwrap();
        assert_eq!((all.calls.series.bars.last().unwrap().allowed, all.live, all.soon), (7, 2, 1), "{name}");
    }
}

/// Every period and every kind of bar counts the same calls, on the overview of all keys and of one's own; a bar names what was
/// refused in it and the busiest keys, and a member sees nobody else's.
#[tokio::test]
async fn a_bar_of_the_overview_is_about_its_time_alone() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let (admin, operator) = (&keyward.app.admin, keyward.app.admin.operator());
        let theirs = keyward.issue("things").await;
        let form = KeyInput {
            name: "mine alone".to_owned(),
            owner: "member@example.com".to_owned(),
            scopes: "things".to_owned(),
            expires: "20d".to_owned(),
            ..KeyInput::default()
        };
        let mine = admin.issue_key(&operator, &form).await.unwrap().token.reveal().to_owned();
        let first = keyward.clock.now().to_string();
        let mut client = keyward.client();
        let mut ids = Vec::new();
        // Now: five and two pass, one of each is refused. 70 minutes later: one passes.
        for (token, calls) in [(&theirs, 5), (&mine, 2)] {
            for _ in 0..calls {
                assert_eq!(client.forward(token, "scope=any").await.status, 200);
            }
            let refused = client.forward(token, "scope=doors").await;
            assert_eq!(refused.status, 403);
            ids.push(refused.header("x-keyward-request-id").to_owned());
        }
        keyward.app.verifier.flush().await.unwrap();
        keyward.pass(Duration::from_mins(70)).await;
        assert_eq!(client.forward(&mine, "scope=any").await.status, 200);
        keyward.app.verifier.flush().await.unwrap();
        let now = keyward.clock.now();
        let mut auditor = keyward.signed_in(Role::Auditor).await;
        let mut member = keyward.signed_in(Role::Member).await;
        for (period, at, all, busiest) in [
            (Period::Hour, "", (1, 0), [5, 3].as_slice()),
            (Period::Day, "", (8, 2), &[5, 3]),
            (Period::Week, "", (8, 2), &[5, 3]),
            (Period::Month, "", (8, 2), &[5, 3]),
            (Period::Hour, &first, (7, 2), &[5, 2]),
            (Period::Day, &first, (7, 2), &[5, 2]),
            (Period::Week, &first, (8, 2), &[5, 3]),
            (Period::Month, &first, (8, 2), &[5, 3]),
        ] {
            let query = ChartQuery::parse(period.code(), at, now);
            let seen = admin.overview(&operator, query).await.unwrap();
            let total = seen.calls.series.total();
            assert_eq!((total.allowed, total.refused), all, "{name} {period:?} {at:?}");
            assert_eq!(seen.calls.reasons.iter().map(|(_, calls)| calls).sum::<i64>(), all.1, "{name} {period:?}");
            assert_eq!(
                seen.busiest.iter().map(|key| key.calls).collect::<Vec<_>>(),
                busiest,
                "{name} {period:?} {at:?}"
            );
            assert_eq!(seen.calls.refused.len(), if at.is_empty() { 0 } else { 2 }, "{name} {period:?} {at:?}");

            let address = format!("/overview?period={}&at={at}", period.code());
            let page = auditor.get(&address).await.page();
            let own = member.get(&address).await.page();
            assert!(!own.contains("for things") && own.contains("mine alone"), "{name} {address}: {own}");
            for (place, id) in ids.iter().enumerate() {
                assert_eq!(page.contains(id), !at.is_empty(), "{name} {address}");
                assert_eq!(own.contains(id), !at.is_empty() && place == 1, "{name} {address}: one's own alone");
            }
        }
        let page = member.get(&format!("/overview?period=day&at={first}")).await.page();
        assert!(page.contains(&format!("/keys/{}?period=day&amp;at={first}#calls", id_of(&mine))), "{name}: {page}");
        let other = member.get(&format!("/keys/{}?period=day&at={first}", id_of(&theirs))).await;
        assert_eq!(other.status, 404, "{name}: nobody else's key, whatever the time");

        keyward.pass(Duration::from_hours(4)).await;
        admin.sweep().await.unwrap();
        let query = ChartQuery::parse("day", &first, keyward.clock.now());
        let seen = admin.overview(&operator, query).await.unwrap().calls.series;
        assert_eq!((seen.bars.len(), seen.total().allowed), (1, 7), "{name}: hours stay when minutes are forgotten");
    }
}
