//! The catalog and the people, from outside: forms, commands, and what services are told afterwards. Rows of the mission
//! are named by their ids.

use std::time::Duration;

use axum::http::StatusCode;
use model::{account::Role, catalog::Kind};

use crate::support::{
    Answer, Client, Database, Keyward, Operator, PASSWORD, databases, entry_input, id_of, program::run,
};

/// The id of the entry of this name, as its list links it.
async fn id_of_entry(browser: &mut Client, kind: &str, name: &str) -> String {
    let list = browser.get(&format!("/settings/{kind}")).await;
    let linked = format!("\" title=\"{name}\"");
    let before = list.body.split(&linked).next().filter(|before| before.len() < list.body.len());
    let before = before.unwrap_or_else(|| panic!("{name} is not in {}", list.body));
    before.rsplit('/').next().unwrap().to_owned()
}

/// Makes an entry by its form.
async fn make(browser: &mut Client, kind: &str, fields: &[(&str, &str)]) {
    let made = browser.post(&format!("/settings/{kind}/new"), fields).await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::SEE_OTHER, format!("/settings/{kind}").as_str()),
        "{}",
        made.body
    );
}

/// A tenant's form with this name.
fn tenant(name: &str) -> Vec<(&'static str, String)> {
    let ways = ["", "bearer", "raw", "x_api_key"].map(|way| ("presentations", way.to_owned()));
    let own = [("name", name), ("prefix", "ac"), ("docs", ""), ("headers", ""), ("schemes", ""), ("all_access", "")];
    own.map(|(field, text)| (field, text.to_owned())).into_iter().chain(ways).collect()
}

async fn make_tenant(browser: &mut Client, name: &str) {
    let fields = tenant(name);
    let fields: Vec<_> = fields.iter().map(|(field, text)| (*field, text.as_str())).collect();
    make(browser, "tenants", &fields).await;
}

/// The generation the form of an entry carries along.
async fn generation(browser: &mut Client, path: &str) -> String {
    let form = browser.get(path).await;
    let start = form.body.split("name=\"generation\" value=\"").nth(1).unwrap_or_else(|| panic!("{}", form.body));
    start.split('"').next().unwrap().to_owned()
}

/// A key by command.
fn issue(database: &Database, arguments: &[&str]) -> Result<String, String> {
    let all = [&["keys", "create", "--name", "k"], arguments].concat();
    let made = run(database, &all, "");
    if made.code == 0 { Ok(made.stdout.trim().to_owned()) } else { Err(made.stderr) }
}

