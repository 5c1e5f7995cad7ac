//! The command line, run as a process: its words, its JSON, its exit codes, and that a live server sees what it does.

use std::time::{Duration, Instant};

use crate::support::{
    Database, PASSWORD, databases, id_of,
    program::{Server, command, finish, run},
};

#[test]
fn the_journey_by_command_beside_a_live_server() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let server = Server::start(&database);
        assert!(server.said.contains(&format!("http://{}", server.address)), "{}", server.said);

        let link = run(&database, &["setup-link"], "");
        assert!(link.code == 0 && link.stdout.contains("/setup?code="), "{link:?}");
        let made = run(&database, &["admin", "create", "--email", "ops@example.com", "--role", "superadmin"], PASSWORD);
        assert_eq!((made.code, made.stdout.trim()), (0, "ops@example.com may sign in as superadmin."), "{made:?}");
        let again = run(&database, &["admin", "create", "--email", "ops@example.com", "--role", "admin"], PASSWORD);
        assert!(again.code == 2 && again.stderr.contains("exists already"), "{again:?}");
        let refused = run(&database, &["setup-link"], "");
        assert!(refused.code == 1 && refused.stderr.contains("keyward admin create"), "{refused:?}");
        let list = run(&database, &["admin", "list", "--json"], "");
        assert!(list.stdout.contains("\"email\":\"ops@example.com\"") && !list.stdout.contains("argon2"), "{list:?}");

        let issued = run(&database, &["keys", "create", "--name", "kiosk", "--scope", "things.read", "--json"], "");
        let issued: serde_json::Value = serde_json::from_str(&issued.stdout).unwrap();
        let token = issued["token"].as_str().unwrap();
        assert_eq!(server.forward(token), 200, "a live server knows the new key");

        let verdict = run(&database, &["verify", "--scope", "things.read"], token);
        assert!(verdict.code == 0 && verdict.stdout.contains("scope        passed"), "{verdict:?}");
        let verdict = run(&database, &["verify", "--scope", "things.write", "--json"], token);
        assert!(verdict.code == 1 && verdict.stdout.contains("\"code\":\"insufficient_scope\""), "{verdict:?}");
        let verdict = run(&database, &["verify"], "nonsense");
        assert!(verdict.code == 1 && verdict.stdout.contains("existence    FAILED"), "{verdict:?}");

        let shown = run(&database, &["keys", "show", id_of(token)], "");
        assert!(shown.code == 0 && shown.stdout.contains("kiosk") && !shown.stdout.contains(token), "{shown:?}");
        let archived = run(&database, &["keys", "archive", id_of(token), "--reason", "compromised"], "");
        assert_eq!(archived.code, 0, "{archived:?}");
        let until = Instant::now() + Duration::from_secs(1);
        while server.forward(token) != 401 {
            assert!(Instant::now() < until, "an archive by another process is seen within one second");
        }
        let list = run(&database, &["keys", "list"], "");
        assert!(!list.stdout.contains(id_of(token)), "{list:?}");
        let list = run(&database, &["keys", "list", "--archived", "--search", "KIOS"], "");
        assert!(list.stdout.contains("archived"), "{list:?}");
        let audit = run(&database, &["audit", "verify"], "");
        assert!(
            audit.code == 0 && audit.stdout.contains("The chain is whole: 4 events"),
            "with the key that signs JWTs: {audit:?}"
        );
        let (clean, took) = server.stop();
        assert!(clean && took < Duration::from_secs(10), "stopped in {took:?}");
    }
}

