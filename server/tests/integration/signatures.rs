//! Signed writes: signatures made by other implementations and by the scripts we ship, keys made by openssl, and nonces
//! that are spent once, on both databases.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crypto::{
    clock::Clock,
    secret::{Digest, Entropy},
    signature::{self, Body, Content, KeyError, Message, Proof, Refusal, RequestSigningKey, WINDOW, check_digest},
};
use model::{audit::Verb, id::KeyId, name::Name};
use serde_json::{Value, json};
use store::{StoreError, StoredRequestSigningKey};
use tempfile::TempDir;

use crate::support::{Keyward, databases, id_of};

/// A pair made by openssl, gone after the test.
struct Pair {
    folder: TempDir,
    public: RequestSigningKey,
}

impl Pair {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let private = folder.path().join("private.pem");
        openssl(&format!("ecparam -name prime256v1 -genkey -noout -out {}", private.display()), b"");
        let public = openssl(&format!("pkey -in {} -pubout", private.display()), b"");
        let public = RequestSigningKey::parse(&String::from_utf8(public).unwrap()).unwrap();
        Self { folder, public }
    }

    fn private(&self) -> PathBuf {
        self.folder.path().join("private.pem")
    }
}

/// What openssl says to these arguments and this input.
fn openssl(arguments: &str, input: &[u8]) -> Vec<u8> {
    piped(Command::new("openssl").args(arguments.split(' ')), input)
}

fn piped(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A request as it arrived.
#[derive(Clone, Debug, Default)]
struct Arrived {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Arrived {
    fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let first = lines.next()?.1.clone();
        Some(lines.fold(first, |value, (_, line)| format!("{value}, {line}")))
    }

    fn verify(&self, keys: &[&RequestSigningKey]) -> Result<Proof, Refusal> {
        let header = |name: &str| self.header(name);
        let (path, query) =
            self.target.split_once('?').map_or((self.target.as_str(), None), |(path, query)| (path, Some(query)));
        let authority = self.header("host").unwrap();
        let message = Message {
            method: &self.method,
            scheme: None,
            authority: &authority,
            path,
            query,
            body: Body::Possible,
            header: &header,
        };
        let proof = signature::verify(&message, keys, Clock::system().now())?;
        check_digest(&self.header("content-digest").unwrap(), &Content::Body(&self.body))?;
        Ok(proof)
    }

    /// It passes as it is, and in no other way.
    fn holds(&self, public: &RequestSigningKey) {
        let said = self.verify(&[public]);
        assert!(said.is_ok(), "{said:?}: {self:?}");
        let stranger = Pair::new();
        assert!(self.verify(&[&stranger.public]).is_err(), "another key: {self:?}");
        let bends: [fn(&mut Self); 6] = [
            |arrived| arrived.method.push('X'),
            |arrived| arrived.target.push('x'),
            |arrived| arrived.target.insert(0, '/'),
            |arrived| arrived.body.push(b'x'),
            |arrived| arrived.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("signature-input")),
            |arrived| {
                let host = arrived.headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("host")).unwrap();
                host.1.insert(0, 'x');
            },
        ];
        for (number, bend) in bends.into_iter().enumerate() {
            let mut bent = self.clone();
            bend(&mut bent);
            assert!(matches!(bent.verify(&[public]), Err(Refusal::Invalid(_))), "bend {number}: {bent:?}");
        }
    }
}

