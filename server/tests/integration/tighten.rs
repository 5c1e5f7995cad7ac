//! Before an edit is saved: what would change is listed where it changes what the key opens, callers seen lately that it
//! would lock out are named, and nothing is saved until that was read.

use axum::http::{Method, StatusCode};
use model::{
    account::Role,
    catalog::{DEFAULT_TENANT, Kind, POLICY},
    id::KeyId,
    key_input::KeyInput,
};

use crate::support::{Answer, Client, Keyward, Operator, databases, id_of};

/// A key that was called from two places, and a browser on its edit form.
struct Here {
    keyward: Keyward,
    browser: Client,
    id: KeyId,
}

impl Here {
    async fn new(database: crate::support::Database) -> Self {
        let keyward = Keyward::with(database, &[("KEYWARD_TRUSTED_PROXIES", "192.0.2.10/32")]).await;
        keyward.edit_entry(Kind::Policy, "", &[("never", "allowed")]).await;
        let token = keyward.issue("rooms.read rooms.write").await;
        let mut client = keyward.client();
        for (scope, address, agent, calls) in [
            ("rooms.read", "10.1.0.1", "kiosk", 3),
            ("rooms.write", "203.0.113.7", "planner", 2),
            ("doors.read", "198.51.100.9", "stranger", 1),
        ] {
            for _ in 0..calls {
                let bearer = format!("Bearer {token}");
                let headers = [
                    ("authorization", bearer.as_str()),
                    ("x-forwarded-method", "GET"),
                    ("x-forwarded-for", address),
                    ("user-agent", agent),
                ];
                client.send(Method::GET, &format!("/forward-auth?scope={scope}"), &headers, "").await;
            }
        }
        keyward.app.verifier.flush().await.unwrap();
        let browser = keyward.signed_in(Role::Superadmin).await;
        Self { keyward, browser, id: KeyId::parse(id_of(&token)).unwrap() }
    }

    async fn form(&self) -> KeyInput {
        KeyInput::of(&self.keyward.app.store.key(self.id).await.unwrap().unwrap().0.key)
    }

    async fn generation(&self) -> i64 {
        self.keyward.app.store.key(self.id).await.unwrap().unwrap().0.key.generation
    }

    /// Saves the edit form with these fields in place of what is there.
    async fn save(&mut self, fields: &[(&str, &str)]) -> Answer {
        let (_, form) = (self.id, self.form().await);
        let seen = self.keyward.app.store.key(self.id).await.unwrap().unwrap().0.key.generation.to_string();
        let is = [
            ("name", form.name.as_str()),
            ("description", "for\r\nthe lobby"),
            ("owner", &form.owner),
            ("scopes", &form.scopes),
            ("addresses", &form.addresses),
            ("limits", &form.limits),
            ("quota", &form.quota),
            ("life", "keep"),
            ("seen", &seen),
        ];
        let kept = is.into_iter().filter(|(name, _)| !fields.iter().any(|(other, _)| other == name));
        let all: Vec<_> = kept.chain(fields.iter().copied()).collect();
        self.browser.post(&format!("/keys/{}/edit", self.id), &all).await
    }
}

