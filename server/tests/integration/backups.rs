//! Backups, as an operator has them: made under load, found broken where they are, restored with what happened since, and
//! moved from one database to the other and back.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crypto::secret::{Digest, MasterKey, hex};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use model::account::Role;
use serde_json::{Value, json};
use sqlx::{Connection, Row, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};
use store::{BackupError, verify_backup};

use crate::support::{
    Database, Keyward, Operator, PASSWORD, config, databases, id_of,
    program::{Output, Server, command, finish, run},
};

/// Pairs of databases: what is backed up, and what it is restored into. Both have the same master key.
fn pairs() -> Vec<(String, Database, Database)> {
    let names = if std::env::var_os("KEYWARD_TEST_POSTGRES_URL").is_some() { 2 } else { 1 };
    let mut all = Vec::new();
    for from in 0..names {
        for to in 0..names {
            let (name, source) = databases().swap_remove(from);
            let (into, target) = databases().swap_remove(to);
            config(&source, &[]);
            config(&target, &[]);
            all.push((format!("{name} to {into}"), source, target));
        }
    }
    all
}

fn master_of(database: &Database) -> MasterKey {
    MasterKey::load(&database.folder().join("master.key")).unwrap()
}

/// What a backup holds: its header, and the rows of each table, sorted.
fn rows(file: &Path) -> (Value, BTreeMap<String, Vec<String>>) {
    let mut text = String::new();
    GzDecoder::new(fs::File::open(file).unwrap()).read_to_string(&mut text).unwrap();
    let mut lines = text.lines();
    let header: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let mut tables = BTreeMap::new();
    for table in header["tables"].as_array().unwrap() {
        let count = usize::try_from(table["rows"].as_i64().unwrap()).unwrap();
        let read = |line: &str| serde_json::from_str::<Value>(line).unwrap().to_string();
        let mut rows: Vec<_> = lines.by_ref().take(count).map(read).collect();
        rows.sort();
        tables.insert(table["name"].as_str().unwrap().to_owned(), rows);
    }
    (header, tables)
}

/// Writes a backup by hand, as Keyward would.
fn pack(file: &Path, lines: &[String], master: &MasterKey) {
    let text = lines.join("\n") + "\n";
    let gzip = |text: &str, level| {
        let mut out = GzEncoder::new(Vec::new(), level);
        out.write_all(text.as_bytes()).unwrap();
        out.finish().unwrap()
    };
    let rows = gzip(&text, Compression::fast());
    let sum = Digest::of(&rows).to_hex();
    let seal = hex(&master.mac("backup", &crypto::secret::unhex(&sum).unwrap()));
    let end = gzip(&format!("{{\"sha256\":\"{sum}\",\"seal\":\"{seal}\"}}\n"), Compression::none());
    fs::write(file, [rows, end].concat()).unwrap();
}

fn done(output: &Output) -> &Output {
    assert_eq!(output.code, 0, "{output:?}");
    output
}

fn create(database: &Database, name: &str, more: &[&str]) -> String {
    let arguments = [&["keys", "create", "--name", name, "--scope", "a.read"], more].concat();
    done(&run(database, &arguments, "")).stdout.trim().to_owned()
}

fn path(database: &Database, name: &str) -> String {
    database.folder().join(name).display().to_string()
}

