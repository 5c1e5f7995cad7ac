//! What is seen of the calls with a key: who called, how often and when, as its page shows it; and what it could do, which
//! the browser finds out by itself.

use std::{net::IpAddr, sync::Arc, time::Duration};

use admin::Record;
use app::explain::simulation::{SimulatedKey, SimulatedRequest};
use axum::http::{Method, StatusCode};
use model::{
    account::Role,
    activity::{ChartQuery, Outcome, Period},
    decision::Signature,
    id::KeyId,
    key_input::KeyInput,
    scope::RequiredScopes,
};
use serde_json::json;
use verify::{KnownKey, VerifyRequest};

use crate::support::{Client, Keyward, Operator, databases, id_of};

/// The address tests come from is a trusted proxy.
const TRUSTED: &[(&str, &str)] = &[("KEYWARD_TRUSTED_PROXIES", "192.0.2.10/32")];

fn id(token: &str) -> KeyId {
    KeyId::parse(id_of(token)).unwrap()
}

/// Calls with a key through a proxy: from this address, with this agent.
async fn call(client: &mut Client, token: &str, scope: &str, address: &str, agent: &str) -> StatusCode {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-forwarded-method", "GET"),
        ("x-forwarded-for", address),
        ("user-agent", agent),
    ];
    client.send(Method::GET, &format!("/forward-auth?scope={scope}"), &headers, "").await.status
}

async fn record(keyward: &Keyward, token: &str) -> Record {
    keyward.app.verifier.flush().await.unwrap();
    let admin = &keyward.app.admin;
    admin.key_record(&admin.operator(), id(token)).await.unwrap()
}

/// Both doors tell who calls; a record says what it does not describe, forgets who called after 7 days, and what was asked
/// for after 30.
#[tokio::test]
async fn callers_are_recorded_by_both_doors_and_forgotten_after_a_week() {
    for (name, database) in databases() {
        let keyward = Keyward::with(database, TRUSTED).await;
        let (token, asker) = (keyward.issue("things").await, keyward.issue("keyward.verify").await);
        let mut client = keyward.client();
        for _ in 0..3 {
            call(&mut client, &token, "things", "203.0.113.7", "kiosk/1.0").await;
        }
        let refused = call(&mut client, &token, "others", "203.0.113.7", "kiosk/1.0").await;
        assert_eq!(refused, StatusCode::FORBIDDEN);
        let long = "x".repeat(200);
        let body = json!({
            "key": token, "scope": "things.write", "method": "POST", "address": "2001:db8::1", "user_agent": long,
        });
        assert_eq!(client.verify(&asker, &body).await.json()["valid"], true);

        let found = record(&keyward, &token).await;
        assert_eq!((found.calls, found.seen()), (5, 5), "{name}: {found:?}");
        let of = |outcome, agent: &str| {
            let mut kinds = found.kinds.iter().filter(|kind| kind.outcome == outcome && kind.agent.starts_with(agent));
            (kinds.next().unwrap().clone(), kinds.count())
        };
        let (kiosk, more) = of(Outcome::Allowed, "kiosk");
        assert_eq!((kiosk.calls, kiosk.required.to_string().as_str(), more), (3, "things.read", 0));
        assert_eq!(kiosk.address, Some("203.0.113.7".parse::<IpAddr>().unwrap()));
        assert_eq!(of(Outcome::Refused, "kiosk").0.required.to_string(), "others.read");
        assert_eq!(of(Outcome::Allowed, "xxx").0.agent.len(), 120, "what callers call themselves is shortened");
        let asking = record(&keyward, &asker).await;
        assert_eq!(asking.kinds[0].required.to_string(), "keyward.verify", "{name}: the asking service is seen, too");

        let contents = keyward.database.contents();
        let secret = token.rsplit('_').next().unwrap().as_bytes();
        assert!(!contents.windows(secret.len()).any(|window| window == secret), "{name}: no secret is kept");

        let mut browser = keyward.signed_in(Role::Auditor).await;
        let page = browser.get(&format!("/keys/{}", id_of(&token))).await.page();
        for words in ["203.0.113.7", "kiosk/1.0", "things.read", "All 5 calls of the last 7 days are in this record."] {
            assert!(page.contains(words), "{name}: {words}: {page}");
        }

        let seen_at = keyward.clock.now();
        keyward.pass(Duration::from_hours(24 * 7)).await;
        assert_eq!(record(&keyward, &token).await, Record::default(), "{name}: shown no more");
        let store = &keyward.app.store;
        let known = async || {
            let (kinds, calls) = store.call_samples(id(&token), seen_at).await.unwrap();
            let callers = kinds.iter().filter(|kind| kind.address.is_some() || !kind.agent.is_empty()).count();
            (kinds.len(), callers, calls)
        };
        assert_eq!(known().await, (3, 3, 5), "{name}: kept so far");
        keyward.app.admin.sweep().await.unwrap();
        assert_eq!(known().await, (3, 0, 5), "{name}: who called is forgotten");
        let demands = store.asked_scopes(id(&token), keyward.clock.now()).await.unwrap();
        assert_eq!((demands.described, demands.calls), (5, 5), "{name}: and not what they asked for");
        keyward.pass(Duration::from_hours(24 * 23)).await;
        keyward.app.admin.sweep().await.unwrap();
        assert_eq!(known().await, (0, 0, 5), "{name}: that is forgotten, too, but for its number");
    }
}

