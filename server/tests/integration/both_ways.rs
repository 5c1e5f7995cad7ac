//! Commands on this machine's database and with `--server`: one script, run twice, says and does the same.

use std::{
    collections::HashMap,
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    process::Command,
    sync::Arc,
    thread,
};

use serde_json::Value;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::support::{
    Database, PASSWORD, databases, id_of,
    program::{Output, Server, command, finish, run},
};

/// What a key needs that does all of the script.
const SCOPES: [&str; 11] = [
    "keyward.keys.read",
    "keyward.keys.write",
    "keyward.usage.read",
    "keyward.audit.read",
    "keyward.catalog.read",
    "keyward.catalog.write",
    "keyward.policy.read",
    "keyward.policy.write",
    "keyward.accounts.read",
    "keyward.accounts.write",
    "keyward.any_tenant",
];

/// Strings of the examples of the import, and what is said of them.
const IMPORTED: [(&str, &str); 7] = [
    ("acme_3ZmkT8dyvTvKjY5hNb9qWx", "valid"),
    ("acme_9LpRz2GhUcW4sXeQ7yMtKv", "inactive"),
    ("Pf7Jt2XnQ5sKu9BvMa3Ey8Wh", "valid"),
    ("hJd82KsL.4nVb7QwEr5TyUi8Op1As", "valid"),
    ("mNc56RtY.9kLp2WsXe3DcRf4VgTb6", "inactive"),
    ("live-1b4d8e2a6c9f3057", "valid"),
    ("live-1b4d8e2a6c9f3058", "malformed"),
];

/// A new key's token, made on this machine.
fn token(database: &Database, name: &str, scopes: &[&str], more: &[&str]) -> String {
    let scopes: Vec<&str> = scopes.iter().flat_map(|scope| ["--scope", scope]).collect();
    let made = run(database, &[&["keys", "create", "--name", name][..], &scopes, more].concat(), "");
    assert_eq!(made.code, 0, "{made:?}");
    made.stdout.trim().to_owned()
}

/// A command that knows the server and a key, and nothing of the database.
fn remote(server: &str, key: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
    command.args(arguments).args(["--server", server]).env("KEYWARD_API_KEY", key);
    command.env("KEYWARD_DATA_DIR", "/nonexistent/nowhere");
    command
}

/// What happened, without what differs from run to run: secrets, ids, hashes, fingerprints and instants.
fn blank(text: &str) -> String {
    let mut known = HashMap::new();
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-+/:=".contains(c);
    let mut blanked = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if is_word(first) { rest.find(|c| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (word, left) = rest.split_at(end);
        let is_mixed = word.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        let is_instant = word.len() == 20 && word.ends_with('Z') && word.starts_with("20");
        let is_random = is_mixed && word.bytes().all(|b| b.is_ascii_alphanumeric()) && [16, 64].contains(&word.len());
        let is_token = word.split('_').nth(1).is_some_and(|part| part.len() == 16);
        if is_instant {
            blanked.push_str("INSTANT");
        } else if is_random || is_token || word.starts_with("SHA256:") {
            let next = known.len();
            let place = known.entry(word.trim_end_matches('_')).or_insert(next);
            blanked.push('#');
            blanked.push_str(&place.to_string());
            // The last four characters of a secret.
            rest = if left.starts_with('…') { &left['…'.len_utf8() + 4..] } else { left };
            continue;
        } else {
            blanked.push_str(word);
        }
        rest = left;
    }
    blanked
}

/// The script while it runs: what was run so far, and what came of it.
struct Script<'a> {
    run: &'a dyn Fn(&[&str], &str) -> Output,
    steps: Vec<(String, Output)>,
}

