//! The first run, on both databases: a catalog that begins empty, sample sets that fill it, and a checklist that ticks
//! itself from what happened and nothing else.

use std::time::Duration;

use admin::{FirstRun, NewAccount};
use axum::http::{Method, StatusCode};
use model::{
    account::Role,
    catalog::Kind,
    first_run::FirstRunStep::{self, FirstCall, FirstKey, Gateway, MasterKeyCopy, SecondSuperadmin},
    sample_set::SampleSet,
};

use crate::support::{Client, Keyward, Operator, PASSWORD, databases, program::run};

/// Kinds that begin without an entry.
const EMPTY: [Kind; 4] = [Kind::Group, Kind::Identity, Kind::Scope, Kind::Template];

async fn count(keyward: &Keyward, kind: Kind) -> usize {
    let admin = &keyward.app.admin;
    admin.entries(&admin.operator(), kind).await.unwrap().len()
}

async fn head(keyward: &Keyward) -> i64 {
    keyward.app.store.audit_head().await.unwrap().seq
}

/// The steps that are done, for the operator, who may do all of them.
async fn done(keyward: &Keyward) -> Vec<FirstRunStep> {
    let admin = &keyward.app.admin;
    match admin.first_run(&admin.operator()).await.unwrap() {
        FirstRun::Open(steps) => steps.into_iter().filter_map(|(step, done)| done.then_some(step)).collect(),
        FirstRun::Done => FirstRunStep::ALL.to_vec(),
        FirstRun::Over => panic!("it is over"),
    }
}

#[tokio::test]
async fn a_new_installation_has_an_empty_catalog_and_says_how_to_fill_it() {
    for (name, database) in databases() {
        let keyward = Keyward::fresh(database).await;
        for kind in EMPTY {
            assert_eq!(count(&keyward, kind).await, 0, "{name} {kind:?}");
        }
        assert_eq!((count(&keyward, Kind::Tenant).await, count(&keyward, Kind::Policy).await), (1, 1), "{name}");
        assert_eq!(head(&keyward).await, 0, "{name}: nobody did anything");

        let mut boss = keyward.signed_in(Role::Superadmin).await;
        assert_eq!(boss.get("/").await.header("location"), "/overview", "{name}: there is something to do");
        let form = boss.get("/keys/new").await.page();
        for expected in
            ["No scopes are listed yet", "Booking Panel", "Map Kiosk", "/settings/scopes/new", "Type them below"]
        {
            assert!(form.contains(expected), "{name} {expected}: {form}");
        }
        for kind in EMPTY {
            let page = boss.get(&format!("/settings/{}", kind.code())).await.page();
            assert!(
                page.contains("Or begin with a sample set") && page.contains("Map Kiosk"),
                "{name} {kind:?}: {page}"
            );
        }
        // Whoever may not change the catalog is told whom to ask, and offered nothing.
        let mut member = keyward.signed_in(Role::Member).await;
        let form = member.get("/keys/new").await.page();
        assert!(form.contains("ask an administrator") && !form.contains("Map Kiosk"), "{name}: {form}");
        let mut auditor = keyward.signed_in(Role::Auditor).await;
        let list = auditor.get("/settings/scopes").await.page();
        assert!(list.contains("No scopes yet") && !list.contains("sample set"), "{name}: {list}");
    }
}