/// A key that is called in ever new ways costs no more than one that is not, and its page says what it leaves out.
#[tokio::test]
async fn a_record_is_bounded_and_says_how_much_it_covers() {
    for (name, database) in databases() {
        let keyward = Keyward::with(database, TRUSTED).await;
        let token = keyward.issue("things").await;
        let mut client = keyward.client();
        for batch in 0..6 {
            for place in 0..20 {
                call(&mut client, &token, "things", "203.0.113.7", &format!("agent {batch}-{place}")).await;
            }
            keyward.app.verifier.flush().await.unwrap();
            keyward.pass(Duration::from_secs(1)).await;
        }
        let found = record(&keyward, &token).await;
        assert_eq!((found.kinds.len(), found.calls), (64, 120), "{name}");
        assert_eq!(found.seen(), 64, "{name}");
        assert!(found.kinds.iter().any(|kind| kind.agent.starts_with("agent 5-")), "{name}: the latest stay");
        assert!(!found.kinds.iter().any(|kind| kind.agent.starts_with("agent 0-")), "{name}: the oldest give way");
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        let page = browser.get(&format!("/keys/{}", id_of(&token))).await.page();
        assert!(page.contains("Seen: 64 of 120 calls in 7 days."), "{name}: {page}");
        assert!(page.contains("and 52 more callers"), "{name}: {page}");
    }
}