#[tokio::test]
async fn mission_n4_an_edit_that_would_lock_callers_out_names_them_first() {
    for (name, database) in databases() {
        let mut here = Here::new(database).await;
        for (fields, broken, spared, why) in [
            (
                &[("scopes", "rooms.read")][..],
                &["planner"][..],
                &["kiosk", "stranger"][..],
                "Asked for more than rooms.read, which is all the key would hold",
            ),
            (
                &[("addresses", "10.0.0.0/8")],
                &["planner"],
                &["kiosk", "stranger"],
                "Called from outside of 10.0.0.0/8, which is all the key would allow",
            ),
            (
                &[("addresses", "192.0.2.0/24")],
                &["planner", "kiosk"],
                &["stranger"],
                "Called from outside of 192.0.2.0/24",
            ),
            (&[("scopes", "doors")], &["planner", "kiosk"], &["stranger"], "Asked for more than doors"),
        ] {
            let before = here.form().await;
            // Also of a form that lists the changes itself.
            let listed = here.save(&[fields, &[("step", "listed")]].concat()).await;
            assert!(listed.page().contains("This would lock somebody out"), "{name}: {}", listed.body);
            let asked = here.save(fields).await;
            assert_eq!(asked.status, StatusCode::OK, "{name}: {}", asked.body);
            let page = asked.page();
            assert!(page.contains("What will change"), "{name}: {page}");
            assert!(page.contains("This would lock somebody out") && page.contains(why), "{name} {why}: {page}");
            assert!(page.contains("All 6 calls of the last 7 days are in this record."), "{name}: {page}");
            for agent in broken {
                assert!(page.contains(agent), "{name} {fields:?}: {agent}: {page}");
            }
            for agent in spared {
                assert!(!page.contains(agent), "{name} {fields:?}: {agent}: {page}");
            }
            assert_eq!(here.form().await, before, "{name}: nothing is saved yet");
            // All that was typed goes along.
            for (field, value) in fields.iter().chain(&[("life", "keep"), ("description", "for\r\nthe lobby")]) {
                let carried = format!("<input type=\"hidden\" name=\"{field}\" value=\"{value}\"");
                assert!(page.contains(&carried), "{name}: {carried}: {page}");
            }
        }

        let narrow = [("addresses", "10.0.0.0/8"), ("name", "lobby <1>")];
        let back = here.save(&[&narrow[..], &[("step", "back")]].concat()).await;
        assert_eq!(back.status, StatusCode::OK);
        let page = back.page();
        assert!(
            page.contains("lobby &lt;1&gt;") && page.contains("10.0.0.0/8") && page.contains("the lobby"),
            "{page}"
        );
        assert!(page.contains("name=\"seen\""), "it is the form again: {page}");
        assert!(here.form().await.addresses.is_empty(), "{name}: and nothing is saved");

        let saved = here.save(&[&narrow[..], &[("step", "anyway")]].concat()).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{name}: {}", saved.body);
        let form = here.form().await;
        assert_eq!((form.addresses.as_str(), form.name.as_str()), ("10.0.0.0/8", "lobby <1>"), "{name}");
    }
}