#[tokio::test]
async fn a_sample_set_is_one_change_and_leaves_what_is_there() {
    for (name, database) in databases() {
        let keyward = Keyward::fresh(database).await;
        let holder = keyward.issue("devices.read").await;
        keyward.create_entry(Kind::Scope, &[("name", "spaces"), ("sentence", "Ours."), ("risk", "low")]).await;
        let mut admin = keyward.signed_in(Role::Admin).await;
        let before = head(&keyward).await;
        let set = |set| [("set", set), ("on", "/settings/scopes")];
        let added = admin.post("/settings/samples", &set("booking-panel")).await;
        assert_eq!((added.status, added.header("location")), (StatusCode::SEE_OTHER, "/settings/scopes"), "{name}");
        let page = admin.get("/settings/scopes").await.page();
        for expected in
            ["Added 7 entries. Those that were there already stay as they are.", "Ours.", "bookings", "devices"]
        {
            assert!(page.contains(expected), "{name} {expected}: {page}");
        }
        assert_eq!(head(&keyward).await, before + 1, "{name}: one change");
        let audit = admin.get("/audit").await.page();
        for expected in ["Sample set added", "Booking Panel", "bookings, calendar, devices, guests"] {
            assert!(audit.contains(expected), "{name} {expected}: {audit}");
        }
        let forwarded = admin.forward(&holder, "scope=devices.read").await;
        assert_eq!(forwarded.status, StatusCode::OK, "{name}: a sample locks nobody out");

        admin.post("/settings/samples", &set("booking-panel")).await;
        let page = admin.get("/settings/scopes").await.page();
        assert!(page.contains("Nothing was added: all of it is there already."), "{name}: {page}");
        assert_eq!(head(&keyward).await, before + 1, "{name}: nothing, so no event");

        let operator = keyward.app.admin.operator();
        let more = keyward.app.admin.add_sample_set(&operator, SampleSet::MapKiosk).await.unwrap();
        let names = |entries: &[(Kind, String)]| entries.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&more.added), ["maps", "people", "Map Kiosk", "Lobbies", "map-kiosk"], "{name}");
        assert_eq!(names(&more.kept), ["bookings", "spaces"], "{name}");
        assert_eq!((count(&keyward, Kind::Scope).await, count(&keyward, Kind::Template).await), (7, 2), "{name}");
        let form = admin.get("/keys/new").await.page();
        assert!(!form.contains("No scopes are listed yet") && form.contains("calendar.read"), "{name}");

        for fields in
            [[("set", "parking"), ("on", "/settings/scopes")], [("set", "map-kiosk"), ("on", "//evil.example")]]
        {
            assert_eq!(
                admin.post("/settings/samples", &fields).await.status,
                StatusCode::BAD_REQUEST,
                "{name} {fields:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_sample_set_is_added_by_command() {
    for (name, database) in databases() {
        let keyward = Keyward::fresh(database).await;
        let command = |arguments: &[&str]| run(&keyward.database, &[&["catalog", "samples"], arguments].concat(), "");
        let listed = command(&[]);
        assert!(listed.stdout.contains("booking-panel") && listed.stdout.contains("map-kiosk"), "{name}: {listed:?}");
        let unknown = command(&["parking"]);
        assert_eq!(
            (unknown.code, unknown.stderr.contains("booking-panel and map-kiosk")),
            (2, true),
            "{name}: {unknown:?}"
        );
        let added = command(&["booking-panel", "map-kiosk"]);
        assert_eq!(added.code, 0, "{name}: {added:?}");
        for expected in ["Scope calendar is made.", "Template Map Kiosk is made.", "Scope spaces is there already"] {
            assert!(added.stdout.contains(expected), "{name} {expected}: {added:?}");
        }
        let again = command(&["map-kiosk", "--json"]);
        let again: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
        assert_eq!(
            (again["added"].as_array().unwrap().len(), again["kept"].as_array().unwrap().len()),
            (0, 7),
            "{name}"
        );
    }
}

/// What earlier versions shipped stays where anything was ever done, and a checklist appears nowhere that keys are in use.
#[tokio::test]
async fn an_older_installation_keeps_its_catalog_and_sees_no_checklist() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let key = keyward.issue("maps.read").await;
        assert_eq!(keyward.client().forward(&key, "scope=maps.read").await.status, StatusCode::OK, "{name}");
        keyward.app.verifier.flush().await.unwrap();
        let (scopes, database) = (count(&keyward, Kind::Scope).await, keyward.database);
        let before = "UPDATE entries SET created_by = 'keyward'; DROP TABLE first_run; \
                      DELETE FROM _sqlx_migrations WHERE version = 21";
        database.execute(before).await;
        let keyward = Keyward::fresh(database).await;
        assert_eq!(count(&keyward, Kind::Scope).await, scopes, "{name}");
        let admin = &keyward.app.admin;
        assert_eq!(admin.first_run(&admin.operator()).await.unwrap(), FirstRun::Over, "{name}");
    }
}

/// Asks as a proxy does that has this request in its hands.
async fn through_proxy(client: &mut Client, key: &str, scope: &str) -> StatusCode {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("x-forwarded-method", "GET"), ("x-forwarded-uri", "/rooms")];
    client.send(Method::GET, &format!("/forward-auth?scope={scope}"), &headers, "").await.status
}