/// Calls over an hour, a day, 7 days and 30 days, by what became of them, exactly; with the page's links, bars and table.
#[tokio::test]
async fn mission_x5_calls_are_charted_by_what_became_of_them() {
    for (name, database) in databases() {
        let keyward = Keyward::with(database, TRUSTED).await;
        let admin = &keyward.app.admin;
        let form = KeyInput {
            name: "charted".to_owned(),
            owner: "charted".to_owned(),
            scopes: "things".to_owned(),
            expires: "90d".to_owned(),
            limits: "2/minute".to_owned(),
            ..KeyInput::default()
        };
        let token = admin.issue_key(&admin.operator(), &form).await.unwrap().token.reveal().to_owned();
        let mut client = keyward.client();
        // 12:00: two pass, one is over the limit. 15:00: one is refused. 15:50: two pass.
        for (wait, scope, calls) in [(0, "things", 3), (180, "others", 1), (50, "things", 2)] {
            keyward.pass(Duration::from_mins(wait)).await;
            for _ in 0..calls {
                call(&mut client, &token, scope, "203.0.113.7", "kiosk").await;
            }
            keyward.app.verifier.flush().await.unwrap();
        }
        for (period, expected, last) in [
            (Period::Hour, (2, 0, 1), 2),
            (Period::Day, (4, 1, 1), 2),
            (Period::Week, (4, 1, 1), 4),
            (Period::Month, (4, 1, 1), 4),
        ] {
            let calls = admin.key_calls(&admin.operator(), id(&token), ChartQuery::of(period)).await.unwrap();
            let total = calls.series.total();
            assert_eq!((total.allowed, total.limited, total.refused), expected, "{name} {period:?}");
            assert_eq!(calls.series.bars.last().unwrap().allowed, last, "{name} {period:?}");
        }
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        let place = format!("/keys/{}", id_of(&token));
        let page = browser.get(&format!("{place}?period=hour")).await.page();
        assert!(page.contains("Calls in 1 h, minute by minute: 2 allowed, 1 refused"), "{name}: {page}");
        // Each bar leads to its calls, and its card says how many there are of what.
        let card = |page: &str, period: &str, at: &str| {
            let link = format!("href=\"{place}?period={period}&amp;at={at}#calls\"");
            let card = page.split(&link).nth(1).expect("a bar").split("</a>").next().unwrap_or_default();
            card.split('<').filter_map(|part| part.split('>').nth(1)).collect::<Vec<_>>().join(" ")
        };
        let hour = card(&page, "hour", "2026-11-22T15:50:00Z");
        assert!(hour.contains("22 Nov 2026, 15:50 UTC") && hour.contains("2 allowed"), "{name}: {hour}");
        let page = browser.get(&place).await.page();
        let noon = card(&page, "day", "2026-11-22T12:00:00Z");
        assert!(noon.contains("2 allowed") && noon.contains("1 over a limit"), "{name}: {noon}");
        assert!(card(&page, "day", "2026-11-22T13:00:00Z").contains("no calls"), "{name}");
        // There: its minutes, who called and what was refused, and nothing of another hour.
        let page = browser.get(&format!("{place}?period=day&at=2026-11-22T15:00:00Z")).await.page();
        assert!(card(&page, "hour", "2026-11-22T15:50:00Z").contains("2 allowed"), "{name}: {page}");
        for (words, is_there) in [
            ("Calls from 22 Nov 2026, 15:00 UTC: 2 allowed, 1 refused", true),
            ("Refused requests", true),
            ("insufficient_scope", true),
            ("rate_limited", false),
            ("kiosk", true),
            ("period=day&amp;at=2026-11-22T14:00:00Z", true),
            ("period=day&amp;at=2026-11-22T16:00:00Z", false),
        ] {
            assert_eq!(page.contains(words), is_there, "{name}: {words}: {page}");
        }
        let page = browser.get(&format!("{place}?period=day&at=2026-11-22T12:00:00Z")).await.page();
        assert!(page.contains("rate_limited") && !page.contains("insufficient_scope"), "{name}: {page}");
        let page = browser.get(&place).await.page();
        assert!(page.contains(&format!("href=\"/keys/{}?period=month#calls\"", id_of(&token))), "{name}: {page}");

        keyward.pass(Duration::from_hours(4)).await;
        admin.sweep().await.unwrap();
        let calls = admin.key_calls(&admin.operator(), id(&token), ChartQuery::of(Period::Day)).await.unwrap();
        assert_eq!(calls.series.total().all(), 6, "{name}: hours stay when minutes are forgotten");
    }
}

