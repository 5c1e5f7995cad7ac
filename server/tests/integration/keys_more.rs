//! Everything a key can say, through the console's plain forms and the command line, and what verification makes of it.

use std::time::Duration;

use app::keys::list::query::Column;
use axum::http::StatusCode;
use model::{account::Role, catalog::Kind, id::KeyId, key_input::KeyInput};
use serde_json::json;

use crate::support::{Answer, Client, Database, Keyward, Operator, databases, id_of, program::run};

/// A Keyward with a signed-in superadmin.
struct Here {
    keyward: Keyward,
    browser: Client,
}

async fn everywhere() -> Vec<Here> {
    let mut found = Vec::new();
    for (_, database) in databases() {
        let keyward = Keyward::on(database).await;
        let browser = keyward.signed_in(Role::Superadmin).await;
        found.push(Here { keyward, browser });
    }
    found
}

/// The token on a page that shows one.
fn token(page: &Answer) -> String {
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"), "{}", page.body);
    let (_, rest) = page.body.split_once("id=\"once-token\">").unwrap_or_else(|| panic!("no token: {}", page.body));
    rest.split('<').next().unwrap().to_owned()
}

/// A page without the marks between its parts.
fn bare(page: &Answer) -> String {
    page.body.replace("<!>", "")
}

/// What a control of the page holds now.
fn value<'a>(page: &'a Answer, name: &str) -> &'a str {
    let tag = page.body.split("<input").find(|tag| tag.contains(&format!(" name=\"{name}\"")));
    let tag = tag.unwrap_or_else(|| panic!("no {name}: {}", page.body)).split('>').next().unwrap();
    tag.split_once(" value=\"").map_or("", |(_, rest)| rest.split('"').next().unwrap())
}

/// What the message at a field says.
fn error<'a>(page: &'a Answer, field: &str) -> &'a str {
    let (_, rest) = page.body.split_once(&format!("id=\"{field}-error\"")).unwrap_or_else(|| panic!("{}", page.body));
    rest.split("</span></span>").next().unwrap()
}

impl Here {
    async fn entry(&self, kind: Kind, pairs: &[(&str, &str)]) -> String {
        self.keyward.create_entry(kind, pairs).await.id.to_string()
    }

    async fn policy(&self, pairs: &[(&str, &str)]) {
        self.keyward.edit_entry(Kind::Policy, "", pairs).await;
    }

    /// Makes a key with the form.
    async fn create(&mut self, more: &[(&str, &str)]) -> String {
        let mut all = vec![("name", "kiosk"), ("scope", "bookings.read"), ("life", "90")];
        all.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        all.extend(more);
        token(&self.browser.post("/keys/new", &all).await)
    }