/// How a key stands: the word of `keys show`, or `none`.
fn status(database: &Database, token: &str) -> String {
    let shown = run(database, &["keys", "show", id_of(token), "--json"], "");
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap_or_default();
    shown["status"].as_str().unwrap_or("none").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_restores_the_same_rows_and_the_same_chain() {
    for (name, source, target) in pairs() {
        eprintln!("{name}");
        let file = PathBuf::from(path(&source, "a.backup"));
        let keyward = Keyward::at(source, &[], crypto::clock::Clock::system()).await;
        let token = keyward.issue("a.read").await;
        let app = keyward.app.clone();
        let writing = tokio::spawn(async move {
            for number in 0.. {
                let form = model::key_input::KeyInput {
                    name: format!("k\"ey \\ {number} \u{1f511} é"),
                    owner: format!("service {number}"),
                    scopes: "a.read".to_owned(),
                    expires: "90d".to_owned(),
                    metadata: "{\"a\":[1,null,\"x\\ny\"]}".to_owned(),
                    ..Default::default()
                };
                app.admin.issue_key(&app.admin.operator(), &form).await.unwrap();
            }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let arguments = ["backup", &file.display().to_string()].map(str::to_owned);
        let mut program = command(&keyward.database, &arguments.each_ref().map(String::as_str));
        let made = tokio::task::spawn_blocking(move || program.stdin(std::process::Stdio::null()).output().unwrap());
        let made = made.await.unwrap();
        writing.abort();
        assert!(made.status.success(), "{made:?}");
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions()) & 0o777, 0o600);
        let again = run(&keyward.database, &["backup", &file.display().to_string()], "");
        assert!(again.code == 3 && again.stderr.contains("exists already"), "{again:?}");

        let whole = run(&target, &["backup", "verify", &file.display().to_string()], "");
        assert!(whole.code == 0 && whole.stdout.contains("The audit chain is whole"), "{whole:?}");
        let restored = run(&target, &["restore", &file.display().to_string(), "--no-replay"], "");
        assert!(done(&restored).stdout.contains("is restored"), "{restored:?}");
        let audit = run(&target, &["audit", "verify"], "");
        assert!(audit.stdout.contains("The chain is whole"), "{audit:?}");
        let second = PathBuf::from(path(&target, "b.backup"));
        done(&run(&target, &["backup", &second.display().to_string()], ""));
        let ((header, mut before), (_, mut after)) = (rows(&file), rows(&second));
        let events = before.remove("audit").unwrap();
        let later = after.remove("audit").unwrap();
        assert_eq!(later.len(), events.len() + 1, "and the event that says so");
        assert!(events.iter().all(|event| later.contains(event)), "the same chain");
        assert_eq!(header["events"].as_i64(), Some(i64::try_from(events.len()).unwrap()));
        for table in ["audit_head", "audit_anchored"] {
            before.remove(table);
            after.remove(table);
        }
        assert_eq!(before, after);
        let server = Server::start(&target);
        assert_eq!(server.forward(&token), 200);
        let listed = run(&target, &["keys", "list", "--search", "service", "--json"], "");
        assert!(listed.stdout.contains("\u{1f511}"), "the index was made: {listed:?}");
    }
}

#[test]
fn whatever_is_broken_in_a_backup_is_found_and_said_where() {
    let database = Database::sqlite();
    config(&database, &[]);
    for name in ["one", "two", "three"] {
        create(&database, name, &[]);
    }
    let file = PathBuf::from(path(&database, "a.backup"));
    done(&run(&database, &["backup", &file.display().to_string()], ""));
    let (master, bytes) = (master_of(&database), fs::read(&file).unwrap());
    assert!(verify_backup(&file, Some(&master)).is_ok());
    let altered = database.folder().join("altered.backup");
    let broken = |bytes: &[u8], what: &str| {
        fs::write(&altered, bytes).unwrap();
        for master in [Some(&master), None] {
            let found = verify_backup(&altered, master);
            // A digit that changed may say that a newer Keyward made it.
            assert!(matches!(found, Err(BackupError::Broken { .. } | BackupError::Newer(_))), "{what}: {found:?}");
        }
    };
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        broken(&flipped, &format!("byte {at} flipped"));
    }
    for length in (0..bytes.len()).step_by(7) {
        broken(&bytes[..length], &format!("cut to {length} bytes"));
    }
    broken(&[&bytes[..], b"x"].concat(), "something behind it");
    broken(&[&bytes[..], &bytes[..]].concat(), "itself behind it");
    let cut = run(&database, &["backup", "verify", &altered.display().to_string(), "--json"], "");
    let said: Value = serde_json::from_str(&cut.stdout).unwrap();
    assert!(cut.code == 1 && said["whole"] == false && !said["why"].as_str().unwrap().is_empty(), "{cut:?}");
    let none = run(&database, &["backup", "verify", &path(&database, "none.backup")], "");
    assert_eq!(none.code, 3, "{none:?}");

    // What was written by somebody without the master key, and what was edited in the database itself.
    let mut text = String::new();
    GzDecoder::new(fs::File::open(&file).unwrap()).read_to_string(&mut text).unwrap();
    let lines: Vec<_> = text.lines().map(|line| line.replace("a.read", "a.rite")).collect();
    let other = Database::sqlite();
    run(&other, &["keys", "list"], "");
    pack(&altered, &lines, &master_of(&other));
    let found = verify_backup(&altered, Some(&master)).unwrap_err().to_string();
    assert!(found.contains("event 1: the event is not what was written"), "{found}");
    assert!(verify_backup(&altered, None).is_ok(), "without the key nobody can tell");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(database.execute("UPDATE audit SET actor = 'nobody' WHERE seq = 2"));
    let refused = run(&database, &["backup", &path(&database, "b.backup")], "");
    assert!(refused.code == 1 && refused.stderr.contains("event 2"), "said as it is made: {refused:?}");
}

