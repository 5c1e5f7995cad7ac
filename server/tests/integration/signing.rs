//! Signing keys, through the program: added and retired by form and by command, asked for by both doors, on both
//! databases. Signatures are made by the script we ship, keys by openssl.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::http::{Method, StatusCode};
use crypto::clock::Clock;
use model::{account::Role, key_input::KeyInput};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    Answer, Client, Keyward, Operator, databases, id_of,
    program::{Server, exchange, run},
};

/// Peers of the tests are proxies that may say which request they ask about.
const TRUSTED: [(&str, &str); 1] = [("KEYWARD_TRUSTED_PROXIES", "192.0.2.0/24, 127.0.0.0/8")];
const URI: &str = "/bookings?room=4";
/// Content-Digest of another body (RFC 9530, appendix D).
const OTHER_DIGEST: &str = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
const BODY: &[u8] = br#"{"seats": 2}"#;

/// A pair made by openssl, gone after the test.
struct Pair(TempDir);

impl Pair {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pair = Self(folder);
        pair.openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "private.pem"]);
        pair.openssl(&["pkey", "-in", "private.pem", "-pubout", "-out", "public.pem"]);
        pair.openssl(&["pkey", "-in", "private.pem", "-pubout", "-outform", "DER", "-out", "public.der"]);
        std::fs::write(pair.path("body"), BODY).unwrap();
        // The script asks `date` for the time; so its time is the test's.
        std::fs::write(pair.path("date"), "#!/bin/sh\necho \"$SECONDS_NOW\"\n").unwrap();
        std::fs::set_permissions(pair.path("date"), std::fs::Permissions::from_mode(0o755)).unwrap();
        pair
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) -> Vec<u8> {
        let output = std::process::Command::new("openssl").args(arguments).current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn fingerprint(&self) -> String {
        let digest = self.openssl(&["dgst", "-sha256", "-binary", "public.der"]);
        std::fs::write(self.path("digest"), digest).unwrap();
        let base64 = String::from_utf8(self.openssl(&["base64", "-A", "-in", "digest"])).unwrap();
        format!("SHA256:{}", base64.trim_end_matches('='))
    }

    /// The public half as a JWK: the last 64 bytes of the DER are its coordinates.
    fn jwk(&self) -> Value {
        let der = std::fs::read(self.path("public.der")).unwrap();
        let [x, y] = [&der[27..59], &der[59..]].map(|bytes| {
            std::fs::write(self.path("part"), bytes).unwrap();
            let base64 = String::from_utf8(self.openssl(&["base64", "-A", "-in", "part"])).unwrap();
            base64.trim_end_matches('=').replace('+', "-").replace('/', "_")
        });
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })
    }

    /// The headers that sign a POST of the body, now by this clock.
    fn sign(&self, clock: &Clock) -> Vec<(String, String)> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/signing/sign.sh");
        let path = format!("{}:{}", self.0.path().display(), std::env::var("PATH").unwrap());
        let output = std::process::Command::new(script)
            .args(["--print", "POST", &format!("https://api.example.com{URI}")])
            .arg(self.path("body"))
            .env("KEYWARD_SIGNING_KEY", self.path("private.pem"))
            .env("SECONDS_NOW", (clock.now().millis() / 1000).to_string())
            .env("PATH", path)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        lines
            .lines()
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

/// What a proxy tells forward auth of a request.
fn about(method: &str, uri: &str, token: &str, signature: &[(String, String)]) -> Vec<(String, String)> {
    let own = [
        ("Authorization", format!("Bearer {token}")),
        ("X-Forwarded-Method", method.to_owned()),
        ("X-Forwarded-Uri", uri.to_owned()),
        ("X-Forwarded-Host", "api.example.com".to_owned()),
    ];
    own.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(signature.iter().cloned()).collect()
}

/// Status and code of forward auth's answer.
fn verdict(answer: &Answer) -> (u16, String) {
    let code =
        serde_json::from_str::<Value>(&answer.body).ok().and_then(|body| Some(body["code"].as_str()?.to_owned()));
    (answer.status.as_u16(), code.unwrap_or_default())
}

async fn ask(
    client: &mut Client,
    method: &str,
    uri: &str,
    token: &str,
    signature: &[(String, String)],
) -> (u16, String) {
    let headers = about(method, uri, token, signature);
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    verdict(&client.send(Method::GET, "/forward-auth?scope=any", &headers, "").await)
}

