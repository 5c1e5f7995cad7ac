//! The files beside the database: which are missing or another's is said before anything is written.

use std::fs;

use axum::http::StatusCode;

use crate::support::{
    Database, Keyward, databases,
    program::{Server, run},
};

#[tokio::test]
async fn a_missing_or_another_master_key_stops_every_command_by_name() {
    for (_, database) in databases() {
        let keyward = Keyward::on(database).await;
        keyward.issue("any").await;
        let path = keyward.app.config.master_key_file.clone();
        let ours = fs::read_to_string(&path).unwrap();
        let commands: [&[&str]; 4] = [&["serve"], &["setup-link"], &["keys", "list"], &["migrate"]];
        for (proof, sql) in [("kept", "SELECT 1"), ("not kept yet", "DELETE FROM master_key")] {
            keyward.database.execute(sql).await;
            fs::remove_file(&path).unwrap();
            for command in commands {
                let said = run(&keyward.database, command, "");
                assert_eq!(said.code, 3, "{proof}, {command:?}: {said:?}");
                assert!(said.stderr.contains("master.key is missing") && said.stderr.contains("restore"), "{said:?}");
                assert!(!path.exists(), "{command:?} made none");
            }
            fs::write(&path, "0".repeat(64)).unwrap();
            private(&path);
            for command in commands {
                let said = run(&keyward.database, command, "");
                assert_eq!(said.code, 3, "{proof}, {command:?}: {said:?}");
                assert!(said.stderr.contains("is not the one that this database was made with"), "{said:?}");
            }
            fs::write(&path, &ours).unwrap();
            assert_eq!(run(&keyward.database, &["migrate"], "").code, 0, "{proof}");
        }
    }
}

#[cfg(unix)]
fn private(path: &std::path::Path) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

/// A head that was edited makes the node ask the store for every answer; it neither spins nor outlives its end.
#[tokio::test]
async fn a_head_that_is_ahead_is_an_error_and_the_process_ends() {
    for (_, database) in databases() {
        let keyward = Keyward::on(database).await;
        let token = keyward.issue("any").await;
        let server = Server::start(&keyward.database);
        keyward.database.execute("UPDATE audit_head SET seq = seq + 7").await;
        let heard = tokio::time::timeout(std::time::Duration::from_secs(2), keyward.app.verifier.poll_changes()).await;
        assert!(heard.expect("it ends").is_err());
        assert_eq!(keyward.client().forward(&token, "scope=any").await.status, StatusCode::OK);
        let (_, took) = tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
        assert!(took < std::time::Duration::from_secs(6), "{took:?}");
    }
}

/// What Keyward makes is its owner's alone.
#[cfg(unix)]
#[tokio::test]
async fn files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let keyward = Keyward::new().await;
    keyward.issue("any").await;
    keyward.app.admin.checkpoint_audit().await.unwrap();
    let mut seen = 0;
    for file in fs::read_dir(keyward.database.folder()).unwrap().flatten() {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.path().display());
        seen += 1;
    }
    assert!(seen >= 5, "the database, its WAL and shm, the key, the checkpoint");
}

/// A database that others can read is named, with the command that mends it.
#[cfg(unix)]
#[test]
fn a_database_that_others_can_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::sqlite();
    run(&database, &["keys", "create", "--name", "a", "--scope", "a"], "");
    let file = database.folder().join("keyward.db");
    for (mode, code, words) in [(0o600, 0, "database   well"), (0o644, 3, "chmod 600")] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let output = run(&database, &["doctor"], "");
        assert_eq!(output.code, code, "{output:?}");
        assert!(output.stdout.contains(words), "{output:?}");
    }
}

/// Without the checkpoint file nothing is called whole, by any command, until somebody says that it was lost; the chain
/// then says so itself.
#[test]
fn a_lost_checkpoint_is_said_until_it_is_begun_anew() {
    for (kind, database) in databases() {
        run(&database, &["keys", "create", "--name", "a", "--scope", "a"], "");
        let whole = run(&database, &["audit", "verify"], "");
        assert!(whole.code == 0 && whole.stdout.contains("whole"), "{kind} {whole:?}");
        let name = if kind == "sqlite" { "keyward.checkpoint" } else { "audit.checkpoint" };
        let checkpoint = database.folder().join(name);
        fs::remove_file(&checkpoint).unwrap();
        let server = Server::start(&database);
        let verified = run(&database, &["audit", "verify", "--json"], "");
        assert_eq!((verified.code, server.stop().0), (1, true), "{kind} {verified:?}");
        assert!(verified.stdout.contains(r#""whole":false"#), "{kind} {verified:?}");
        assert!(run(&database, &["audit", "verify"], "").stderr.contains("keyward audit anchor"), "{kind}");
        assert!(!checkpoint.exists(), "{kind}: no start begins a new one");
        let made = run(&database, &["keys", "create", "--name", "b", "--scope", "a"], "");
        assert!(made.code == 0 && made.stderr.contains("could not be anchored"), "{kind}: a change stands: {made:?}");
        let anchored = run(&database, &["audit", "anchor"], "");
        assert!(anchored.code == 0 && anchored.stdout.contains("agrees up to event 4"), "{kind} {anchored:?}");
        assert_eq!(run(&database, &["audit", "verify"], "").code, 0, "{kind}");
    }
}