async fn code(keyward: &Keyward, token: &str, query: &str) -> String {
    let answer: Answer = keyward.client().forward(token, query).await;
    if answer.status == StatusCode::OK {
        "valid".to_owned()
    } else {
        answer.json()["code"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn mission_p1_a_key_belongs_to_a_tenant_that_a_form_or_a_command_made() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        make_tenant(&mut browser, "acme").await;
        let list = browser.get("/settings/tenants").await;
        assert!(list.body.contains("acme") && list.body.contains("bearer, raw, x_api_key"), "{}", list.body);
        let made = run(&keyward.database, &["tenants", "create", "name=north", "prefix=nn"], "");
        assert_eq!((made.code, made.stdout.trim()), (0, "Tenant north is made."), "{made:?}");

        let token = issue(&keyward.database, &["--scope", "things", "--tenant", "acme"]).unwrap();
        assert!(token.starts_with("ac_"), "the tenant's prefix: {token}");
        keyward.pass(Duration::from_secs(1)).await;
        for (query, expected) in
            [("scope=any", "valid"), ("scope=any&tenant=acme", "valid"), ("scope=any&tenant=north", "wrong_tenant")]
        {
            assert_eq!(code(&keyward, &token, query).await, expected, "{query}");
        }

        // Names stay; what a tenant no longer accepts is refused.
        let id = id_of_entry(&mut browser, "tenants", "acme").await;
        let path = format!("/settings/tenants/{id}");
        let renamed = browser.post(&path, &[("name", "acme2"), ("prefix", "ac"), ("presentations", "bearer")]).await;
        assert_eq!(renamed.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(renamed.body.contains("This stays"), "{}", renamed.body);
        let none = browser.post(&path, &[("presentations", "")]).await;
        assert!(
            none.status == StatusCode::UNPROCESSABLE_ENTITY && none.body.contains("Choose at least one"),
            "{}",
            none.body
        );
        let fewer = browser.post(&path, &[("presentations", ""), ("presentations", "raw")]).await;
        assert_eq!(fewer.status, StatusCode::SEE_OTHER, "{}", fewer.body);
        assert_eq!(code(&keyward, &token, "scope=any").await, "presentation_not_accepted");
    }
}

#[tokio::test]
async fn mission_p3_the_catalogue_of_scopes_is_edited_in_the_console() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let mut browser = keyward.signed_in(Role::Admin).await;
        let seeded = browser.get("/settings/scopes").await;
        for expected in ["public", "guests", "All access", "Gated", "opened for nobody"] {
            assert!(seeded.body.contains(expected), "{expected}: {}", seeded.body);
        }
        let fields = [
            ("name", "lockers"),
            ("sentence", "Lockers, all of them."),
            ("read", "See lockers."),
            ("write", "Open lockers."),
            ("risk", "high"),
            ("gate", "open"),
        ];
        make(&mut browser, "scopes", &fields).await;
        let offered = browser.get("/keys/new").await;
        for expected in ["lockers.read", "See lockers.", "lockers.write", "Open lockers."] {
            assert!(offered.body.contains(expected), "{expected}: {}", offered.body);
        }

        // Mistakes come back at their fields with what was typed.
        for (field, typed, message) in [
            ("name", "lockers.read", "Leave .read and .write out"),
            ("name", "keyward.verify", "Keyward&#x27;s own"),
            ("name", "Not a scope!", "is not a scope"),
            ("name", "lockers", "one of this name already"),
            ("risk", "terrible", "Choose one of"),
        ] {
            let mut fields = vec![("name", "other"), ("sentence", "As it was typed."), ("risk", "low")];
            fields.retain(|(name, _)| *name != field);
            fields.push((field, typed));
            let refused = browser.post("/settings/scopes/new", &fields).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
            let message = message.replace("&#x27;", "'");
            let body = refused.body.replace("&#x27;", "'").replace("&#39;", "'");
            assert!(body.contains(&message), "{typed}: {body}");
            assert!(body.contains("As it was typed.") && body.contains("aria-invalid=\"true\""), "{typed}: {body}");
        }
        let audit = browser.get("/audit").await;
        assert!(audit.body.contains("Scope added") && audit.body.contains("lockers"), "{}", audit.body);
        let edited = run(&keyward.database, &["scopes", "edit", "lockers", "risk=low"], "");
        assert_eq!(edited.code, 0, "{edited:?}");
        let audit = browser.get("/audit").await;
        assert!(audit.body.contains("Scope edited") && audit.body.contains("high \u{2192} low"), "{}", audit.body);
    }
}

#[tokio::test]
async fn mission_p7_templates_list_what_an_application_needs() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let mut browser = keyward.signed_in(Role::Admin).await;
        let shipped = browser.get("/settings/templates").await;
        for expected in ["Booking Panel", "Map Kiosk", "calendar.read", "people.read"] {
            assert!(shipped.body.contains(expected), "{expected}: {}", shipped.body);
        }
        make(
            &mut browser,
            "templates",
            &[("name", "Wayfinder"), ("required", "maps.read"), ("optional", "people.read")],
        )
        .await;
        let shown = run(&keyward.database, &["templates", "show", "Wayfinder", "--json"], "");
        let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        assert_eq!((&shown["required"], &shown["optional"]), (&["maps.read"].into(), &["people.read"].into()));
        let reserved = browser.post("/settings/templates/new", &[("name", "x"), ("required", "keyward.verify")]).await;
        assert_eq!(reserved.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(reserved.body.contains("No template covers"), "{}", reserved.body);
    }
}

/// One row that cannot be read concerns itself alone: the others are listed and offered.
#[tokio::test]
async fn an_entry_that_cannot_be_read_takes_no_other_with_it() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        keyward.issue("things").await;
        for name in ["whole", "broken"] {
            keyward.create_entry(Kind::Group, &[("name", name)]).await;
        }
        for settings in ["nothing", "{}", "{\"name\":\"broken\"}"] {
            let sql = format!("UPDATE entries SET settings = '{settings}' WHERE kind = 'groups' AND name = 'broken'");
            keyward.database.execute(&sql).await;
            let mut browser = keyward.signed_in(Role::Admin).await;
            for path in ["/settings/groups", "/keys", "/keys/new"] {
                let page = browser.get(path).await;
                let names = (page.body.contains("whole"), page.body.contains("broken"));
                assert_eq!((page.status, names), (StatusCode::OK, (true, false)), "{path} with {settings}");
            }
        }
    }
}

