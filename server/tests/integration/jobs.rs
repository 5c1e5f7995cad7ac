//! Imports and bulk changes: work that takes longer than a request, and the keys of other systems.

use std::{cell::Cell, time::Duration};

use admin::Admin;
use axum::http::{Method, StatusCode};
use crypto::secret::Entropy;
use model::account::Role;
use serde_json::{Value, json};

use crate::support::{Answer, Keyward, Operator, databases, id_of};

/// Strings of another system's keys with what that system kept of them.
const STRINGS: [(&str, &str); 8] = [
    ("pt_W4nBv7XcZq1LmK8JhG", r#""key": "pt_W4nBv7XcZq1LmK8JhG""#),
    ("dg_9aBcDeFgHiJkLmNo", r#""sha256": "4a95f0583f8df31feca13d7edea0f9da82ed8f935db3e2eea519523591f108ba""#),
    ("uk_3ZyXwVuTsRqPoNmL", r#""sha256": "Sm1mVWj/1UIxDkf0Ml0nMvNatXzVzvPHsyiIh0FopoA=""#),
    ("hm_T5gB8nUj2IkM4oLp", r#""hmac_sha256": "953e7fa4c1af9274d6895802799a74a8787844fea0c90b24b6069d5d5cd0c379""#),
    (
        "bc_Q7vN2mZx8LrT4wKp",
        r#""hash": "$2b$04$qvgoryRpNwz2mqV4vkjs4.A53f4C7UUoPapsuJawunsrQdm3z2xgq", "found_by": "bc_Q7v""#,
    ),
    (
        "sc_R3yH6pWd9BnC1sVf",
        r#""hash": "$scrypt$ln=4,r=8,p=1$ZCzlHEOoFeK8d25t7V3rnQ$bsOg6oyVmcgJfoJg1AzxJ4KYebN283reQdOQCx0LUH8", "found_by": "sc_R3yH6""#,
    ),
    (
        "Jx4TqYw2.PmKz7RvLc9NdBh5G",
        r#""hash": "pbkdf2_sha256$1000$pepper$MZom36pWCbw5LnapkLnar3jnwr8WLQUTeQ3+llkfV54=", "found_by": "Jx4TqYw2""#,
    ),
    (
        "Vb8MnQe1.XsZt6HkWy3RfCj0D",
        r#""hash": "sha512$$632325f0f1ff56a2c7ff99fd73dcf36c64bf758557007ad6a8b0762dc5a288da0fd663d8bc8d22c30755d02cc3d41974a531ab3e3a864abe2a918651dbac1374", "found_by": "Vb8MnQe1""#,
    ),
];

fn file() -> String {
    let lines = (1..).zip(STRINGS).map(|(number, (_, known))| {
        format!(r#"{{"name": "old {number}", "owner": "team {number}", "scopes": ["rooms.read"], "expires": "90d", {known}}}"#)
    });
    let lines: Vec<_> = lines.collect();
    format!("\u{feff}{}\r\n{}\n", r#"{"hmac_key": "pepper-of-the-old-table"}"#, lines.join("\r\n"))
}

async fn send(keyward: &Keyward, token: &str, method: Method, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let kind = if path.contains("/import") { "application/jsonl" } else { "application/json" };
    keyward.client().send(method, path, &[("authorization", &bearer), ("content-type", kind)], body).await
}

async fn get(keyward: &Keyward, token: &str, path: &str) -> Value {
    let answer = send(keyward, token, Method::GET, path, "").await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.json()
}

async fn post(keyward: &Keyward, token: &str, path: &str, body: &Value) -> Answer {
    send(keyward, token, Method::POST, path, &body.to_string()).await
}

/// Sends an import, works at it as the process would, and tells how it ended.
async fn import(keyward: &Keyward, token: &str, query: &str, file: &str) -> Value {
    let answer = send(keyward, token, Method::POST, &format!("/api/v1/keys/import{query}"), file).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    keyward.app.admin.work_at_jobs(|| false).await.unwrap();
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), format!("/api/v1/jobs/{id}"));
    get(keyward, token, &format!("/api/v1/jobs/{id}")).await
}

async fn lines(keyward: &Keyward, token: &str, job: &Value, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/jobs/{}/lines{query}", job["id"].as_str().unwrap());
    get(keyward, token, &path).await["lines"].as_array().unwrap().clone()
}

async fn passes(keyward: &Keyward, string: &str) -> bool {
    let answer = keyward.client().forward(string, "scope=rooms.read").await;
    if answer.status != StatusCode::OK {
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (StatusCode::UNAUTHORIZED, &json!("invalid_key")),
            "{string}"
        );
    }
    answer.status == StatusCode::OK
}

#[tokio::test]
async fn imported_keys_keep_their_strings_and_are_found_by_them() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue("keyward.keys.read keyward.keys.write").await;
        for (string, _) in STRINGS {
            assert!(!passes(&keyward, string).await, "{on}: {string} is nobody's yet");
        }
        let checked = import(&keyward, &token, "?dry_run=true", &file()).await;
        assert_eq!(
            (&checked["kind"], &checked["status"], &checked["done"]),
            (&json!("import_check"), &json!("done"), &json!(8)),
            "{on}: {checked}"
        );
        assert!(!passes(&keyward, STRINGS[0].0).await, "{on}: a check makes nothing");

        let job = import(&keyward, &token, "", &file()).await;
        assert_eq!(
            (&job["status"], &job["total"], &job["done"]),
            (&json!("done"), &json!(8), &json!(8)),
            "{on}: {job}"
        );
        let became = lines(&keyward, &token, &job, "").await;
        // Line 1 is the HMAC's key.
        assert_eq!(
            (became.len(), &became[0]["line"], &became[7]["line"]),
            (8, &json!(2), &json!(9)),
            "{on}: {became:?}"
        );
        // The first time by what the other system knew, from then on by the digest.
        for time in 1..=2 {
            for (string, _) in STRINGS {
                assert!(passes(&keyward, string).await, "{on}: {string}, time {time}");
                let (head, last) = string.split_at(string.len() - 1);
                let wrong = format!("{head}{}", if last == "x" { "y" } else { "x" });
                assert!(!passes(&keyward, &wrong).await, "{on}: {wrong}, time {time}");
                assert!(!passes(&keyward, head).await, "{on}: {head}, time {time}");
            }
        }
        let stored = keyward.database.contents();
        for (string, _) in STRINGS {
            assert!(!stored.windows(string.len()).any(|part| part == string.as_bytes()), "{on}: {string} is stored");
        }
        let pepper = "pepper-of-the-old-table";
        assert!(!stored.windows(pepper.len()).any(|part| part == pepper.as_bytes()), "{on}: the HMAC's key is sealed");
        for (string, _) in STRINGS {
            assert!(keyward.app.store.candidates(string).await.unwrap().is_empty(), "{on}: {string} is settled");
        }

        // In other ways that keys are presented, and to the verify API.
        let string = STRINGS[0].0;
        for (name, value) in [
            ("x-api-key", string.to_owned()),
            ("authorization", format!("Basic {}", base64(&format!("{string}:")))),
            ("authorization", format!("Basic {}", base64(&format!(":{string}")))),
        ] {
            let answer =
                keyward.client().send(Method::GET, "/forward-auth?scope=rooms.read", &[(name, &value)], "").await;
            assert_eq!(answer.status, StatusCode::OK, "{on}: {name} {value}: {}", answer.body);
        }
        let asker = keyward.issue("keyward.verify").await;
        let told = keyward.client().verify(&asker, &json!({ "key": string, "scope": "rooms.read" })).await.json();
        assert_eq!((&told["valid"], &told["key"]["name"]), (&json!(true), &json!("old 1")), "{on}: {told}");

        // The same file again makes nothing, and says which keys they are.
        let again = import(&keyward, &token, "", &file()).await;
        assert_eq!((&again["done"], &again["same"]), (&json!(0), &json!(8)), "{on}: {again}");
        assert_eq!(lines(&keyward, &token, &again, "").await[3]["key_id"], became[3]["key_id"], "{on}");

        // Everything that is done to keys is done to them.
        let id = became[0]["key_id"].as_str().unwrap();
        let shown = get(&keyward, &token, &format!("/api/v1/keys/{id}")).await;
        assert_eq!(
            (&shown["form"], &shown["masked"]),
            (&json!("imported"), &json!(format!("imported_{id}_\u{2026}8JhG"))),
            "{on}"
        );
        let rotated = post(&keyward, &token, &format!("/api/v1/keys/{id}/rotate"), &json!({})).await.json();
        let successor = rotated["token"].as_str().unwrap_or_else(|| panic!("{on}: {rotated}"));
        assert_eq!(
            (rotated["key"]["form"].as_str(), id_of(successor)),
            (Some("token"), rotated["key"]["id"].as_str().unwrap()),
            "{on}"
        );
        assert!(passes(&keyward, string).await && passes(&keyward, successor).await, "{on}: both work in the overlap");
        post(&keyward, &token, &format!("/api/v1/keys/{id}/archive"), &json!({})).await;
        let refused = keyward.client().forward(string, "scope=rooms.read").await;
        assert_eq!(refused.json()["code"], "archived", "{on}");
        // Another's string with this key's id around it is no token.
        let forged = format!("imported_{id}_{}000000", "a".repeat(32));
        assert!(!passes(&keyward, &forged).await, "{on}");
    }
}

/// Another node settles a first use, and hears of keys that were imported elsewhere.
#[tokio::test]
async fn a_first_use_at_another_node_is_found_here() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue("keyward.keys.read keyward.keys.write").await;
        let other = verify::Verifier::new(&keyward.another_store().await, keyward.clock.clone(), 100);
        other.poll_changes().await.unwrap();
        let ask = async |string: &str| {
            let required = model::scope::RequiredScopes::parse("rooms.read").unwrap();
            let question = verify::VerifyRequest::new(string, &required);
            other.verify(&question, ("a request", "a test")).await.unwrap().decision.is_allow()
        };
        assert!(!ask(STRINGS[4].0).await, "{on}");
        import(&keyward, &token, "", &file()).await;
        // This node remembers the key as it was before its first use.
        assert!(!passes(&keyward, "bc_Q7vnothing").await, "{on}");
        other.poll_changes().await.unwrap();
        assert!(ask(STRINGS[4].0).await, "{on}: the other node has heard");
        assert!(passes(&keyward, STRINGS[4].0).await, "{on}: and settled it");
    }
}