    async fn code(&self, token: &str, scope: &str) -> String {
        let asker = self.keyward.issue("keyward.verify").await;
        let body = json!({ "key": token, "scope": scope, "address": "203.0.113.7", "method": "GET" });
        let answer = self.keyward.client().verify(&asker, &body).await;
        answer.json()["code"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
    }

    async fn page(&mut self, token: &str) -> String {
        bare(&self.browser.get(&format!("/keys/{}", id_of(token))).await)
    }
}

#[tokio::test]
async fn mission_c2_a_life_is_a_preset_a_number_of_days_or_a_date_within_the_policy() {
    for mut here in everywhere().await {
        for (life, more, expected) in [
            ("7", ("days", ""), Ok("29 Nov 2026, 12:00 UTC")),
            ("365", ("days", ""), Ok("22 Nov 2027, 12:00 UTC")),
            ("days", ("days", "45"), Ok("6 Jan 2027, 12:00 UTC")),
            ("date", ("date", "2027-03-14"), Ok("14 Mar 2027, 23:59 UTC")),
            ("days", ("days", "6"), Err("A key lives at least 7 days: choose 29 Nov 2026 or later.")),
            ("days", ("days", "366"), Err("A key lives at most 365 days: choose 22 Nov 2027 or earlier.")),
            ("days", ("days", ""), Err("Type for how many days the key lives.")),
            ("days", ("days", "many"), Err("Type for how many days the key lives.")),
            ("keep", ("days", ""), Err("Choose a number of days")),
        ] {
            let fields = [("name", "kiosk"), ("scope", "maps"), ("owner", more.1), ("life", life), more];
            let answer = here.browser.post("/keys/new", &fields).await;
            match expected {
                Ok(ends) => {
                    let made = token(&answer);
                    assert!(here.page(&made).await.contains(ends), "{life} {more:?}");
                }
                Err(words) => {
                    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{life} {more:?}");
                    assert!(
                        error(&answer, "expires").contains(words),
                        "{life} {more:?}: {}",
                        error(&answer, "expires")
                    );
                }
            }
        }
        here.policy(&[("min_days", "1"), ("max_days", "1000")]).await;
        let form = here.browser.get("/keys/new").await.body;
        assert!(form.contains("A key lives 1 to 1000 days."), "{form}");
        here.create(&[("life", "days"), ("days", "1000")]).await;
    }
}

#[test]
fn mission_c2_an_exact_instant_has_its_zone_on_the_command_line() {
    for (_, database) in databases() {
        let year = run(&database, &["keys", "create", "--name", "a", "--scope", "a", "--expires", "30d", "--json"], "");
        let year: serde_json::Value = serde_json::from_str(&year.stdout).unwrap();
        let day = &year["key"]["expires_at"].as_str().unwrap()[..10];
        let exact = format!("{day}T09:30:00+02:00");
        let made =
            run(&database, &["keys", "create", "--name", "a", "--scope", "a", "--expires", &exact, "--json"], "");
        let made: serde_json::Value = serde_json::from_str(&made.stdout).unwrap();
        assert_eq!(made["key"]["expires_at"], format!("{day}T07:30:00Z"));
    }
}

#[tokio::test]
async fn mission_c3_the_list_says_what_each_key_is_and_narrows_by_tenant_and_group() {
    for mut here in everywhere().await {
        here.entry(Kind::Tenant, &[("name", "acme"), ("prefix", "ac"), ("presentations", "bearer")]).await;
        let lobby = here.entry(Kind::Group, &[("name", "Lobby"), ("tenant", "acme")]).await;
        let grouped = here.create(&[("name", "in the lobby"), ("tenant", "acme"), ("group", "Lobby")]).await;
        let public = here.create(&[("name", "wide"), ("scope", "public"), ("all_access_reason", "Migration")]).await;
        assert!(grouped.starts_with("ac_"), "{grouped}");
        let every = Column::ALL.map(|column| format!("col={}", column.names().0)).join("&");
        let list = bare(&here.browser.get(&format!("/keys?{every}")).await);
        let masked = format!("\u{2026}_\u{2026}<b>{}</b>", &grouped[grouped.len() - 4..]);
        for shown in [
            "in the lobby",
            &masked,
            "superadmin@example.com",
            ">superadmin@example.com</bdi>",
            "Lobby",
            "acme",
            "bookings.read",
            "Active",
            "just now",
            "in 90 days",
            "never",
            "All access",
            "Edit\u{2026}",
            "Switch off",
            "Rotate\u{2026}",
            "Archive\u{2026}",
        ] {
            assert!(list.contains(shown), "{shown}: {list}");
        }
        let both = (id_of(&grouped), id_of(&public));
        for (query, expected) in [
            ("tenant=acme", (true, false)),
            ("tenant=default", (false, true)),
            (&format!("group={lobby}"), (true, false)),
            (&format!("tenant=default&group={lobby}"), (false, false)),
            ("tenant=&group=", (true, true)),
            ("tenant=nowhere", (false, false)),
        ] {
            let page = here.browser.get(&format!("/keys?{query}")).await;
            let found = (page.body.contains(both.0), page.body.contains(both.1));
            assert_eq!((page.status, found), (StatusCode::OK, expected), "{query}");
        }
        assert_eq!(here.browser.get("/keys?group=nonsense").await.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn mission_c6_the_sixth_key_of_an_owner_is_refused_at_the_field() {
    for mut here in everywhere().await {
        assert!(here.browser.get("/keys/new").await.body.contains("You hold 0 of 5 live keys."));
        let first = here.create(&[]).await;
        for _ in 1..5 {
            here.create(&[]).await;
        }
        assert!(here.browser.get("/keys/new").await.body.contains("You hold 5 of 5 live keys."));
        let sixth = [("name", "sixth"), ("scope", "maps"), ("life", "90"), ("description", "kept as typed")];
        let refused = here.browser.post("/keys/new", &sixth).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(error(&refused, "owner").contains("holds 5 of 5 live keys"), "{}", error(&refused, "owner"));
        assert!(refused.body.contains("kept as typed"));
        here.create(&[("owner", "Front desk")]).await;
        here.browser.post(&format!("/keys/{}/archive", id_of(&first)), &[("reason", "not_needed")]).await;
        here.create(&[]).await;
        here.policy(&[("keys_per_owner", "6")]).await;
        here.create(&[]).await;

        let mut member = here.keyward.signed_in(Role::Member).await;
        for _ in 0..6 {
            token(&member.post("/keys/new", &[("name", "mine"), ("scope", "maps"), ("life", "90")]).await);
        }
        assert!(member.get("/keys/new").await.body.contains("You hold 6 of 6 live keys."));
        let refused = member.post("/keys/new", &[("name", "mine"), ("scope", "maps"), ("life", "90")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn mission_x1_the_pair_is_shown_beside_the_joined_token() {
    for mut here in everywhere().await {
        let fields = [("name", "pair"), ("scope", "maps"), ("life", "90")];
        let page = here.browser.post("/keys/new", &fields).await;
        let (token, page) = (token(&page), bare(&page));
        let (id, secret) = (id_of(&token), token.split('_').nth(2).unwrap());
        assert!(page.contains(&format!("<code translate=\"no\" id=\"pair-id\">{id}</code>")), "{page}");
        assert!(page.contains(&format!("<code translate=\"no\" id=\"pair-secret\">{secret}</code>")), "{page}");

        let body = r#"{"form":{"input":{"name":"pair"},"ticked":["maps"],"life":"90"}}"#;
        let answer = here.browser.call("issue_key", body).await;
        assert!(answer.body.starts_with("issued"), "{}", answer.body);
        assert_eq!(answer.body.lines().nth(2), answer.body.lines().nth(1).and_then(|token| token.split('_').nth(1)));
        let jwt = here.browser.post("/keys/new", &[fields[0], fields[1], fields[2], ("form", "jwt")]).await;
        assert!(jwt.body.contains("eyJ") && !jwt.body.contains("pair-secret"), "a JWT is one piece: {}", jwt.body);
    }
}

#[tokio::test]
async fn mission_x6_the_tenants_documentation_is_on_the_key_and_beside_its_secret() {
    for mut here in everywhere().await {
        let docs = "https://docs.example.com/api";
        here.entry(Kind::Tenant, &[("name", "acme"), ("prefix", "ac"), ("presentations", "bearer"), ("docs", docs)])
            .await;
        let fields = [("name", "a"), ("scope", "maps"), ("life", "90"), ("tenant", "acme")];
        let page = here.browser.post("/keys/new", &fields).await;
        let link = format!("href=\"{docs}\"");
        assert!(page.body.contains(&link), "{}", page.body);
        assert!(here.page(&token(&page)).await.contains(&link));
        let other = here.create(&[]).await;
        assert!(!here.page(&other).await.contains("API documentation"));
    }
}

#[tokio::test]
async fn mission_p2_i4_i5_and_f1_the_form_says_all_a_key_can_say() {
    for mut here in everywhere().await {
        here.entry(Kind::Group, &[("name", "Kiosks"), ("tenant", "default")]).await;
        here.entry(Kind::Identity, &[("name", "kiosk@acme"), ("tenant", "default")]).await;
        let full = [
            ("name", "full"),
            ("description", "in the lobby"),
            ("group", "Kiosks"),
            ("acts_as", "kiosk@acme"),
            ("role", "concierge"),
            ("labels", "team=front-desk\nenv=prod"),
            ("addresses", "203.0.113.0/24\n2001:db8::7"),
            ("limits", "100/minute"),
            ("quota", "10000/month"),
            ("metadata", "{\"site\": \"north\"}"),
            ("signed_writes", "required"),
        ];
        let form = here.browser.get("/keys/new").await.body;
        assert!(form.contains("192.0.2.10") && form.contains("Kiosks") && form.contains("kiosk@acme"), "{form}");
        let token = here.create(&full).await;
        let page = here.page(&token).await;
        for shown in [
            "Kiosks",
            "kiosk@acme",
            "concierge",
            "env=prod",
            "team=front-desk",
            "203.0.113.0/24",
            "2001:db8::7",
            "100/minute",
            "10000/month",
            "north",
            "need a signature",
            "Token",
            "in the lobby",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert_eq!(here.code(&token, "bookings.read").await, "valid");

        // What is wrong is said at each field, and nothing typed is lost.
        let wrong = [
            ("name", "wrong"),
            ("scope", "maps"),
            ("life", "90"),
            ("group", "Nobody"),
            ("acts_as", "nobody"),
            ("role", "two\nlines"),
            ("labels", "prod"),
            ("addresses", "10.0.0.0/40"),
            ("limits", "5"),
            ("limits_per", "second"),
            ("limits", "often"),
            ("limits_per", "day"),
            ("quota", "5/century"),
            ("metadata", "[1]"),
            ("form", "paper"),
            ("tenant", "nowhere"),
        ];
        let refused = here.browser.post("/keys/new", &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for (field, words) in [
            ("role", "cannot be shown"),
            ("labels", "name=value"),
            ("addresses", "10.0.0.0/40"),
            ("limits-2", "Type a whole number of calls, from 1 to 1,000,000,000."),
            ("quota", "is no quota"),
            ("metadata", "JSON object"),
            ("form", "token or jwt"),
        ] {
            assert!(error(&refused, field).contains(words), "{field}: {}", error(&refused, field));
        }
        let rows = refused.page();
        assert!(rows.contains("id=\"limits\" name=\"limits\" value=\"5\""), "{rows}");
        assert!(rows.contains("id=\"limits-2\" name=\"limits\" value=\"often\""), "what is typed is kept: {rows}");
        let right = rows.split("id=\"limits\"").nth(1).unwrap().split('>').next().unwrap();
        assert!(!right.contains("aria-invalid=\"true\""), "the other row is right: {right}");
        assert_eq!(refused.body.matches("<details open").count(), 6, "what is wrong is unfolded");
    }
}

#[tokio::test]
async fn mission_p3_the_catalogue_is_offered_in_its_directions_and_public_needs_a_reason() {
    for mut here in everywhere().await {
        here.entry(
            Kind::Scope,
            &[("name", "badges"), ("sentence", "Badges."), ("read", "See badges."), ("risk", "high")],
        )
        .await;
        let form = here.browser.get("/keys/new").await.body;
        for offered in ["badges", "badges.read", "bookings.write", "public", "guests.read", "keyward.verify"] {
            assert!(form.contains(&format!(" value=\"{offered}\"")), "{offered}: {form}");
        }
        assert!(!form.contains(" value=\"badges.write\""), "a direction without a sentence is not offered");
        for shown in ["See badges.", "All access", "High risk", "It has to be opened by a superadmin"] {
            assert!(form.contains(shown), "{shown}: {form}");
        }
        let devices = form.split("<input").find(|tag| tag.contains(" value=\"devices\"")).unwrap();
        assert!(devices.split('>').next().unwrap().contains("disabled"), "a gated scope is locked: {devices}");

        let refused = here.browser.post("/keys/new", &[("name", "a"), ("scope", "public"), ("life", "90")]).await;
        assert!(error(&refused, "all_access_reason").contains("say why"), "{}", refused.body);
        let gated = here.browser.post("/keys/new", &[("name", "a"), ("scopes", "devices.read"), ("life", "90")]).await;
        assert!(error(&gated, "scopes").contains("is gated"), "{}", error(&gated, "scopes"));
        let token = here.create(&[("scope", "public"), ("all_access_reason", "Until the <move> is over")]).await;
        let page = here.page(&token).await;
        assert!(page.contains("All access") && page.contains("Until the &lt;move&gt; is over"), "{page}");
        assert_eq!(here.code(&token, "badges.read").await, "valid");
        assert_eq!(here.code(&token, "keyward.verify").await, "insufficient_scope");
    }
}

#[tokio::test]
async fn mission_p6_a_superadmin_purges_an_archived_key_by_its_name() {
    for mut here in everywhere().await {
        let token = here.create(&[("name", "to go")]).await;
        let purge = format!("/keys/{}/purge", id_of(&token));
        let early = here.browser.post(&purge, &[("confirm", "to go")]).await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "a live key is archived first");
        here.browser.post(&format!("/keys/{}/archive", id_of(&token)), &[("reason", "not_needed")]).await;
        assert_eq!(here.code(&token, "any").await, "archived");
        assert!(here.page(&token).await.contains("Delete for good\u{2026}"));
        let mut admin = here.keyward.signed_in(Role::Admin).await;
        assert_eq!(admin.post(&purge, &[("confirm", "to go")]).await.status, StatusCode::FORBIDDEN);
        let unnamed = here.browser.post(&purge, &[("confirm", "to go?")]).await;
        assert_eq!(unnamed.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(value(&unnamed, "confirm"), "to go?");
        let gone = here.browser.post(&purge, &[("confirm", "to go")]).await;
        assert_eq!((gone.status, gone.header("location")), (StatusCode::SEE_OTHER, "/keys?status=any"));
        assert_eq!(here.code(&token, "any").await, "not_found");
        assert!(here.browser.get("/audit").await.body.contains("to go"), "the audit still knows it");
    }
}

#[tokio::test]
async fn mission_p7_a_template_ticks_what_its_application_needs() {
    for mut here in everywhere().await {
        let form = here.browser.get("/keys/new").await.body;
        let start = form.find("/keys/new?template=").unwrap();
        let link = form[start..].split('"').next().unwrap().to_owned();
        assert!(form[start..start + 200].contains("Booking Panel"), "{form}");
        let form = here.browser.get(&link).await;
        for (scope, ticked) in
            [("bookings", true), ("calendar.read", true), ("spaces.read", true), ("guests.write", false)]
        {
            let tag = form.body.split("<input").find(|tag| tag.contains(&format!(" value=\"{scope}\""))).unwrap();
            assert_eq!(tag.split('>').next().unwrap().contains(" checked"), ticked, "{scope}: {tag}");
        }
        assert!(form.body.contains("It can also use "), "{}", form.body);
        assert_eq!(value(&form, "template"), link.split('=').nth(1).unwrap());
        assert_eq!(here.browser.get("/keys/new?template=nonsense").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn mission_i3_a_key_is_switched_off_and_on_again() {
    for mut here in everywhere().await {
        let token = here.create(&[]).await;
        let switch = format!("/keys/{}/switch", id_of(&token));
        let off = here.browser.post(&switch, &[("to", "off")]).await;
        assert_eq!((off.status, off.header("location")), (StatusCode::SEE_OTHER, &*format!("/keys/{}", id_of(&token))));
        assert_eq!(here.code(&token, "any").await, "inactive");
        let page = here.page(&token).await;
        assert!(
            page.contains("Switched off ") && page.contains("superadmin@example.com") && page.contains("Switch on")
        );
        assert!(here.browser.get("/keys").await.body.contains("Off"));
        here.browser.post(&switch, &[("to", "on")]).await;
        assert_eq!(here.code(&token, "any").await, "valid");
        assert_eq!(here.browser.post(&switch, &[("to", "sideways")]).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            here.browser.post("/keys/0123456789ABCDEF/switch", &[("to", "on")]).await.status,
            StatusCode::NOT_FOUND
        );
        let mut auditor = here.keyward.signed_in(Role::Auditor).await;
        let refused = auditor.post(&switch, &[("to", "off")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.body.contains("Not for your role"), "{}", refused.body);
        let mut member = here.keyward.signed_in(Role::Member).await;
        assert_eq!(member.post(&switch, &[("to", "off")]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(here.code(&token, "any").await, "valid");
    }
}

#[tokio::test]
async fn mission_i6_everything_but_the_secret_can_be_edited() {
    for mut here in everywhere().await {
        let token = here.create(&[("scopes", "rooms.read"), ("addresses", "10.0.0.0/8"), ("limits", "5/minute")]).await;
        let edit = format!("/keys/{}/edit", id_of(&token));
        let form = here.browser.get(&edit).await;
        assert_eq!(
            (value(&form, "name"), value(&form, "scopes"), value(&form, "limits")),
            ("kiosk", "rooms.read", "5")
        );
        let seen = value(&form, "seen").to_owned();
        assert!(!form.body.contains(token.split('_').nth(2).unwrap()));

        let changed = [
            ("seen", seen.as_str()),
            ("name", "kiosk north"),
            ("owner", "Front desk"),
            ("scope", "maps"),
            ("life", "keep"),
            ("limits", "9"),
            ("limits_per", "second"),
            ("step", "listed"),
        ];
        let mut wrong = changed.to_vec();
        wrong.extend([("quota", "lots"), ("quota_per", "month")]);
        let refused = here.browser.post(&edit, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(error(&refused, "quota").contains("Type a whole number of calls"), "{}", refused.body);
        assert_eq!((value(&refused, "name"), value(&refused, "quota")), ("kiosk north", "lots"), "typed is kept");

        let saved = here.browser.post(&edit, &changed).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        assert_eq!(here.code(&token, "maps.read").await, "valid", "and the address list is gone");
        assert_eq!(here.code(&token, "bookings.read").await, "insufficient_scope");
        let page = here.page(&token).await;
        assert!(page.contains("kiosk north") && page.contains("9/second") && page.contains("20 Feb 2027, 12:00 UTC"));

        // What somebody else changed meanwhile is not overwritten, and what was typed is still there.
        let late = here.browser.post(&edit, &changed).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("Somebody else changed this meanwhile"), "{}", late.body);
        assert_eq!((value(&late, "name"), value(&late, "seen")), ("kiosk north", seen.as_str()));

        // The audit says what was before and what is after.
        let admin = &here.keyward.app.admin;
        let id = KeyId::parse(id_of(&token)).unwrap();
        let events = admin.key_audit(&admin.operator(), id, None, 10).await.unwrap().events;
        let edits: Vec<_> = events.iter().filter(|event| event.verb == "key.edit").collect();
        let detail: serde_json::Value = serde_json::from_str(&edits[0].detail).unwrap();
        assert_eq!(edits.len(), 1);
        assert_eq!(detail["changes"]["limits"], json!(["5/minute", "9/second"]));
        assert_eq!(detail["changes"]["addresses"], json!(["10.0.0.0/8", ""]));
        for bad in [&[("name", "a")][..], &[("seen", "x")], &[("seen", "1"), ("admin", "1")]] {
            assert_eq!(here.browser.post(&edit, bad).await.status, StatusCode::BAD_REQUEST, "{bad:?}");
        }
    }
}

#[tokio::test]
async fn mission_c1_and_i6_what_is_signed_into_a_jwt_is_not_edited() {
    for mut here in everywhere().await {
        let token = here.create(&[("form", "jwt"), ("scopes", "rooms.read")]).await;
        let admin = &here.keyward.app.admin;
        let list = admin.list_keys(&admin.operator(), &model::listing::ListKeys::default()).await.unwrap();
        let id = list.page.keys[0].key.id;
        let edit = format!("/keys/{id}/edit");
        let form = here.browser.get(&edit).await;
        assert!(form.body.contains("signed into the JWT. Rotate the key to change it."), "{}", form.body);
        let (seen, scopes) = (value(&form, "seen").to_owned(), value(&form, "scopes").to_owned());
        assert_eq!((scopes.as_str(), value(&form, "life")), ("bookings.read rooms.read", "keep"));
        let same =
            [("seen", seen.as_str()), ("name", "reader"), ("owner", "ops"), ("scopes", &scopes), ("life", "keep")];
        for (field, text, at) in [("scopes", "bookings", "scopes"), ("life", "30", "expires")] {
            let mut forged = same.to_vec();
            forged.retain(|(name, _)| *name != field);
            forged.push((field, text));
            let refused = here.browser.post(&edit, &forged).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
            assert!(
                refused.body.contains("signed into the JWT") && refused.body.contains(&format!("\"#{at}\"")),
                "{field}"
            );
        }
        assert_eq!(here.browser.post(&edit, &same).await.status, StatusCode::SEE_OTHER);
        assert_eq!(here.code(&token, "rooms.read").await, "valid");
    }
}

#[tokio::test]
async fn mission_i8_never_is_a_life_only_where_the_policy_allows_it() {
    for mut here in everywhere().await {
        let fields = [("name", "forever"), ("scope", "maps"), ("life", "never")];
        assert!(!here.browser.get("/keys/new").await.body.contains("Never ends"));
        let refused = here.browser.post("/keys/new", &fields).await;
        assert!(error(&refused, "expires").contains("A key must expire"), "{}", refused.body);
        here.policy(&[("never", "allowed")]).await;
        assert!(here.browser.get("/keys/new").await.body.contains("Never ends"));
        let token = here.create(&fields).await;
        assert!(here.page(&token).await.contains("<span class=\"is-warn\">never</span>"), "it is flagged");
        here.keyward.pass(Duration::from_hours(24 * 3650)).await;
        assert_eq!(here.code(&token, "maps").await, "valid");
    }
}

/// Rotation: the successor inherits everything, and both work for as long as was chosen.
#[tokio::test]
async fn a_rotated_key_works_on_for_its_overlap() {
    for mut here in everywhere().await {
        for (overlap, at_once, in_a_day) in
            [("0", "expired", "expired"), ("24h", "valid", "expired"), ("7d", "valid", "valid")]
        {
            let before = here.create(&[("name", overlap), ("owner", overlap), ("limits", "50/second")]).await;
            let rotate = format!("/keys/{}/rotate", id_of(&before));
            let page = here.browser.get(&rotate).await;
            assert!(page.body.contains("It inherits everything the old one has"), "{}", page.body);
            let after = token(&here.browser.post(&rotate, &[("overlap", overlap)]).await);
            assert_ne!(before, after);
            assert_eq!(
                (here.code(&before, "any").await.as_str(), here.code(&after, "any").await.as_str()),
                (at_once, "valid")
            );
            let page = here.page(&after).await;
            assert!(page.contains("50/second") && page.contains(id_of(&before)), "{page}");
            here.keyward.pass(Duration::from_hours(25)).await;
            assert_eq!(here.code(&before, "any").await, in_a_day, "{overlap}");
            // Sessions do not last so long.
            here.browser = here.keyward.signed_in(Role::Superadmin).await;
            assert_eq!(here.browser.post(&rotate, &[("overlap", "2y")]).await.status, StatusCode::BAD_REQUEST);
        }
        let off = here.create(&[]).await;
        here.browser.post(&format!("/keys/{}/switch", id_of(&off)), &[("to", "off")]).await;
        let refused = here.browser.post(&format!("/keys/{}/rotate", id_of(&off)), &[("overlap", "1h")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("cannot be rotated"), "{}", refused.body);
    }
}

#[tokio::test]
async fn mission_f3_a_key_has_its_owner_and_its_line_for_the_environment() {
    for mut here in everywhere().await {
        let page =
            here.browser.post("/keys/new", &[("name", "a"), ("scope", "maps"), ("life", "90"), ("owner", "Ada")]).await;
        let token = token(&page);
        assert!(page.body.contains(&format!("KEYWARD_KEY%3D{token}%0A")), "{}", page.body);
        let id = KeyId::parse(id_of(&token)).unwrap();
        let admin = &here.keyward.app.admin;
        let key = admin.show_key(&admin.operator(), id).await.unwrap().key;
        assert_eq!(KeyInput::of(&key).owner, "Ada");
    }
}

fn keys(database: &Database, arguments: &[&str]) -> serde_json::Value {
    let all: Vec<_> = ["keys"].iter().chain(arguments).chain(&["--json"]).copied().collect();
    let output = run(database, &all, "");
    assert_eq!(output.code, 0, "{arguments:?} {output:?}");
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn the_command_line_says_and_changes_everything() {
    for (_, database) in databases() {
        let full = [
            "create",
            "--name",
            "full",
            "--scope",
            "public",
            "--reason",
            "Migration",
            "--role",
            "guest",
            "--allow",
            "10.0.0.0/8",
            "--allow",
            "192.0.2.7",
            "--limit",
            "5/second",
            "--limit",
            "100/minute",
            "--quota",
            "9/day",
            "--label",
            "team=kiosk",
            "--label",
            "env=prod",
            "--metadata",
            "{\"a\": 1}",
            "--signed-writes",
        ];
        let made = keys(&database, &full)["key"].take();
        let expected = json!({
            "all_access_reason": "Migration", "role": "guest", "addresses": ["10.0.0.0/8", "192.0.2.7"],
            "limits": ["5/second", "100/minute"], "quota": "9/day", "labels": ["env=prod", "team=kiosk"], "metadata": { "a": 1 }, "signed_writes": "required",
            "form": "token", "group": null, "acts_as": null, "off": null, "rotated_from": null,
        });
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(&made[field], value, "{field}");
        }
        let id = made["id"].as_str().unwrap();
        let edited = keys(&database, &["edit", id, "--allow", "", "--limit", "1/day", "--signed-writes=optional"]);
        assert_eq!((&edited["addresses"], &edited["limits"]), (&json!([]), &json!(["1/day"])));
        assert_eq!(
            (&edited["signed_writes"], &edited["quota"]),
            (&json!("optional"), &json!("9/day")),
            "the rest stays"
        );
        assert_eq!(keys(&database, &["switch", id, "off"])["status"], "off");
        assert_eq!(keys(&database, &["switch", id, "on"])["status"], "active");
        let next = keys(&database, &["rotate", id, "--overlap", "0"]);
        assert_eq!((&next["key"]["rotated_from"], &next["key"]["quota"]), (&json!(id), &json!("9/day")));
        assert!(next["token"].as_str().unwrap().starts_with("kw_"));
        assert_eq!(keys(&database, &["show", id])["status"], "expired");
        for (arguments, code, words) in [
            (&["purge", id][..], 2, "Archive the key first"),
            (&["rotate", id], 2, "Only a key that works"),
            (&["rotate", id, "--overlap", "soon"], 2, "such as 0, 30m"),
            (&["edit", id, "--group", "none"], 2, "no group"),
            (&["switch", id, "maybe"], 2, "[possible values: on, off]"),
        ] {
            let all: Vec<_> = ["keys"].iter().chain(arguments).copied().collect();
            let output = run(&database, &all, "");
            assert!(output.code == code && output.stderr.contains(words), "{arguments:?} {output:?}");
        }
        run(&database, &["keys", "archive", id], "");
        let gone = run(&database, &["keys", "purge", id], "");
        assert!(gone.code == 0 && gone.stdout.contains("is gone"), "{gone:?}");
        assert_eq!(run(&database, &["keys", "show", id], "").code, 1);
    }
}
