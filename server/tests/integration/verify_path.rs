//! The fast door: memory, leases, changes by others, and usage.

use std::time::Duration;

use keyward::{clock::Clock, id::KeyId, key::ArchiveReason, listing::ListKeys, scope::Demand, verify::Question};

use crate::support::{Keyward, Operator, databases, id_of};

/// Who asks, as the record of refusals has it.
const ASKED: (&str, &str) = ("0000000000000000", "a test");

async fn code(keyward: &Keyward, token: &str) -> &'static str {
    let question = Question { address: Some("203.0.113.7".parse().unwrap()), ..Question::new(token, &Demand::Any) };
    keyward.app.verifier.verify(&question, ASKED).await.map_or("unavailable", |answer| answer.decision.code())
}

#[tokio::test]
async fn an_archive_is_heard_at_once_here_and_within_a_second_elsewhere() {
    for (_, database) in databases() {
        let keyward = Keyward::on(database).await;
        let console = &keyward.app.console;
        let (here, elsewhere) = (keyward.issue("a").await, keyward.issue("b").await);
        keyward.pass(Duration::ZERO).await;
        assert_eq!((code(&keyward, &here).await, code(&keyward, &elsewhere).await), ("valid", "valid"));
        assert_eq!(keyward.app.verifier.remembered(), 2, "both answers come from memory now");

        let id = KeyId::parse(id_of(&here)).unwrap();
        console.archive_key(&console.operator(), id, ArchiveReason::Compromised).await.unwrap();
        assert_eq!(code(&keyward, &here).await, "archived", "the first verify after the archive");

        keyward.archive_elsewhere(&elsewhere).await;
        assert_eq!(code(&keyward, &elsewhere).await, "valid", "memory is still under its lease");
        keyward.clock.advance(Duration::from_secs(1));
        assert_eq!(code(&keyward, &elsewhere).await, "archived", "the lease ran out: the store is asked");
        keyward.app.verifier.hear().await.unwrap();
        assert_eq!(code(&keyward, &elsewhere).await, "archived");
    }
}

#[tokio::test]
async fn hearing_alone_is_enough_to_notice() {
    let keyward = Keyward::new().await;
    let token = keyward.issue("a").await;
    keyward.pass(Duration::ZERO).await;
    assert_eq!(code(&keyward, &token).await, "valid");
    keyward.archive_elsewhere(&token).await;
    keyward.app.verifier.hear().await.unwrap();
    assert_eq!(code(&keyward, &token).await, "archived");
}

#[tokio::test]
async fn without_the_store_memory_is_trusted_for_a_second_and_then_nobody_can_tell() {
    let keyward = Keyward::new().await;
    let token = keyward.issue("a").await;
    keyward.pass(Duration::ZERO).await;
    assert_eq!(code(&keyward, &token).await, "valid");
    keyward.app.store.close().await;
    assert_eq!(code(&keyward, &token).await, "valid", "under the lease");
    keyward.clock.advance(Duration::from_millis(999));
    assert_eq!(code(&keyward, &token).await, "valid");
    keyward.clock.advance(Duration::from_millis(1));
    assert_eq!(code(&keyward, &token).await, "unavailable", "never open");
    let answer = keyward.client().forward(&token, "scope=any").await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (503, Some("unavailable")));
    assert_eq!(answer.header("retry-after"), "1");
}

/// A bad checksum never reaches the store: with the store gone it is still answered, where a good one is not.
#[tokio::test]
async fn nonsense_never_reaches_the_store() {
    let keyward = Keyward::new().await;
    let token = keyward.issue("a").await;
    keyward.app.store.close().await;
    assert_eq!(code(&keyward, &token).await, "unavailable");
    let mut wrong = token.clone();
    wrong.replace_range(30..31, if &token[30..31] == "x" { "y" } else { "x" });
    assert_eq!(code(&keyward, &wrong).await, "malformed");
}

#[tokio::test]
async fn a_key_expires_on_the_instant() {
    let keyward = Keyward::new().await;
    let token = keyward.issue("a").await;
    keyward.clock.advance(Duration::from_hours(2160) - Duration::from_millis(1));
    assert_eq!(code(&keyward, &token).await, "valid");
    keyward.clock.advance(Duration::from_millis(1));
    assert_eq!(code(&keyward, &token).await, "expired");
}

#[tokio::test]
async fn usage_is_added_up_in_batches_and_only_moves_forward() {
    for (_, database) in databases() {
        let keyward = Keyward::on(database).await;
        let console = &keyward.app.console;
        let operator = console.operator();
        let token = keyward.issue("a").await;
        let id = KeyId::parse(id_of(&token)).unwrap();
        for _ in 0..3 {
            code(&keyward, &token).await;
        }
        let other = Demand::parse("b").unwrap();
        let unscoped = Question::new(&token, &other);
        keyward.app.verifier.verify(&unscoped, ASKED).await.unwrap();
        assert!(console.show_key(&operator, id).await.unwrap().last_use.is_none(), "an ordinary verify writes nothing");

        keyward.app.verifier.flush().await.unwrap();
        keyward.app.verifier.flush().await.unwrap();
        let used = keyward.clock.now();
        let shown = console.show_key(&operator, id).await.unwrap();
        assert_eq!(shown.last_use.as_ref().map(|last| (last.at, last.address.as_str())), Some((used, "203.0.113.7")));
        assert_eq!((shown.stakes.calls_day, shown.stakes.calls_week, shown.stakes.refused_day), (3, 3, 1));
        assert_eq!(shown.stakes.callers.len(), 1);

        // An older use that arrives late changes nothing but the sums; a day later the sums of the day are gone.
        keyward.clock.advance(Duration::from_hours(30));
        code(&keyward, &token).await;
        keyward.app.verifier.flush().await.unwrap();
        let shown = console.show_key(&operator, id).await.unwrap();
        assert_eq!((shown.stakes.calls_day, shown.stakes.calls_week, shown.stakes.refused_day), (1, 4, 0));
        assert!(shown.last_use.unwrap().at > used);
        let list = console.list_keys(&operator, &ListKeys::default()).await.unwrap();
        assert!(list.page.keys[0].last_use.is_some());
    }
}

#[tokio::test]
async fn what_could_not_be_written_is_written_later() {
    let keyward = Keyward::new().await;
    let token = keyward.issue("a").await;
    let store = keyward.another_store().await;
    let verifier = keyward::verify::Verifier::new(store.clone(), Clock::system(), 10);
    let question = Question::new(&token, &Demand::Any);
    verifier.verify(&question, ASKED).await.unwrap();
    // Another process holds the database for writing.
    let held = keyward.app.store.change().await.unwrap();
    assert!(verifier.flush().await.is_err());
    drop(held);
    tokio::time::sleep(Duration::from_millis(100)).await;
    verifier.flush().await.unwrap();
    let console = &keyward.app.console;
    let shown = console.show_key(&console.operator(), KeyId::parse(id_of(&token)).unwrap()).await.unwrap();
    assert!(shown.last_use.is_some());
}