#[test]
fn keys_made_by_openssl_are_read_and_named_as_openssl_names_them() {
    let pair = Pair::new();
    let private = pair.private().display().to_string();
    let public = pair.folder.path().join("public.pem").display().to_string();
    std::fs::write(&public, pair.public.to_pem()).unwrap();
    let der = openssl(&format!("pkey -pubin -in {public} -outform DER"), b"");
    let digest = openssl("base64 -A", &openssl("dgst -sha256 -binary", &der));
    let digest = String::from_utf8(digest).unwrap();
    assert_eq!(pair.public.fingerprint(), format!("SHA256:{}", digest.trim_end_matches('=')));

    let text = |arguments: String| String::from_utf8(openssl(&arguments, b"")).unwrap();
    let compressed = text(format!("ec -in {private} -pubout -conv_form compressed"));
    assert_ne!(compressed, pair.public.to_pem());
    assert_eq!(RequestSigningKey::parse(&compressed).as_ref(), Ok(&pair.public), "one key, one form");
    for (arguments, expected) in [
        (format!("pkey -in {private}"), KeyError::Private),
        (format!("ec -in {private}"), KeyError::Private),
        ("ecparam -name prime256v1 -genkey".to_owned(), KeyError::Private),
        ("ecparam -name prime256v1".to_owned(), KeyError::Unreadable),
        (format!("ec -in {private} -pubout -param_enc explicit"), KeyError::WrongKind),
    ] {
        assert_eq!(RequestSigningKey::parse(&text(arguments.clone())), Err(expected), "{arguments}");
    }
    for kind in ["EC -pkeyopt ec_paramgen_curve:P-384", "EC -pkeyopt ec_paramgen_curve:secp256k1", "ED25519", "RSA"] {
        let other = openssl(&format!("genpkey -algorithm {kind}"), b"");
        let other = openssl("pkey -pubout", &other);
        assert_eq!(RequestSigningKey::parse(str::from_utf8(&other).unwrap()), Err(KeyError::WrongKind), "{kind}");
    }
}

/// The scripts in `server/deploy/signing` against a listener that takes down what arrives.
#[test]
fn what_our_scripts_send_is_signed() {
    let pair = Pair::new();
    let file = pair.folder.path().join("body");
    let body = b"{\"name\": \"caf\xc3\xa9\"}\r\n\0";
    std::fs::write(&file, body).unwrap();
    let file = file.display().to_string();
    let mut scripts = vec!["sign.sh"];
    let cryptography = Command::new("python3").args(["-c", "import cryptography"]).output();
    if cryptography.is_ok_and(|tried| tried.status.success()) {
        scripts.push("sign.py");
    } else {
        eprintln!("Python's package cryptography is not there: sign.py is not tested");
    }
    for script in scripts {
        for (method, target, body) in [
            ("POST", "/things?a=1&b=%20c", Some(body.as_slice())),
            ("PUT", "/a%2fb/../c/;d=1", Some(body)),
            ("DELETE", "/things/1?", None),
            ("POST", "/", None),
            ("DELETE", "?x", None),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://LOCALHOST:{}{target}#part", listener.local_addr().unwrap().port());
            let mut command = script_command(script, &pair);
            command.args([method, &url]).args(body.map(|_| &file));
            let sending = std::thread::spawn(move || piped(&mut command, b""));
            let arrived = take(&listener);
            assert_eq!(sending.join().unwrap(), b"taken");
            assert_eq!(
                (arrived.method.as_str(), arrived.body.as_slice()),
                (method, body.unwrap_or_default()),
                "{script}"
            );
            assert!(arrived.target.ends_with(target), "{script}: {arrived:?}");
            assert_eq!(arrived.header("authorization").as_deref(), Some("Bearer kw_token"), "{script}");
            arrived.holds(&pair.public);
        }
        // Printed rather than sent: a scheme's own port is not part of the name. Often for the shell, which pads numbers
        // that begin with zeros by hand: one in sixteen does.
        let rounds = if script == "sign.sh" { 32 } else { 2 };
        let mut nonces = Vec::new();
        for round in 0..rounds {
            let mut command = script_command(script, &pair);
            let printed = piped(command.args(["--print", "PUT", "https://Example.com:443/x"]), b"");
            let lines = String::from_utf8(printed).unwrap();
            let headers = lines.lines().map(|line| line.split_once(": ").unwrap());
            let headers = headers.chain([("host", "example.com")]);
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let printed = Arrived { method: "PUT".to_owned(), target: "/x".to_owned(), headers, body: Vec::new() };
            nonces.push(printed.verify(&[&pair.public]).unwrap_or_else(|refusal| panic!("{round}: {refusal}")).nonce);
        }
        nonces.sort();
        nonces.dedup();
        assert_eq!(nonces.len(), rounds, "{script}: every nonce is new");
    }
}