/// What the browser knows of a key decides as the server does, whatever the key is and whatever is asked of it.
#[tokio::test]
async fn a_key_tried_in_the_browser_is_judged_as_by_the_server() {
    let keyward = Keyward::new().await;
    let (admin, operator) = (&keyward.app.admin, keyward.app.admin.operator());
    let mut keys = Vec::new();
    let settings: [(&str, &str, &str, &str); 5] = [
        ("things doors.read", "", "", ""),
        ("things", "10.0.0.0/8 2001:db8::/32", "", "100/minute"),
        ("public", "", "required", ""),
        ("keyward.verify", "192.0.2.7", "required", ""),
        ("things.read", "0.0.0.0/0", "", "1/second 5/day"),
    ];
    for (place, (scopes, addresses, signed_writes, limits)) in settings.into_iter().enumerate() {
        for fate in ["", "off", "archived"] {
            let form = KeyInput {
                name: format!("key {place}"),
                owner: format!("owner {place} {fate}"),
                scopes: scopes.to_owned(),
                all_access_reason: "a test".to_owned(),
                addresses: addresses.to_owned(),
                signed_writes: signed_writes.to_owned(),
                limits: limits.to_owned(),
                quota: if place == 1 { "9/day" } else { "" }.to_owned(),
                expires: "30d".to_owned(),
                ..KeyInput::default()
            };
            let id = admin.issue_key(&operator, &form).await.unwrap().key.id;
            match fate {
                "off" => drop(admin.switch_key(&operator, id, false).await.unwrap()),
                "archived" => drop(admin.archive_key(&operator, id, model::key::ArchiveReason::Superseded).await),
                _ => {}
            }
            keys.push(id);
        }
    }
    let mut cases = 0;
    for days in [0, 31] {
        keyward.pass(Duration::from_hours(24 * days)).await;
        let now = keyward.clock.now();
        for id in &keys {
            let (stored, _) = keyward.app.store.key(*id).await.unwrap().unwrap();
            // As it crosses to the browser.
            let text = serde_json::to_string(&SimulatedKey::new(&stored.key, &stored.closed)).unwrap();
            let tried: SimulatedKey = serde_json::from_str(&text).unwrap();
            let stored = Arc::new(KnownKey::new(stored));
            for scope in ["", "things", "things.read", "doors.write", "keyward.verify", "public"] {
                for address in ["", "10.1.2.3", "::ffff:10.1.2.3", "2001:db8::5", "192.0.2.7"] {
                    for method in ["GET", "POST"] {
                        let required = RequiredScopes::parse(scope).unwrap_or(RequiredScopes::Any);
                        let question = VerifyRequest {
                            address: address.parse().ok(),
                            writes: method == "POST",
                            ..VerifyRequest::new("", &required)
                        };
                        let answer = keyward
                            .app
                            .verifier
                            .dry_run_as(stored.clone(), &question, Signature::Missing)
                            .await
                            .unwrap();
                        let [scope, address, method] = [scope, address, method].map(str::to_owned);
                        let request = SimulatedRequest { scope, address, method, at: String::new() };
                        let walk = tried.hold(&request, now.millis()).unwrap();
                        assert_eq!(
                            (walk.code.as_str(), &walk.remedy),
                            (answer.decision.code(), &answer.remedy),
                            "{request:?}"
                        );
                        let later = SimulatedRequest { at: now.plus(40 * 86_400_000).to_field(), ..request };
                        let walk = tried.hold(&later, now.millis()).unwrap();
                        assert!(!walk.allowed, "after its end it opens nothing: {later:?}");
                        cases += 1;
                    }
                }
            }
        }
    }
    assert_eq!(cases, 2 * 15 * 6 * 5 * 2);
    let (stored, _) = keyward.app.store.key(keys[0]).await.unwrap().unwrap();
    let tried = SimulatedKey::new(&stored.key, &stored.closed);
    let request = |scope: &str, address: &str, at: &str| {
        let [scope, address, at] = [scope, address, at].map(str::to_owned);
        tried.hold(&SimulatedRequest { scope, address, at, method: String::new() }, 0).unwrap_err()
    };
    let wrong: Vec<_> = request("No Scope", "10.0.0", "soon").into_iter().map(|error| error.field).collect();
    assert_eq!(wrong, ["scope", "address", "at"], "what is mistyped is said at its field");
}

/// A member sees what is seen of their own keys, and of no others'.
#[tokio::test]
async fn what_is_seen_of_a_key_is_for_whom_the_key_is_for() {
    let keyward = Keyward::new().await;
    let theirs = keyward.issue("things").await;
    let mut member = keyward.signed_in(Role::Member).await;
    assert_eq!(member.get(&format!("/keys/{}", id_of(&theirs))).await.status, StatusCode::NOT_FOUND);
    let admin = &keyward.app.admin;
    let form = KeyInput {
        name: "mine".to_owned(),
        owner: "member@example.com".to_owned(),
        scopes: "things".to_owned(),
        expires: "90d".to_owned(),
        ..KeyInput::default()
    };
    let mine = admin.issue_key(&admin.operator(), &form).await.unwrap().key.id;
    let page = member.get(&format!("/keys/{mine}")).await;
    assert_eq!(page.status, StatusCode::OK);
    let page = page.page();
    assert!(page.contains("What could this key do?") && !page.contains("/audit?target="), "{page}");
    let mut auditor = keyward.signed_in(Role::Auditor).await;
    let page = auditor.get(&format!("/keys/{mine}")).await.page();
    assert!(page.contains(&format!("/audit?target={mine}")), "{page}");
}