/// What cannot be read is never shown as something else, is kept by the forms of others, and is mended by an edit.
#[tokio::test]
async fn an_entry_that_cannot_be_read_is_kept_and_mended() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        let broken = async |table: &str, name: &str, old: &str, new: &str| {
            let sql =
                format!("UPDATE {table} SET settings = replace(settings, '{old}', '{new}') WHERE name = '{name}'");
            keyward.database.execute(&sql).await;
        };

        // A key stays in its group, and a scope open for its tenants.
        keyward.create_entry(Kind::Group, &[("name", "lobby")]).await;
        keyward.create_entry(Kind::Tenant, &[("name", "acme"), ("prefix", "acme")]).await;
        keyward.edit_entry(Kind::Scope, "devices", &[("opened", "acme default")]).await;
        let input = model::key_input::KeyInput {
            name: "panel".to_owned(),
            scopes: "things".to_owned(),
            expires: "90d".to_owned(),
            group: "lobby".to_owned(),
            ..Default::default()
        };
        let key = admin.issue_key(&operator, &input).await.unwrap().key.id;
        broken("entries", "lobby", "\"name\":\"lobby\"", "\"name\":\"\"").await;
        let form = browser.get(&format!("/keys/{key}/edit")).await.page();
        assert!(form.contains("<option value=\"lobby\" selected>lobby</option>"), "{form}");
        broken("tenants", "acme", "\"bearer ", "\"telepathy ").await;
        let id = id_of_entry(&mut browser, "scopes", "devices").await;
        let form = browser.get(&format!("/settings/scopes/{id}")).await.page();
        assert!(form.contains("value=\"acme\" checked"), "{form}");

        // Each is mended by giving what is wrong, and its audit says what became of it.
        broken("entries", "devices", "\"gated\"", "\"ajar\"").await;
        let id = admin.entry_id(&operator, Kind::Scope, "", "devices").await.unwrap();
        let mended = entry_input(&[("gate", "gated")]);
        let mended = admin.edit_entry(&operator, Kind::Scope, id, &mended, None).await;
        assert!(mended.is_err_and(|error| error.to_string().contains("tenant")), "acme cannot be read yet");
        let id = admin.entry_id(&operator, Kind::Tenant, "", "acme").await.unwrap();
        admin
            .edit_entry(&operator, Kind::Tenant, id, &entry_input(&[("presentations", "bearer")]), None)
            .await
            .unwrap();
        keyward.edit_entry(Kind::Scope, "devices", &[("gate", "gated")]).await;
        let audit = browser.get("/audit").await.page();
        assert!(audit.contains("ajar \u{2192} gated") && audit.contains("telepathy "), "{audit}");

        // The policy is said not to be readable, not shown as another one.
        broken("entries", "policy", "\"max_days\":\"365\"", "\"max_days\":\"many\"").await;
        assert_eq!(browser.get("/settings/policy").await.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(browser.get("/settings/policy").await.body.contains("This did not work"));
        keyward.edit_entry(Kind::Policy, "policy", &[("max_days", "365")]).await;
        assert!(browser.get("/settings/policy").await.body.contains("Longest life"));
    }
}

#[tokio::test]
async fn mission_i1_a_group_is_made_edited_and_archived_whole() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::fresh(database).await;
        let mut browser = keyward.signed_in(Role::Admin).await;
        let empty = browser.get("/settings/groups").await;
        assert!(empty.body.contains("No groups yet") && empty.body.contains("Add group"), "{}", empty.body);
        make(&mut browser, "groups", &[("name", "Lobby"), ("tenant", "default"), ("description", "screens")]).await;
        let id = id_of_entry(&mut browser, "groups", "Lobby").await;
        let path = format!("/settings/groups/{id}");
        let edited = browser.post(&path, &[("name", "Foyer")]).await;
        assert_eq!(edited.status, StatusCode::SEE_OTHER, "{}", edited.body);
        let list = browser.get("/settings/groups").await;
        assert!(list.body.contains("Foyer") && list.body.contains("screens"), "what is not sent stays: {}", list.body);
        assert!(list.body.contains(&format!("/keys?group={id}")), "its keys are a link away: {}", list.body);

        let admin = &keyward.app.admin;
        let mut tokens = Vec::new();
        for group in ["Foyer", "Foyer", ""] {
            let form = model::key_input::KeyInput {
                name: "k".to_owned(),
                scopes: "things".to_owned(),
                expires: "90d".to_owned(),
                group: group.to_owned(),
                ..Default::default()
            };
            tokens.push(admin.issue_key(&admin.operator(), &form).await.unwrap().token.reveal().to_owned());
        }
        let list = browser.get("/settings/groups").await;
        assert!(list.body.contains(&format!("value=\"group={id}\"")), "archiving them is a button away: {}", list.body);
        let query = format!("group={id}");
        let all = [("act", "archive"), ("all", "1"), ("query", query.as_str())];
        let ask = browser.post("/keys/bulk", &all).await;
        assert!(ask.page().contains("Archive 2 keys?"), "it says how many: {}", ask.body);
        let go = [&all[..], &[("reason", "superseded"), ("go", "1")]].concat();
        let archived = browser.post("/keys/bulk", &go).await;
        assert!(archived.page().contains("2 keys archived"), "{}", archived.body);
        for (token, expected) in tokens.iter().zip(["archived", "archived", "valid"]) {
            assert_eq!(code(&keyward, token, "scope=any").await, expected);
        }
        let audit = browser.get("/audit").await;
        assert_eq!(audit.page().matches("Key archived</span>").count(), 2, "{}", audit.body);
    }
}