fn script_command(script: &str, pair: &Pair) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/signing").join(script));
    command.env("KEYWARD_KEY", "kw_token").env("KEYWARD_SIGNING_KEY", pair.private()).env("no_proxy", "*");
    command
}

/// One request to this listener, answered with `taken`.
fn take(listener: &TcpListener) -> Arrived {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut reader = BufReader::new(&stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let first = line();
    let mut words = first.split(' ').map(str::to_owned);
    let mut arrived = Arrived { method: words.next().unwrap(), target: words.next().unwrap(), ..Arrived::default() };
    arrived.headers =
        std::iter::from_fn(|| line().split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())))
            .collect();
    let length = arrived.header("content-length").map_or(0, |length| length.parse().unwrap());
    arrived.body = vec![0; length];
    reader.read_exact(&mut arrived.body).unwrap();
    (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\ntaken").unwrap();
    arrived
}

/// An implementation of the standard that is not ours signs, in several ways of its own.
#[test]
fn what_another_implementation_signs_is_accepted() {
    let end2end = Path::new(env!("CARGO_MANIFEST_DIR")).join("../end2end");
    if !end2end.join("node_modules/http-message-signatures").exists() {
        eprintln!("end2end/setup.sh was not run: http-message-signatures is not tested");
        return;
    }
    let pair = Pair::new();
    let body = br#"{"hello": "world"}"#;
    let digest = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
    let fields = json!(["@method", "@authority", "@path", "@query", "content-digest"]);
    let headers =
        json!({ "Host": "API.example.com:8443", "Content-Digest": digest, "Content-Type": "application/json" });
    let cases = [
        ("/things?a=1&b=%20c", fields.clone(), json!(["created", "nonce"])),
        (
            "/",
            json!(["content-type", "@query", "@path", "content-digest", "@authority", "@method"]),
            json!(["nonce", "tag", "created"]),
        ),
        ("/a%2Fb", fields.clone(), json!(["keyid", "alg", "created", "expires", "nonce"])),
        ("/?", fields, json!(["alg", "nonce", "keyid", "created"])),
    ];
    let requests = cases.iter().map(|(target, fields, params)| {
        let url = format!("https://api.example.com:8443{target}");
        json!({ "method": "POST", "url": url, "headers": headers, "fields": fields, "params": params })
    });
    let input = Value::Array(requests.collect()).to_string();
    let mut command = Command::new("node");
    command.current_dir(&end2end).arg("interop/sign.mjs").arg(pair.private());
    let signed: Vec<Value> = serde_json::from_slice(&piped(&mut command, input.as_bytes())).unwrap();
    assert_eq!(signed.len(), cases.len());
    for (number, (headers, (target, ..))) in signed.iter().zip(&cases).enumerate() {
        let headers = headers.as_object().unwrap().iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        let arrived = Arrived { method: "POST".to_owned(), target: (*target).to_owned(), headers, body: body.to_vec() };
        arrived.holds(&pair.public);
        assert_eq!(arrived.verify(&[&pair.public]).unwrap().nonce, format!("nonce-{number}"));
    }
}