#[test]
fn wrong_words_and_wrong_settings_have_their_exit_codes() {
    let database = Database::sqlite();
    for (arguments, code, words) in [
        (&["keys", "create", "--name", "x"][..], 2, "--scope"),
        (&["keys", "create", "--name", "x", "--scope", "A"], 2, "is not a scope"),
        (&["keys", "create", "--name", "x", "--scope", "a", "--expires", "never"], 2, "must expire"),
        (&["keys", "create", "--name", "x", "--scope", "a", "--expires", "soon"], 2, "such as 90d"),
        (&["keys", "create", "--name", "x", "--scope", "a", "--tenant", "nowhere"], 2, "no tenant"),
        (&["keys", "show", "0123456789ABCDEF"], 1, "there is no key"),
        (&["keys", "show", "x"], 2, "16 characters"),
        (&["keys", "archive", "0123456789ABCDEF", "--reason", "because"], 2, "not_needed"),
        (&["admin", "create", "--email", "ops@example.com", "--role", "king"], 2, "superadmin"),
        (&["admin", "create", "--email", "ops@example.com", "--role", "admin"], 2, "at least 15 characters"),
        (&["verify", "--scope", "A"], 2, "Type scopes"),
        (&["nonsense"], 2, "unrecognized"),
        (&["--listen", "nowhere"], 3, "KEYWARD_LISTEN (from the command line)"),
        (&["--database-url", "mysql://x"], 3, "KEYWARD_DATABASE_URL"),
        (&["--database-url", "postgres://nobody:hunter2@127.0.0.1:1/none", "keys", "list"], 3, "the database"),
    ] {
        let output = run(&database, arguments, "short");
        assert_eq!(output.code, code, "{arguments:?} {output:?}");
        assert!(output.stderr.contains(words), "{arguments:?} {output:?}");
        assert!(!output.stderr.contains("hunter2"), "{arguments:?} {output:?}");
    }
    let help = run(&database, &["--help"], "");
    assert!(help.stdout.starts_with("API keys done right"), "it speaks to its identity: {help:?}");
    for family in ["tenants", "groups", "scopes", "templates"] {
        let help = run(&database, &[family, "disable", "--help"], "");
        assert!(!help.stdout.contains("user"), "{family}: {help:?}");
    }
    let mut broken = command(&database, &["keys", "list"]);
    std::fs::write(database.folder().join("short.key"), "short").unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(database.folder().join("short.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    broken.env("KEYWARD_MASTER_KEY_FILE", database.folder().join("short.key"));
    let output = finish(broken, "");
    assert!(output.code == 3 && output.stderr.contains("64 hexadecimal digits"), "{output:?}");
}

/// Each command that the program names, with what it says of itself.
fn helps(database: &Database, path: &[&str]) -> Vec<(Vec<String>, String)> {
    let output = run(database, &[path, &["--help"]].concat(), "");
    assert!(output.code == 0 && output.stdout.contains("Usage: keyward"), "{path:?} {output:?}");
    let listed = match path {
        // By their purpose, before the options.
        [] => output.stdout.split_once("\nKeys:").and_then(|(_, rest)| rest.split_once("\nOptions:")).unwrap().0,
        _ => output.stdout.split_once("Commands:").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap()),
    };
    let names: Vec<String> =
        listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).map(str::to_owned).collect();
    let mut all = vec![(path.iter().map(ToString::to_string).collect(), output.stdout.clone())];
    for name in names.iter().filter(|name| !name.is_empty() && *name != "help") {
        all.extend(helps(database, &[path, &[name]].concat()));
    }
    all
}

#[test]
fn every_command_explains_itself() {
    let database = Database::sqlite();
    let all = helps(&database, &[]);
    let groups =
        ["Keys", "Catalog", "Watching", "On this machine"].map(|group| all[0].1.find(&format!("\n{group}:\n")));
    assert!(groups.iter().all(Option::is_some) && groups.is_sorted(), "{}", all[0].1);
    for name in [
        "keys create",
        "audit verify",
        "completions",
        "request-signing-keys add",
        "jwt rotate",
        "doctor",
        "tenants disable",
    ] {
        assert!(all.iter().any(|(path, _)| path.join(" ") == name), "{name}");
    }
    for (path, help) in &all {
        assert!(!help.contains(r#"[default: ""]"#) && !help.contains("[default: ]"), "{path:?}: {help}");
        assert!(!help.contains('\x1b'), "{path:?}: no colours into a pipe");
        assert!(help.contains("Example"), "{path:?} has an example: {help}");
        // Commands stand between backticks, and nothing else.
        for quoted in help.split('`').skip(1).step_by(2) {
            assert!(quoted.starts_with("keyward "), "{path:?}: {quoted}");
        }
        assert!(!help.contains("<sqlite"), "{path:?}: {help}");
    }
}

#[test]
fn colours_are_for_terminals_and_end_with_no_color() {
    let database = Database::sqlite();
    let help = |variables: &[(&str, &str)]| {
        let mut help = command(&database, &["--help"]);
        help.envs(variables.iter().copied());
        finish(help, "").stdout
    };
    assert!(help(&[("CLICOLOR_FORCE", "1")]).contains('\x1b'), "as a terminal has it");
    assert!(!help(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).contains('\x1b'));
}

#[test]
fn shells_complete_commands() {
    let database = Database::sqlite();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&database, &["completions", shell], "");
        assert!(script.code == 0 && script.stdout.contains("request-signing-keys"), "{shell}: {script:?}");
    }
    let script = run(&database, &["completions", "bash"], "").stdout;
    let mut bash = std::process::Command::new("bash");
    bash.arg("-n");
    let read = finish(bash, &script);
    assert!(read.code == 0 && read.stderr.is_empty(), "{read:?}");
    assert_eq!(run(&database, &["completions", "sh"], "").code, 2);
}
