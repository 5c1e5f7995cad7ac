//! The fast door: memory, leases, changes by others, and usage.

use std::time::Duration;

use admin::Admin;
use crypto::{clock::Clock, secret::Entropy};
use model::{
    audit::Verb,
    catalog::Kind,
    id::KeyId,
    key::{ArchiveReason, Archived},
    key_input::KeyInput,
    listing::ListKeys,
    scope::RequiredScopes,
    tenant::CredentialSource,
};
use verify::{Verifier, VerifyRequest};

use crate::support::{Keyward, Operator, databases, entry_input, id_of};

/// Who asks, as the record of refusals has it.
const ASKED: (&str, &str) = ("0000000000000000", "a test");

async fn make_tenant(admin: &Admin, name: &str, prefix: &str) {
    let input = entry_input(&[("name", name), ("prefix", prefix), ("presentations", "bearer query")]);
    admin.create_entry(&admin.operator(), Kind::Tenant, &input).await.unwrap();
}

async fn code(keyward: &Keyward, token: &str) -> &'static str {
    let question = VerifyRequest {
        address: Some("203.0.113.7".parse().unwrap()),
        ..VerifyRequest::new(token, &RequiredScopes::Any)
    };
    keyward.app.verifier.verify(&question, ASKED).await.map_or("unavailable", |answer| answer.decision.code())
}

#[tokio::test]
async fn an_archive_is_heard_at_once_here_and_within_a_second_elsewhere() {
    for (_, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let (here, elsewhere) = (keyward.issue("a").await, keyward.issue("b").await);
        keyward.pass(Duration::ZERO).await;
        assert_eq!((code(&keyward, &here).await, code(&keyward, &elsewhere).await), ("valid", "valid"));
        assert_eq!(keyward.app.verifier.remembered(), 2, "both answers come from memory now");

        let id = KeyId::parse(id_of(&here)).unwrap();
        admin.archive_key(&admin.operator(), id, ArchiveReason::Compromised).await.unwrap();
        assert_eq!(code(&keyward, &here).await, "archived", "the first verify after the archive");

        keyward.archive_elsewhere(&elsewhere).await;
        assert_eq!(code(&keyward, &elsewhere).await, "valid", "memory is still under its lease");
        keyward.clock.advance(Duration::from_secs(1));
        assert_eq!(code(&keyward, &elsewhere).await, "archived", "the lease ran out: the store is asked");
        keyward.app.verifier.poll_changes().await.unwrap();
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
    keyward.app.verifier.poll_changes().await.unwrap();
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
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        let token = keyward.issue("a").await;
        let id = KeyId::parse(id_of(&token)).unwrap();
        for _ in 0..3 {
            code(&keyward, &token).await;
        }
        let other = RequiredScopes::parse("b").unwrap();
        let unscoped = VerifyRequest::new(&token, &other);
        keyward.app.verifier.verify(&unscoped, ASKED).await.unwrap();
        assert!(admin.show_key(&operator, id).await.unwrap().last_use.is_none(), "an ordinary verify writes nothing");

        keyward.app.verifier.flush().await.unwrap();
        keyward.app.verifier.flush().await.unwrap();
        let used = keyward.clock.now();
        let shown = admin.show_key(&operator, id).await.unwrap();
        assert_eq!(shown.last_use.as_ref().map(|last| (last.at, last.address.as_str())), Some((used, "203.0.113.7")));
        assert_eq!((shown.impact.calls_day, shown.impact.calls_week, shown.impact.refused_day), (3, 3, 1));
        assert_eq!(shown.impact.callers.len(), 1);

        // An older use that arrives late changes nothing but the sums; a day later the sums of the day are gone.
        keyward.clock.advance(Duration::from_hours(30));
        code(&keyward, &token).await;
        keyward.app.verifier.flush().await.unwrap();
        let shown = admin.show_key(&operator, id).await.unwrap();
        assert_eq!((shown.impact.calls_day, shown.impact.calls_week, shown.impact.refused_day), (1, 4, 0));
        assert!(shown.last_use.unwrap().at > used);
        let list = admin.list_keys(&operator, &ListKeys::default()).await.unwrap();
        assert!(list.page.keys[0].last_use.is_some());
    }
}