/// Everything that can happen after a backup, on a database of its own.
struct After {
    file: PathBuf,
    archived: String,
    purged: String,
    off: String,
    edited: String,
    rotated: String,
    undone: String,
    signing: String,
    acts: String,
    owned: String,
    kept: String,
    new: String,
}

fn happen(database: &Database) -> After {
    let email = "ada@example.com";
    done(&run(database, &["admin", "create", "--email", "ops@example.com", "--role", "superadmin"], PASSWORD));
    done(&run(database, &["admin", "create", "--email", email, "--role", "member"], PASSWORD));
    done(&run(database, &["scopes", "create", "name=doors", "sentence=Doors.", "gate=gated", "opened=default"], ""));
    done(&run(database, &["identities", "create", "name=panel@acme.example", "--tenant", "default"], ""));
    let key = |name: &str| create(database, name, &[]);
    let after = After {
        file: PathBuf::from(path(database, "a.backup")),
        archived: key("archived"),
        purged: key("purged"),
        off: key("off"),
        edited: create(database, "edited", &["--scope", "b.read"]),
        rotated: key("rotated"),
        undone: key("undone"),
        signing: key("signing"),
        acts: create(database, "acts", &["--acts-as", "panel@acme.example"]),
        owned: create(database, "owned", &["--owner", email]),
        kept: key("kept"),
        new: String::new(),
    };
    done(&run(database, &["backup", &after.file.display().to_string()], ""));
    let keys = |arguments: &[&str], token: &str| {
        let arguments = [&["keys"], &arguments[..1], &[id_of(token)], &arguments[1..]].concat();
        done(&run(database, &arguments, ""));
    };
    keys(&["archive", "--reason", "compromised"], &after.archived);
    keys(&["archive"], &after.purged);
    keys(&["purge"], &after.purged);
    keys(&["switch", "off"], &after.off);
    keys(&["edit", "--scope", "a.read", "--allow", "10.0.0.0/8"], &after.edited);
    keys(&["rotate", "--overlap", "0"], &after.rotated);
    keys(&["archive"], &after.undone);
    keys(&["restore"], &after.undone);
    let public = path(database, "public.pem");
    let made = std::process::Command::new("openssl")
        .args(["ecparam", "-name", "prime256v1", "-genkey", "-noout"])
        .output()
        .unwrap();
    fs::write(path(database, "private.pem"), made.stdout).unwrap();
    let made = std::process::Command::new("openssl")
        .args(["ec", "-in", &path(database, "private.pem"), "-pubout", "-out", &public])
        .output()
        .unwrap();
    assert!(made.status.success());
    let public = fs::read_to_string(public).unwrap();
    let added = run(database, &["request-signing-keys", "add", id_of(&after.signing), "--label", "new"], &public);
    assert_eq!(added.code, 0, "{added:?}");
    done(&run(database, &["identities", "disable", "panel@acme.example", "--tenant", "default"], ""));
    done(&run(database, &["admin", "disable", "--email", email], ""));
    done(&run(database, &["admin", "reset", "--email", "ops@example.com"], "another one 17 long enough"));
    done(&run(database, &["scopes", "edit", "doors", "opened="], ""));
    done(&run(database, &["jwt", "rotate"], ""));
    After { new: key("new"), ..after }
}