#[tokio::test]
async fn mission_x3_a_gated_scope_waits_for_a_superadmin() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let mut superadmin = keyward.signed_in(Role::Superadmin).await;
        let mut admin = keyward.signed_in(Role::Admin).await;
        make_tenant(&mut superadmin, "acme").await;
        let grant = |tenant| issue(&keyward.database, &["--scope", "devices.write", "--tenant", tenant]);
        assert!(grant("acme").unwrap_err().contains("devices.write is gated"), "off from the start");
        let form = [("name", "k"), ("scope", "devices"), ("life", "90")];
        let refused = superadmin.post("/keys/new", &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "not even to a superadmin");
        assert!(refused.body.contains("devices is gated"), "{}", refused.body);

        // An admin sees who it is open for, and changes nothing about that.
        let path = &format!("/settings/scopes/{}", id_of_entry(&mut admin, "scopes", "devices").await);
        let page = admin.get(path).await;
        assert!(page.body.contains("Gated") && !page.body.contains("name=\"opened\""), "{}", page.body);
        for fields in [&[("opened", "acme")][..], &[("gate", "open")], &[("opened", "acme"), ("gate", "open")]] {
            let refused = admin.post(path, fields).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
            assert!(refused.body.contains("Only a superadmin opens a gated scope."), "{}", refused.body);
        }
        let edited = admin.post(path, &[("sentence", "Screens and doors.")]).await;
        assert_eq!(edited.status, StatusCode::SEE_OTHER, "the rest is an admin's: {}", edited.body);

        let page = superadmin.get(path).await;
        assert!(page.body.contains("name=\"opened\"") && page.body.contains("value=\"acme\""), "{}", page.body);
        let nowhere = superadmin.post(path, &[("opened", "nowhere")]).await;
        assert!(nowhere.body.contains("There is no tenant nowhere."), "{}", nowhere.body);
        let opened = superadmin.post(path, &[("opened", ""), ("opened", "acme")]).await;
        assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.body);
        let token = grant("acme").unwrap();
        keyward.pass(Duration::from_secs(1)).await;
        assert_eq!(code(&keyward, &token, "scope=devices.write").await, "valid");
        assert!(grant("default").unwrap_err().contains("gated"), "for that tenant alone");

        // Who and when.
        let audit = superadmin.get("/audit").await;
        for expected in ["Scope edited", "nothing \u{2192} acme", "superadmin@example.com", "2026-11-22T12:00:00Z"] {
            assert!(audit.body.contains(expected), "{expected}: {}", audit.body);
        }
        let closed = run(&keyward.database, &["scopes", "edit", "devices", "opened="], "");
        assert_eq!(closed.code, 0, "{closed:?}");
        assert!(grant("acme").is_err(), "closed again for new keys");
        assert_eq!(code(&keyward, &token, "scope=devices.write").await, "valid", "a key keeps what it was given");
    }
}

