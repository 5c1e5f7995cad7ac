//! Why was this refused: every kind of refusal is explained for its request's id, for its key's id and for the pasted key,
//! by the page and by the command line, to whoever may know, and without the secret going anywhere.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use crypto::clock::Clock;
use model::{
    account::Role,
    catalog::Kind,
    decision::Reason,
    id::KeyId,
    key::ArchiveReason,
    key_input::KeyInput,
    time::{DAY, Timestamp},
};
use store::{MAX_REFUSALS, Refusal};

use crate::support::{Answer, Client, Database, Keyward, Operator, databases, id_of, program};

/// A request that was refused, and the same as the form of the page asks it.
struct Refused {
    token: String,
    request_id: String,
    request: Vec<(&'static str, &'static str)>,
    /// What the key is answered now, asked without its presentation.
    now: &'static str,
}

async fn issue(keyward: &Keyward, form: KeyInput) -> String {
    let form = KeyInput { name: "refused".to_owned(), scopes: "things".to_owned(), expires: "30d".to_owned(), ..form };
    let admin = &keyward.app.admin;
    admin.issue_key(&admin.operator(), &form).await.unwrap().token.reveal().to_owned()
}

/// Two tenants beside the default one.
async fn tenants(keyward: &Keyward) {
    for (name, prefix) in [("other", "ot"), ("strict", "st")] {
        keyward.create_entry(Kind::Tenant, &[("name", name), ("prefix", prefix), ("presentations", "bearer")]).await;
    }
}

/// Provokes a refusal for this reason; `None` when it takes more than a key, an endpoint and a request.
async fn refuse(keyward: &Keyward, reason: Reason) -> Option<Refused> {
    let admin = &keyward.app.admin;
    let operator = admin.operator();
    let (mut query, mut header, mut request) = ("scope=any", "authorization", Vec::new());
    let mut now = reason.code();
    let form = match reason {
        Reason::SubjectInactive => {
            keyward.create_entry(Kind::Identity, &[("name", "kiosk")]).await;
            KeyInput { acts_as: "kiosk".to_owned(), ..KeyInput::default() }
        }
        Reason::PresentationNotAccepted => KeyInput { tenant: "strict".to_owned(), ..KeyInput::default() },
        Reason::AddressNotAllowed => KeyInput { addresses: "203.0.113.0/24".to_owned(), ..KeyInput::default() },
        Reason::SignatureRequired => KeyInput { signed_writes: "required".to_owned(), ..KeyInput::default() },
        Reason::RateLimited => KeyInput { limits: "1/hour".to_owned(), ..KeyInput::default() },
        Reason::QuotaExhausted => KeyInput { quota: "1/month".to_owned(), ..KeyInput::default() },
        _ => KeyInput::default(),
    };
    let mut token = issue(keyward, KeyInput { owner: reason.code().to_owned(), ..form }).await;
    let id = KeyId::parse(id_of(&token)).unwrap();
    match reason {
        Reason::Malformed => token.truncate(token.len() - 1),
        Reason::NotFound => {
            let body = format!("kw_{id}_{}", "0".repeat(32));
            let sum = String::from_utf8(model::token::checksum(&body).to_vec()).unwrap();
            token = format!("{body}{sum}");
        }
        Reason::Archived => drop(admin.archive_key(&operator, id, ArchiveReason::Compromised).await.unwrap()),
        Reason::Inactive => drop(admin.switch_key(&operator, id, false).await.unwrap()),
        Reason::SubjectInactive => {
            let kiosk = admin.entry_named(&operator, Kind::Identity, "default", "kiosk").await.unwrap();
            admin.switch_entry(&operator, Kind::Identity, kiosk.id, false).await.unwrap();
        }
        // Rotated without an overlap, a key ends at once.
        Reason::Expired => drop(admin.rotate_key(&operator, id, 0).await.unwrap()),
        Reason::WrongTenant => {
            query = "scope=any&tenant=other";
            request = vec![("tenant", "other")];
        }
        Reason::PresentationNotAccepted => {
            header = "x-api-key";
            now = "valid";
        }
        Reason::AddressNotAllowed => request = vec![("address", "192.0.2.10")],
        Reason::InsufficientScope => {
            query = "scope=doors.read";
            request = vec![("scope", "doors.read")];
        }
        Reason::SignatureRequired => request = vec![("method", "POST")],
        Reason::RateLimited | Reason::QuotaExhausted => {
            let passed = keyward.client().forward(&token, query).await;
            assert_eq!(passed.status, StatusCode::OK, "{}", passed.body);
        }
        Reason::OwnerInactive | Reason::SignatureInvalid | Reason::Replayed => return None,
    }
    let value = if header == "authorization" { format!("Bearer {token}") } else { token.clone() };
    let path = format!("/forward-auth?{query}");
    let answer = keyward.client().send(Method::GET, &path, &[(header, &value)], "").await;
    let request_id = answer.header("x-keyward-request-id").to_owned();
    let problem = answer.json();
    assert_eq!(problem["request_id"], request_id.as_str(), "the answer and its problem name the same request");
    let known = !matches!(reason, Reason::Malformed | Reason::NotFound);
    assert_eq!(problem["code"], if known { reason.code() } else { "invalid_key" });
    Some(Refused { token, request_id, request, now })
}