#[tokio::test]
async fn a_line_that_is_wrong_is_told_by_its_number_and_the_others_are_done() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue("keyward.keys.read keyward.keys.write").await;
        keyward.edit_entry(model::catalog::Kind::Policy, "", &[("keys_per_owner", "2")]).await;
        let key = |number: usize, rest: &str| {
            format!(
                r#"{{"name": "n{number}", "scopes": "rooms.read", "expires": "90d", "key": "string-{number:016}"{rest}}}"#
            )
        };
        let file = [
            key(1, ""),
            "not json".to_owned(),
            key(3, r#", "colour": "red""#),
            key(4, r#", "tenant": "nowhere""#),
            key(5, "").replace("90d", "never again"),
            key(1, ""),
            String::new(),
            key(8, r#", "owner": "one""#),
            key(9, r#", "owner": "one""#),
            key(10, r#", "owner": "one""#),
            key(11, r#", "enabled": "false", "labels": "env=prod", "metadata": {"a": 1.50}"#),
            key(12, "").replace("rooms.read", "keyward.verify"),
            r#"{"name": "n13", "scopes": "rooms.read", "hash": "$2b$31$aaaa", "found_by": "abcd"}"#.to_owned(),
            key(14, r#", "name": "twice""#),
        ]
        .join("\n");
        let job = import(&keyward, &token, "", &file).await;
        assert_eq!((&job["total"], &job["done"], &job["refused"]), (&json!(13), &json!(4), &json!(9)), "{on}: {job}");
        let refused = lines(&keyward, &token, &job, "?outcome=refused").await;
        let told = |line: i64| {
            let found = refused.iter().find(|refused| refused["line"] == line);
            found.unwrap_or_else(|| panic!("{on}: line {line} in {refused:?}"))["detail"].as_str().unwrap().to_owned()
        };
        for (line, words) in [
            (2, "no JSON object"),
            (3, "colour: There is no such field"),
            (4, "tenant: There is no tenant"),
            (5, "expires:"),
            (6, "stands in a line before"),
            (10, "owner: one would hold more than 2"),
            (12, "no scope of Keyward's own"),
            (13, "hash:"),
            (14, "twice"),
        ] {
            assert!(told(line).contains(words), "{on}: line {line}: {}", told(line));
        }
        let found = get(&keyward, &token, "/api/v1/keys?q=n11&status=any").await["keys"][0].clone();
        assert_eq!(
            (&found["status"], &found["labels"], &found["metadata"]),
            (&json!("off"), &json!(["env=prod"]), &json!({"a": 1.5})),
            "{on}: {found}"
        );
        let pages = get(&keyward, &token, &format!("/api/v1/jobs/{}/lines?limit=5", job["id"].as_str().unwrap())).await;
        assert_eq!(
            (pages["lines"].as_array().unwrap().len(), &pages["next_cursor"]),
            (5, &json!("5")),
            "{on}: {pages}"
        );
        for (body, kind, status) in [
            ("", "application/jsonl", StatusCode::UNPROCESSABLE_ENTITY),
            ("{}", "application/json", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ] {
            let bearer = format!("Bearer {token}");
            let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
            let answer = keyward.client().send(Method::POST, "/api/v1/keys/import", &headers, body).await;
            assert_eq!(answer.status, status, "{on}: {}", answer.body);
        }
    }
}

/// Sixty keys of one owner.
async fn many(keyward: &Keyward) -> String {
    let token = keyward.issue("keyward.keys.read keyward.keys.write").await;
    keyward.edit_entry(model::catalog::Kind::Policy, "", &[("keys_per_owner", "1000")]).await;
    let line = |number: i32| {
        format!(
            r#"{{"name": "bulk {number}", "owner": "crowd", "scopes": "rooms.read", "expires": "90d", "key": "string-{number:016}"}}"#
        )
    };
    let file: Vec<_> = (0..120).map(line).collect();
    import(keyward, &token, "", &file.join("\n")).await;
    token
}

#[tokio::test]
async fn a_bulk_change_goes_on_after_its_process_ended() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = many(&keyward).await;
        let asked = json!({ "action": "disable", "filter": { "owner": "crowd" } });
        let plan = post(
            &keyward,
            &token,
            "/api/v1/keys/bulk",
            &json!({ "action": "disable", "filter": { "owner": "crowd" }, "dry_run": true }),
        )
        .await
        .json();
        assert_eq!(
            (&plan["keys"], &plan["in_use"], &plan["job"]),
            (&json!(120), &json!(0), &Value::Null),
            "{on}: {plan}"
        );
        let begun = post(&keyward, &token, "/api/v1/keys/bulk", &asked).await;
        assert_eq!((begun.status, &begun.json()["keys"]), (StatusCode::ACCEPTED, &json!(120)), "{on}: {}", begun.body);
        let path = begun.header("location").to_owned();
        // One step, then this process is gone; its claim holds for a while.
        let steps = Cell::new(0);
        keyward.app.admin.work_at_jobs(|| steps.replace(steps.get() + 1) > 0).await.unwrap();
        let job = get(&keyward, &token, &path).await;
        assert_eq!((&job["status"], &job["done"]), (&json!("running"), &json!(50)), "{on}: {job}");
        let admin = || async {
            let checkpoint = keyward.database.folder().join("other.checkpoint");
            Admin::new(keyward.another_store().await, keyward.clock.clone(), Entropy::system(), checkpoint)
        };
        let other = admin().await;
        other.work_at_jobs(|| false).await.unwrap();
        assert_eq!(get(&keyward, &token, &path).await["done"], 50, "{on}: the claim holds");
        // It had begun the next step: a key of it is off already, which is not noted.
        let next = get(&keyward, &token, "/api/v1/keys?owner=crowd&status=active").await["keys"][7]["id"].clone();
        let off = post(&keyward, &token, &format!("/api/v1/keys/{}/disable", next.as_str().unwrap()), &json!({})).await;
        assert_eq!(off.status, StatusCode::OK, "{on}");
        // Another one was changed by somebody else, who looked at it since.
        let changed = get(&keyward, &token, "/api/v1/keys?owner=crowd&status=active").await["keys"][9]["id"].clone();
        let id = model::id::KeyId::parse(changed.as_str().unwrap()).unwrap();
        let (admin, operator) = (&keyward.app.admin, keyward.app.admin.operator());
        let input = model::key_input::KeyInput::of(&admin.show_key(&operator, id).await.unwrap().key);
        let input = model::key_input::KeyInput { description: "Looked at".to_owned(), ..input };
        admin.edit_key(&operator, id, &input, None).await.unwrap();
        keyward.pass(Duration::from_secs(31)).await;
        other.work_at_jobs(|| false).await.unwrap();
        let job = get(&keyward, &token, &path).await;
        assert_eq!(
            (&job["status"], &job["done"], &job["refused"]),
            (&json!("done"), &json!(119), &json!(1)),
            "{on}: {job}"
        );
        let left = lines(&keyward, &token, &job, "?outcome=refused").await;
        assert_eq!((left.len(), &left[0]["key_id"]), (1, &changed), "{on}: {left:?}");
        let off = get(&keyward, &token, "/api/v1/keys?owner=crowd&status=off&limit=200").await;
        assert_eq!(off["keys"].as_array().unwrap().len(), 119, "{on}");
    }
}

#[tokio::test]
async fn a_job_is_stopped_by_whoever_started_it_and_when_they_may_do_so_no_more() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = many(&keyward).await;
        let start = async |token: &str, action: &str| {
            let asked = json!({ "action": action, "filter": { "owner": "crowd" } });
            post(&keyward, token, "/api/v1/keys/bulk", &asked).await.header("location").to_owned()
        };
        let one_step = async || {
            let steps = Cell::new(0);
            keyward.app.admin.work_at_jobs(|| steps.replace(steps.get() + 1) > 0).await.unwrap();
        };
        let path = start(&token, "disable").await;
        one_step().await;
        let stranger = keyward.issue("keyward.keys.read keyward.keys.write").await;
        let hidden = send(&keyward, &stranger, Method::GET, &path, "").await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{on}: a key sees its own jobs");
        let stranger = keyward.issue("keyward.keys.read keyward.any_tenant").await;
        assert_eq!(
            get(&keyward, &stranger, &path).await["done"],
            50,
            "{on}: one of a superadmin's that crosses tenants sees all"
        );
        let stopping = post(&keyward, &token, &format!("{path}/cancel"), &json!({})).await.json();
        assert_eq!(stopping["status"], "stopping", "{on}: {stopping}");
        keyward.app.admin.work_at_jobs(|| false).await.unwrap();
        let job = get(&keyward, &token, &path).await;
        assert_eq!((&job["status"], &job["done"]), (&json!("cancelled"), &json!(50)), "{on}: {job}");
        assert!(job["cancelled_by"].as_str().unwrap().starts_with("key "), "{on}: {job}");

        let path = start(&token, "enable").await;
        one_step().await;
        let id = id_of(&token);
        keyward
            .app
            .admin
            .archive_key(
                &keyward.app.admin.operator(),
                model::id::KeyId::parse(id).unwrap(),
                model::key::ArchiveReason::NotNeeded,
            )
            .await
            .unwrap();
        keyward.app.admin.work_at_jobs(|| false).await.unwrap();
        let job = get(&keyward, &stranger, &path).await;
        assert_eq!(job["status"], "failed", "{on}: {job}");
        assert!(job["failure"].as_str().unwrap().contains("may not do so any more"), "{on}: {job}");
    }
}

#[tokio::test]
async fn jobs_are_seen_by_whoever_started_them_and_members_start_none_for_others() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = many(&keyward).await;
        let mut auditor = keyward.signed_in(Role::Auditor).await;
        let page = auditor.get("/jobs").await;
        assert!(page.status == StatusCode::OK && page.page().contains("Import"), "{on}: {}", page.body);
        let mut member = keyward.signed_in(Role::Member).await;
        let page = member.get("/jobs").await;
        assert!(page.status == StatusCode::OK && !page.page().contains("/jobs/"), "{on}: {}", page.body);
        let id = get(&keyward, &token, "/api/v1/jobs").await["jobs"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(member.get(&format!("/jobs/{id}")).await.status, StatusCode::NOT_FOUND, "{on}");
        assert_eq!(auditor.get(&format!("/jobs/{id}")).await.status, StatusCode::OK, "{on}");
        assert_eq!(auditor.post(&format!("/jobs/{id}/cancel"), &[]).await.status, StatusCode::FORBIDDEN, "{on}");
    }
}

#[tokio::test]
async fn named_keys_are_changed_at_once_each_with_its_result() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue("keyward.keys.read keyward.keys.write").await;
        let (one, two) = (keyward.issue("a").await, keyward.issue("b").await);
        let ids = json!([id_of(&one), id_of(&two), "0000000000000000", id_of(&one)]);
        let asked =
            |dry_run: bool| json!({ "action": "archive", "value": "superseded", "ids": ids, "dry_run": dry_run });
        for dry_run in [true, false] {
            let done = post(&keyward, &token, "/api/v1/keys/bulk", &asked(dry_run)).await;
            let results = done.json()["results"].as_array().unwrap().clone();
            let outcomes: Vec<_> = results.iter().map(|one| one["outcome"].as_str().unwrap()).collect();
            assert_eq!(outcomes, ["done", "done", "refused"], "{on}: {}", done.body);
            let shown = get(&keyward, &token, &format!("/api/v1/keys/{}", id_of(&one))).await;
            assert_eq!(shown["status"] == "archived", !dry_run, "{on}");
        }
        for (body, field) in [
            (json!({ "action": "archive" }), "ids"),
            (json!({ "action": "archive", "ids": [] }), "ids"),
            (json!({ "action": "archive", "ids": ids, "filter": { "status": "any" } }), "ids"),
            (json!({ "action": "archive", "filter": {} }), "filter"),
            (json!({ "action": "archive", "filter": { "colour": "red" } }), "filter"),
            (json!({ "action": "archive", "filter": { "status": "blue" } }), "filter"),
            (json!({ "action": "explode", "ids": ids }), "action"),
            (json!({ "action": "archive", "value": "boredom", "ids": ids }), "action"),
            (json!({ "action": "archive", "ids": ids, "dry_run": "yes" }), "dry_run"),
        ] {
            let refused = post(&keyward, &token, "/api/v1/keys/bulk", &body).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{on}: {body}: {}", refused.body);
            assert_eq!(refused.json()["errors"][0]["field"], field, "{on}: {body}: {}", refused.body);
        }
    }
}

#[tokio::test]
async fn all_keys_are_exported_without_their_secrets() {
    for (on, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = many(&keyward).await;
        for _ in 0..3 {
            keyward.issue("a").await;
        }
        let bearer = format!("Bearer {token}");
        let export = async |query: &str| {
            let headers = [("authorization", bearer.as_str()), ("accept", "application/jsonl")];
            let answer = keyward.client().send(Method::GET, &format!("/api/v1/keys/export{query}"), &headers, "").await;
            assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/jsonl"), "{on}");
            let lines: Vec<Value> = answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            lines
        };
        let all = export("?status=any").await;
        assert_eq!(all.len(), 124, "{on}");
        let ids: std::collections::HashSet<_> = all.iter().map(|key| key["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 124, "{on}: none twice");
        assert!(all.iter().all(|key| key.get("token").is_none() && key.get("digest").is_none()), "{on}");
        assert_eq!(export("?owner=crowd").await.len(), 120, "{on}");
        assert!(export("?owner=nobody").await.is_empty(), "{on}");
    }
}

fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}
