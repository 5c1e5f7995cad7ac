//! Owners: one person however they are spelled, a cap that holds however a key comes to live, keys of nobody, and what a
//! member may give a key.

use std::time::Duration;

use admin::{AdminError, Issued};
use axum::http::StatusCode;
use model::{
    account::Role, catalog::Kind, id::KeyId, key::ArchiveReason, key_input::KeyInput, listing::ListKeys, time::DAY,
};

use crate::support::{Keyward, Operator, databases};

const WEEK: Duration = Duration::from_hours(8 * 24);

fn form(owner: &str, expires: &str) -> KeyInput {
    KeyInput {
        name: "k".to_owned(),
        owner: owner.to_owned(),
        scopes: "things".to_owned(),
        expires: expires.to_owned(),
        ..KeyInput::default()
    }
}

async fn issue(keyward: &Keyward, owner: &str, expires: &str) -> Result<Issued, AdminError> {
    let admin = &keyward.app.admin;
    admin.issue_key(&admin.operator(), &form(owner, expires)).await
}

/// Keys of this owner that work, counted by hand.
async fn working(keyward: &Keyward, owner: &str) -> Vec<KeyId> {
    let admin = &keyward.app.admin;
    let list = ListKeys { owner: Some(owner.to_owned()), ..ListKeys::default() };
    let page = admin.list_keys(&admin.operator(), &list).await.unwrap().page;
    let now = keyward.clock.now();
    page.keys.iter().filter(|listed| listed.key.spec.expires_at > now).map(|listed| listed.key.id).collect()
}

#[tokio::test]
async fn an_account_is_one_owner_however_it_is_spelled() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let mut member = keyward.signed_in(Role::Member).await;
        let mut tokens = Vec::new();
        for spelled in ["Member@Example.com", "member@example.com", "MEMBER@EXAMPLE.COM", " member@example.COM "] {
            tokens.push(issue(&keyward, spelled, "90d").await.unwrap().token.reveal().to_owned());
        }
        assert!(member.get("/keys/new").await.body.contains("You hold 4 of 5 live keys."));
        assert_eq!(working(&keyward, "MEMBER@example.com").await.len(), 4, "and a filter finds them by any spelling");
        issue(&keyward, "mEmber@example.com", "90d").await.unwrap();
        assert!(issue(&keyward, "Member@example.com", "90d").await.is_err(), "one cap for all spellings");

        let admin = &keyward.app.admin;
        let operator = admin.operator();
        let person = admin.account_named(&operator, "Member@Example.com").await.unwrap();
        admin.disable_account(&operator, person.id).await.unwrap();
        keyward.pass(Duration::from_secs(1)).await;
        for token in &tokens {
            let answer = keyward.client().forward(token, "scope=things").await;
            assert_eq!(answer.json()["code"], "owner_inactive", "{token}");
        }
    }
}

#[tokio::test]
async fn a_cap_holds_however_a_key_comes_to_live() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let operator = admin.operator();

        // Rotated in a chain: two that overlap are one, more are not.
        let mut last = issue(&keyward, "chain", "90d").await.unwrap().key.id;
        let refused = loop {
            match admin.rotate_key(&operator, last, 7 * DAY).await {
                Ok(issued) => last = issued.key.id,
                Err(error) => break error,
            }
        };
        assert!(refused.to_string().contains("holds 5 of 5 live keys"), "{refused}");
        assert_eq!(working(&keyward, "chain").await.len(), 6, "five, one of them with its successor");
        assert!(issue(&keyward, "chain", "90d").await.is_err());

        // All five are rotated, each once, with an overlap; an old one that is let live on is a key of its own.
        let mut held = Vec::new();
        for _ in 0..5 {
            held.push(issue(&keyward, "all", "90d").await.unwrap().key.id);
        }
        for id in &held {
            admin.rotate_key(&operator, *id, DAY).await.unwrap();
        }
        assert!(issue(&keyward, "all", "90d").await.is_err());
        let error = admin.edit_key(&operator, held[0], &form("all", "90d"), None).await.unwrap_err();
        assert!(error.to_string().contains("holds 5 of 5"), "{error}");

        // Edited back to life, and given away.
        let mut old = Vec::new();
        for _ in 0..5 {
            old.push(issue(&keyward, "again", "7d").await.unwrap().key.id);
        }
        keyward.pass(WEEK).await;
        let mut given = None;
        for _ in 0..4 {
            given = Some(issue(&keyward, "again", "90d").await.unwrap().key.id);
        }
        admin.edit_key(&operator, old[0], &form("again", "90d"), None).await.unwrap();
        for id in &old[1..] {
            let error = admin.edit_key(&operator, *id, &form("again", "90d"), None).await.unwrap_err();
            assert!(error.to_string().contains("holds 5 of 5"), "{error}");
        }
        admin.edit_key(&operator, given.unwrap(), &form("somebody else", "90d"), None).await.unwrap();
        admin.edit_key(&operator, old[1], &form("again", "90d"), None).await.unwrap();
        let error = admin.edit_key(&operator, given.unwrap(), &form("again", "90d"), None).await.unwrap_err();
        assert!(error.to_string().contains("holds 5 of 5"), "{error}");
        assert_eq!(working(&keyward, "again").await.len(), 5);

        // Many at once.
        let made = futures(&keyward, 12).await;
        assert_eq!((made, working(&keyward, "at once").await.len()), (5, 5));
        admin.archive_key(&operator, working(&keyward, "at once").await[0], ArchiveReason::NotNeeded).await.unwrap();
        assert_eq!(futures(&keyward, 3).await, 1);
    }
}

