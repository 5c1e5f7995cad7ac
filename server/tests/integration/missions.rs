//! What five products do, row by row (the mission's table): each row here is proved over HTTP on both databases. Rows that
//! people meet in the console are proved in the browser's specifications; the last test knows where each row is.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use axum::http::{Method, StatusCode};
use base64::{Engine, engine::general_purpose::STANDARD};
use model::{catalog::Kind, id::KeyId, key::ArchiveReason, key_input::KeyInput};
use serde_json::{Value, json};

use crate::support::{Answer, Client, Keyward, Operator, databases, id_of};

/// The address tests come from is a trusted proxy.
const TRUSTED: &[(&str, &str)] = &[("KEYWARD_TRUSTED_PROXIES", "192.0.2.10/32")];

/// A Keyward on each database, with a key for whoever asks.
struct Here {
    keyward: Keyward,
    client: Client,
    asker: String,
}

async fn everywhere() -> Vec<Here> {
    let mut found = Vec::new();
    for (_, database) in databases() {
        let keyward = Keyward::with(database, TRUSTED).await;
        let (client, asker) = (keyward.client(), keyward.issue("keyward.verify").await);
        found.push(Here { keyward, client, asker });
    }
    found
}

fn form(name: &str) -> KeyInput {
    KeyInput {
        name: name.to_owned(),
        owner: format!("owner of {name}"),
        scopes: "things".to_owned(),
        expires: "90d".to_owned(),
        ..KeyInput::default()
    }
}

impl Here {
    async fn issue(&self, form: &KeyInput) -> String {
        let admin = &self.keyward.app.admin;
        admin.issue_key(&admin.operator(), form).await.unwrap().token.reveal().to_owned()
    }

    async fn edit(&self, token: &str, change: impl FnOnce(&mut KeyInput)) {
        let admin = &self.keyward.app.admin;
        let id = KeyId::parse(id_of(token)).unwrap();
        let mut form = KeyInput::of(&admin.show_key(&admin.operator(), id).await.unwrap().key);
        change(&mut form);
        admin.edit_key(&admin.operator(), id, &form, None).await.unwrap();
    }

    async fn edit_entry(&self, kind: Kind, name: &str, changes: &[(&str, &str)]) {
        self.keyward.edit_entry(kind, name, changes).await;
        // As the running process does.
        self.keyward.app.verifier.poll_changes().await.unwrap();
    }