#[tokio::test]
async fn the_checklist_ticks_itself() {
    for (name, database) in databases() {
        let keyward = Keyward::fresh(database).await;
        let (admin, operator) = (&keyward.app.admin, keyward.app.admin.operator());
        let mut boss = keyward.signed_in(Role::Superadmin).await;
        let mut client = keyward.client();
        let page = boss.get("/overview").await.page();
        for expected in
            ["Finish the setup", "0 of 5 done", "No scopes are listed yet", "Once there is a key", "master.key", "Hide"]
        {
            assert!(page.contains(expected), "{name} {expected}: {page}");
        }
        assert!(!boss.get("/keys").await.page().contains("Finish the setup"), "{name}: it stands on one page");

        let key = keyward.issue("things.read").await;
        assert_eq!(done(&keyward).await, [FirstKey], "{name}");
        let page = boss.get("/overview").await.page();
        assert!(page.contains("1 of 5 done") && page.contains("curl -i"), "{name}: {page}");

        assert_eq!(client.forward(&key, "scope=doors").await.status, StatusCode::FORBIDDEN);
        keyward.app.verifier.flush().await.unwrap();
        assert_eq!(done(&keyward).await, [FirstKey], "{name}: a refusal is no call that was allowed");
        assert_eq!(client.forward(&key, "scope=things.read").await.status, StatusCode::OK);
        keyward.app.verifier.flush().await.unwrap();
        assert_eq!(done(&keyward).await, [FirstKey, FirstCall], "{name}: nobody's proxy asked");

        assert_eq!(through_proxy(&mut client, &key, "doors").await, StatusCode::FORBIDDEN);
        keyward.app.verifier.flush().await.unwrap();
        assert_eq!(done(&keyward).await, [FirstKey, FirstCall], "{name}: nothing came through");
        assert_eq!(through_proxy(&mut client, &key, "things.read").await, StatusCode::OK);
        assert_eq!(done(&keyward).await, [FirstKey, FirstCall], "{name}: a question writes nothing");
        keyward.app.verifier.flush().await.unwrap();
        assert_eq!(done(&keyward).await, [FirstKey, FirstCall, Gateway], "{name}");

        let form = NewAccount { email: "second@example.com".to_owned(), password: PASSWORD.to_owned() };
        let second = admin.create_account(&operator, form, Role::Superadmin).await.unwrap();
        assert_eq!(done(&keyward).await, [FirstKey, FirstCall, Gateway, SecondSuperadmin], "{name}");
        admin.disable_account(&operator, second.id).await.unwrap();
        assert_eq!(
            done(&keyward).await,
            [FirstKey, FirstCall, Gateway],
            "{name}: one who may not sign in helps nobody"
        );
        admin.enable_account(&operator, second.id).await.unwrap();

        let before = head(&keyward).await;
        for _ in 0..2 {
            let confirmed = boss.post("/overview/checklist/master-key", &[]).await;
            assert_eq!(
                (confirmed.status, confirmed.header("location")),
                (StatusCode::SEE_OTHER, "/overview"),
                "{name}"
            );
        }
        assert_eq!(head(&keyward).await, before + 1, "{name}: it is said once");
        assert!(boss.get("/audit").await.page().contains("Copy of the master key confirmed"), "{name}");
        assert_eq!(admin.first_run(&operator).await.unwrap(), FirstRun::Done, "{name}");
        assert!(done(&keyward).await.contains(&MasterKeyCopy), "{name}");
        assert!(boss.get("/overview").await.page().contains("Keyward is set up."), "{name}");

        admin.sweep().await.unwrap();
        keyward.pass(Duration::from_hours(23)).await;
        admin.sweep().await.unwrap();
        assert_eq!(admin.first_run(&operator).await.unwrap(), FirstRun::Done, "{name}: for a day");
        keyward.pass(Duration::from_hours(1)).await;
        assert_eq!(admin.first_run(&operator).await.unwrap(), FirstRun::Over, "{name}");
        let mut boss = keyward.signed_in(Role::Superadmin).await;
        assert!(!boss.get("/overview").await.page().contains("Keyward is set up."), "{name}");
    }
}

#[tokio::test]
async fn everyone_sees_the_steps_they_can_do() {
    for (name, database) in databases() {
        let keyward = Keyward::fresh(database).await;
        let mut boss = keyward.signed_in(Role::Superadmin).await;
        let mut people = Vec::new();
        for role in [Role::Admin, Role::Auditor, Role::Member] {
            people.push((role, keyward.signed_in(role).await));
        }
        for (role, client) in &mut people {
            let page = client.get("/overview").await.page();
            assert_eq!(page.contains("0 of 3 done"), *role == Role::Admin, "{name} {role}: {page}");
            for beyond in ["Back up the master key", "master.key", "Add a second superadmin", "for everyone"] {
                assert!(!page.contains(beyond), "{name} {role} {beyond}: {page}");
            }
            assert_eq!(page.contains("Finish the setup"), *role == Role::Admin, "{name} {role}");
        }

        let before = head(&keyward).await;
        for _ in 0..2 {
            assert_eq!(boss.post("/overview/checklist/hide", &[]).await.status, StatusCode::SEE_OTHER, "{name}");
        }
        assert_eq!(head(&keyward).await, before + 1, "{name}: hidden once");
        assert!(boss.get("/overview").await.page().contains("Hidden for everyone. About shows it again."), "{name}");
        for client in people.iter_mut().map(|(_, client)| client).chain([&mut boss]) {
            assert!(!client.get("/overview").await.page().contains("Finish the setup"), "{name}");
        }
        assert_eq!(boss.get("/").await.header("location"), "/keys", "{name}: there is nothing to see");
        assert!(boss.get("/audit").await.page().contains("Setup checklist hidden"), "{name}");

        assert!(!people[0].1.get("/about").await.page().contains("Show the setup checklist"), "{name}");
        assert!(boss.get("/about").await.page().contains("Show the setup checklist"), "{name}");
        assert_eq!(boss.post("/overview/checklist/show", &[]).await.header("location"), "/overview", "{name}");
        assert!(boss.get("/overview").await.page().contains("Finish the setup"), "{name}");
        assert!(!boss.get("/about").await.page().contains("Show the setup checklist"), "{name}");
    }
}