/// So many keys of one owner, made at once: how many there are then.
async fn futures(keyward: &Keyward, count: usize) -> usize {
    let tasks: Vec<_> = (0..count)
        .map(|_| {
            let admin = keyward.app.admin.clone();
            tokio::spawn(async move {
                // A database that is busy says so: whoever is told to, comes again.
                loop {
                    match admin.issue_key(&admin.operator(), &form("at once", "90d")).await {
                        Err(AdminError::Store(_)) => {}
                        ended => return ended.is_ok(),
                    }
                }
            })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        made += usize::from(task.await.unwrap());
    }
    made
}

#[tokio::test]
async fn the_command_line_makes_keys_of_nobody_which_no_cap_counts() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let mut last = None;
        for _ in 0..7 {
            last = Some(issue(&keyward, "", "90d").await.unwrap().key);
        }
        let key = last.unwrap();
        assert_eq!(key.spec.owner.as_str(), "");
        let mut browser = keyward.signed_in(Role::Admin).await;
        let page = browser.get(&format!("/keys/{}", key.id)).await.page();
        assert!(page.contains("<dt>Owner</dt><dd><bdi>Nobody</bdi></dd>"), "{page}");
        let admin = &keyward.app.admin;
        let edited = KeyInput { description: "edited".to_owned(), ..form("", "90d") };
        let edited = admin.edit_key(&admin.operator(), key.id, &edited, None).await.unwrap();
        assert_eq!(edited.spec.owner.as_str(), "", "an edit gives it to nobody");
        let own = browser.post("/keys/new", &[("name", "own"), ("scopes", "things"), ("life", "90")]).await;
        assert_eq!(own.status, StatusCode::OK, "{}", own.body);
        assert_eq!(working(&keyward, "admin@example.com").await.len(), 1, "whoever signs in makes their own");
    }
}

#[tokio::test]
async fn a_member_gives_a_key_no_more_than_is_theirs() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        for (kind, fields) in [
            (Kind::Tenant, &[("name", "north"), ("prefix", "no"), ("presentations", "bearer")][..]),
            (Kind::Identity, &[("name", "root"), ("tenant", "default")]),
        ] {
            keyward.create_entry(kind, fields).await;
        }
        let mut member = keyward.signed_in(Role::Member).await;
        let plain = [("name", "mine"), ("scopes", "things"), ("life", "90")];
        for (more, said) in [
            (vec![("tenant", "north")], "You hold no key in tenant north"),
            (vec![("acts_as", "root")], "act as nobody else"),
            (vec![("role", "superadmin")], "may not pass on a role"),
            (vec![("scope", "public"), ("all_access_reason", "why not")], "opens everything"),
            (vec![("scope", "keyward.verify")], "access to Keyward itself"),
            (vec![("owner", "ops@example.com")], "keys of your own"),
        ] {
            let refused = member.post("/keys/new", &[&plain[..], &more[..]].concat()).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{more:?}");
            assert!(refused.page().contains(said), "{more:?}: {}", refused.page());
        }
        assert_eq!(member.post("/keys/new", &plain).await.status, StatusCode::OK);

        // What an admin gave a key is the member's to keep, through edits and rotations; and a tenant they were let into.
        let given =
            KeyInput { tenant: "north".to_owned(), role: "reader".to_owned(), ..form("member@example.com", "90d") };
        let given = admin.issue_key(&operator, &given).await.unwrap().key;
        let there = [&plain[..], &[("tenant", "north")]].concat();
        assert_eq!(member.post("/keys/new", &there).await.status, StatusCode::OK);
        let edit = format!("/keys/{}/edit", given.id);
        let seen = given.generation.to_string();
        let fields = |role| {
            [("seen", seen.as_str()), ("name", "renamed"), ("scopes", "things"), ("life", "keep"), ("role", role)]
        };
        assert_eq!(member.post(&edit, &fields("admin")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(member.post(&edit, &fields("reader")).await.status, StatusCode::SEE_OTHER);
    }
}
