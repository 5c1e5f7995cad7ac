//! What happens to a key whose secret was found where it should not be: who may report it, what is answered, what the
//! console says, and what `keyward scan` finds.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use axum::http::{Method, StatusCode};
use crypto::secret::Digest;
use model::{account::Role, catalog::Kind, id::KeyId, key::ArchiveReason};
use serde_json::{Value, json};

use crate::support::{
    Answer, Client, Database, Keyward, Operator, databases, id_of,
    program::{Output, run},
};

async fn report(client: &mut Client, key: Option<&str>, body: &Value) -> Answer {
    let bearer = key.map(|key| format!("Bearer {key}")).unwrap_or_default();
    let mut headers = vec![("content-type", "application/json")];
    if key.is_some() {
        headers.push(("authorization", bearer.as_str()));
    }
    client.send(Method::POST, "/api/v1/leaks", &headers, &body.to_string()).await
}

/// The digest of a token's secret, as a reporter has it.
fn digest(token: &str) -> String {
    Digest::of(model::token::parse(token).unwrap().secret.as_bytes()).to_hex()
}

#[tokio::test]
async fn whoever_finds_a_secret_reports_it_and_is_told_nothing() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let mut anyone = keyward.client();
        let (token, jwt) = (keyward.issue("a").await, keyward.issue("b").await);
        let mut answers = Vec::new();
        let altered = format!("{}x", &token[..token.len() - 1]);
        let unknown = "kw_0123456789ABCDEF_abcdefghijklmnopqrstuvwxyzABCDEF2i2pPO";
        for found in ["nonsense", unknown, &altered, &token, &token] {
            let began = Instant::now();
            let answer = report(&mut anyone, None, &json!({ "token": found, "source": "https://git.example/x" })).await;
            assert!(began.elapsed() >= Duration::from_millis(250), "the time tells nothing");
            answers.push((answer.status, answer.body, answer.headers.len()));
        }
        assert_eq!(answers[0].0, StatusCode::ACCEPTED, "{:?}", answers[0]);
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");

        keyward.app.verifier.poll_changes().await.unwrap();
        assert_eq!(anyone.forward(&token, "scope=a").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(anyone.forward(&jwt, "scope=b").await.status, StatusCode::OK, "others work on");
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        let audit = browser.get(&format!("/audit?target={}", id_of(&token))).await.page();
        assert!(audit.contains("Key reported as leaked") && audit.contains("https://git.example/x"), "{audit}");
        assert!(audit.contains("leak report"), "{audit}");
        assert_eq!(audit.matches("Key reported as leaked").count(), 1 + usize::from(audit.contains("<option")), "once");
        let page = browser.get(&format!("/keys/{}", id_of(&token))).await.page();
        assert!(page.contains("Reported as leaked") && page.contains("https://git.example/x"), "{page}");
        let hygiene = browser.get("/hygiene").await.page();
        assert!(hygiene.contains("Reported as leaked") && hygiene.contains("Decide"), "{hygiene}");
        assert!(hygiene.contains("1<span class=\"hide\"> key leaked"), "the menu counts it: {hygiene}");
        let list = browser.get("/keys?only=leaked").await.page();
        assert!(list.contains(id_of(&token)) && !list.contains(id_of(&jwt)), "{list}");

        // It does not work again by the way, only for a reason.
        let id = KeyId::parse(id_of(&token)).unwrap();
        let operator = keyward.app.admin.operator();
        let refused = keyward.app.admin.switch_key(&operator, id, true).await.unwrap_err().to_string();
        assert!(refused.contains("reported as leaked"), "{refused}");
        let switch = format!("/keys/{id}/switch");
        browser.post(&switch, &[("to", "on")]).await;
        let off = browser.get(&format!("/keys/{id}")).await.page();
        assert!(off.contains("Reported as leaked"), "{off}");
        let done = browser.post(&switch, &[("to", "on"), ("reason", "It is the example of our documentation.")]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        keyward.app.verifier.poll_changes().await.unwrap();
        assert_eq!(anyone.forward(&token, "scope=a").await.status, StatusCode::OK);
        let on = browser.get(&format!("/keys/{id}")).await.page();
        assert!(!on.contains("Why it may work again"), "{on}");

        // Archived after a report, or before one: for good.
        report(&mut anyone, None, &json!({ "token": token })).await;
        let archived = keyward.app.admin.archive_key(&operator, id, ArchiveReason::NotNeeded).await.unwrap();
        assert!(keyward.app.admin.restore_key(&operator, id).await.is_err(), "{archived:?}");
        let other = KeyId::parse(id_of(&jwt)).unwrap();
        keyward.app.admin.archive_key(&operator, other, ArchiveReason::NotNeeded).await.unwrap();
        report(&mut anyone, None, &json!({ "token": jwt })).await;
        let undone = keyward.app.admin.restore_key(&operator, other).await.unwrap_err().to_string();
        assert!(undone.contains("compromised"), "{undone}");
    }
}