fn check(database: &Database, after: &After, proven: bool) {
    let whole = run(database, &["audit", "verify"], "");
    assert_eq!(whole.code, 0, "{whole:?}");
    let unclear = if proven { "active" } else { "off" };
    for (token, expected) in [
        (&after.archived, "archived"),
        (&after.purged, "none"),
        (&after.off, "off"),
        (&after.edited, unclear),
        (&after.rotated, "expired"),
        (&after.undone, "active"),
        (&after.signing, "off"),
        (&after.acts, "identity_off"),
        (&after.owned, "owner_disabled"),
        (&after.kept, "active"),
        (&after.new, "none"),
    ] {
        let shown = run(database, &["keys", "show", id_of(token)], "");
        assert_eq!(status(database, token), expected, "{shown:?}");
    }
    let edited = run(database, &["keys", "show", id_of(&after.edited), "--json"], "");
    assert_eq!(edited.stdout.contains("10.0.0.0/8") && !edited.stdout.contains("b.read"), proven, "{edited:?}");
    let doors = run(database, &["scopes", "show", "doors", "--json"], "");
    let doors: Value = serde_json::from_str(&doors.stdout).unwrap();
    let opened = doors.to_string().contains("\"opened\":\"default\"") || doors["opened"][0] == "default";
    assert_eq!(opened, !proven, "{doors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_key_stays_dead() {
    for (name, source, target) in pairs() {
        eprintln!("{name}");
        let after = happen(&source);
        // The export of the console, as a person downloads it.
        let keyward = Keyward::bare(source, &[], crypto::clock::Clock::system()).await;
        let mut browser = keyward.signed_in(Role::Auditor).await;
        let mut exports = Vec::new();
        for (format, proven) in [("json", true), ("csv", true)] {
            let export = browser.get(&format!("/audit/export?format={format}")).await;
            assert_eq!(export.status, 200, "{}", export.body);
            let export_file = path(&target, &format!("audit.{format}"));
            fs::write(&export_file, &export.body).unwrap();
            exports.push((export_file, proven));
        }
        // The same as lines, one of them missing.
        let all: Vec<Value> = serde_json::from_str(&fs::read_to_string(&exports[0].0).unwrap()).unwrap();
        let few = all.iter().filter(|event| event["what"] != "signing_key.rotate");
        let few_file = path(&target, "few.jsonl");
        fs::write(&few_file, few.map(Value::to_string).collect::<Vec<_>>().join("\n")).unwrap();
        exports.push((few_file, false));

        let file = after.file.display().to_string();
        let refused = run(&target, &["restore", &file], "");
        assert!(refused.code == 2 && refused.stderr.contains("--no-replay"), "{refused:?}");
        let plan = run(&target, &["restore", &file, "--replay", &exports[0].0, "--plan", "--json"], "");
        let plan: Value = serde_json::from_str(&done(&plan).stdout).unwrap();
        assert_eq!((&plan["restored"], &plan["proven"]), (&json!(false), &json!(true)));
        let outcome = |token: &str, action: &str| {
            let all = plan["events"].as_array().unwrap().iter();
            let mut found = all.filter(|event| event["target"] == id_of(token) && event["action"] == action);
            found.next().map_or("none", |event| event["outcome"].as_str().unwrap()).to_owned()
        };
        assert_eq!(outcome(&after.archived, "key.archive"), "done_again");
        assert_eq!(outcome(&after.signing, "key.add_verify_key"), "switched_off");
        assert_eq!(outcome(&after.new, "key.issue"), "lost");
        assert_eq!(outcome(&after.undone, "key.archive"), "none");

        for (export, proven) in &exports {
            if *proven {
                let done = run(&target, &["restore", &file, "--replay", export, "--replace", "--no-replay"], "");
                assert_eq!(done.code, 2, "one of both: {done:?}");
            }
            // The target holds the last one's keys by now, and its audit is of another time.
            let used = run(&target, &["restore", &file, "--replay", export], "");
            if used.code != 0 {
                assert!(used.code == 1 && used.stderr.contains("--replace"), "{used:?}");
                let emptied = Database::sqlite();
                config(&emptied, &[]);
                let restored = run(&emptied, &["restore", &file, "--replay", export], "");
                assert!(
                    done(&restored).stdout.contains(if *proven { "is complete" } else { "is not complete" }),
                    "{restored:?}"
                );
                check(&emptied, &after, *proven);
                continue;
            }
            check(&target, &after, *proven);
        }
        let server = Server::start(&target);
        for (token, expected) in [(&after.archived, 401), (&after.purged, 401), (&after.off, 401), (&after.kept, 200)] {
            assert_eq!(server.forward(token), expected);
        }
        drop(server);

        // The database that is there knows by itself what happened.
        let source = keyward.database;
        keyward.app.store.close().await;
        let refused = run(&source, &["restore", &file], "");
        assert!(refused.code == 1 && refused.stderr.contains("--replace"), "{refused:?}");
        let replaced = run(&source, &["restore", &file, "--replace"], "");
        assert!(done(&replaced).stdout.contains("is complete"), "{replaced:?}");
        check(&source, &after, true);
        let kept = fs::read_dir(source.folder()).unwrap().map(|entry| entry.unwrap().path());
        let kept = kept.filter(|path| path.display().to_string().contains("before-restore-")).count();
        assert_eq!(kept, 1, "what was there is kept");
    }
}

#[test]
fn a_restore_that_cannot_be_right_is_refused_before_anything_is_written() {
    for (name, database, target) in pairs() {
        eprintln!("{name}");
        let token = create(&database, "kiosk", &[]);
        let file = path(&database, "a.backup");
        done(&run(&database, &["backup", &file], ""));

        let server = Server::start(&database);
        let live = run(&database, &["restore", &file, "--replace"], "");
        assert!(live.code == 1 && live.stderr.contains("stop it first"), "{live:?}");
        assert_eq!(server.forward(&token), 200);
        let (stopped, _) = server.stop();
        assert!(stopped);

        let (mut text, newer) = (String::new(), path(&database, "newer.backup"));
        GzDecoder::new(fs::File::open(&file).unwrap()).read_to_string(&mut text).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let mut header: Value = serde_json::from_str(&lines[0]).unwrap();
        header["schema"] = json!(9999);
        lines[0] = header.to_string();
        pack(Path::new(&newer), &lines, &master_of(&database));
        let refused = run(&target, &["restore", &newer, "--no-replay"], "");
        assert!(refused.code == 3 && refused.stderr.contains("newer Keyward"), "{refused:?}");
        let looked = run(&target, &["backup", "verify", &newer], "");
        assert!(looked.code == 0 && looked.stdout.contains("does not know"), "{looked:?}");

        let broken = path(&database, "broken.backup");
        let bytes = fs::read(&file).unwrap();
        fs::write(&broken, &bytes[..bytes.len() - 30]).unwrap();
        let refused = run(&target, &["restore", &broken, "--no-replay"], "");
        assert!(refused.code == 1 && refused.stderr.contains("is missing or altered"), "{refused:?}");

        let other = Database::sqlite();
        let gone = run(&other, &["restore", &file, "--no-replay"], "");
        assert!(gone.code == 3 && gone.stderr.contains("does not hold its master key"), "{gone:?}");
        run(&other, &["keys", "list"], "");
        let wrong = run(&other, &["restore", &file, "--no-replay"], "");
        assert!(wrong.code == 3 && wrong.stderr.contains("not the one that this backup was made with"), "{wrong:?}");
        assert!(!target.folder().join("keyward.db").exists(), "nothing was made yet");
        done(&run(&target, &["restore", &file, "--no-replay"], ""));
    }
}

#[tokio::test]
async fn a_backup_of_an_older_schema_is_brought_up_to_date() {
    let (database, old) = (Database::sqlite(), 22);
    config(&database, &[]);
    let master = master_of(&database);
    let options = SqliteConnectOptions::new().filename(database.folder().join("old.db")).create_if_missing(true);
    let mut before = SqliteConnection::connect_with(&options).await.unwrap();
    let migrations = Migrator::new(Path::new("../migrations")).await.unwrap();
    migrations.run_to(old, &mut before).await.unwrap();
    let insert = "INSERT INTO keys (id, tenant_id, name, description, owner, scopes, prefix, last_four, digest, created_at, \
                  created_by, expires_at, generation, seq, status) VALUES ('0123456789ABCDEF', 'default000000000', 'old one', \
                  '', 'ops', 'a.read', 'kw', 'abcd', $1, 1, 'ops', 9223372036854775807, 0, 1, 'active')";
    sqlx::query(insert).bind("0".repeat(64)).execute(&mut before).await.unwrap();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT IN \
                  ('sessions', 'setup_links', 'heartbeat') ORDER BY name IN ('keys', 'entries', 'tenants'), name DESC";
    let names: Vec<(String,)> = sqlx::query_as(tables).fetch_all(&mut before).await.unwrap();
    let (mut heads, mut lines) = (Vec::new(), vec![String::new()]);
    let mut names: Vec<_> = names.into_iter().map(|(name,)| name).collect();
    names.sort_by_key(|name| !["tenants", "accounts", "keys"].contains(&name.as_str()));
    names.sort_by_key(|name| name != "tenants");
    for name in names {
        let columns = "SELECT name, lower(type) FROM pragma_table_info($1)";
        let columns: Vec<(String, String)> = sqlx::query_as(columns).bind(&name).fetch_all(&mut before).await.unwrap();
        let list: Vec<_> = columns.iter().map(|column| column.0.as_str()).collect();
        let sql = format!("SELECT json_array({}) FROM {name}", list.join(", "));
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut before).await.unwrap();
        heads.push(json!({ "name": name, "rows": rows.len(), "columns": columns }));
        lines.extend(rows.iter().map(|row| row.get::<String, _>(0)));
    }
    lines[0] = json!({
        "keyward_backup": 1, "version": "0.0.9", "made_at": 1, "database": "SQLite", "schema": old, "proof": null,
        "events": 0, "hash": "0".repeat(64), "tables": heads,
    })
    .to_string();
    let file = path(&database, "old.backup");
    pack(Path::new(&file), &lines, &master);
    for (name, target) in databases() {
        eprintln!("{name}");
        config(&target, &[]);
        let restored = run(&target, &["restore", &file, "--no-replay"], "");
        assert_eq!(restored.code, 0, "{restored:?}");
        let listed = run(&target, &["keys", "list", "--search", "old", "--json"], "");
        assert!(listed.stdout.contains("0123456789ABCDEF") && listed.stdout.contains("\"series\""), "{listed:?}");
        assert!(!target.folder().join("restore.tmp").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_killed_leaves_the_database_as_it_was() {
    for (name, database) in databases() {
        eprintln!("{name}");
        config(&database, &[]);
        done(&run(&database, &["keys", "seed", "1500"], ""));
        let file = path(&database, "a.backup");
        done(&run(&database, &["backup", &file], ""));
        let token = create(&database, "only here", &[]);
        done(&run(&database, &["keys", "archive", id_of(&token)], ""));
        let (_, before) = rows(&{
            let now = PathBuf::from(path(&database, "now.backup"));
            done(&run(&database, &["backup", &now.display().to_string()], ""));
            now
        });
        let began = Instant::now();
        let whole = Database::sqlite();
        config(&whole, &[]);
        done(&run(&whole, &["restore", &file, "--no-replay"], ""));
        let took = began.elapsed();
        for part in [3, 5, 7] {
            let mut child = command(&database, &["restore", &file, "--replace", "--no-replay"])
                .stderr(std::process::Stdio::null())
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(took * part / 10);
            child.kill().unwrap();
            child.wait().unwrap();
            let after = path(&database, &format!("after{part}.backup"));
            done(&run(&database, &["backup", &after], ""));
            let (_, after) = rows(Path::new(&after));
            if after["keys"] != before["keys"] {
                assert!(run(&database, &["keys", "list", "--search", "only"], "").stdout.is_empty(), "all or nothing");
                break;
            }
            assert_eq!(after, before, "killed after {part} tenths");
        }
        let again = run(&database, &["restore", &file, "--replace", "--no-replay"], "");
        assert_eq!(again.code, 0, "{again:?}");
        let audit = run(&database, &["audit", "verify"], "");
        assert_eq!(audit.code, 0, "{audit:?}");
    }
}

#[test]
fn the_server_makes_backups_and_keeps_the_last() {
    for (name, database) in databases() {
        eprintln!("{name}");
        config(&database, &[]);
        let folder = path(&database, "backups");
        let settings =
            [("KEYWARD_BACKUP_DIR", folder.as_str()), ("KEYWARD_BACKUP_EVERY", "1h"), ("KEYWARD_BACKUP_KEEP", "2")];
        let doctor = |database: &Database| {
            let mut command = command(database, &["doctor"]);
            command.envs(settings);
            finish(command, "")
        };
        create(&database, "kiosk", &[]);
        let none = doctor(&database);
        assert!(none.code == 3 && none.stdout.contains("backups    TROUBLE"), "{none:?}");
        let server = Server::with(&database, &settings);
        let until = Instant::now() + Duration::from_secs(30);
        let backups = || {
            let all = fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap().path());
            all.filter(|path| path.extension().is_some_and(|end| end == "backup")).collect::<Vec<_>>()
        };
        while backups().is_empty() {
            assert!(Instant::now() < until, "{}", server.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        let well = doctor(&database);
        assert!(well.stdout.contains("backups    well"), "{well:?}");
        let others = path(&database, "backups/mine.backup");
        fs::write(&others, "mine").unwrap();
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(1100));
            done(&run(&database, &["backup", &folder, "--keep", "2"], ""));
        }
        assert_eq!(backups().len(), 3, "two, and what is no backup of Keyward's");
        assert!(Path::new(&others).exists());
        let (stopped, _) = server.stop();
        assert!(stopped);

        // A folder that cannot be made is said, and does not keep the server from serving.
        let wrong = path(&database, "master.key");
        let server = Server::with(&database, &[("KEYWARD_BACKUP_DIR", &wrong)]);
        let until = Instant::now() + Duration::from_secs(30);
        while !server.log().contains("the backup failed") {
            assert!(Instant::now() < until, "{}", server.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn everything_moves_to_the_other_database_and_back() {
    let Some(postgres) = Database::postgres() else {
        eprintln!("KEYWARD_TEST_POSTGRES_URL is not set: not tested");
        return;
    };
    let sqlite = Database::sqlite();
    config(&sqlite, &[]);
    let (token, gone) = (create(&sqlite, "kiosk", &["--quota", "5/day"]), create(&sqlite, "gone", &[]));
    done(&run(&sqlite, &["keys", "archive", id_of(&gone)], ""));
    let server = Server::start(&sqlite);
    for _ in 0..3 {
        assert_eq!(server.forward(&token), 200);
    }
    assert_eq!(server.forward(&gone), 401);
    let url = postgres.url();
    let live = run(&sqlite, &["move", "--to", &url], "");
    assert!(live.code == 1 && live.stderr.contains("stop it first"), "{live:?}");
    assert!(server.stop().0);
    let itself = run(&sqlite, &["move", "--to", "sqlite://keyward.db"], "");
    assert_eq!(itself.code, 2, "{itself:?}");

    let moved = run(&sqlite, &["move", "--to", &url], "");
    assert!(done(&moved).stdout.contains("from SQLite to PostgreSQL"), "{moved:?}");
    let again = run(&sqlite, &["move", "--to", &url], "");
    assert!(again.code == 1 && again.stderr.contains("holds data"), "{again:?}");
    // From here on the same data folder with the other database.
    let there = |arguments: &[&str]| {
        let mut command = command(&sqlite, arguments);
        command.env("KEYWARD_DATABASE_URL", &url);
        finish(command, "")
    };
    let audit = there(&["audit", "verify"]);
    assert!(done(&audit).stdout.contains("The chain is whole"), "{audit:?}");
    let server = Server::with(&sqlite, &[("KEYWARD_DATABASE_URL", &url)]);
    assert_eq!((server.forward(&token), server.forward(&gone)), (200, 401));
    assert_eq!(server.forward(&token), 200, "the fifth");
    assert_eq!(server.forward(&token), 429, "what was used of a quota moved, too");
    let refused = there(&["move", "--to", "sqlite://back.db"]);
    assert!(refused.code == 1 && refused.stderr.contains("stop it first"), "{refused:?}");
    assert!(server.stop().0);

    done(&there(&["move", "--to", "sqlite://back.db"]));
    let back = |arguments: &[&str]| {
        let mut command = command(&sqlite, arguments);
        command.env("KEYWARD_DATABASE_URL", "sqlite://back.db");
        finish(command, "")
    };
    done(&back(&["audit", "verify"]));
    let archived = back(&["keys", "list", "--archived", "--search", "gone"]);
    assert!(archived.stdout.contains("archived"), "{archived:?}");
    let server = Server::with(&sqlite, &[("KEYWARD_DATABASE_URL", "sqlite://back.db")]);
    assert_eq!((server.forward(&token), server.forward(&gone)), (429, 401));
}