    async fn verify(&mut self, body: Value) -> Value {
        let answer = self.client.verify(&self.asker, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()
    }

    /// Forward auth, asked with these headers for a request that reads.
    async fn forward(&mut self, headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![("x-forwarded-method", "GET"), ("x-forwarded-for", "203.0.113.9")];
        all.extend(headers);
        self.client.send(Method::GET, "/forward-auth?scope=things", &all, "").await
    }
}

fn code(answer: &Answer) -> String {
    if answer.status == StatusCode::OK {
        "valid".to_owned()
    } else {
        answer.json()["code"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn mission_c1_a_key_in_the_form_of_a_jwt_is_checked_like_any_other() {
    for mut here in everywhere().await {
        let token = here.issue(&KeyInput { form: "jwt".to_owned(), ..form("offline") }).await;
        assert_eq!(token.split('.').count(), 3, "{token}");
        let jwks = here.client.send(Method::GET, "/.well-known/jwks.json", &[], "").await.json();
        assert_eq!(jwks["keys"][0]["alg"], "ES256");
        assert!(jwks["keys"][0].get("d").is_none(), "no private half");

        let bearer = format!("Bearer {token}");
        let answer = here.forward(&[("authorization", &bearer)]).await;
        assert_eq!(code(&answer), "valid");
        let said = here.verify(json!({ "key": token, "scope": "things.write" })).await;
        assert_eq!(said["valid"], true, "{said}");
        let id = KeyId::parse(said["key"]["id"].as_str().unwrap()).unwrap();

        let (head, rest) = token.split_once('.').unwrap();
        let (claims, signature) = rest.split_once('.').unwrap();
        let none = STANDARD.encode(r#"{"alg":"none","typ":"at+jwt"}"#);
        let flipped: String = signature.chars().rev().collect();
        for forged in [
            format!("{none}.{claims}."),
            format!("{none}.{claims}.{signature}"),
            format!("{head}.{claims}.{flipped}"),
            format!("{head}.{claims}."),
            format!("{head}.{claims}"),
        ] {
            let said = here.verify(json!({ "key": forged, "scope": "any" })).await;
            assert_eq!(said["valid"], false, "{forged}");
        }

        let admin = &here.keyward.app.admin;
        let operator = admin.operator();
        let mut wider = KeyInput::of(&admin.show_key(&operator, id).await.unwrap().key);
        wider.scopes = "things others".to_owned();
        let refused = admin.edit_key(&operator, id, &wider, None).await.unwrap_err();
        assert!(refused.to_string().contains("signed into the JWT"), "{refused}");
        let next = admin.rotate_key(&operator, id, 3_600_000).await.unwrap().token.reveal().to_owned();
        for both in [&token, &next] {
            assert_eq!(
                here.verify(json!({ "key": both, "scope": "things" })).await["valid"],
                true,
                "during the overlap"
            );
        }
        here.keyward.pass(Duration::from_secs(3601)).await;
        assert_eq!(here.verify(json!({ "key": token, "scope": "things" })).await["code"], "expired");
        assert_eq!(here.verify(json!({ "key": next, "scope": "things" })).await["valid"], true);

        let said = here.verify(json!({ "key": next, "scope": "things" })).await;
        let id = KeyId::parse(said["key"]["id"].as_str().unwrap()).unwrap();
        let admin = &here.keyward.app.admin;
        admin.archive_key(&admin.operator(), id, ArchiveReason::NotNeeded).await.unwrap();
        assert_eq!(
            here.verify(json!({ "key": next, "scope": "things" })).await["code"],
            "archived",
            "our verify sees it"
        );
    }
}

#[tokio::test]
async fn mission_c8_the_key_goes_into_authorization_as_it_is_or_as_bearer() {
    for mut here in everywhere().await {
        let token = here.issue(&form("raw")).await;
        for value in [token.clone(), format!("Bearer {token}"), format!("bearer {token}")] {
            let answer = here.forward(&[("authorization", &value)]).await;
            assert_eq!(code(&answer), "valid", "{value}");
        }
    }
}

#[tokio::test]
async fn mission_x1_and_f4_the_pair_works_as_basic_and_so_does_the_key_in_either_place() {
    for mut here in everywhere().await {
        let token = here.issue(&form("pair")).await;
        let (id, secret) = token.split_once('_').unwrap().1.split_once('_').unwrap();
        let other = if secret.ends_with('x') { 'y' } else { 'x' };
        let wrong_sum = format!("{id}:{}{other}", &secret[..secret.len() - 1]);
        let wrong_secret = format!("{id}:{}", secret.chars().rev().collect::<String>());
        for (pair, expected) in [
            (format!("{id}:{secret}"), "valid"),
            (format!("{token}:"), "valid"),
            (format!(":{token}"), "valid"),
            (wrong_sum, "invalid_key"),
            (wrong_secret, "invalid_key"),
            (format!("{id}:"), "invalid_key"),
            (format!("{secret}:{id}"), "invalid_key"),
            (":".to_owned(), "invalid_key"),
        ] {
            let basic = format!("Basic {}", STANDARD.encode(&pair));
            let answer = here.forward(&[("authorization", &basic)]).await;
            assert_eq!(code(&answer), expected, "{pair}");
            let said = here.verify(json!({ "key": pair, "scope": "any" })).await;
            assert_eq!(said["valid"], expected == "valid", "{pair} {said}");
        }
    }
}

#[tokio::test]
async fn mission_p2_and_i4_a_key_acts_as_a_user_in_a_role_and_stops_with_that_user() {
    for mut here in everywhere().await {
        let identity = here.keyward.create_entry(Kind::Identity, &[("name", "kiosk@acme")]).await;
        here.keyward.create_entry(Kind::Group, &[("name", "lobby")]).await;
        let form = KeyInput {
            acts_as: "kiosk@acme".to_owned(),
            role: "concierge".to_owned(),
            group: "lobby".to_owned(),
            labels: "team=kiosk, env=prod".to_owned(),
            metadata: "{\"site\": \"north\"}".to_owned(),
            ..form("kiosk")
        };
        let token = here.issue(&form).await;
        let said = here.verify(json!({ "key": token, "scope": "things" })).await;
        let key = &said["key"];
        assert_eq!((&key["subject"], &key["role"]), (&json!("kiosk@acme"), &json!("concierge")), "{said}");
        assert_eq!((&key["group"], &key["metadata"]["site"]), (&json!("lobby"), &json!("north")));
        assert_eq!(key["labels"], json!({ "env": "prod", "team": "kiosk" }));
        let bearer = format!("Bearer {token}");
        let answer = here.forward(&[("authorization", &bearer)]).await;
        assert_eq!((answer.header("x-keyward-subject"), answer.header("x-keyward-role")), ("kiosk@acme", "concierge"));

        let admin = &here.keyward.app.admin;
        admin.switch_entry(&admin.operator(), Kind::Identity, identity.id, false).await.unwrap();
        let answer = here.forward(&[("authorization", &bearer)]).await;
        assert_eq!((answer.status, code(&answer).as_str()), (StatusCode::UNAUTHORIZED, "subject_inactive"));
        let admin = &here.keyward.app.admin;
        admin.switch_entry(&admin.operator(), Kind::Identity, identity.id, true).await.unwrap();
        assert_eq!(code(&here.forward(&[("authorization", &bearer)]).await), "valid");
    }
}

#[tokio::test]
async fn mission_p5_header_query_and_cookie_each_can_be_switched_off() {
    for mut here in everywhere().await {
        let token = here.issue(&form("anywhere")).await;
        let query = format!("/rooms?floor=2&api-key={token}");
        let cookie = format!("theme=dark; api-key={token}");
        let ways: [(&str, &str, &str); 3] =
            [("x_api_key", "x-api-key", &token), ("query", "x-forwarded-uri", &query), ("cookie", "cookie", &cookie)];
        for (way, header, value) in ways {
            assert_eq!(code(&here.forward(&[(header, value)]).await), "valid", "{way}");
            let mut headers = json!({ header: value });
            let mut body = json!({ "scope": "things", "method": "GET" });
            if way == "query" {
                headers = json!({});
                body["uri"] = value.into();
            }
            body["headers"] = headers;
            assert_eq!(here.verify(body).await["valid"], true, "{way}, asked of the verify API");
        }
        for (kind, name) in [(Kind::Tenant, "default"), (Kind::Policy, "")] {
            here.edit_entry(kind, name, &[("presentations", "bearer raw basic rest_api_key extra")]).await;
            for (way, header, value) in ways {
                let answer = here.forward(&[(header, value)]).await;
                let found = (answer.status, code(&answer));
                assert_eq!(found, (StatusCode::FORBIDDEN, "presentation_not_accepted".to_owned()), "{way}");
            }
            let bearer = format!("Bearer {token}");
            assert_eq!(code(&here.forward(&[("authorization", &bearer)]).await), "valid");
            here.edit_entry(kind, name, &[("presentations", "bearer x_api_key query cookie")]).await;
            assert_eq!(code(&here.forward(&[("x-api-key", &token)]).await), "valid");
        }
        // Text in an address or in another cookie as some clients send it, not percent-encoded, hides no key: alone it
        // opens, and beside another it is one of two.
        let (raw_query, raw_cookie) = (format!("/rooms?g=Müller&api-key={token}"), format!("name=Müller; {cookie}"));
        for (header, value) in [
            ("x-forwarded-uri", raw_query.as_str()),
            ("x-original-uri", &raw_query),
            ("x-original-url", &format!("http://keys.example.com{raw_query}")),
            ("cookie", &raw_cookie),
        ] {
            assert_eq!(code(&here.forward(&[(header, value)]).await), "valid", "{header}: {value}");
            let both = here.forward(&[(header, value), ("authorization", &format!("Bearer {token}"))]).await;
            assert_eq!(code(&both), "ambiguous_credentials", "{header}: {value}");
        }
        // Two at once are nobody's, whichever two.
        let bearer = format!("Bearer {token}");
        for (header, value) in [("x-api-key", token.as_str()), ("cookie", &cookie), ("x-forwarded-uri", &query)] {
            let answer = here.forward(&[("authorization", &bearer), (header, value)]).await;
            let found = (answer.status, code(&answer));
            assert_eq!(found, (StatusCode::UNAUTHORIZED, "ambiguous_credentials".to_owned()), "{header}");
        }
        let other = here.issue(&form("another")).await;
        for (headers, uri, status) in [
            (json!({ "x-api-key": token }), "/rooms", StatusCode::OK),
            (json!({ "x-api-key": other }), "/rooms", StatusCode::BAD_REQUEST),
            (json!({}), format!("/rooms?api-key={other}").as_str(), StatusCode::BAD_REQUEST),
            (json!({ "x-api-key": token, "cookie": format!("api-key={token}") }), "/rooms", StatusCode::BAD_REQUEST),
        ] {
            let body = json!({ "key": token, "scope": "any", "headers": headers, "uri": uri });
            let answer = here.client.verify(&here.asker, &body).await;
            assert_eq!(answer.status, status, "{body}: {}", answer.body);
        }
        let both = json!({ "scope": "any", "headers": { "authorization": bearer, "x-api-key": token } });
        let answer = here.client.verify(&here.asker, &both).await;
        assert_eq!((answer.status, code(&answer).as_str()), (StatusCode::BAD_REQUEST, "ambiguous_credentials"));
    }
}

#[tokio::test]
async fn mission_i5_a_key_is_bound_to_its_addresses() {
    for mut here in everywhere().await {
        let token =
            here.issue(&KeyInput { addresses: "203.0.113.0/24, 2001:db8::7".to_owned(), ..form("bound") }).await;
        let bearer = format!("Bearer {token}");
        for (chain, expected) in [
            ("203.0.113.77", "valid"),
            ("2001:db8::7", "valid"),
            ("::ffff:203.0.113.1", "valid"),
            ("198.51.100.1", "address_not_allowed"),
            ("203.0.113.77, 198.51.100.1", "address_not_allowed"),
            ("2001:db8::8", "address_not_allowed"),
            ("203.0.113.77:51234", "valid"),
            ("198.51.100.1:51234", "address_not_allowed"),
            ("[2001:db8::7]", "valid"),
            ("[2001:db8::7]:443", "valid"),
            ("[2001:db8::8]:443", "address_not_allowed"),
            ("unknown", "address_not_allowed"),
            ("garbage", "address_not_allowed"),
            ("", "address_not_allowed"),
        ] {
            let headers = [("x-forwarded-method", "GET"), ("x-forwarded-for", chain), ("authorization", &bearer)];
            let answer = here.client.send(Method::GET, "/forward-auth?scope=things", &headers, "").await;
            assert_eq!(code(&answer), expected, "{chain}");
            assert!(!answer.body.contains("203.0.113.0"), "the list is not told to bearers: {}", answer.body);
        }
        for (address, expected) in [
            (json!("203.0.113.5"), "valid"),
            (json!("198.51.100.1"), "address_not_allowed"),
            (json!(" 203.0.113.5:443 "), "valid"),
            (json!("[2001:db8::7]:443"), "valid"),
            (json!("unknown"), "address_not_allowed"),
            (json!(""), "address_not_allowed"),
            (Value::Null, "address_not_allowed"),
        ] {
            let said = here.verify(json!({ "key": token, "scope": "things", "address": address })).await;
            assert_eq!(said["code"], expected, "{address}");
        }
        let said = here.verify(json!({ "key": token, "scope": "things", "address": "198.51.100.1" })).await;
        assert!(said["detail"].as_str().unwrap().contains("203.0.113.0/24"), "the asking service is told: {said}");
        here.edit(&token, |form| form.addresses = "198.51.100.1".to_owned()).await;
        let said = here.verify(json!({ "key": token, "scope": "things", "address": "198.51.100.1" })).await;
        assert_eq!(said["valid"], true, "an edit counts at once");
    }
}

#[tokio::test]
async fn mission_i7_a_named_parameter_and_the_tenants_own_headers_and_schemes() {
    for mut here in everywhere().await {
        let token = here.issue(&form("elsewhere")).await;
        let named = format!("rest_api_key={token}");
        assert_eq!(code(&here.forward(&[("authorization", &named)]).await), "valid");
        let scheme = format!("ApiKey {token}");
        assert_eq!(code(&here.forward(&[("apikey", &token)]).await), "missing_credentials", "nobody named it yet");
        assert_eq!(code(&here.forward(&[("authorization", &scheme)]).await), "invalid_key");
        here.edit_entry(Kind::Tenant, "default", &[("headers", "apiKey"), ("schemes", "ApiKey")]).await;
        assert_eq!(code(&here.forward(&[("apikey", &token)]).await), "valid");
        assert_eq!(code(&here.forward(&[("authorization", &scheme)]).await), "valid");
        let said = here.verify(json!({ "scope": "things", "headers": { "apiKey": token } })).await;
        assert_eq!(said["valid"], true);
    }
}

#[tokio::test]
async fn mission_p1_and_i5_a_key_works_only_in_its_tenant() {
    for mut here in everywhere().await {
        let acme =
            [("name", "acme"), ("prefix", "ac"), ("presentations", "bearer"), ("docs", "https://acme.example/api")];
        here.keyward.create_entry(Kind::Tenant, &acme).await;
        let token = here.issue(&KeyInput { tenant: "acme".to_owned(), ..form("theirs") }).await;
        assert!(token.starts_with("ac_"), "its tenant's prefix: {token}");
        let said = here.verify(json!({ "key": token, "scope": "things" })).await;
        assert_eq!(said["code"], "wrong_tenant", "the asking service's own tenant counts: {said}");
        let told: Vec<_> = said.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(told, ["checks", "code", "detail", "request_id", "valid"], "nothing of the key: {said}");
        assert!(!said.to_string().contains("acme") && !said.to_string().contains("theirs"), "{said}");
        let passed = said["checks"].as_array().unwrap().iter().filter(|check| check["passed"] == true).count();
        assert_eq!(passed, 1, "not even how it stands: {said}");
        // A tenant is a boundary: only the reserved scope names another one.
        let body = json!({ "key": token, "scope": "things", "tenant": "acme" });
        let asker = here.asker.clone();
        let answer = here.client.verify(&asker, &body).await;
        assert_eq!((answer.status, code(&answer).as_str()), (StatusCode::FORBIDDEN, "insufficient_scope"));
        assert!(answer.header("www-authenticate").contains("scope=\"keyward.any_tenant\""));
        let crossing = here.keyward.issue("keyward.verify keyward.any_tenant").await;
        let said = here.client.verify(&crossing, &body).await.json();
        assert_eq!((&said["valid"], &said["key"]["tenant"]), (&json!(true), &json!("acme")));
        for (query, expected) in [
            ("scope=things", "valid"),
            ("scope=things&tenant=acme", "valid"),
            ("scope=things&tenant=default", "wrong_tenant"),
        ] {
            let answer = here.client.forward(&token, query).await;
            assert_eq!(code(&answer), expected, "{query}");
        }
    }
}

#[tokio::test]
async fn mission_f1_rate_limits_and_quotas_are_counted_once_all_else_allowed() {
    for mut here in everywhere().await {
        let token = here.issue(&KeyInput { limits: "2/minute 100/day".to_owned(), ..form("limited") }).await;
        let bearer = format!("Bearer {token}");
        let first = here.forward(&[("authorization", &bearer)]).await;
        assert_eq!(first.header("ratelimit-policy"), "\"2/minute\";q=2;w=60, \"100/day\";q=100;w=86400");
        assert!(first.header("ratelimit").starts_with("\"2/minute\";r=1;t=30"), "{}", first.header("ratelimit"));
        // What is refused for another reason takes nothing.
        let refused = here.client.forward(&token, "scope=others").await;
        assert_eq!(code(&refused), "insufficient_scope");
        assert_eq!(code(&here.forward(&[("authorization", &bearer)]).await), "valid", "the second of two");
        let answer = here.forward(&[("authorization", &bearer)]).await;
        assert_eq!((answer.status, code(&answer).as_str()), (StatusCode::TOO_MANY_REQUESTS, "rate_limited"));
        assert_eq!((answer.header("retry-after"), answer.header("content-type")), ("30", "application/problem+json"));
        let answer = here.client.forward(&token, "scope=things&on_limit=403").await;
        assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::FORBIDDEN, "30"), "for simple proxies");
        let said = here.verify(json!({ "key": token, "scope": "things" })).await;
        assert_eq!((&said["code"], &said["retry_after"]), (&json!("rate_limited"), &json!(30)));
        assert_eq!(said["limits"][0]["remaining"], 0, "{said}");
        here.keyward.pass(Duration::from_secs(30)).await;
        let said = here.verify(json!({ "key": token, "scope": "things", "cost": 2 })).await;
        assert_eq!(said["code"], "rate_limited", "two calls at once are more than came back");
        assert_eq!(here.verify(json!({ "key": token, "scope": "things" })).await["valid"], true);

        let token = here.issue(&KeyInput { quota: "2/month".to_owned(), ..form("metered") }).await;
        for expected in ["valid", "valid", "quota_exhausted", "quota_exhausted"] {
            assert_eq!(here.verify(json!({ "key": token, "scope": "things" })).await["code"], expected);
        }
        let answer = here.client.forward(&token, "scope=things").await;
        assert_eq!((answer.status, code(&answer).as_str()), (StatusCode::TOO_MANY_REQUESTS, "quota_exhausted"));
        here.keyward.pass(Duration::from_hours(240)).await;
        assert_eq!(here.verify(json!({ "key": token, "scope": "things" })).await["valid"], true, "December has begun");
    }
}

/// Every row of the mission's table has a test that bears its id.
#[test]
fn every_row_has_a_test() {
    let rows = "c1 c2 c3 c4 c5 c6 c7 c8 x1 x2 x3 x4 x5 x6 e1 e2 e3 e4 e5 e6 p1 p2 p3 p4 p5 p6 p7 i1 i2 i3 i4 i5 i6 i7 i8 i9 f1 f2 f3 f4 n3 n4";
    let mut found: BTreeMap<&str, Vec<String>> = rows.split(' ').map(|row| (row, Vec::new())).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in [root.join("tests/integration"), root.join("../end2end/specs")] {
        for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            for line in fs::read_to_string(&file).unwrap().lines() {
                let line = line.trim_start();
                let Some(title) =
                    line.strip_prefix("async fn ").or(line.strip_prefix("fn ")).or(line.strip_prefix("test(\""))
                else {
                    continue;
                };
                let Some(rest) = title.strip_prefix("mission_").or(title.strip_prefix("mission ")) else { continue };
                let words = rest.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_lowercase);
                for word in words {
                    if let Some(tests) = found.get_mut(word.as_str()) {
                        tests.push(title.to_owned());
                    }
                }
            }
        }
    }
    let missing: Vec<_> = found.iter().filter(|(_, tests)| tests.is_empty()).map(|(row, _)| *row).collect();
    assert!(missing.is_empty(), "rows without a test: {missing:?}");
}