#[tokio::test]
async fn what_could_not_be_written_is_written_later() {
    let keyward = Keyward::new().await;
    let token = keyward.issue("a").await;
    let store = keyward.another_store().await;
    let verifier = verify::Verifier::new(&store, Clock::system(), 10);
    let question = VerifyRequest::new(&token, &RequiredScopes::Any);
    verifier.verify(&question, ASKED).await.unwrap();
    // Another process holds the database for writing.
    let held = keyward.app.store.change().await.unwrap();
    assert!(verifier.flush().await.is_err());
    drop(held);
    tokio::time::sleep(Duration::from_millis(100)).await;
    verifier.flush().await.unwrap();
    let admin = &keyward.app.admin;
    let shown = admin.show_key(&admin.operator(), KeyId::parse(id_of(&token)).unwrap()).await.unwrap();
    assert!(shown.last_use.is_some());
}

/// With every connection of the console's taken, verification finds keys it does not remember and hears the store.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_console_leaves_verification_its_connections() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let (one, other) = (keyward.issue("a").await, keyward.issue("b").await);
        let store = &keyward.app.store;
        // One change holds the chain; the others hold connections and wait for it.
        let held = store.change().await.unwrap();
        let waiting: Vec<_> = (0..7)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.change().await.map(drop) })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let reads = tokio::time::timeout(Duration::from_millis(100), store.ping()).await;
        assert_eq!(reads.is_err(), name == "postgres", "{name}: SQLite reads by other connections than it writes");
        let asked = std::time::Instant::now();
        assert_eq!((code(&keyward, &one).await, code(&keyward, &other).await), ("valid", "valid"), "{name}");
        assert_eq!(code(&keyward, "nonsense").await, "malformed");
        keyward.app.verifier.poll_changes().await.unwrap();
        assert!(asked.elapsed() < Duration::from_secs(1), "{name}: {:?}", asked.elapsed());
        drop(held);
        for change in waiting {
            change.abort();
        }
    }
}

#[tokio::test]
async fn an_unreadable_tenant_concerns_its_own_keys_and_an_unreadable_policy_everything() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let token = keyward.issue("a").await;
        make_tenant(admin, "acme", "ac").await;
        keyward.database.execute("UPDATE tenants SET settings = 'nothing' WHERE name = 'acme'").await;
        let query =
            VerifyRequest { source: Some(CredentialSource::Query), ..VerifyRequest::new(&token, &RequiredScopes::Any) };
        let asks = async || {
            keyward.app.verifier.verify(&query, ASKED).await.map_or("unavailable", |answer| answer.decision.code())
        };
        assert_eq!(asks().await, "valid", "{name}");

        // A rule changed by another process is followed, whatever another tenant's row says.
        let other = keyward.another_store().await;
        let admin = Admin::new(other, keyward.clock.clone(), Entropy::system(), keyward.database.folder().join("c"));
        let policy = admin.entry_named(&admin.operator(), Kind::Policy, "", "policy").await.unwrap();
        let bearer = entry_input(&[("presentations", "bearer")]);
        admin.edit_entry(&admin.operator(), Kind::Policy, policy.id, &bearer, None).await.unwrap();
        keyward.pass(Duration::ZERO).await;
        assert_eq!(asks().await, "presentation_not_accepted", "{name}");

        // Rules that cannot be read renew no lease, and nothing is assumed in their place.
        keyward.database.execute("UPDATE entries SET settings = 'nothing' WHERE kind = 'policy'").await;
        let change = keyward.app.store.change().await.unwrap();
        change.commit(keyward.clock.now(), "ops", Verb::EditEntry, "policy", "{}").await.unwrap();
        assert!(keyward.app.verifier.poll_changes().await.is_err(), "{name}");
        assert_eq!(asks().await, "unavailable", "{name}");
        let fresh = Verifier::new(&keyward.app.store, keyward.clock.clone(), 10);
        assert!(fresh.verify(&query, ASKED).await.is_err(), "{name}: before the rules were read there are none");
    }
}

