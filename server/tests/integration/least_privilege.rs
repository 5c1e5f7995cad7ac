//! Least privilege from use: what calls did not ask for is offered to be dropped, only where the record proves it, and
//! nothing changes before it is saved.

use std::time::Duration;

use axum::http::Method;
use model::{account::Role, id::KeyId, key_input::KeyInput};

use crate::support::{Database, Keyward, Operator, databases};

/// A key, and the console that it is in.
struct Here {
    keyward: Keyward,
    token: String,
    id: KeyId,
}

impl Here {
    /// A key made so many days ago.
    async fn new(database: Database, scopes: &str, form: &str, days: u64) -> Self {
        let keyward = Keyward::on(database).await;
        let input = KeyInput {
            name: "kiosk".to_owned(),
            owner: "front desk".to_owned(),
            scopes: scopes.to_owned(),
            expires: "90d".to_owned(),
            form: form.to_owned(),
            ..KeyInput::default()
        };
        let admin = &keyward.app.admin;
        let issued = admin.issue_key(&admin.operator(), &input).await.unwrap();
        keyward.pass(Duration::from_hours(24 * days)).await;
        Self { keyward, token: issued.token.reveal().to_owned(), id: issued.key.id }
    }

    /// Calls with the key, and the write that follows.
    async fn call(&self, scope: &str) {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("x-forwarded-method", "GET")];
        self.keyward.client().send(Method::GET, &format!("/forward-auth?scope={scope}"), &headers, "").await;
        self.keyward.app.verifier.flush().await.unwrap();
    }

    /// What could be dropped.
    async fn unused(&self) -> Vec<String> {
        let admin = &self.keyward.app.admin;
        let found = admin.unused_scopes(&admin.operator(), self.id).await.unwrap();
        found.map(|found| found.unused).unwrap_or_default()
    }

    /// A page of the key, to somebody with this role.
    async fn page(&self, role: Role, path: &str) -> String {
        self.keyward.signed_in(role).await.get(&format!("/keys/{}{path}", self.id)).await.page()
    }
}

#[tokio::test]
async fn mission_p3_scopes_that_no_call_asked_for_can_be_dropped_from_a_link() {
    for (name, database) in databases() {
        let here = Here::new(database, "rooms.read rooms.write doors", "", 8).await;
        assert_eq!(here.unused().await, [""; 0], "{name}: without a call nothing is known");
        here.call("rooms.read").await;
        assert_eq!(here.unused().await, ["doors", "rooms.write"], "{name}");

        let link = format!("href=\"/keys/{}/edit?drop=doors+rooms.write\"", here.id);
        for path in ["", "/edit"] {
            let page = here.page(Role::Superadmin, path).await;
            assert!(page.contains("In 30 days it asked only for") && page.contains(&link), "{name} {path}: {page}");
            assert!(page.contains("Drop the other 2"), "{name} {path}: {page}");
        }
        let page = here.page(Role::Auditor, "").await;
        assert!(!page.contains("asked only for"), "{name}: who cannot edit is not told to: {page}");

        let page = here.page(Role::Superadmin, "/edit?drop=doors+rooms.write+other").await;
        assert!(
            page.contains("Left out: <b>doors, rooms.write</b>. Nothing changes before you save."),
            "{name}: {page}"
        );
        assert!(page.contains("name=\"scopes\" value=\"rooms.read\""), "{name}: {page}");
        assert!(!page.contains("asked only for"), "{name}: and not said twice: {page}");
        let held = here.keyward.app.store.key(here.id).await.unwrap().unwrap().0.key.spec.scopes.to_string();
        assert_eq!(held, "doors rooms.read rooms.write", "{name}: nothing changed");

        // 20 days later it still counts that a scope was used once; after 30 it does not.
        here.keyward.pass(Duration::from_hours(24 * 10)).await;
        here.call("doors").await;
        here.keyward.pass(Duration::from_hours(24 * 20)).await;
        here.call("rooms.read").await;
        here.keyward.app.admin.sweep().await.unwrap();
        assert_eq!(here.unused().await, ["rooms.write"], "{name}");
        here.keyward.pass(Duration::from_hours(24 * 15)).await;
        here.keyward.app.admin.sweep().await.unwrap();
        assert_eq!(here.unused().await, ["doors", "rooms.write"], "{name}");
    }
}

#[tokio::test]
async fn mission_p3_nothing_is_suggested_where_use_is_not_known() {
    for (name, database) in databases() {
        let here = Here::new(database, "rooms.read doors", "", 6).await;
        here.call("rooms.read").await;
        assert_eq!(here.unused().await, [""; 0], "{name}: younger than a week");
        here.keyward.pass(Duration::from_hours(24)).await;
        assert_eq!(here.unused().await, ["doors"], "{name}");

        let admin = &here.keyward.app.admin;
        let key = here.keyward.app.store.key(here.id).await.unwrap().unwrap().0.key;
        let wider = KeyInput { scopes: "rooms.read doors maps".to_owned(), ..KeyInput::of(&key) };
        admin.edit_key(&admin.operator(), here.id, &wider, None).await.unwrap();
        assert_eq!(here.unused().await, [""; 0], "{name}: its scopes are younger than a week");
        here.keyward.pass(Duration::from_hours(24 * 7)).await;
        assert_eq!(here.unused().await, ["doors", "maps"], "{name}");

        here.call("any").await;
        assert_eq!(here.unused().await, [""; 0], "{name}: what any was asked for is not known");
    }
    for (name, database) in databases() {
        let here = Here::new(database, "rooms.read doors", "jwt", 8).await;
        here.call("rooms.read").await;
        assert_eq!(here.unused().await, [""; 0], "{name}: a JWT is checked elsewhere, too");
    }
    for (name, database) in databases() {
        // More kinds of calls in a batch than are described: the rest may have asked for anything.
        let here = Here::new(database, "rooms.read doors", "", 8).await;
        for place in 0..20 {
            let bearer = format!("Bearer {}", here.token);
            let agent = format!("agent {place}");
            let headers = [("authorization", bearer.as_str()), ("x-forwarded-method", "GET"), ("user-agent", &agent)];
            here.keyward.client().send(Method::GET, "/forward-auth?scope=rooms.read", &headers, "").await;
        }
        here.keyward.app.verifier.flush().await.unwrap();
        assert_eq!(here.unused().await, [""; 0], "{name}: not all calls are described");
    }
}