#[tokio::test]
async fn mission_p2_a_key_stops_with_the_user_it_acts_as() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let mut browser = keyward.signed_in(Role::Admin).await;
        make(&mut browser, "identities", &[("name", "panel@acme.example"), ("tenant", "default")]).await;
        let admin = &keyward.app.admin;
        let form = model::key_input::KeyInput {
            name: "k".to_owned(),
            scopes: "things".to_owned(),
            expires: "90d".to_owned(),
            acts_as: "panel@acme.example".to_owned(),
            ..Default::default()
        };
        let token = admin.issue_key(&admin.operator(), &form).await.unwrap().token.reveal().to_owned();
        let id = id_of_entry(&mut browser, "identities", "panel@acme.example").await;
        let switch = format!("/settings/identities/{id}/switch");
        for (on, expected) in [("", "valid"), ("0", "subject_inactive"), ("0", "subject_inactive"), ("1", "valid")] {
            if !on.is_empty() {
                let switched = browser.post(&switch, &[("on", on), ("confirm", "panel@acme.example")]).await;
                assert_eq!(switched.header("location"), "/settings/identities", "{}", switched.body);
            }
            assert_eq!(code(&keyward, &token, "scope=any").await, expected, "{on}");
        }
        for (verb, expected) in [("disable", "subject_inactive"), ("enable", "valid")] {
            let done = run(&keyward.database, &["identities", verb, "panel@acme.example"], "");
            assert_eq!(done.code, 0, "{done:?}");
            keyward.pass(Duration::from_secs(1)).await;
            assert_eq!(code(&keyward, &token, "scope=any").await, expected, "{verb}");
        }
        let audit = browser.get("/audit").await;
        let said = |words: &str| audit.body.matches(words).count();
        assert_eq!((said("Identity switched off"), said("Identity switched on")), (2, 2), "{}", audit.body);
    }
}

/// What no key uses, not even an archived one, can be deleted; a gate only by those who could open it.
#[tokio::test]
async fn what_no_key_uses_is_deleted() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let admin = &keyward.app.admin;
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        for (kind, fields) in [
            ("groups", &[("name", "north"), ("tenant", "default")][..]),
            ("identities", &[("name", "panel"), ("tenant", "default")]),
            ("scopes", &[("name", "lamps"), ("sentence", "Lamps."), ("gate", "gated")]),
        ] {
            let made = browser.post(&format!("/settings/{kind}/new"), fields).await;
            assert_eq!(made.status, StatusCode::SEE_OTHER, "{name} {kind}: {}", made.body);
        }
        let form = model::key_input::KeyInput {
            name: "k".to_owned(),
            scopes: "lampshade".to_owned(),
            expires: "90d".to_owned(),
            group: "north".to_owned(),
            acts_as: "panel".to_owned(),
            ..Default::default()
        };
        let id = admin.issue_key(&admin.operator(), &form).await.unwrap().key.id;
        for (kind, entry) in [("groups", "north"), ("identities", "panel")] {
            let path = format!("/settings/{kind}/{}/delete", id_of_entry(&mut browser, kind, entry).await);
            assert!(
                browser.get(&path).await.page().contains("1 key uses it, archived ones among them."),
                "{name} {kind}"
            );
            let refused = browser.post(&path, &[]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {kind}");
            assert_eq!(run(&keyward.database, &[kind, "delete", entry], "").code, 2, "{name} {kind}");
        }
        let scope = format!("/settings/scopes/{}/delete", id_of_entry(&mut browser, "scopes", "lamps").await);
        let mut helper = keyward.signed_in(Role::Admin).await;
        assert_eq!(helper.post(&scope, &[]).await.status, StatusCode::FORBIDDEN, "{name}: it is gated");
        assert!(browser.get(&scope).await.page().contains("No key uses it."), "{name}: lampshade is another one");
        assert_eq!(browser.post(&scope, &[]).await.header("location"), "/settings/scopes", "{name}");
        assert_eq!(browser.get(&scope).await.status, StatusCode::NOT_FOUND, "{name}");

        let free = model::key_input::KeyInput { group: String::new(), acts_as: String::new(), ..form };
        admin.edit_key(&admin.operator(), id, &free, None).await.unwrap();
        for (kind, entry) in [("groups", "north"), ("identities", "panel")] {
            let deleted = run(&keyward.database, &[kind, "delete", entry], "");
            assert_eq!((deleted.code, deleted.stdout.contains("is deleted.")), (0, true), "{name} {deleted:?}");
        }
        let audit = browser.get("/audit").await.page();
        for words in ["Group deleted", "Identity deleted", "Scope deleted"] {
            assert!(audit.contains(words), "{name} {words}");
        }
    }
}