#[tokio::test]
async fn mission_n4_what_an_edit_changes_is_listed_before_it_is_saved() {
    for (name, database) in databases() {
        let mut here = Here::new(database).await;
        for (fields, changes) in [
            (&[("description", "another")][..], &[][..]),
            (&[("scopes", "rooms")], &["+ rooms", "\u{2212} rooms.read", "\u{2212} rooms.write"]),
            (
                &[("scopes", "rooms.read rooms.write doors"), ("life", "30")],
                &["+ doors", "\u{2212} rooms", "22 Dec 2026"],
            ),
            (&[("addresses", "10.0.0.0/8 203.0.113.7 198.51.100.9")], &["+ 198.51.100.9"]),
            (&[("limits", "5"), ("limits_per", "minute")], &["+ 5/minute"]),
            (&[("limits", ""), ("quota", "9"), ("quota_per", "day")], &["\u{2212} 5/minute", "<ins>9/day</ins>"]),
            (&[("life", "never"), ("quota", "")], &["<ins>never</ins>", "It works until someone archives it."]),
        ] {
            let before = here.form().await;
            if !changes.is_empty() {
                let asked = here.save(fields).await;
                let page = asked.page();
                assert_eq!(asked.status, StatusCode::OK, "{name} {fields:?}: {page}");
                assert!(page.contains("Save these changes?") && !page.contains("Save anyway"), "{name}: {page}");
                for change in changes {
                    assert!(page.contains(change), "{name} {fields:?}: {change}: {page}");
                }
                assert_eq!(here.form().await, before, "{name}: nothing is saved yet");
            }
            // A form that lists the changes itself is not asked about them.
            let saved = here.save(&[fields, &[("step", "listed")]].concat()).await;
            assert_eq!(saved.status, StatusCode::SEE_OTHER, "{name} {fields:?}: {}", saved.body);
            assert_ne!(here.form().await, before, "{name}");
        }
        // What changes nothing is not saved, and says so.
        let generation = here.generation().await;
        let same = here.save(&[]).await;
        assert_eq!((same.status, here.generation().await), (StatusCode::SEE_OTHER, generation), "{name}");
        let key = here.browser.get(&format!("/keys/{}", here.id)).await;
        assert!(key.page().contains("Nothing changed, so nothing was saved."), "{name}: {}", key.body);
        // Mistakes come first; a step that no form of ours has is none.
        let refused = here.save(&[("addresses", "10.0.0")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert_eq!(here.save(&[("step", "perhaps")]).await.status, StatusCode::BAD_REQUEST, "{name}");
        // The stranger was let in by the wider scope above, and is a caller since.
        let asked = here.save(&[("scopes", "rooms")]).await;
        assert_eq!(asked.status, StatusCode::OK, "{name}: {}", asked.body);
        assert!(asked.page().contains("stranger"), "{name}: it would pass now, and would not: {}", asked.body);
    }
}

/// The address of an entry of the default tenant, or of the policy.
async fn entry(keyward: &Keyward, kind: Kind, name: &str) -> String {
    let admin = &keyward.app.admin;
    let id = admin.entry_id(&admin.operator(), kind, DEFAULT_TENANT, name).await.unwrap();
    format!("/settings/{}/{id}", kind.code())
}

/// What the form of a kind holds, with these fields in place of what is there.
async fn settings(keyward: &Keyward, kind: Kind, name: &str, fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let admin = &keyward.app.admin;
    let entry = admin.entry_named(&admin.operator(), kind, DEFAULT_TENANT, name).await.unwrap();
    let held = entry.settings.input();
    let kept = held.iter().map(|(field, text)| (field.code().to_owned(), text.to_owned()));
    let kept = kept.filter(|(name, _)| !fields.iter().any(|(other, _)| other == name));
    kept.chain(fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))).collect()
}

/// Keys that were called in several ways; the token of the one that came in its own header.
async fn called(keyward: &Keyward) -> String {
    let scope = [("name", "rooms"), ("sentence", "Rooms."), ("risk", "low"), ("gate", "open")];
    keyward.create_entry(Kind::Scope, &scope).await;
    let (bearer, header) = (keyward.issue("rooms").await, keyward.issue("doors").await);
    let spared = keyward.issue("spared").await;
    let form = KeyInput {
        name: "offline".to_owned(),
        owner: "service".to_owned(),
        scopes: "things".to_owned(),
        expires: "90d".to_owned(),
        form: "jwt".to_owned(),
        ..KeyInput::default()
    };
    let admin = &keyward.app.admin;
    let jwt = admin.issue_key(&admin.operator(), &form).await.unwrap().token.reveal().to_owned();
    let authorization = |token: &str| format!("Bearer {token}");
    for (name, value, scope, calls) in [
        ("authorization", authorization(&bearer), "rooms.read", 3),
        ("x-api-key", header.clone(), "doors", 2),
        ("authorization", authorization(&jwt), "things", 4),
        // Refused as it is: nothing can be broken of it.
        ("x-api-key", spared, "other", 1),
    ] {
        for _ in 0..calls {
            let headers = [(name, value.as_str()), ("x-forwarded-method", "GET")];
            keyward.client().send(Method::GET, &format!("/forward-auth?scope={scope}"), &headers, "").await;
        }
    }
    keyward.app.verifier.flush().await.unwrap();
    header
}

const NO_HEADER: &str = "bearer raw basic rest_api_key query cookie extra";
const NO_BEARER: &str = "raw basic rest_api_key x_api_key query cookie extra";

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(field, text)| (field.as_str(), text.as_str())).collect()
}