#[tokio::test]
async fn an_id_that_is_nobodys_is_asked_about_once_and_found_when_it_is_made() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue("a").await;
        keyward.pass(Duration::ZERO).await;
        // The same key, unknown to this node: it is put away while the node asks.
        let set = async |from: &str, to: &str| {
            keyward.database.execute(&format!("UPDATE keys SET id = '{to}' WHERE id = '{from}'")).await;
        };
        let (id, away) = (id_of(&token).to_owned(), "0000000000000000");
        set(&id, away).await;
        assert_eq!(code(&keyward, &token).await, "not_found", "{name}");
        set(away, &id).await;
        assert_eq!(code(&keyward, &token).await, "not_found", "{name}: memory answers, without the store");
        // Any change made elsewhere may have made keys.
        let other = keyward.another_store().await;
        let admin = Admin::new(other, keyward.clock.clone(), Entropy::system(), keyward.database.folder().join("c"));
        make_tenant(&admin, "acme", "ac").await;
        keyward.app.verifier.poll_changes().await.unwrap();
        assert_eq!(code(&keyward, &token).await, "valid", "{name}");
    }
}

#[tokio::test]
async fn a_purged_keys_calls_leave_nothing_and_sweeps_are_taken_in_steps() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let (token, other) = (keyward.issue("a").await, keyward.issue("b").await);
        let id = KeyId::parse(id_of(&token)).unwrap();
        for token in [&token, &other] {
            assert_eq!(code(&keyward, token).await, "valid");
        }
        let mut change = keyward.app.store.change().await.unwrap();
        let archived = Archived { at: keyward.clock.now(), by: "ops".to_owned(), reason: ArchiveReason::NotNeeded };
        change.archive_key(id, &archived).await.unwrap();
        change.purge_key(id).await.unwrap();
        change.commit(keyward.clock.now(), "ops", Verb::PurgeKey, id.as_str(), "{}").await.unwrap();
        keyward.app.verifier.flush().await.unwrap();
        assert!(keyward.app.store.impact(id, keyward.clock.now()).await.unwrap().callers.is_empty(), "{name}");
        let kept = KeyId::parse(id_of(&other)).unwrap();
        assert_eq!(keyward.app.store.impact(kept, keyward.clock.now()).await.unwrap().callers.len(), 1, "{name}");

        // Far more than a step, and a step that fails before them.
        let rows = "INSERT INTO callers (key_id, address, at) WITH RECURSIVE n(i) AS \
                    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT 'k', CAST(i AS text), 1 FROM n";
        keyward.database.execute(rows).await;
        keyward.database.execute("DROP TABLE call_samples").await;
        assert!(admin.sweep().await.is_err(), "{name}: the step that failed is said");
        let gone = KeyId::parse("0000000000000000").unwrap();
        keyward
            .database
            .execute(&format!(
                "UPDATE callers SET key_id = '{gone}', at = {} WHERE key_id = 'k'",
                keyward.clock.now().millis()
            ))
            .await;
        let left = keyward.app.store.impact(gone, keyward.clock.now()).await.unwrap().callers.len();
        assert_eq!(left, 0, "{name}: the others were done, to their end");
    }
}

#[tokio::test]
async fn a_jwt_outside_a_later_policy_or_in_another_name_is_refused() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let form = KeyInput {
            name: "for a kiosk".to_owned(),
            owner: "ops".to_owned(),
            scopes: "a".to_owned(),
            expires: "90d".to_owned(),
            form: "jwt".to_owned(),
            ..KeyInput::default()
        };
        let token = admin.issue_key(&admin.operator(), &form).await.unwrap().token.reveal().to_owned();
        keyward.pass(Duration::ZERO).await;
        assert_eq!(code(&keyward, &token).await, "valid", "{name}");
        let elsewhere =
            Verifier::new(&keyward.app.store, keyward.clock.clone(), 10).with_issuer("https://other.example");
        let answer = elsewhere.verify(&VerifyRequest::new(&token, &RequiredScopes::Any), ASKED).await.unwrap();
        assert_eq!(answer.decision.code(), "not_found", "{name}: its issuer is another");
        assert!(answer.remedy.contains("another address") && answer.key.is_none(), "{name}: {}", answer.remedy);

        for (days, expected) in [("90", "valid"), ("89", "valid"), ("88", "not_found"), ("90", "valid")] {
            keyward.edit_entry(Kind::Policy, "", &[("max_days", days)]).await;
            assert_eq!(code(&keyward, &token).await, expected, "{name}: at most {days} days, at once");
        }
    }
}
