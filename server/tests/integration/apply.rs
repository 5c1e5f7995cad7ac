//! Files that say what there should be: `keyward apply` and `keyward export --config`.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::Arc,
    thread,
};

use serde_json::Value;

use crate::{
    both_ways::{SCOPES, remote, token},
    support::{
        Database, databases, id_of,
        program::{Output, Server, finish, run},
    },
};

/// A file beside a database.
fn file(database: &Database, name: &str, text: &str) -> String {
    let path = database.folder().join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// A command that has to succeed; what it printed.
fn done(database: &Database, arguments: &[&str]) -> String {
    let output = run(database, arguments, "");
    assert_eq!(output.code, 0, "{arguments:?}: {output:?}");
    output.stdout
}

/// A database with something of everything.
fn furnish(database: &Database) {
    done(database, &["tenants", "create", "name=acme", "prefix=acme", "headers=apikey x-key"]);
    done(database, &["groups", "create", "name=Lobby \"1\"", "description=Screens\nin the lobby", "--tenant", "acme"]);
    done(database, &["identities", "create", "name=panel@acme.example", "--tenant", "acme"]);
    done(database, &["identities", "create", "name=gone@acme.example", "--tenant", "acme"]);
    done(
        database,
        &["scopes", "create", "name=lockers", "sentence=Lockers, all of them.", "gate=gated", "opened=acme"],
    );
    done(database, &["templates", "create", "name=Wayfinder", "required=lockers.read", "optional=maps.read"]);
    done(database, &["policy", "edit", "max_days=180", "keys_per_owner=20"]);
    let full = [
        "keys",
        "create",
        "--name",
        "kiosk",
        "--tenant",
        "acme",
        "--scope",
        "lockers.read",
        "--scope",
        "maps",
        "--owner",
        "Front desk",
        "--group",
        "Lobby \"1\"",
        "--acts-as",
        "panel@acme.example",
        "--label",
        "env=prod",
        "--label",
        "at=door",
        "--limit",
        "100/minute",
        "--quota",
        "9/day",
        "--allow",
        "10.0.0.0/8",
        "--metadata",
        r#"{"floor": 1.50, "n": {"a": null}}"#,
        "--signed-writes",
        "--expires",
        "30d",
    ];
    done(database, &full);
    let old = done(database, &["keys", "create", "--name", "rotated", "--scope", "a.read"]);
    done(database, &["keys", "rotate", id_of(old.trim()), "--overlap", "1h"]);
    let off = done(database, &["keys", "create", "--name", "off", "--scope", "a.read"]);
    done(database, &["keys", "switch", id_of(off.trim()), "off"]);
    let archived = done(database, &["keys", "create", "--name", "archived", "--scope", "a.read"]);
    done(database, &["keys", "archive", id_of(archived.trim())]);
    done(database, &["identities", "disable", "gone@acme.example", "--tenant", "acme"]);
}

#[test]
fn what_is_exported_is_applied_elsewhere_and_differs_in_nothing() {
    let targets = databases().into_iter().rev();
    for ((name, from), (_, to)) in databases().into_iter().zip(targets) {
        furnish(&from);
        let exported = done(&from, &["export", "--config"]);
        let config = file(&from, "keyward.toml", &exported);
        let again = run(&from, &["apply", &config], "");
        assert!(again.code == 0 && again.stdout.starts_with("Nothing differs."), "{name}: {exported} {again:?}");

        // On another database, through a server.
        let server = Server::start(&to);
        let url = format!("http://{}", server.address);
        let key = token(&to, "script", &SCOPES, &[]);
        let secrets = to.folder().join("secrets.jsonl").display().to_string();
        let ask = |arguments: &[&str]| finish(remote(&url, &key, arguments), "");
        let applied = ask(&["apply", &config, "--yes", "--secrets-to", &secrets]);
        assert_eq!(applied.code, 0, "{name}: {exported} {applied:?}");
        assert!(applied.stdout.contains("+ key kiosk (tenant acme)\n"), "{applied:?}");
        assert!(applied.stdout.contains("    max_days: 365 -> 180\n"), "{applied:?}");
        let bits = fs::metadata(&secrets).unwrap().permissions().mode();
        assert_eq!(bits & 0o777, 0o600);
        let lines = fs::read_to_string(&secrets).unwrap();
        let keys: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(keys.len(), 3, "{keys:?}");
        for made in &keys {
            let token = made["token"].as_str().unwrap();
            assert!(!format!("{applied:?}").contains(token));
            let verdict = run(&to, &["verify", "--method", "GET"], token);
            let code = i32::from(made["name"] == "off" || made["name"] == "kiosk");
            assert_eq!(verdict.code, code, "{made}: {verdict:?}");
        }
        for place in [ask(&["apply", &config]), run(&to, &["apply", &config, "--dry-run"], "")] {
            assert!(place.code == 0 && place.stdout.contains("Nothing differs."), "{name}: {place:?}");
        }
        let script = "\n[[keys]]\nname = \"script\"";
        let exported_there = ask(&["export", "--config"]).stdout;
        assert!(exported_there.contains(script), "{exported_there}");
        let without = |text: &str| -> Vec<String> {
            let sections = text.split("\n\n").map(|section| format!("\n{}", section.trim()));
            sections.filter(|section| !section.starts_with(script)).collect()
        };
        assert_eq!(without(&exported_there), without(&exported), "{name}");
        assert_eq!(run(&to, &["audit", "verify"], "").code, 0);
    }
}

#[test]
fn a_plan_is_shown_and_nothing_is_done_before_it_may_be() {
    for (name, database) in databases() {
        furnish(&database);
        let text = "[policy]\nmax_days = 200\n\n[[scopes]]\nname = \"lockers\"\nrisk = \"medium\"\n\n[[keys]]\nname = \"kiosk\"\n\
            tenant = \"acme\"\nlabels = []\nmetadata = { floor = 2 }\nexpires = \"90d\"\n\n[[keys]]\nname = \"off\"\ndisabled = false\n";
        let config = file(&database, "a.toml", text);
        let before = done(&database, &["export", "--config"]);
        let asked = run(&database, &["apply", &config], "y\n");
        assert!(asked.code == 2 && asked.stderr.contains("--yes"), "{name}: {asked:?}");
        let dry = run(&database, &["apply", &config, "--dry-run"], "");
        assert!(dry.code == 1 && dry.stderr.contains("nothing was"), "{dry:?}");
        for said in [
            "~ policy\n    max_days: 180 -> 200\n",
            "~ scope lockers\n    risk: low -> medium\n",
            "~ key kiosk (tenant acme)\n    labels: at=door env=prod -> -\n    metadata: ",
            "~ key off (tenant default)\n    is switched on\n",
            "Not in the files, and left as it is: key rotated (tenant default).",
            "0 to make, 4 to change, 0 as they should be.",
        ] {
            assert!(dry.stdout.contains(said), "{said}: {dry:?}");
        }
        assert!(!dry.stdout.contains("expires"), "a time from now counts when a key is made: {dry:?}");
        assert_eq!(done(&database, &["export", "--config"]), before, "nothing was done");
        let plan = run(&database, &["apply", &config, "--dry-run", "--json"], "");
        let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
        assert_eq!(plan["steps"][0]["fields"]["max_days"]["after"], "200", "{plan}");

        done(&database, &["apply", &config, "--yes"]);
        let kiosk = done(&database, &["keys", "list", "--search", "kiosk", "--json"]);
        assert!(kiosk.contains(r#""metadata":{"floor":2}"#) && kiosk.contains(r#""labels":[]"#), "{kiosk}");
        assert!(done(&database, &["apply", &config]).starts_with("Nothing differs."));
    }
}

#[test]
fn secrets_go_where_they_are_sent() {
    let database = Database::sqlite();
    let config = file(&database, "a.toml", "[[keys]]\nname = \"kiosk\"\nscopes = [\"a.read\"]\n");
    let shown = run(&database, &["apply", &config, "--dry-run"], "");
    assert!(shown.stdout.contains("expires: 90d"), "as keys create has it: {shown:?}");
    let nowhere = run(&database, &["apply", &config, "--yes"], "");
    assert!(nowhere.code == 2 && nowhere.stderr.contains("--secrets-to"), "{nowhere:?}");
    let taken = file(&database, "taken", "mine");
    let refused = run(&database, &["apply", &config, "--yes", "--secrets-to", &taken], "");
    assert!(refused.code == 3 && refused.stderr.contains("not overwritten"), "{refused:?}");
    let missing = run(&database, &["apply", &config, "--yes", "--", "/nonexistent/program"], "");
    assert!(missing.code == 3 && missing.stderr.contains("/nonexistent/program"), "{missing:?}");
    assert_eq!(done(&database, &["keys", "list", "--json"]), "", "no key was made");
    assert_eq!(fs::read_to_string(&taken).unwrap(), "mine");

    let kept = database.folder().join("kept").display().to_string();
    done(&database, &["apply", &config, "--yes", "--", "sh", "-c", &format!("cat > {kept}")]);
    let secret: Value = serde_json::from_str(&fs::read_to_string(&kept).unwrap()).unwrap();
    assert_eq!(run(&database, &["verify"], secret["token"].as_str().unwrap()).code, 0);

    let other = file(&database, "b.toml", "[[keys]]\nname = \"other\"\nscopes = [\"a.read\"]\n");
    let failed = run(&database, &["apply", &other, "--yes", "--", "sh", "-c", "cat > /dev/null; exit 7"], "");
    assert!(failed.code == 3 && failed.stderr.contains("rotate"), "{failed:?}");
}

#[test]
fn what_is_wrong_in_a_file_is_said_with_its_line() {
    let database = Database::sqlite();
    for (text, words) in [
        ("[[scopes]]\nname = \"a\"\nrisk = \n", "a.toml:3"),
        ("[[scopes]]\nname = \"a\"\ncolour = \"red\"\n", "a.toml:3: colour: there is no such field"),
        ("[[scopes]]\nname = \"a\"\nrisk = \"huge\"\n", "a.toml:1: risk: Choose one of"),
        ("[[keys]]\nname = \"a\"\nscopes = [\"A!\"]\n", "a.toml:1: scopes: "),
        ("[policy]\nmax_days = \"many\"\n", "a.toml:1: max_days: "),
        ("[[scopes]]\nname = \"a\"\n[[scopes]]\nname = \"a\"\n", "a.toml:3: scope a is at"),
        ("[[groups]]\nname = \"a\"\ntenant = \"nowhere\"\n", "a.toml:1: tenant: There is no tenant nowhere."),
    ] {
        let config = file(&database, "a.toml", text);
        let output = run(&database, &["apply", &config, "--yes", "--secrets-to", "/nonexistent/secrets"], "");
        assert!(output.code == 2 && output.stderr.contains(words), "{text}: {output:?}");
    }
    let folder = database.folder().join("config");
    fs::create_dir(&folder).unwrap();
    let empty = run(&database, &["apply", folder.to_str().unwrap()], "");
    assert!(empty.code == 2 && empty.stderr.contains(".toml"), "{empty:?}");
    fs::write(folder.join("1.toml"), "[[scopes]]\nname = \"one\"\n").unwrap();
    fs::write(folder.join("2.toml"), "[[templates]]\nname = \"Two\"\nrequired = [\"one.read\"]\n").unwrap();
    fs::write(folder.join("README"), "no TOML").unwrap();
    done(&database, &["apply", folder.to_str().unwrap(), "--yes"]);
    assert!(done(&database, &["templates", "list"]).contains("one.read"));
    let settings = run(&database, &["keys", "list", "--config"], "");
    assert!(settings.code == 2 && settings.stderr.contains("--config takes a file"), "{settings:?}");
}

/// The address of a listener that passes everything on to a server, and does something before the first PATCH.
fn meddling(to: String, meddle: impl Fn() + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let meddle = Arc::new(meddle);
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let (mut server, meddle) = (TcpStream::connect(&to).unwrap(), meddle.clone());
            let (mut back, mut answers) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut answers, &mut back));
            thread::spawn(move || {
                let mut bytes = [0; 16 * 1024];
                while let Ok(count @ 1..) = client.read(&mut bytes) {
                    if bytes.starts_with(b"PATCH ") {
                        meddle();
                    }
                    server.write_all(&bytes[..count]).unwrap();
                }
            });
        }
    });
    format!("http://{address}")
}