#[tokio::test]
async fn mission_c2_c6_the_policy_sets_lives_and_the_cap() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        let path = "/settings/policy/policy0000000000";
        assert!(browser.get("/settings/policy").await.body.contains(path), "the list of the one policy is its form");
        let crossed = browser.post(path, &[("min_days", "30"), ("max_days", "10")]).await;
        assert!(
            crossed.status == StatusCode::UNPROCESSABLE_ENTITY && crossed.body.contains("must not be shorter"),
            "{}",
            crossed.body
        );
        let saved = browser.post(path, &[("max_days", "30"), ("keys_per_owner", "1")]).await;
        assert_eq!(saved.header("location"), "/settings/policy", "{}", saved.body);
        let make = |days| issue(&keyward.database, &["--scope", "things", "--owner", "ada", "--expires", days]);
        assert!(make("31d").unwrap_err().contains("at most 30 days"));
        let token = make("30d").unwrap();
        assert!(make("30d").unwrap_err().contains("1 of 1 live keys"));
        let raised = run(&keyward.database, &["policy", "edit", "keys_per_owner=2", "never=allowed"], "");
        assert_eq!((raised.code, raised.stdout.trim()), (0, "Policy is stored."), "{raised:?}");
        assert!(make("never").is_ok());
        assert_eq!(id_of(&token).len(), 16);
        let audit = browser.get("/audit").await;
        assert!(audit.body.contains("Policy edited") && audit.body.contains("365 \u{2192} 30"), "{}", audit.body);
    }
}