/// The same of another process.
fn ask_process(server: &Server, method: &str, uri: &str, token: &str, signature: &[(String, String)]) -> (u16, String) {
    let head = about(method, uri, token, signature)
        .iter()
        .fold("GET /forward-auth?scope=any HTTP/1.1".to_owned(), |head, (name, value)| {
            format!("{head}\r\n{name}: {value}")
        });
    verdict(&exchange(&server.address, &head, "").unwrap())
}

fn refused(code: &str) -> (u16, String) {
    (401, code.to_owned())
}

fn passed() -> (u16, String) {
    (200, String::new())
}

/// A key whose writes need a signature.
async fn signed_key(keyward: &Keyward) -> String {
    let form = KeyInput {
        name: "kiosk".to_owned(),
        owner: "front desk".to_owned(),
        scopes: "bookings".to_owned(),
        expires: "90d".to_owned(),
        signed_writes: "required".to_owned(),
        ..KeyInput::default()
    };
    keyward.app.admin.issue_key(&keyward.app.admin.operator(), &form).await.unwrap().token.reveal().to_owned()
}

/// The id of the request signing key in the page that is retired by this one's form, newest first.
fn retirable(page: &str) -> Vec<String> {
    let forms = page.split("/signing/").skip(1).filter_map(|rest| rest.split_once("/retire"));
    forms.map(|(id, _)| id.to_owned()).collect()
}

/// E2: a key carries request signing keys beside its token; E6: its writes then need a signature, at both doors, once, whichever
/// process is asked.
#[tokio::test(flavor = "multi_thread")]
async fn mission_e2_e6_a_key_carries_verify_keys_and_its_writes_need_a_signature() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::at(database, &TRUSTED, Clock::system()).await;
        let server = Server::with(&keyward.database, &TRUSTED);
        let token = signed_key(&keyward).await;
        let page = format!("/keys/{}/signing", id_of(&token));
        let (pair, clock) = (Pair::new(), keyward.clock.clone());
        let mut proxy = keyward.client();
        let mut admin = keyward.signed_in(Role::Superadmin).await;

        // Without a request signing key nothing could prove a signature, and the page says so.
        let none = admin.get(&page).await;
        assert!(none.body.contains("Every write with this key is refused."), "{}", none.body);
        let link = admin.get(&format!("/keys/{}", id_of(&token))).await;
        assert!(link.body.contains(&page), "the key's page leads there");
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &pair.sign(&clock)).await, refused("signature_required"));
        assert_eq!(ask(&mut proxy, "GET", URI, &token, &[]).await, passed(), "reads need none");

        let fields = [("label", "kiosk 4"), ("public_key", &pair.text("public.pem"))];
        let added = admin.post(&page, &fields).await;
        assert_eq!((added.status, added.header("location")), (StatusCode::SEE_OTHER, page.as_str()), "{}", added.body);
        let shown = admin.get(&page).await;
        for expected in ["Writes need a signature.", "kiosk 4", &pair.fingerprint(), "superadmin@example.com"] {
            assert!(shown.body.contains(expected), "{expected}: {}", shown.body);
        }

        // Signed, it passes: once. Bent or unsigned, it does not; reads pass as before.
        let signature = pair.sign(&clock);
        assert_eq!(ask(&mut proxy, "POST", "/bookings?room=5", &token, &signature).await, refused("signature_invalid"));
        assert_eq!(ask(&mut proxy, "PUT", URI, &token, &signature).await, refused("signature_invalid"));
        // An address in the query, which is the client's to choose, is not the address of the request.
        let elsewhere = format!("/rooms?next=https://api.example.com{URI}");
        assert_eq!(ask(&mut proxy, "POST", &elsewhere, &token, &signature).await, refused("signature_invalid"));
        let mut bent = signature.clone();
        bent[0].1 = OTHER_DIGEST.to_owned();
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &bent).await, refused("signature_invalid"));
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &signature).await, passed());
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &signature).await, refused("replayed"));
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &[]).await, refused("signature_required"));
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert_eq!(ask(&mut proxy, method, URI, &token, &[]).await, passed(), "{method}");
        }
        let stranger = Pair::new().sign(&clock);
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &stranger).await, refused("signature_invalid"));

        // Another process on the same database knows the request signing key, and the nonces that were spent.
        assert_eq!(ask_process(&server, "POST", URI, &token, &[]), refused("signature_required"));
        assert_eq!(ask_process(&server, "POST", URI, &token, &signature), refused("replayed"));
        let fresh = pair.sign(&clock);
        assert_eq!(ask_process(&server, "POST", URI, &token, &fresh), passed());
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &fresh).await, refused("replayed"), "and the other way round");

        // The verify API is given the digest of the body that arrived, and so proves the body too.
        let asker = keyward.issue("keyward.verify").await;
        let whole = format!("https://api.example.com{URI}");
        for (uri, host, other, code) in [
            (URI, "api.example.com", false, "valid"),
            (URI, "API.example.com:443", false, "valid"),
            (&whole, "internal:8080", false, "valid"),
            (&elsewhere, "api.example.com", false, "signature_invalid"),
            (URI, "other.example.com", false, "signature_invalid"),
            (URI, "api.example.com:8443", false, "signature_invalid"),
            (&whole.replace("https", "http"), "api.example.com", false, "valid"),
            (&whole.replace(".com/", ".com:80/"), "api.example.com", false, "signature_invalid"),
            (URI, "api.example.com", true, "signature_invalid"),
        ] {
            let signature = pair.sign(&clock);
            let digest = if other { OTHER_DIGEST.to_owned() } else { signature[0].1.clone() };
            let mut headers: serde_json::Map<String, Value> =
                signature.iter().map(|(name, value)| (name.to_lowercase(), value.as_str().into())).collect();
            headers.insert("host".to_owned(), host.into());
            let body = json!({
                "key": token, "scope": "any", "tenant": "default", "method": "POST", "uri": uri, "headers": headers, "digest": digest,
            });
            let answer = proxy.verify(&asker, &body).await;
            assert_eq!(answer.json()["code"], code, "{uri} {host}: {}", answer.body);
        }
        let unsigned = json!({ "key": token, "scope": "any", "method": "POST", "uri": URI });
        assert_eq!(proxy.verify(&asker, &unsigned).await.json()["code"], "signature_required");
        let untold = json!({ "key": token, "scope": "any" });
        assert_eq!(proxy.verify(&asker, &untold).await.json()["code"], "signature_required", "it may be a write");
        let reading = json!({ "key": token, "scope": "any", "method": "GET" });
        assert_eq!(proxy.verify(&asker, &reading).await.json()["code"], "valid");

        // It is in the audit.
        let audit = admin.get("/audit").await;
        assert!(
            audit.body.contains("Request signing key added") && audit.body.contains(&pair.fingerprint()),
            "{}",
            audit.body
        );
    }
}