#[tokio::test]
async fn mission_n4_a_stricter_policy_tenant_or_gate_names_the_keys_whose_calls_it_would_refuse() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        called(&keyward).await;
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        for (kind, name, fields, confirm, broken, spared) in [
            (
                Kind::Policy,
                POLICY,
                &[("presentations", NO_HEADER)][..],
                "policy",
                &["for doors", "2 calls", "sent as X-API-Key: KEY"][..],
                &["for rooms", "offline", "for spared"][..],
            ),
            (
                Kind::Tenant,
                DEFAULT_TENANT,
                &[("presentations", NO_BEARER)],
                DEFAULT_TENANT,
                &["for rooms", "3 calls", "offline", "4 calls", "sent as Authorization: Bearer KEY", "2 keys"],
                &["for doors"],
            ),
            (
                Kind::Scope,
                "rooms",
                &[("gate", "gated")],
                "rooms",
                &["for rooms", "asked for rooms.read"],
                &["for doors", "offline"],
            ),
            (
                Kind::Policy,
                POLICY,
                &[("max_days", "60")],
                "policy",
                &["offline", "4 calls", "is a JWT that lives longer"],
                &["for rooms", "for doors"],
            ),
        ] {
            let path = entry(&keyward, kind, name).await;
            let typed = settings(&keyward, kind, name, fields).await;
            let typed = borrowed(&typed);
            let before = settings(&keyward, kind, name, &[]).await;
            let with = |more: &[(&'static str, &'static str)]| [&typed[..], more].concat();

            let asked = browser.post(&path, &typed).await;
            assert_eq!(asked.status, StatusCode::OK, "{on} {kind:?}: {}", asked.body);
            let page = asked.page();
            assert!(page.contains("Nothing is saved yet."), "{on} {kind:?}: {page}");
            for words in broken {
                assert!(page.contains(words), "{on} {kind:?} {words}: {page}");
            }
            for words in spared {
                assert!(!page.contains(words), "{on} {kind:?} {words}: {page}");
            }
            for (field, text) in fields {
                let carried = format!("<input type=\"hidden\" name=\"{field}\" value=\"{text}\"");
                assert!(page.contains(&carried), "{on} {kind:?} {carried}: {page}");
            }
            let wrong = browser.post(&path, &with(&[("step", "anyway"), ("confirm", "yes")])).await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{on} {kind:?}");
            assert!(wrong.page().contains(&format!("Type {confirm}: ")), "{on} {kind:?}: {}", wrong.page());
            let back = browser.post(&path, &with(&[("step", "back"), ("confirm", "")])).await;
            assert!(back.status == StatusCode::OK && back.page().contains("data-guard"), "{on}");
            assert_eq!(settings(&keyward, kind, name, &[]).await, before, "{on} {kind:?}: nothing is saved yet");

            // What is not tightened asks nothing.
            let saved = browser.post(&path, &borrowed(&before)).await;
            assert_eq!(saved.status, StatusCode::SEE_OTHER, "{on} {kind:?}: {}", saved.body);
        }
    }
}

#[tokio::test]
async fn mission_n4_what_was_confirmed_is_saved_and_says_how_many_keys_it_refuses() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let header = called(&keyward).await;
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        let path = entry(&keyward, Kind::Policy, POLICY).await;
        let typed = settings(&keyward, Kind::Policy, POLICY, &[("presentations", NO_HEADER)]).await;
        let typed = borrowed(&typed);
        let saved = browser.post(&path, &[&typed[..], &[("step", "anyway"), ("confirm", "policy")]].concat()).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{on}: {}", saved.body);
        let page = browser.get(saved.header("location")).await.page();
        assert!(page.contains("Calls with one key are refused by it from now on."), "{on}: {page}");
        keyward.pass(std::time::Duration::from_secs(1)).await;
        let headers = [("x-api-key", header.as_str())];
        let refused = keyward.client().send(Method::GET, "/forward-auth?scope=doors", &headers, "").await;
        assert_eq!(refused.json()["code"], "presentation_not_accepted", "{on}");
        // They are refused as it is now: nothing more is broken by saving it again.
        assert_eq!(browser.post(&path, &typed).await.status, StatusCode::SEE_OTHER, "{on}");
    }
}