impl Script<'_> {
    /// Runs a command, which has this exit code and says these words; what it printed comes back.
    fn step(&mut self, arguments: &[&str], code: i32, words: &str) -> String {
        self.step_with(arguments, "", code, words)
    }

    /// The same with what is on standard input.
    fn step_with(&mut self, arguments: &[&str], input: &str, code: i32, words: &str) -> String {
        let output = (self.run)(arguments, input);
        let said = format!("{}{}", output.stdout, output.stderr);
        assert!(output.code == code && said.contains(words), "{arguments:?}: {output:?}");
        let stdout = output.stdout.clone();
        self.steps.push((arguments.join(" "), output));
        stdout
    }

    fn all(run: &dyn Fn(&[&str], &str) -> Output, public_key: &str) -> Vec<(String, Output)> {
        let mut script = Script { run, steps: Vec::new() };
        catalog(&mut script);
        let key = key(&mut script);
        signing_keys(&mut script, &key, public_key);
        end_of_key(&mut script, &key);
        import(&mut script);
        people_and_audit(&mut script);
        script.steps
    }
}

fn catalog(script: &mut Script) {
    script.step(
        &["tenants", "create", "name=acme", "prefix=acme", "docs=https://docs.acme.example"],
        0,
        "Tenant acme is made.",
    );
    script.step(&["tenants", "create", "name=acme", "prefix=other"], 2, "name: ");
    script.step(&["tenants", "edit", "acme", "headers=apikey x-key", "presentations=bearer x_api_key"], 0, "is stored");
    script.step(&["tenants", "show", "acme", "--json"], 0, r#""headers":["apikey","x-key"]"#);
    script.step(&["tenants", "list"], 0, "acme");
    script.step(&["tenants", "delete", "acme"], 2, "cannot be deleted");
    script.step(
        &["groups", "create", "name=Lobby", "description=Screens", "--tenant", "acme"],
        0,
        "Group Lobby is made.",
    );
    script.step(&["groups", "create", "name=Lobby", "--tenant", "nowhere"], 2, "tenant: ");
    script.step(&["groups", "edit", "Lobby", "--tenant", "acme", "name=Foyer"], 0, "Group Foyer is stored.");
    script.step(&["groups", "show", "Lobby", "--tenant", "acme"], 1, "there is no group Lobby in tenant acme");
    script.step(&["groups", "list", "--json"], 0, r#""name":"Foyer""#);
    script.step(&["identities", "create", "name=panel@acme.example", "--tenant", "acme"], 0, "is made");
    script.step(&["identities", "disable", "panel@acme.example", "--tenant", "acme"], 0, "is switched off");
    script.step(&["identities", "list"], 0, "off");
    script.step(
        &["identities", "enable", "panel@acme.example", "--tenant", "acme", "--json"],
        0,
        r#""disabled_at":null"#,
    );
    script.step(&["scopes", "create", "name=lockers", "sentence=Lockers, all of them.", "risk=medium"], 0, "is made");
    script.step(&["scopes", "edit", "lockers", "gate=gated", "opened=acme"], 0, "is stored");
    script.step(&["scopes", "edit", "lockers", "risk=huge"], 2, "risk: ");
    script.step(&["scopes", "edit", "lockers", "color=red"], 2, "there is no field");
    script.step(&["scopes", "disable", "lockers"], 2, "cannot be switched off");
    script.step(&["scopes", "list", "--json"], 0, r#""opened":["acme"]"#);
    script.step(&["templates", "create", "name=Wayfinder", "required=lockers.read"], 0, "is made");
    script.step(&["templates", "show", "Wayfinder"], 0, "lockers.read");
    script.step(&["templates", "delete", "Wayfinder"], 0, "is deleted");
    script.step(&["templates", "list"], 0, "None.");
    script.step(&["policy", "edit", "keys_per_owner=20"], 0, "Policy is stored.");
    script.step(&["policy", "edit", "keys_per_owner=many"], 2, "keys_per_owner: ");
    script.step(&["policy", "show", "--json"], 0, r#""keys_per_owner":20"#);
}

/// Makes a key and changes it; its id comes back.
fn key(script: &mut Script) -> String {
    let create = ["keys", "create", "--name", "kiosk", "--scope", "lockers.read", "--tenant", "acme"];
    let made = script.step(
        &[&create[..], &["--owner", "Front desk", "--metadata", r#"{"floor": 1.50, "n": {"a": 1}}"#, "--json"]]
            .concat(),
        0,
        "token",
    );
    let (made_text, made): (_, Value) = (made.clone(), serde_json::from_str(&made).unwrap());
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("acme_") && made_text.contains("1.50"), "{made}");
    let id = id_of(token).to_owned();
    let id = id.as_str();
    script.step(&[&create[..], &["--metadata", "{"]].concat(), 2, "metadata: this is not JSON");
    script.step(&[&create[..], &["--expires", "soon"]].concat(), 2, "expires: ");
    script.step(&["keys", "create", "--name", "x", "--scope", "A b!"], 2, "scopes: ");
    script.step(&["keys", "create", "--name", "x", "--scope", "a", "--tenant", "nowhere"], 2, "tenant: ");
    script.step(&["keys", "list", "--tenant", "acme"], 0, "Front desk");
    script.step(&["keys", "list", "--search", "kios", "--json", "--limit", "1"], 0, r#""name":"kiosk""#);
    script.step(&["keys", "list", "--owner", "nobody"], 0, "No keys.");
    script.step(&["keys", "list", "--status", "odd"], 2, "possible values");
    script.step(&["keys", "show", id], 0, "Front desk");
    script.step(&["keys", "show", id, "--json"], 0, r#""status":"active""#);
    script.step(&["keys", "show", "0123456789ABCDEF"], 1, "there is no key 0123456789ABCDEF");
    script.step(&["keys", "show", "x"], 2, "16 characters");
    script.step(
        &["keys", "edit", id, "--description", "At the door", "--label", "env=prod", "--label", "team=front"],
        0,
        "is changed",
    );
    script.step(&["keys", "edit", id, "--description", "At the door"], 0, "nothing was changed");
    script.step(&["keys", "edit", id, "--metadata", r#"{"n": {"b": 2}}"#, "--json"], 0, r#""metadata":{"n":{"b":2}}"#);
    script.step(&["keys", "edit", id, "--metadata", "", "--json"], 0, r#""metadata":{}"#);
    script.step(&["keys", "edit", id, "--group", "none"], 2, "group: ");
    script.step(&["keys", "edit", "0123456789ABCDEF", "--name", "x"], 1, "there is no key");
    script.step(&["keys", "switch", id, "off"], 0, "is off: it is refused");
    script.step(&["keys", "rotate", id], 2, "Only a key that works");
    script.step(&["keys", "switch", id, "on", "--json"], 0, r#""status":"active""#);
    script.step(&["keys", "usage", id], 0, "allowed            0");
    script.step(&["keys", "usage", id, "--period", "week", "--json"], 0, r#""period":"week""#);
    id.to_owned()
}

fn signing_keys(script: &mut Script, id: &str, public_key: &str) {
    let added = script.step_with(
        &["request-signing-keys", "add", id, "--label", "door", "--json"],
        public_key,
        0,
        r#""counts":true"#,
    );
    let added: Value = serde_json::from_str(&added).unwrap();
    let signing = added["id"].as_str().unwrap();
    script.step(&["request-signing-keys", "add", id, "--label", "again"], 2, "public_key: ");
    script.step(&["request-signing-keys", "list", id], 0, "door");
    script.step(&["request-signing-keys", "retire", id, signing, "--overlap", "24h"], 0, "retires");
    script.step(&["request-signing-keys", "retire", id, "0123456789ABCDEF"], 1, "has no request signing key");
}

fn end_of_key(script: &mut Script, id: &str) {
    let next = script.step(&["keys", "rotate", id, "--overlap", "1h", "--json"], 0, "token");
    let next: Value = serde_json::from_str(&next).unwrap();
    assert_eq!((&next["key"]["rotated_from"], &next["key"]["series"]), (&Value::from(id), &Value::from(id)));
    script.step(&["keys", "extend", id, "--overlap", "2h"], 0, "works on for 2h");
    script.step(&["keys", "cut", id], 0, "is refused from now on");
    script.step(&["keys", "list", "--series", id, "--archived", "--json"], 0, "expired");
    script.step(&["keys", "purge", id], 2, "Archive the key first");
    script.step(&["keys", "archive", id, "--reason", "because"], 2, "not_needed");
    script.step(&["keys", "archive", id, "--reason", "superseded"], 0, "is archived");
    script.step(&["keys", "restore", id], 0, "is as it was");
    script.step(&["keys", "archive", id, "--json"], 0, r#""reason":"not_needed""#);
    script.step(&["keys", "purge", id], 0, "is gone");
    script.step(&["keys", "show", id], 1, "there is no key");
    script.step(&["groups", "delete", "Foyer", "--tenant", "acme"], 0, "is deleted");
}

/// The examples of the import, as they are written beside it; then what is wrong with a file, and jobs.
fn import(script: &mut Script) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/import");
    let told = fs::read_to_string(folder.join("README.md")).unwrap();
    let mut examples = 0;
    for line in told.lines().filter_map(|line| line.strip_prefix("    keyward ")) {
        let here = |word: &str| {
            let is_file = folder.join(word).is_file();
            if is_file { folder.join(word).display().to_string() } else { word.to_owned() }
        };
        let words: Vec<String> = line.split(' ').map(here).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        script.step(&words, 2, "--yes");
        script.step(&[&words[..], &["--check"]].concat(), 0, "2 can be imported, 0 refused.");
        script.step(&[&words[..], &["--yes"]].concat(), 0, "2 imported, 0 refused.");
        script.step(&[&words[..], &["--yes"]].concat(), 0, "0 imported, 2 there already, 0 refused.");
        examples += 1;
    }
    assert_eq!(examples, 4);
    let file =
        "name,scopes,key,expires\nOne,orders.read,string-0000000000000001,90d\nTwo,orders.read,short,90d\nThree\n";
    script.step_with(&["import", "-", "--check"], file, 1, "line 3: key: ");
    script.step_with(&["import", "-", "--yes"], file, 1, "line 4: It has 1 values");
    script.step_with(&["import", "-", "--yes", "--json"], file, 1, r#""refused":[{"#);
    script.step_with(&["import", "-", "--yes"], "", 2, "");
    script.step(&["import", "/nonexistent/keys.csv"], 3, "cannot be read");
    script.step_with(&["import", "-", "--set", "colour=red"], file, 2, "there is no field colour");
    script.step(&["jobs", "list"], 0, "import_check");
    script.step(&["jobs", "show", "0000000000000000"], 1, "there is no job");
    script.step(&["jobs", "cancel", "0000000000000000"], 1, "there is no job");
}

fn people_and_audit(script: &mut Script) {
    script.step(&["accounts", "list"], 0, "ops@example.com");
    script.step(&["accounts", "disable", "--email", "Ada@Example.com"], 0, "ada@example.com may not sign in any more.");
    script.step(&["accounts", "enable", "--email", "ada@example.com", "--json"], 0, r#""disabled_at":null"#);
    script.step(&["accounts", "disable", "--email", "nobody@example.com"], 1, "nobody signs in as nobody@example.com");
    script.step(&["audit", "list", "--action", "key.archive"], 0, "key.archive");
    script.step(&["audit", "list", "--limit", "3", "--json"], 0, "\"hash\":");
    script.step(&["audit", "list", "--from", "yesterday"], 2, "from: ");
    script.step(&["audit", "list", "--action", "nothing"], 0, "No event");
}

/// The public key of a request signing key, made by openssl.
fn public_key() -> String {
    let made = Command::new("openssl").args(["ecparam", "-name", "prime256v1", "-genkey", "-noout"]).output().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let private = folder.path().join("private.pem");
    fs::write(&private, made.stdout).unwrap();
    let public = Command::new("openssl").arg("pkey").arg("-in").arg(&private).arg("-pubout").output().unwrap();
    String::from_utf8(public.stdout).unwrap()
}

#[test]
fn one_script_says_and_does_the_same_here_and_on_a_server() {
    let public_key = public_key();
    for (here, there) in databases().into_iter().zip(databases()) {
        let name = here.0;
        let prepared = |database: &Database| {
            let server = Server::start(database);
            for (email, role) in [("ops@example.com", "superadmin"), ("ada@example.com", "member")] {
                let made = run(database, &["admin", "create", "--email", email, "--role", role], PASSWORD);
                assert_eq!(made.code, 0, "{made:?}");
            }
            let key = token(database, "script", &SCOPES, &[]);
            (server, key)
        };
        let (server, _) = prepared(&here.1);
        let local = Script::all(&|arguments, input| run(&here.1, arguments, input), &public_key);
        let here_server = server;
        let (server, key) = prepared(&there.1);
        let url = format!("http://{}", server.address);
        let remote = Script::all(&|arguments, input| finish(remote(&url, &key, arguments), input), &public_key);
        let actor = format!("key script ({})", id_of(&key));
        for ((what, local), (_, remote)) in local.iter().zip(&remote) {
            let said = |output: &Output| (blank(&output.stdout.replace(&actor, "command line")), blank(&output.stderr));
            assert_eq!((local.code, said(local)), (remote.code, said(remote)), "{name}: {what}");
            assert!(!format!("{remote:?}").contains(&key), "{name}: {what}");
        }
        assert_eq!(local.len(), remote.len());
        for database in [&here.1, &there.1] {
            for (string, code) in IMPORTED {
                let told = run(database, &["verify", "--scope", "orders.read", "--json"], string);
                assert!(told.stdout.contains(&format!("\"{code}\"")), "{name}: {string}: {told:?}");
            }
        }
        drop(here_server);
    }
}

#[test]
fn what_only_this_machine_can_do_is_refused_with_a_server() {
    let database = Database::sqlite();
    for arguments in [
        &["serve"][..],
        &["setup-link"],
        &["migrate"],
        &["doctor"],
        &["admin", "create", "--email", "a@example.com", "--role", "admin"],
        &["admin", "reset", "--email", "a@example.com"],
        &["jwt", "rotate"],
        &["keys", "seed", "1"],
        &["catalog", "samples", "map-kiosk"],
        &["audit", "verify"],
    ] {
        let output = run(&database, &[arguments, &["--server", "http://127.0.0.1:9"]].concat(), PASSWORD);
        assert_eq!(output.code, 2, "{arguments:?} {output:?}");
        let clash = output.stderr.contains("leave out --server");
        assert!(clash, "{arguments:?} {output:?}");
    }
    assert!(!database.folder().join("keyward.db").exists(), "nothing was made here");
}

#[test]
fn a_server_that_does_not_serve_is_named_with_what_to_do() {
    let database = Database::sqlite();
    let server = Server::start(&database);
    let url = format!("http://{}", server.address);
    let reader = token(&database, "reader", &["keyward.keys.read"], &[]);
    let list = |url: &str, key: &str| finish(remote(url, key, &["keys", "list"]), "");
    let good = list(&url, &reader);
    assert!(good.code == 0 && good.stdout.contains("reader") && good.stderr.is_empty(), "{good:?}");
    assert_eq!(list(&format!("{url}/"), &reader).code, 0, "a slash at the end is as good");

    let other = token(&database, "other", &["lockers.read"], &[]);
    for (url, key, arguments, code, words) in [
        (url.as_str(), "", &["keys", "list"][..], 3, "KEYWARD_API_KEY"),
        (&url, "two words", &["keys", "list"], 3, "one line"),
        (&url, "nonsense", &["keys", "list"], 3, "refuses this API key"),
        (&url, &other, &["keys", "list"], 1, "needs the scope keyward.keys.read"),
        (&url, &reader, &["policy", "show"], 1, "needs the scope keyward.policy.read"),
        (&url, &reader, &["tenants", "show", "default"], 1, "needs the scope keyward.catalog.read"),
        ("http://127.0.0.1:1", &reader, &["keys", "list"], 3, "http://127.0.0.1:1 cannot be reached"),
        ("keys.example.com", &reader, &["keys", "list"], 2, "such as https://keys.example.com"),
        ("https://u:p@keys.example.com", &reader, &["keys", "list"], 2, "such as https://keys.example.com"),
        (&format!("{url}/sign-in"), &reader, &["keys", "list"], 3, "has nothing there"),
    ] {
        let output = finish(remote(url, key, arguments), "");
        assert!(output.code == code && output.stderr.contains(words), "{arguments:?} {output:?}");
        assert!(key.is_empty() || !format!("{output:?}").contains(key), "{arguments:?} {output:?}");
    }

    let both = finish(remote(&url, &reader, &["keys", "list", "--database-url", "sqlite://a.db"]), "");
    assert!(both.code == 2 && both.stderr.contains("cannot be used with"), "{both:?}");

    // The key in a file: by flag, and by variable.
    let file = database.folder().join("api.key");
    fs::write(&file, format!("{reader}\n")).unwrap();
    let by_flag = finish(remote(&url, "nonsense", &["keys", "list", "--api-key-file", file.to_str().unwrap()]), "");
    let mut by_variable = remote(&url, "", &["keys", "list"]);
    by_variable.env("KEYWARD_API_KEY_FILE", &file);
    assert_eq!((by_flag.code, finish(by_variable, "").code), (0, 0), "{by_flag:?}");
    let missing = finish(remote(&url, "", &["keys", "list", "--api-key-file", "/nonexistent/key"]), "");
    assert!(missing.code == 3 && missing.stderr.contains("/nonexistent/key"), "{missing:?}");

    // A limit that is used up is waited for.
    let slow = token(&database, "slow", &["keyward.keys.read"], &["--limit", "1/second"]);
    for _ in 0..3 {
        let output = list(&url, &slow);
        assert_eq!(output.code, 0, "{output:?}");
    }
    let spent = token(&database, "spent", &["keyward.keys.read"], &["--quota", "1/month"]);
    assert_eq!(list(&url, &spent).code, 0);
    let output = list(&url, &spent);
    assert_eq!(output.code, 3, "{output:?}");
}

/// A listener that answers every request with this.
fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}")
}

#[test]
fn what_is_not_keyward_is_told_from_it() {
    for (answer, words) in [
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>",
            "text/html",
        ),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "404"),
        (
            "HTTP/1.1 302 Found\r\nLocation: https://login.example.com/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            "leads to https://login.example.com/",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{\"keys\":",
            "broke off",
        ),
        ("SSH-2.0-OpenSSH_9.2p1\r\n", "did not answer"),
    ] {
        let output = finish(remote(&answering(answer), "kw_x", &["keys", "list"]), "");
        assert!(output.code == 3 && output.stderr.contains(words), "{answer}: {output:?}");
    }
}

/// The address of a listener that speaks TLS, and passes on what is said to this address.
async fn over_tls(folder: &Path, to: String) -> String {
    let (key, certificate) = (folder.join("key.pem"), folder.join("cert.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let certificate = CertificateDer::from_pem_file(&certificate).unwrap();
    let key = PrivateKeyDer::from_pem_file(&key).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, to) = (acceptor.clone(), to.clone());
            tokio::spawn(async move {
                if let Ok(mut inside) = acceptor.accept(stream).await {
                    let mut behind = tokio::net::TcpStream::connect(to).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut inside, &mut behind).await;
                }
            });
        }
    });
    format!("https://localhost:{port}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_checked() {
    let database = Database::sqlite();
    let server = Server::start(&database);
    let key = token(&database, "reader", &["keyward.keys.read"], &[]);
    let url = over_tls(database.folder(), server.address.clone()).await;
    let stranger = finish(remote(&url, &key, &["keys", "list"]), "");
    assert!(stranger.code == 3 && stranger.stderr.contains("certificate"), "{stranger:?}");
    let mut trusting = remote(&url, &key, &["keys", "list"]);
    trusting.env("SSL_CERT_FILE", database.folder().join("cert.pem"));
    let trusting = finish(trusting, "");
    assert!(trusting.code == 0 && trusting.stdout.contains("reader"), "{trusting:?}");
}

#[test]
fn help_names_the_key_and_never_takes_it() {
    let database = Database::sqlite();
    let help = finish(command(&database, &["keys", "list", "--help"]), "").stdout;
    assert!(
        help.contains("--server <URL>") && help.contains("KEYWARD_API_KEY") && help.contains("--api-key-file"),
        "{help}"
    );
    assert!(!help.contains("--api-key "), "{help}");
}