/// E5: a request signing key is replaced by one's own, in PEM or as JWK; both count during the overlap, the old one not after.
#[tokio::test]
async fn mission_e5_a_verify_key_is_replaced_by_ones_own() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::with(database, &TRUSTED).await;
        let token = signed_key(&keyward).await;
        let page = format!("/keys/{}/signing", id_of(&token));
        let (old, new, clock) = (Pair::new(), Pair::new(), keyward.clock.clone());
        let mut proxy = keyward.client();
        let mut admin = keyward.signed_in(Role::Superadmin).await;
        let add = async |admin: &mut Client, label: &str, key: &str, after: &str| {
            let fields = [("label", label), ("public_key", key), ("replace_after", after)];
            admin.post(&page, &fields[..if after.is_empty() { 2 } else { 3 }]).await
        };

        // Bad input is said at its field, and what was typed is kept.
        let public = old.text("public.pem");
        let other_curve = old.openssl(&["ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", "other.pem"]);
        assert!(other_curve.is_empty());
        let other = String::from_utf8(old.openssl(&["pkey", "-in", "other.pem", "-pubout"])).unwrap();
        for (label, key, words, kept) in [
            ("kiosk", "", "Paste a public key", "kiosk"),
            ("", &public, "This is needed.", public.lines().nth(1).unwrap()),
            ("kiosk", "</textarea><b>nonsense", "neither a public key in PEM", "&lt;/textarea>&lt;b>nonsense"),
            ("kiosk", &other, "not an ECDSA key on the curve P-256", other.lines().nth(1).unwrap()),
            ("kiosk", r#"{"kty":"EC"}"#, "not an ECDSA key on the curve P-256", "kty"),
        ] {
            let answer = add(&mut admin, label, key, "").await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{key}");
            for expected in [words, kept] {
                assert!(answer.body.contains(expected), "{expected}: {}", answer.body);
            }
        }
        // A private key is refused and never sent back, whatever its form.
        let sec1 = old.text("private.pem");
        let pkcs8 = String::from_utf8(old.openssl(&["pkey", "-in", "private.pem"])).unwrap();
        let explained = String::from_utf8(old.openssl(&["pkey", "-in", "private.pem", "-text", "-noout"])).unwrap();
        let mut jwk = old.jwk();
        jwk["d"] = "UpuF81l-kOxbjf7T4mNSv0r5tN67Gim7rnf6EFpcYDs".into();
        let set = json!({ "keys": [jwk] });
        for key in [&sec1, &pkcs8, &explained, &format!("{public}{pkcs8}"), &jwk.to_string(), &set.to_string()] {
            let answer = add(&mut admin, "kiosk with the private half", key, "").await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.body.contains("kiosk with the private half"), "{}", answer.body);
            let pieces = key.lines().flat_map(|line| line.split('"')).filter(|piece| piece.trim().len() > 30);
            for piece in pieces.filter(|piece| !piece.contains("-----")) {
                assert!(!answer.body.contains(piece.trim()), "{piece}: {}", answer.body);
            }
        }
        assert!(retirable(&admin.get(&page).await.body).is_empty(), "nothing was added");

        // The first in PEM, with the line ends of another system; the second as JWK, and the first counts for an hour more.
        let first = add(&mut admin, "old kiosk", &public.replace('\n', "\r\n"), "").await;
        assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.body);
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &old.sign(&clock)).await, passed());
        let twice = add(&mut admin, "again", &public, "").await;
        assert!(twice.body.contains("has this request signing key already"), "{}", twice.body);
        let second = add(&mut admin, "new kiosk", &new.jwk().to_string(), "1h").await;
        assert_eq!(second.status, StatusCode::SEE_OTHER, "{}", second.body);
        let both = admin.get(&page).await.body;
        for expected in [&old.fingerprint(), &new.fingerprint(), "Counts until", "Writes need a signature."] {
            assert!(both.contains(expected), "{expected}: {both}");
        }
        for pair in [&old, &new] {
            assert_eq!(ask(&mut proxy, "POST", URI, &token, &pair.sign(&clock)).await, passed(), "both count");
        }
        keyward.pass(Duration::from_secs(3599)).await;
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &old.sign(&clock)).await, passed());
        keyward.pass(Duration::from_secs(1)).await;
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &old.sign(&clock)).await, refused("signature_invalid"));
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &new.sign(&clock)).await, passed());

        // Retired with an overlap the page warns; retired at once, every write is refused.
        let mut admin = keyward.signed_in(Role::Superadmin).await;
        let listed = admin.get(&page).await.body;
        assert!(listed.contains("Retired "), "{listed}");
        let [request_signing_key] = retirable(&listed).try_into().expect("one of them can still be retired");
        let retire = format!("{page}/{request_signing_key}/retire");
        let later = admin.post(&retire, &[("overlap", "24h")]).await;
        assert_eq!((later.status, later.header("location")), (StatusCode::SEE_OTHER, page.as_str()));
        assert!(admin.get(&page).await.body.contains("the last signing key is retired then"));
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &new.sign(&clock)).await, passed());
        assert_eq!(admin.post(&retire, &[("overlap", "0")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &new.sign(&clock)).await, refused("signature_required"));
        assert!(admin.get(&page).await.body.contains("Every write with this key is refused."));

        // Who may not, and what is not there.
        for (overlap, status) in [("0", 404), ("25h", 400), ("", 400)] {
            let path = format!("{page}/0123456789ABCDEF/retire");
            assert_eq!(admin.post(&path, &[("overlap", overlap)]).await.status.as_u16(), status, "{overlap}");
        }
        let mut auditor = keyward.signed_in(Role::Auditor).await;
        let reads = auditor.get(&page).await;
        assert!(reads.status == StatusCode::OK && !reads.body.contains("Add signing key"), "{}", reads.body);
        assert_eq!(add(&mut auditor, "x", &public, "").await.status, StatusCode::FORBIDDEN);
        assert_eq!(auditor.post(&retire, &[("overlap", "0")]).await.status, StatusCode::FORBIDDEN);
        let mut member = keyward.signed_in(Role::Member).await;
        assert_eq!(member.get(&page).await.status, StatusCode::NOT_FOUND);
        assert_eq!(add(&mut member, "x", &public, "").await.status, StatusCode::NOT_FOUND);
    }
}