/// How many checks the first walk of a page says passed, failed and were not reached.
fn marks(page: &Answer) -> (usize, usize, usize) {
    let page = page.page();
    let start = page.find("<ol class=\"checks\">").unwrap_or_else(|| panic!("no walk: {page}"));
    let walk = &page[start..];
    let walk = &walk[..walk.find("</ol>").unwrap()];
    let count = |word: &str| walk.matches(&format!("</svg>{word}</span>")).count();
    (count("Passed"), count("Failed"), count("Not reached"))
}

#[tokio::test(flavor = "multi_thread")]
async fn mission_i9_every_refusal_is_explained_for_its_request_its_key_and_the_pasted_key() {
    for (name, database) in databases() {
        let keyward = Keyward::at(database, &[], Clock::system()).await;
        tenants(&keyward).await;
        let mut browser = keyward.signed_in(Role::Auditor).await;
        let mut explained = BTreeSet::new();
        for reason in Reason::ALL {
            let Some(refused) = refuse(&keyward, reason).await else { continue };
            explained.insert(reason.code());
            let Refused { token, request_id, request, now } = &refused;
            let what = format!("{name} {}", reason.code());
            let known = !matches!(reason, Reason::Malformed | Reason::NotFound);
            // Of another tenant's key nothing is looked at but whose it is.
            let passed = if reason == Reason::WrongTenant { 1 } else { reason.check() as usize };
            let walk = (passed, 1, 9 - passed);

            // The request.
            let page = browser.get(&format!("/why?request={request_id}")).await;
            assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"), "{what}");
            assert_eq!(marks(&page), walk, "{what}: {}", page.body);
            for part in [reason.code(), reason.words(), "Then", "forward auth", "192.0.2.10"] {
                assert!(page.body.contains(&escaped(part)), "{what}: no {part} in {}", page.body);
            }
            let judged = page.page().contains(">Now</span>") || page.page().contains(">Then and now</span>");
            assert_eq!(judged, known, "{what}: what is not kept cannot be judged again");
            without_secret(&page, token, &what);

            // The pasted key, and the pair it can be taken apart into.
            let pair = token.split_once('_').unwrap().1.replacen('_', ":", 1);
            for pasted in [token.as_str(), &format!("  {token}\n"), &pair] {
                let page = paste(&mut browser, pasted, request).await;
                assert_eq!(page.status, StatusCode::OK, "{what}");
                assert_eq!(page.header("cache-control"), "no-store", "{what}");
                let found = if *now == "valid" { (10, 0, 0) } else { walk };
                assert_eq!(marks(&page), found, "{what}: {}", page.body);
                assert!(
                    page.page().contains(&format!("<code translate=\"no\" class=\"muted\">{now}</code>")),
                    "{what}: {}",
                    page.body
                );
                without_secret(&page, token, &what);
            }

            // The key's id, as if its secret had been presented.
            if known {
                let page = paste(&mut browser, id_of(token), request).await;
                assert!(page.body.contains("as if its secret"), "{what}");
                assert!(
                    page.page().contains(&format!("<code translate=\"no\" class=\"muted\">{now}</code>")),
                    "{what}: {}",
                    page.body
                );
                assert!(page.body.contains(request_id.as_str()), "{what}: its refusals are listed");
            }
            command_line(&keyward, reason, &refused, &what);
        }
        assert_eq!(explained.len(), Reason::ALL.len() - 3, "{name}: {explained:?}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

async fn paste(browser: &mut Client, asked: &str, request: &[(&str, &str)]) -> Answer {
    let form: Vec<_> = request.iter().copied().chain([("asked", asked)]).collect();
    browser.post("/why", &form).await
}

fn without_secret(answer: &Answer, token: &str, what: &str) {
    let secret = token.split('_').nth(2).unwrap();
    assert!(!answer.body.contains(&secret[..32.min(secret.len())]), "{what}: the secret is in the answer");
    assert!(answer.headers.values().all(|value| !value.to_str().unwrap().contains(&secret[..16])), "{what}");
}

/// The same on the command line, which counts no rates: those are in the memory of the process that serves.
fn command_line(keyward: &Keyward, reason: Reason, refused: &Refused, what: &str) {
    let request: Vec<String> = refused.request.iter().map(|(name, value)| format!("--{name}={value}")).collect();
    let run = |input: &str, more: &[&str]| {
        let arguments: Vec<&str> =
            ["verify"].into_iter().chain(request.iter().map(String::as_str)).chain(more.iter().copied()).collect();
        tokio::task::block_in_place(|| program::run(&keyward.database, &arguments, input))
    };
    let now = if reason == Reason::RateLimited { "valid" } else { refused.now };
    let code = i32::from(now != "valid");
    let known = !matches!(reason, Reason::Malformed | Reason::NotFound);

    let output = run(&refused.token, &["--json"]);
    assert_eq!(output.code, code, "{what} {output:?}");
    assert!(output.stdout.contains(&format!("\"code\":\"{now}\"")), "{what} {output:?}");
    let output = run(&refused.token, &[]);
    let failed = format!("{:<12} FAILED", reason.check().code());
    assert_eq!(output.stdout.contains(&failed), now != "valid", "{what} {output:?}");

    let output = run(&refused.request_id, &["--json"]);
    let answer: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(answer["refused"]["code"], reason.code(), "{what} {answer}");
    assert!(!answer["refused"]["remedy"].as_str().unwrap().is_empty(), "{what}");
    assert_eq!(answer["now"].is_null(), !known, "{what} {answer}");
    let output = run(&refused.request_id, &[]);
    assert!(output.stdout.contains(&failed), "{what} {output:?}");
    // Judged again, it is still presented as it was.
    let again = i32::from(reason != Reason::RateLimited);
    assert_eq!(output.code, again, "{what} {output:?}");

    if known {
        let output = run(id_of(&refused.token), &["--json"]);
        let answer: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!((answer["code"].as_str(), answer["secret_presented"].as_bool()), (Some(now), Some(false)), "{what}");
        assert_eq!(output.code, code, "{what} {output:?}");
    }
}

/// A key that works says so, nothing of it is used up by looking, and what cannot be known is not claimed.
#[tokio::test]
async fn mission_f2_a_key_can_be_tested_without_using_it_up() {
    let keyward = Keyward::new().await;
    let mut browser = keyward.signed_in(Role::Admin).await;
    let token =
        issue(&keyward, KeyInput { limits: "2/hour".to_owned(), quota: "2/day".to_owned(), ..KeyInput::default() });
    let token = token.await;
    for _ in 0..5 {
        let page = paste(&mut browser, &token, &[("scope", "things.read")]).await;
        assert_eq!(marks(&page), (10, 0, 0), "{}", page.body);
        assert!(page.page().contains("1 of 2/hour left after this call"), "{}", page.body);
    }
    keyward.app.verifier.flush().await.unwrap();
    let admin = &keyward.app.admin;
    let shown = admin.show_key(&admin.operator(), KeyId::parse(id_of(&token)).unwrap()).await.unwrap();
    assert_eq!((shown.impact.calls_day, shown.impact.refused_day), (0, 0), "nothing was counted");
    assert_eq!(keyward.client().forward(&token, "scope=any").await.status, StatusCode::OK);
    assert_eq!(keyward.client().forward(&token, "scope=any").await.status, StatusCode::OK);
    let page = paste(&mut browser, &token, &[]).await;
    assert!(page.body.contains("rate_limited"), "what was used up is seen: {}", page.body);

    // As it is shown, without its secret, a key stands for its id.
    let masked = format!("kw_{}_\u{2026}{}", id_of(&token), &token[token.len() - 4..]);
    let page = paste(&mut browser, &masked, &[]).await;
    assert!(page.body.contains("as if its secret"), "{}", page.body);
}

#[tokio::test]
async fn mission_n6_what_is_asked_wrongly_is_said_and_a_secret_in_the_wrong_place_is_dropped() {
    let keyward = Keyward::new().await;
    let mut browser = keyward.signed_in(Role::Superadmin).await;
    let token = keyward.issue("things").await;
    for (field, value, message) in [
        ("asked", "", "Paste a key"),
        ("asked", " \t", "Paste a key"),
        ("scope", token.as_str(), "Type scopes such as"),
        ("tenant", &token, "no tenant of this name"),
        ("address", &token, "Type an address such as"),
        ("method", &token, "Type a method"),
    ] {
        let form: Vec<_> = [("asked", "0123456789ABCDEF")].into_iter().filter(|(name, _)| *name != field).collect();
        let form: Vec<_> = form.into_iter().chain([(field, value)]).collect();
        let page = browser.post("/why", &form).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value:?}");
        assert!(page.body.contains(message), "{field}: {}", page.body);
        without_secret(&page, &token, field);
    }
    assert_eq!(browser.post("/why", &[("key", &token)]).await.status, StatusCode::BAD_REQUEST);
    // In an address a secret is in every log on the way: it leads to the empty form.
    for query in ["asked", "key", "request", "id"] {
        let answer = browser.get(&format!("/why?{query}={token}")).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/why"), "{query}");
    }
    let page = browser.get("/why?request=0123456789ABCDEF").await;
    for part in ["No key and no refusal has this id", "7 days", "10,000", "X-Keyward-Request-Id", "request_id"] {
        assert!(page.body.contains(part), "{part}");
    }
    let stored = keyward.database.contents();
    let secret = &token.split('_').nth(2).unwrap()[..32];
    assert!(!stored.windows(32).any(|part| part == secret.as_bytes()), "the secret is in the database");
}

/// A member is told about their own keys; those of others, and secrets of nobody's, look alike.
#[tokio::test]
async fn mission_n6_a_member_learns_of_their_own_keys_alone() {
    let keyward = Keyward::new().await;
    let mut member = keyward.signed_in(Role::Member).await;
    let mine = issue(&keyward, KeyInput { owner: "member@example.com".to_owned(), ..KeyInput::default() }).await;
    let theirs = issue(&keyward, KeyInput { owner: "ops@example.com".to_owned(), ..KeyInput::default() }).await;
    let mut ids = Vec::new();
    for token in [mine.as_str(), &theirs, "nonsense"] {
        let answer = keyward.client().forward(token, "scope=doors").await;
        assert_ne!(answer.status, StatusCode::OK);
        ids.push(answer.header("x-keyward-request-id").to_owned());
    }
    let page = member.get("/why").await;
    let listed: Vec<bool> = ids.iter().map(|id| page.body.contains(id.as_str())).collect();
    assert_eq!(listed, [true, false, false], "{}", page.body);
    for (asked, token, reached) in [(&ids[0], &mine, true), (&ids[1], &theirs, false)] {
        for asked in [asked.as_str(), id_of(token)] {
            let page = paste(&mut member, asked, &[]).await;
            assert_eq!(page.body.contains("No key and no refusal has this id"), !reached, "{asked}: {}", page.body);
        }
        let page = paste(&mut member, token, &[]).await;
        assert_eq!(page.body.contains("not_found"), !reached, "{}", page.body);
        assert_eq!(page.body.contains(id_of(token)), reached, "{}", page.body);
    }
    assert!(paste(&mut member, &ids[2], &[]).await.body.contains("No key and no refusal has this id"));
}

#[tokio::test]
async fn mission_n6_refusals_are_bounded_by_number_and_by_age() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let store = &keyward.app.store;
        let now = keyward.clock.now();
        let refusal = |number: i64, at: Timestamp, key: &str| Refusal {
            request_id: format!("{number:016}"),
            at: at.millis(),
            key_id: key.to_owned(),
            code: "malformed".to_owned(),
            facts: r#"{"endpoint":"d","needed":"any","writes":false,"remedy":"r"}"#.to_owned(),
        };
        let old = refusal(0, now.plus(-7 * DAY - 1), "k");
        let latest: Vec<_> =
            (1..=MAX_REFUSALS + 50).map(|number| refusal(number, now.plus(number - DAY), "k")).collect();
        store.add_refusals(&[old]).await.unwrap();
        keyward.app.admin.sweep().await.unwrap();
        assert_eq!(store.refusal(&format!("{:016}", 0)).await.unwrap(), None, "{name}: a week is enough");
        store.add_refusals(&latest).await.unwrap();
        keyward.app.admin.sweep().await.unwrap();
        let kept = async |number: i64| store.refusal(&format!("{number:016}")).await.unwrap().is_some();
        assert!(!kept(50).await && kept(51).await && kept(MAX_REFUSALS + 50).await, "{name}");
        // Anybody can be refused without a key: that evicts nothing but its like.
        let first = MAX_REFUSALS + 51;
        let flood: Vec<_> = (first..first + 2010).map(|number| refusal(number, now.plus(number - DAY), "")).collect();
        store.add_refusals(&flood).await.unwrap();
        keyward.app.admin.sweep().await.unwrap();
        assert!(kept(51).await && !kept(first + 9).await && kept(first + 10).await, "{name}");

        // Between two batches, a flood leaves just its beginning.
        let mut client = keyward.client();
        let mut ids = Vec::new();
        for _ in 0..600 {
            ids.push(client.forward("nonsense", "scope=any").await.header("x-keyward-request-id").to_owned());
        }
        keyward.app.verifier.flush().await.unwrap();
        let mut written = 0;
        for id in &ids {
            written += usize::from(store.refusal(id).await.unwrap().is_some());
        }
        assert_eq!(written, 100, "{name}");
    }
}