#[tokio::test]
async fn an_edit_does_not_overwrite_a_later_one() {
    let keyward = Keyward::new().await;
    let mut browser = keyward.signed_in(Role::Admin).await;
    let path = &format!("/settings/scopes/{}", id_of_entry(&mut browser, "scopes", "maps").await);
    let seen = generation(&mut browser, path).await;
    let edit = [("generation", seen.as_str()), ("sentence", "Mine.")];
    assert_eq!(
        browser.post(path, &[("generation", &seen), ("sentence", "Theirs.")]).await.status,
        StatusCode::SEE_OTHER
    );
    for _ in 0..2 {
        let late = browser.post(path, &edit).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "sent again, it is late again");
        assert!(late.body.contains("Somebody else changed this") && late.body.contains("Mine."), "{}", late.body);
    }
    let now = generation(&mut browser, path).await;
    assert_eq!(browser.post(path, &[("generation", &now), ("sentence", "Mine.")]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn everyone_reads_the_register_and_few_write_it() {
    let keyward = Keyward::new().await;
    for role in Role::ALL {
        let mut browser = keyward.signed_in(role).await;
        let writes = |kind: Kind| match kind {
            Kind::Tenant | Kind::Policy => role == Role::Superadmin,
            _ => matches!(role, Role::Superadmin | Role::Admin),
        };
        for kind in Kind::ALL {
            let list = browser.get(&format!("/settings/{}", kind.code())).await;
            assert_eq!(list.status, StatusCode::OK, "{role} {kind:?}");
            let offers = ["Add ", "Save policy"].iter().any(|button| list.body.contains(button));
            assert_eq!(offers, writes(kind), "{role} {kind:?}: {}", list.body);
            let made = browser.post(&format!("/settings/{}/new", kind.code()), &[]).await;
            let expected = if writes(kind) && kind != Kind::Policy { 422 } else { 403 };
            assert_eq!(made.status.as_u16(), expected, "{role} {kind:?}");
        }
        let people = browser.get("/settings/people").await.status;
        assert_eq!(people == StatusCode::OK, role == Role::Superadmin, "{role} {people}");
    }
}

#[tokio::test]
async fn what_no_form_of_the_settings_sends_is_refused() {
    let keyward = Keyward::new().await;
    let mut browser = keyward.signed_in(Role::Superadmin).await;
    let no_switch = format!("/settings/scopes/{}/switch", id_of_entry(&mut browser, "scopes", "maps").await);
    for (path, fields, status) in [
        ("/settings/groups/new", &[("colour", "red")][..], 400),
        ("/settings/groups/new", &[("generation", "soon")], 400),
        ("/settings/nonsense/new", &[("name", "a")], 404),
        ("/settings/groups/0123456789ABCDEF", &[("name", "a")], 404),
        ("/settings/groups/nonsense", &[("name", "a")], 404),
        ("/settings/scopes/policy0000000000", &[("name", "a")], 404),
        ("/settings/identities/0123456789ABCDEF/switch", &[("on", "1")], 404),
        ("/settings/identities/0123456789ABCDEF/switch", &[("on", "maybe")], 400),
        (&no_switch, &[("on", "0")], 404),
        ("/settings/people/0123456789ABCDEF/switch", &[("on", "0")], 404),
        ("/settings/people/new", &[("email", "a"), ("role", "king")], 422),
        ("/settings/people/new", &[("admin", "1")], 400),
    ] {
        let answer = browser.post(path, fields).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {fields:?}: {}", answer.body);
    }
    for path in
        ["/settings/nonsense", "/settings/nonsense/new", "/settings/scopes/policy0000000000", "/settings/groups/x"]
    {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for name in ["</textarea><img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>"] {
        make(&mut browser, "groups", &[("name", name), ("tenant", "default"), ("description", name)]).await;
        for path in ["/settings/groups", "/audit"] {
            let page = browser.get(path).await;
            assert!(!page.body.contains("<img src=x") && !page.body.contains("<svg onload"), "{path}: {}", page.body);
        }
    }
}

#[tokio::test]
async fn people_are_added_disabled_enabled_and_reset() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let mut superadmin = keyward.signed_in(Role::Superadmin).await;
        let person = [("email", "Ada@example.com"), ("role", "member"), ("password", PASSWORD)];
        let short = superadmin.post("/settings/people/new", &[person[0], person[1], ("password", "too short")]).await;
        assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(short.body.contains("Ada@example.com") && !short.body.contains("too short"), "{}", short.body);
        let added = superadmin.post("/settings/people/new", &person).await;
        assert_eq!(added.header("location"), "/settings/people", "{}", added.body);
        let mut ada = keyward.client();
        let credentials = [("email", "ada@example.com"), ("password", PASSWORD)];
        assert_eq!(ada.post("/sign-in", &credentials).await.status, StatusCode::SEE_OTHER);
        let token = issue(&keyward.database, &["--scope", "things", "--owner", "ada@example.com"]).unwrap();
        keyward.pass(Duration::from_secs(1)).await;
        assert_eq!(code(&keyward, &token, "scope=any").await, "valid");

        let accounts = keyward.app.admin.accounts(&keyward.app.admin.operator()).await.unwrap();
        let switch = |email: &str| {
            let account = accounts.iter().find(|account| account.email.as_str() == email).unwrap();
            format!("/settings/people/{}/switch", account.id)
        };
        keyward.app.verifier.flush().await.unwrap();
        let asked = superadmin.get(&switch("ada@example.com")).await.page();
        assert!(asked.contains("1 key would stop, and it is in use.") && asked.contains(id_of(&token)), "{asked}");
        for confirm in ["", "ada"] {
            let refused = superadmin.post(&switch("ada@example.com"), &[("on", "0"), ("confirm", confirm)]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refused.page().contains("Type ada@example.com: 1 key in use would stop."), "{}", refused.page());
        }
        assert_eq!(code(&keyward, &token, "scope=any").await, "valid", "nothing happened");
        let confirmed = [("on", "0"), ("confirm", "ada@example.com")];
        let disabled = superadmin.post(&switch("ada@example.com"), &confirmed).await;
        assert_eq!(disabled.header("location"), "/settings/people", "{}", disabled.body);
        let said = superadmin.get("/settings/people").await.page();
        assert!(said.contains("The one key they own is refused from now on."), "{said}");
        assert_eq!(code(&keyward, &token, "scope=any").await, "owner_inactive");
        assert_eq!(ada.get("/keys").await.status, StatusCode::SEE_OTHER, "the session is over");
        assert_eq!(ada.post("/sign-in", &credentials).await.status, StatusCode::UNAUTHORIZED);
        assert!(superadmin.get("/settings/people").await.body.contains("Disabled"));
        superadmin.post(&switch("ada@example.com"), &[("on", "1")]).await;
        assert_eq!(code(&keyward, &token, "scope=any").await, "valid");
        assert_eq!(ada.post("/sign-in", &credentials).await.status, StatusCode::SEE_OTHER);

        // Nobody locks everybody out.
        let own = superadmin.post(&switch("superadmin@example.com"), &[("on", "0")]).await;
        assert!(
            own.status == StatusCode::UNPROCESSABLE_ENTITY && own.body.contains("Nobody disables themselves"),
            "{}",
            own.body
        );
        let last = run(&keyward.database, &["admin", "disable", "--email", "superadmin@example.com"], "");
        assert!(last.code == 2 && last.stderr.contains("last superadmin"), "{last:?}");

        // A reset ends sessions, and the old password. The command goes by the machine's clock.
        let admin = &keyward.app.admin;
        keyward.pass(Duration::from_secs(1)).await;
        let account = admin.account_named(&admin.operator(), "ADA@example.com").await.unwrap();
        admin.reset_password(&admin.operator(), account.id, "another long enough one".to_owned()).await.unwrap();
        assert_eq!(ada.get("/keys").await.status, StatusCode::SEE_OTHER);
        assert_eq!(ada.post("/sign-in", &credentials).await.status, StatusCode::UNAUTHORIZED);
        let new = [("email", "ada@example.com"), ("password", "another long enough one")];
        assert_eq!(ada.post("/sign-in", &new).await.status, StatusCode::SEE_OTHER);
        let audit = superadmin.get("/audit").await;
        for expected in ["Account disabled", "Account enabled", "Password reset", "ada@example.com"] {
            assert!(audit.body.contains(expected), "{expected}: {}", audit.body);
        }
    }
}

#[test]
fn the_register_by_command() {
    let database = Database::sqlite();
    for (arguments, code, words) in [
        (
            &["tenants", "create", "name=acme", "prefix=acme", "docs=https://docs.acme.example"][..],
            0,
            "Tenant acme is made.",
        ),
        (&["tenants", "create", "name=acme", "prefix=acme"], 2, "name: There is one of this name already."),
        (&["tenants", "create", "name=two words", "prefix=x"], 2, "prefix: "),
        (&["tenants", "edit", "acme", "prefix=ac", "name=other"], 2, "name: This stays"),
        (&["tenants", "disable", "acme"], 2, "identities can"),
        (&["groups", "create", "name=Lobby", "--tenant", "acme"], 0, "Group Lobby is made."),
        (&["groups", "show", "Lobby"], 1, "there is no group Lobby in tenant default"),
        (&["groups", "show", "Lobby", "--tenant", "acme"], 0, "tenant             acme"),
        (&["groups", "create", "name=Lobby", "--tenant", "nowhere"], 2, "There is no tenant nowhere."),
        (&["groups", "edit", "Lobby", "--tenant", "acme", "name=Foyer"], 0, "Group Foyer is stored."),
        (&["identities", "create", "name=ada@example.com"], 0, "Identity ada@example.com is made."),
        (&["identities", "disable", "ada@example.com"], 0, "switched off"),
        (&["identities", "list"], 0, "off"),
        (&["identities", "enable", "ada@example.com"], 0, "switched on"),
        (&["scopes", "create", "name=devices", "gate=gated"], 0, "Scope devices is made."),
        (&["scopes", "edit", "devices", "opened=acme"], 0, "Scope devices is stored."),
        (&["scopes", "edit", "nothing", "risk=low"], 1, "keyward scopes list"),
        (
            &["scopes", "create", "colour=red"],
            2,
            "there is no field \"colour\" here; the fields are\n  name             What it is called",
        ),
        (&["scopes", "create", "name"], 2, "NAME=VALUE"),
        (&["scopes", "create", "name=a", "name=b"], 2, "give it once"),
        (&["scopes", "list", "--json"], 0, "\"opened\":[\"acme\"]"),
        (&["scopes", "--help"], 0, "keyward scopes edit devices opened=acme"),
        (&["policy", "edit", "--help"], 0, "keys_per_owner=20"),
        (&["policy", "edit", "keys_per_owner=many"], 2, "keys_per_owner: Give a whole number"),
        (&["policy", "edit", "keys_per_owner=20"], 0, "Policy is stored."),
        (&["policy", "show", "--json"], 0, "\"keys_per_owner\":20"),
        (&["admin", "disable", "--email", "nobody@example.com"], 1, "nobody signs in as"),
    ] {
        let output = run(&database, arguments, "");
        assert_eq!(output.code, code, "{arguments:?} {output:?}");
        assert!(output.stdout.contains(words) || output.stderr.contains(words), "{arguments:?} {output:?}");
    }
    let both = run(&database, &["tenants", "create", "name=a b", "docs=ftp"], "");
    let fields: Vec<_> =
        both.stderr.lines().filter_map(|line| line.trim_start_matches("keyward: ").split_once(": ")).collect();
    assert_eq!(fields.iter().map(|(field, _)| *field).collect::<Vec<_>>(), ["name", "prefix", "docs"], "{both:?}");
    for (verb, input, code) in [("reset", "short", 2), ("reset", PASSWORD, 0), ("disable", "", 0), ("enable", "", 0)] {
        if verb == "reset" && code == 2 {
            run(&database, &["admin", "create", "--email", "ada@example.com", "--role", "member"], PASSWORD);
        }
        let output = run(&database, &["admin", verb, "--email", "ada@example.com", "--json"], input);
        assert_eq!(output.code, code, "{verb} {output:?}");
    }
}