#[test]
fn what_somebody_else_changed_meanwhile_is_not_overwritten() {
    for (name, database) in databases() {
        let database = Arc::new(database);
        done(&database, &["scopes", "create", "name=lockers", "sentence=Lockers."]);
        let key = token(&database, "script", &SCOPES, &[]);
        let config = file(&database, "a.toml", "[[scopes]]\nname = \"lockers\"\nsentence = \"All lockers.\"\n");
        let server = Server::start(&database);
        let other = database.clone();
        let meddle = move || _ = done(&other, &["scopes", "edit", "lockers", "risk=high"]);
        let url = meddling(server.address.clone(), meddle);
        let output: Output = finish(remote(&url, &key, &["apply", &config, "--yes"]), "");
        let said = output.stderr.contains("somebody else changed it meanwhile") && output.stderr.contains("a.toml:1");
        assert!(output.code == 1 && said, "{name}: {output:?}");
        let held = done(&database, &["scopes", "show", "lockers", "--json"]);
        assert!(held.contains("Lockers.") && held.contains("high"), "{held}");

        // Two keys of one name are nobody's to choose from.
        for _ in 0..2 {
            done(&database, &["keys", "create", "--name", "twin", "--scope", "a.read"]);
        }
        let twin: PathBuf = file(&database, "b.toml", "[[keys]]\nname = \"twin\"\nrole = \"guest\"\n").into();
        let output = run(&database, &["apply", twin.to_str().unwrap(), "--yes"], "");
        assert!(output.code == 1 && output.stderr.contains("2 keys are called so"), "{name}: {output:?}");
        let exported = run(&database, &["export", "--config"], "");
        assert!(
            exported.stderr.contains("is left out") && exported.stdout.contains("# Left out: 2 keys"),
            "{exported:?}"
        );
        assert!(!exported.stdout.contains("name = \"twin\""), "{exported:?}");
    }
}