#[tokio::test]
async fn what_is_reported_wrongly_or_too_often_is_refused() {
    let keyward = Keyward::new().await;
    let mut anyone = keyward.client();
    for (body, status) in [
        (json!({}), 400),
        (json!({ "token": 1 }), 400),
        (json!({ "token": "x", "keys": [] }), 400),
        (json!({ "token": "x", "more": "x" }), 400),
        (json!({ "token": "x", "source": "a\nb" }), 422),
        (json!({ "token": "x", "source": "x".repeat(201) }), 422),
        (json!({ "keys": [] }), 400),
        (json!({ "keys": [{ "id": "0123456789ABCDEF", "sha256": "0".repeat(64) }] }), 401),
    ] {
        let answer = report(&mut anyone, None, &body).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.body);
    }
    let got = anyone.send(Method::GET, "/api/v1/leaks", &[], "").await;
    assert_eq!((got.status, got.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    let mut refused = None;
    for _ in 0..40 {
        let answer = report(&mut anyone, None, &json!({ "token": "x" })).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("there is a limit");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() <= 61, "{:?}", refused.headers);
    keyward.clock.advance(Duration::from_mins(1));
    assert_eq!(report(&mut anyone, None, &json!({ "token": "x" })).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn digests_are_reported_with_the_scope_and_within_the_tenant() {
    let keyward = Keyward::new().await;
    keyward.create_entry(Kind::Tenant, &[("name", "acme"), ("prefix", "acme")]).await;
    let operator = keyward.app.admin.operator();
    let elsewhere = model::key_input::KeyInput {
        name: "elsewhere".to_owned(),
        owner: "acme".to_owned(),
        tenant: "acme".to_owned(),
        scopes: "a".to_owned(),
        expires: "90d".to_owned(),
        ..Default::default()
    };
    let elsewhere = keyward.app.admin.issue_key(&operator, &elsewhere).await.unwrap().token.reveal().to_owned();
    let (here, reporter) = (keyward.issue("a").await, keyward.issue("keyward.leaks.write").await);
    let body = |token: &str| json!({ "keys": [{ "id": id_of(token), "sha256": digest(token) }], "source": "a paste" });
    let mut client = keyward.client();
    let other = keyward.issue("keyward.keys.write").await;
    let refused = report(&mut client, Some(&other), &body(&here)).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (StatusCode::FORBIDDEN, Some("insufficient_scope")));
    let wrong = json!({ "keys": [{ "id": id_of(&here), "sha256": "0".repeat(64) }] });
    for body in [wrong, body(&elsewhere), body(&here)] {
        let answer = report(&mut client, Some(&reporter), &body).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::ACCEPTED, "{\"received\":true}"));
    }
    keyward.app.verifier.poll_changes().await.unwrap();
    assert_eq!(client.forward(&here, "scope=a").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.forward(&elsewhere, "scope=a").await.status, StatusCode::OK, "it stays in its tenant");
}

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}

fn create(database: &Database, name: &str) -> String {
    run(database, &["keys", "create", "--name", name, "--scope", "a"], "").stdout.trim().to_owned()
}

#[test]
fn a_scan_finds_keys_in_files_and_in_history_and_says_which_work() {
    let database = Database::sqlite();
    let [live, old, gone, said] = ["live", "old", "gone", "said"].map(|name| create(&database, name));
    run(&database, &["keys", "archive", id_of(&gone)], "");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    git(folder.path(), &["init", "-q", "-b", "main"]);
    write("src/old name.env", &format!("A=1\nKEY={old}\n"));
    write("gone.txt", &gone);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "first"]);
    fs::remove_dir_all(folder.path().join("src")).unwrap();
    git(folder.path(), &["commit", "-q", "-a", "-m", &format!("second\n\nwas {said}")]);
    write("deep/er/config.toml", &format!("# a\n\ntoken = \"{live}\"\n"));
    let altered = format!("{}{}", &live[..live.len() - 1], if live.ends_with('a') { 'b' } else { 'a' });
    write("near.txt", &format!("{altered} kw_0123456789ABCDEF_{}", "a".repeat(38)));
    write("binary", &format!("\0{live}"));

    let scan = |more: &[&str]| -> (Output, Value) {
        let path = folder.path().display().to_string();
        let output = run(&database, &[&["scan", &path, "--json"], more].concat(), "");
        let json = serde_json::from_str(&output.stdout).unwrap_or_default();
        (output, json)
    };
    let (output, found) = scan(&[]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(![&live, &old, &gone, &said].iter().any(|token| output.stdout.contains(token.as_str())), "{output:?}");
    let of =
        |token: &str| found["keys"].as_array().unwrap().iter().find(|key| key["id"] == id_of(token)).unwrap().clone();
    assert_eq!((found["keys"].as_array().unwrap().len(), &found["working"]), (4, &json!(3)), "{found}");
    assert_eq!(found["unknown"], json!([]), "the checksum tells: {found}");
    assert!(of(&live)["places"][0].as_str().unwrap().ends_with("deep/er/config.toml:3"), "{found}");
    let place = of(&old)["places"][0].as_str().unwrap().to_owned();
    assert!(place.starts_with("commit ") && place.ends_with(": src/old name.env:2"), "{place}");
    assert!(of(&said)["places"][0].as_str().unwrap().ends_with("its message"), "{found}");
    assert_eq!((&of(&gone)["works"], &of(&gone)["status"]), (&json!(false), &json!("archived")));
    assert_eq!((&found["commits"], &found["passed_over"]), (&json!(2), &json!(1)), "{found}");

    let (_, files) = scan(&["--no-history"]);
    assert_eq!(files["keys"].as_array().unwrap().len(), 2, "{files}");
    let (output, reported) = scan(&["--report"]);
    assert!(output.code == 1 && reported["keys"][0]["reported"] == true, "{output:?}");
    let (output, after) = scan(&[]);
    assert_eq!((output.code, &after["working"]), (0, &json!(0)), "{output:?}");
    let other = Database::sqlite();
    let path = folder.path().display().to_string();
    let words = run(&other, &["scan", &path], "");
    assert!(words.code == 0 && words.stdout.contains("no key of this Keyward"), "{words:?}");

    run(&database, &["tenants", "create", "name=acme", "prefix=acme7"], "");
    for format in ["gitleaks", "github", "trufflehog"] {
        let rules = run(&database, &["leaks", "rules", "--format", format], "");
        assert!(rules.code == 0 && rules.stdout.contains("(?:acme7|kw)_[0-9A-Za-z]{16}_"), "{rules:?}");
    }
}
