//! A secret appears in exactly one response, and nowhere else: not in any other page, header, log line, metric, audit row
//! or byte of the database.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::http::Method;
use model::{account::Role, scope::RESERVED};
use server::{api::OPERATIONS, routes::table};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Keyward, databases, id_of};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_secret_is_in_exactly_one_response() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    // For the whole process: what other tests log meanwhile is looked through as well.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let mut browser = keyward.signed_in(Role::Superadmin).await;
        for way in [Way::Script, Way::Form, Way::Program] {
            for is_rotated in [false, true] {
                check(&keyward, &mut browser, (way, is_rotated), name).await;
            }
        }
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("answered"), "the log is looked at");
    }

    let log = log.0.lock().unwrap().clone();
    let log = String::from_utf8(log).unwrap();
    assert!(!log.contains("violet anchor"), "no password is logged");
    for token in log.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        assert!(model::token::parse(token).is_none(), "a token is in the log");
    }
}

/// How a key is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By a server function.
    Script,
    /// By a plain form.
    Form,
    /// By the REST API.
    Program,
}

/// Issues a key one way or the other, also as the successor of another, uses it everywhere, and looks for it everywhere.
async fn check(keyward: &Keyward, browser: &mut crate::support::Client, (way, is_rotated): (Way, bool), name: &str) {
    let program = format!(
        "Bearer {}",
        keyward.issue(&RESERVED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ")).await
    );
    let headers = [("authorization", program.as_str()), ("content-type", "application/json")];
    let once = if is_rotated {
        let old = keyward.issue("a").await;
        let id = id_of(&old);
        if way == Way::Program {
            keyward.client().send(Method::POST, &format!("/api/v1/keys/{id}/rotate"), &headers, "{}").await
        } else if way == Way::Script {
            let body = format!(r#"{{"id":"{id}","form":{{"overlap":"24h","until":"","once":""}}}}"#);
            browser.call("rotate_key", &body).await
        } else {
            browser.post(&format!("/keys/{id}/rotate"), &[("overlap", "24h")]).await
        }
    } else if way == Way::Program {
        let body = r#"{"name": "sentinel", "scopes": ["a"], "expires": "90d"}"#;
        keyward.client().send(Method::POST, "/api/v1/keys", &headers, body).await
    } else if way == Way::Script {
        let body = r#"{"form":{"input":{"name":"sentinel","description":"d","owner":"","scopes":""},"ticked":["a"],"life":"90","date":""}}"#;
        browser.call("issue_key", body).await
    } else {
        browser.post("/keys/new", &[("name", "sentinel"), ("scope", "a"), ("life", "90")]).await
    };
    // A key made by program is described before its token.
    let told = if way == Way::Program { once.body.rfind("\"token\":").unwrap_or_default() } else { 0 };
    let start = once.body[told..].find("kw_").unwrap_or_else(|| panic!("no token: {}", once.body));
    let token: String =
        once.body[told + start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let secret = token.split('_').nth(2).unwrap()[..32].to_owned();
    assert_eq!(once.header("cache-control"), "no-store");
    assert!(once.headers.values().all(|value| !value.to_str().unwrap().contains(&secret)));
    if way == Way::Form {
        let islands = once.body.split("<leptos-island").skip(1).filter_map(|island| island.split('>').next());
        assert!(islands.into_iter().all(|island| !island.contains(&secret)), "no island carries the secret on");
        assert!(!once.body.contains("type=\"module\""), "and none comes to life");
    }

    // Use it: right, wrong, twice, in bodies that do not parse.
    let asker = keyward.issue("keyward.verify").await;
    let mut client = keyward.client();
    let bearer = format!("Bearer {token}");
    let mut answers = vec![
        client.verify(&asker, &serde_json::json!({ "key": token, "scope": "a" })).await,
        client.verify(&asker, &serde_json::json!({ "key": token, "scope": "b" })).await,
        client.verify(&asker, &serde_json::json!({ "key": token, "scope": "a", token.as_str(): 1 })).await,
        client.verify(&token, &serde_json::json!({ "key": token })).await,
        client.forward(&token, "scope=any").await,
        client.forward(&token, &format!("scope={token}")).await,
        client
            .send(Method::GET, "/forward-auth?scope=any", &[("authorization", &bearer), ("x-api-key", &token)], "")
            .await,
        client
            .send(Method::POST, "/api/v1/verify", &[("authorization", &bearer)], &format!("{{\"key\": \"{token}\""))
            .await,
        client.get(&format!("/{token}")).await,
        browser.get(&format!("/keys?q={token}")).await,
        browser.get(&format!("/why?key={token}")).await,
        browser.post("/why", &[("asked", &token)]).await,
        browser.post("/why", &[("asked", &token), ("scope", "b")]).await,
        browser.post("/why", &[("asked", "x"), ("scope", &token), ("tenant", &token), ("address", &token)]).await,
    ];
    keyward.pass(Duration::from_secs(5)).await;
    keyward.app.verifier.flush().await.unwrap();

    // Every page and function, as seen by whoever may see most.
    for route in table().iter().filter(|route| route.method == "GET") {
        answers.push(browser.get(&route.path.replace("{id}", id_of(&token)).replace("{file}", "x")).await);
    }
    for path in ["/keys?status=any", "/audit", "/keys/new"] {
        answers.push(browser.get(path).await);
    }
    for operation in OPERATIONS.iter() {
        let path = operation.path.replace("{id}", id_of(&token));
        let body = format!("{{\"{token}\": \"{token}\"}}");
        let (headers, body) = match operation.method {
            Method::GET => (&headers[..1], ""),
            _ => (&headers[..], body.as_str()),
        };
        answers.push(client.send(operation.method.clone(), &format!("{path}?{token}={token}"), headers, body).await);
        answers.push(client.send(operation.method.clone(), &path, headers, body).await);
    }
    answers.push(keyward.operator().get("/metrics").await);
    for answer in &answers {
        let echoed = answer.body.contains(&format!("value=\"{token}\""));
        assert!(echoed || !answer.body.contains(&secret), "{name}: {}", answer.body);
        assert!(
            answer.headers.values().all(|value| !value.as_bytes().windows(32).any(|part| part == secret.as_bytes()))
        );
    }
    let echoes = answers.iter().filter(|answer| answer.body.contains(&secret)).count();
    assert!(echoes <= 1, "only the search box gives back what its visitor typed");
    let stored = keyward.database.contents();
    assert!(stored.windows(8).any(|part| part == b"sentinel"), "{name}: the database is looked at");
    assert!(!stored.windows(32).any(|part| part == secret.as_bytes()), "{name}: the secret is in the database");
}