#[tokio::test]
async fn verify_keys_are_kept_and_retired_on_both_databases() {
    let (first, second) = (Pair::new(), Pair::new());
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let (store, now) = (&keyward.app.store, keyward.clock.now());
        let key = KeyId::parse(id_of(&keyward.issue("a").await)).unwrap();
        let other = KeyId::parse(id_of(&keyward.issue("a").await)).unwrap();
        let new = |key, pair: &Pair, later| StoredRequestSigningKey {
            id: Entropy::system().request_signing_key_id(),
            key,
            label: Name::parse("kiosk").unwrap(),
            public: pair.public.clone(),
            created_at: now.plus(later),
            created_by: "ops@example.com".to_owned(),
            retired_at: None,
        };
        let insert = async |new: &StoredRequestSigningKey| {
            let mut change = store.change().await.unwrap();
            change.insert_request_signing_key(new).await?;
            change.commit(now, "ops", Verb::IssueKey, new.key.as_str(), "{}").await
        };
        let retire = async |key, id, until| {
            let mut change = store.change().await.unwrap();
            let done = change.retire_request_signing_key(key, id, until).await.unwrap();
            change.commit(now, "ops", Verb::IssueKey, "", "{}").await.unwrap();
            done
        };
        let old = new(key, &first, 0);
        insert(&old).await.unwrap();
        assert!(matches!(insert(&new(key, &first, 1)).await, Err(StoreError::Taken)), "{name}: once is enough");
        insert(&new(other, &first, 1)).await.unwrap();
        let fresh = new(key, &second, 1);
        insert(&fresh).await.unwrap();
        assert_eq!(store.request_signing_keys(key).await.unwrap(), [fresh.clone(), old.clone()], "{name}");

        // Retired with an overlap: it counts until then. Its end can be brought forward, and not put off.
        let end = now.plus(1000);
        assert!(!retire(other, old.id, end).await, "{name}: another key's");
        assert!(retire(key, old.id, end).await && !retire(key, old.id, end.plus(1)).await, "{name}");
        let listed = store.request_signing_keys(key).await.unwrap().remove(1);
        assert_eq!(listed.retired_at, Some(end), "{name}");
        assert!(listed.counts(end.plus(-1)) && !listed.counts(end) && fresh.counts(end), "{name}");
        assert!(retire(key, old.id, now).await, "{name}");
        assert!(!store.request_signing_keys(key).await.unwrap()[1].counts(now), "{name}");
        insert(&new(key, &first, 2)).await.expect("a retired one may come back");
    }
}

#[tokio::test]
async fn a_nonce_is_spent_once_across_nodes_and_restarts() {
    for (name, database) in databases() {
        let keyward = Keyward::on(database).await;
        let (store, now) = (keyward.app.store.clone(), keyward.clock.now());
        let key = |text| KeyId::parse(text).unwrap();
        let (one, two) = (key("0000000000000001"), key("0000000000000002"));
        let nonce = Digest::of(b"nonce");
        let end = now.plus(2 * WINDOW);

        // Two nodes are asked at the same time, again and again: one of all the answers is yes.
        let node = keyward.another_store().await;
        let asked = (0..20).map(|turn| {
            let store = if turn % 2 == 0 { store.clone() } else { node.clone() };
            tokio::spawn(async move { store.spend_nonce(one, nonce, end).await.unwrap() })
        });
        let mut yes = 0;
        for answer in asked.collect::<Vec<_>>() {
            yes += usize::from(answer.await.unwrap());
        }
        assert_eq!(yes, 1, "{name}");
        assert!(store.spend_nonce(two, nonce, end).await.unwrap(), "{name}: another key's nonce is another nonce");
        assert!(store.spend_nonce(one, Digest::of(b"Nonce"), end).await.unwrap(), "{name}");

        store.sweep_nonces(end.plus(-1)).await.unwrap();
        store.close().await;
        node.close().await;
        let restarted = keyward.another_store().await;
        assert!(!restarted.spend_nonce(one, nonce, end).await.unwrap(), "{name}: a restart forgets nothing");
        restarted.sweep_nonces(end).await.unwrap();
        assert!(restarted.spend_nonce(one, nonce, end).await.unwrap(), "{name}: what is over is forgotten");
    }
}