/// E4, the server's part: what a browser keeps is for one session, whose name is no other's, and sign-out clears it.
#[tokio::test]
async fn mission_e4_what_a_browser_keeps_ends_with_the_session() {
    let keyward = Keyward::new().await;
    let page = format!("/keys/{}/signing", id_of(&keyward.issue("a").await));
    let mut admin = keyward.signed_in(Role::Superadmin).await;
    let session = |page: &Answer| {
        let after = page.body.split("session&quot;:&quot;").nth(1).or_else(|| page.body.split("\"session\":\"").nth(1));
        after.expect("the page names the session").get(..16).unwrap().to_owned()
    };
    let (first, again) = (session(&admin.get(&page).await), session(&admin.get(&page).await));
    assert_eq!(first, again);
    assert!(!admin.cookies[0].1.contains(&first), "its name is not its id");
    let out = admin.post("/sign-out", &[]).await;
    assert_eq!((out.status, out.header("clear-site-data")), (StatusCode::SEE_OTHER, "\"storage\""));
    assert!(admin.get("/sign-in").await.body.contains("/sign-in.js"));
    let mut admin = keyward.signed_in(Role::Superadmin).await;
    assert_ne!(session(&admin.get(&page).await), first, "a new session has a new name");
}

/// E2 and E5 by command: list, add from standard input, retire.
#[tokio::test]
async fn mission_e2_e5_verify_keys_by_command() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::at(database, &TRUSTED, Clock::system()).await;
        let token = signed_key(&keyward).await;
        let (key, database) = (id_of(&token), &keyward.database);
        let (old, new, clock) = (Pair::new(), Pair::new(), keyward.clock.clone());
        let mut proxy = keyward.client();
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{error}: {text}"));

        let none = run(database, &["request-signing-keys", "list", key], "");
        assert!(none.code == 0 && none.stdout.contains("No request signing keys."), "{none:?}");
        let added =
            run(database, &["request-signing-keys", "add", key, "--label", "old", "--json"], &old.text("public.pem"));
        assert_eq!(added.code, 0, "{added:?}");
        let added = json(&added.stdout);
        assert_eq!(
            (added["fingerprint"].as_str(), added["counts"].as_bool()),
            (Some(old.fingerprint().as_str()), Some(true))
        );
        keyward.app.verifier.poll_changes().await.unwrap();
        assert_eq!(
            ask(&mut proxy, "POST", URI, &token, &old.sign(&clock)).await,
            passed(),
            "a live server hears of it"
        );

        let arguments = ["request-signing-keys", "add", key, "--label", "new", "--replace-after", "24h"];
        let replaced = run(database, &arguments, &new.jwk().to_string());
        assert!(replaced.code == 0 && replaced.stdout.contains(&new.fingerprint()), "{replaced:?}");
        let listed = run(database, &["request-signing-keys", "list", key], "");
        assert!(listed.stdout.contains("retires ") && listed.stdout.contains("counts"), "{listed:?}");
        let id = added["id"].as_str().unwrap();
        let retired = run(database, &["request-signing-keys", "retire", key, id, "--json"], "");
        assert_eq!(json(&retired.stdout)["counts"], false, "{retired:?}");
        keyward.app.verifier.poll_changes().await.unwrap();
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &old.sign(&clock)).await, refused("signature_invalid"));
        assert_eq!(ask(&mut proxy, "POST", URI, &token, &new.sign(&clock)).await, passed());

        for (arguments, input, code, words) in [
            (
                &["request-signing-keys", "add", key, "--label", "x"][..],
                old.text("private.pem"),
                2,
                "This is a private key",
            ),
            (
                &["request-signing-keys", "add", key, "--label", "x"],
                "nonsense".to_owned(),
                2,
                "neither a public key in PEM",
            ),
            (
                &["request-signing-keys", "add", key, "--label", "x", "--replace-after", "soon"],
                old.text("public.pem"),
                2,
                "24h",
            ),
            (
                &["request-signing-keys", "add", "0123456789ABCDEF", "--label", "x"],
                old.text("public.pem"),
                1,
                "there is no key",
            ),
            (
                &["request-signing-keys", "retire", key, "0123456789ABCDEF"],
                String::new(),
                1,
                "has no request signing key",
            ),
            (&["request-signing-keys", "retire", key, "x"], String::new(), 2, "request-signing-keys list"),
            (&["request-signing-keys", "list", "x"], String::new(), 2, "16 characters"),
        ] {
            let output = run(database, arguments, &input);
            assert!(output.code == code && output.stderr.contains(words), "{arguments:?} {output:?}");
            assert!(!output.stderr.contains(old.text("private.pem").lines().nth(1).unwrap()), "{output:?}");
        }
    }
}