#[test]
fn doctor_says_what_is_not_in_place_and_makes_nothing() {
    for (name, database) in databases() {
        let line = |what: &str, word: &str| format!("{what:<10} {word}");
        let output = program::run(&database, &["doctor"], "");
        assert_eq!(output.code, 3, "{name} {output:?}");
        assert!(output.stdout.contains(&line("master key", "TROUBLE")), "{name} {output:?}");
        assert!(!database.folder().join("master.key").exists(), "looking makes nothing");

        assert_eq!(program::run(&database, &["migrate"], "").code, 0);
        program::run(
            &database,
            &["admin", "create", "--email", "a@example.com", "--role", "admin"],
            crate::support::PASSWORD,
        );
        let output = program::run(&database, &["doctor"], "");
        assert_eq!(output.code, 0, "{name} {output:?}");
        for what in ["settings", "master key", "database", "audit"] {
            assert!(output.stdout.contains(&line(what, "well")), "{name} {what}: {output:?}");
        }
        let output = program::run(&database, &["doctor", "--json"], "");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&output.stdout).unwrap()["well"], true);

        // Another master key belongs to another database.
        std::fs::write(database.folder().join("master.key"), "0".repeat(64)).unwrap();
        let output = program::run(&database, &["doctor"], "");
        assert!(output.code == 3 && output.stdout.contains(&line("database", "TROUBLE")), "{name} {output:?}");
    }
    let output = program::run(&Database::sqlite(), &["doctor", "--listen", "nowhere"], "");
    assert!(output.code == 3 && output.stdout.contains("KEYWARD_LISTEN"), "{output:?}");
    let output = program::run(&Database::sqlite(), &["doctor", "--scope", "a"], "");
    assert_eq!(output.code, 2, "{output:?}");
}

