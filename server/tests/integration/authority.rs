//! Where authority comes from, and what cannot take it back.

use crypto::secret::{Entropy, MasterKey};
use model::{account::Role, name::Email};

use crate::support::{Keyward, Operator, PASSWORD, databases};

/// Invariant 5: the command line's permit is proved by the master key, and nothing else public makes one.
#[tokio::test]
async fn only_an_authenticator_makes_a_permit() {
    let keyward = Keyward::new().await;
    let admin = &keyward.app.admin;
    let ours = MasterKey::load(&keyward.app.config.master_key_file).unwrap();
    assert!(admin.local_operator(&ours).is_ok());
    let other = MasterKey::create(&keyward.database.folder().join("another.key"), &Entropy::system()).unwrap();
    assert!(admin.local_operator(&other).is_err(), "another master key proves nothing");

    let sources = crate::support::database::files(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../src"));
    let mut makers = Vec::new();
    for path in sources.iter().filter(|path| path.extension().is_some_and(|end| end == "rs")) {
        let text = std::fs::read_to_string(path).unwrap();
        // A head may be broken over lines.
        for head in text.split("pub ").skip(1) {
            let head: String = head.split(['{', ';']).next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
            let gives = head.split_once("->").is_some_and(|(_, gives)| gives.contains("Permit"));
            if let (Some((_, name)), true) = (head.split_once("fn "), gives) {
                makers.push(name.split('(').next().unwrap().to_owned());
            }
        }
        assert!(!text.contains("pub fn for_operator") && !text.contains("pub fn for_account"), "{}", path.display());
    }
    makers.sort();
    assert_eq!(makers, ["local_operator", "permit", "permit_of_key"], "the command line, the REST API and the session");
}

/// A hash that was read before a reset is not put back after it.
#[tokio::test]
async fn a_rehash_does_not_undo_a_reset() {
    for (name, database) in databases() {
        eprintln!("on {name}");
        let keyward = Keyward::on(database).await;
        let (admin, store) = (&keyward.app.admin, &keyward.app.store);
        keyward.signed_in(Role::Admin).await;
        let email = Email::parse("admin@example.com").unwrap();
        let before = store.account_by_email(&email).await.unwrap().unwrap();
        let again = before.password_hash.replace("$argon2id$", "$argon2id$again");
        store.rehash(before.account.id, &before.password_hash, &again).await.unwrap();
        assert_eq!(store.account_by_email(&email).await.unwrap().unwrap().password_hash, again, "nothing came between");

        let chosen = "another long enough one".to_owned();
        admin.reset_password(&admin.operator(), before.account.id, chosen.clone()).await.unwrap();
        store.rehash(before.account.id, &again, &before.password_hash).await.unwrap();
        let sign_in =
            |password: &str| admin.sign_in("admin@example.com", password.to_owned(), "192.0.2.10".parse().ok());
        assert!(sign_in(&chosen).await.is_ok(), "the reset stands");
        assert!(sign_in(PASSWORD).await.is_err());
    }
}