/// A proxy that nobody named brings everybody's address for nothing: the log says so, once, and so does doctor.
#[test]
fn forwarded_headers_from_an_untrusted_machine_are_said() {
    let database = Database::sqlite();
    let asked = |settings: &[(&str, &str)]| {
        let server = program::Server::with(&database, settings);
        for _ in 0..3 {
            program::http(&server.address, "GET /forward-auth?scope=any HTTP/1.1\r\nX-Forwarded-For: 203.0.113.9");
            program::http(&server.address, "GET /sign-in HTTP/1.1\r\nX-Forwarded-For: 203.0.113.9");
        }
        let mut doctor = program::command(&database, &["doctor"]);
        doctor.env("KEYWARD_OPS_LISTEN", &server.ops);
        let said = server.log().matches("KEYWARD_TRUSTED_PROXIES").count();
        (said, program::finish(doctor, ""))
    };
    let (said, doctor) = asked(&[]);
    assert_eq!(said, 1, "once an hour");
    let words = "not believed: X-Forwarded-For from 127.0.0.1; if one of these is your proxy";
    assert!(doctor.code == 0 && doctor.stdout.contains(words), "{doctor:?}");
    let (said, doctor) = asked(&[("KEYWARD_TRUSTED_PROXIES", "127.0.0.1")]);
    assert_eq!(said, 0);
    assert!(doctor.stdout.contains("no machine brings forwarded headers that are not believed"), "{doctor:?}");
}
