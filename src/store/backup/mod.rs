//! Backups: one file format for both databases, so that a backup of either is restored into the other. [`format`] knows the
//! file, [`write`] fills it from one snapshot of the database, [`check`] reads it without a database, and [`load`] replaces
//! what a database holds by it.

mod check;
mod format;
mod load;
mod write;

use std::{
    io,
    path::{Path, PathBuf},
};

pub use self::{
    check::{BackupReport, ChainCheck, verify_backup},
    format::{BackupHeader, events_of_backup},
};
use super::StoreError;

/// The tables of a backup. One that others refer to stands before them.
const TABLES: [&str; 29] = [
    "tenants",
    "entries",
    "accounts",
    "keys",
    "key_counts",
    "request_signing_keys",
    "imported_hashes",
    "imported_hmac_keys",
    "jobs",
    "job_lines",
    "jwt_signing_keys",
    "rotations",
    "views",
    "first_run",
    "forms_sent",
    "master_key",
    "quota_uses",
    "nonces",
    "usage_hours",
    "usage_totals",
    "usage_minutes",
    "usage_minute_totals",
    "callers",
    "call_samples",
    "refusals",
    "sign_in_places",
    "audit_anchored",
    "audit",
    "audit_head",
];
/// What a restored database is emptied of beside [`TABLES`]: whoever was signed in signs in again.
const ENDED: [&str; 2] = ["sessions", "setup_links"];

/// Why a backup could not be made, read or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file.
    #[error("{path}: {1}", path = .0.display())]
    File(PathBuf, #[source] io::Error),
    /// A backup never overwrites a file.
    #[error("{path} exists already: choose another name, or remove it first", path = .0.display())]
    Exists(PathBuf),
    /// The file is not what Keyward wrote.
    #[error("{path} is broken: {why}", path = .file.display())]
    Broken {
        /// The file.
        file: PathBuf,
        /// Where, and what is wrong.
        why: String,
    },
    /// Its schema is newer than this program.
    #[error("the backup was made by a newer Keyward ({0}): restore it with that version or a later one")]
    Newer(String),
    /// It belongs to a database with another master key.
    #[error("the master key is not the one that this backup was made with: put that one in place first")]
    OtherMasterKey,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl BackupError {
    fn file(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |error| Self::File(path.clone(), error)
    }

    fn broken(path: &Path, why: impl Into<String>) -> Self {
        Self::Broken { file: path.to_owned(), why: why.into() }
    }

    /// A thread that was to do blocking work ended otherwise.
    fn thread(error: tokio::task::JoinError) -> Self {
        Self::Store(StoreError::Unavailable(sqlx::Error::Io(io::Error::other(error))))
    }
}

/// How far a backup is, in rows of all tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows so far.
    pub done: i64,
    /// Rows in all.
    pub all: i64,
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use crypto::secret::{Entropy, MasterKey};

    use super::*;
    use crate::{Db, Location, Store};

    /// A table that is in no backup is lost with a restore: whoever adds one decides here.
    #[tokio::test]
    async fn every_table_is_in_a_backup_or_left_out_on_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let master = Arc::new(MasterKey::create(&folder.path().join("master.key"), &Entropy::system()).unwrap());
        let store = Store::open(&Location::Sqlite(folder.path().join("keyward.db")), master).await.unwrap();
        store.migrate().await.unwrap();
        let Db::Sqlite { read, .. } = &store.inner.db else { unreachable!("opened as SQLite") };
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table'";
        let tables: Vec<(String,)> = sqlx::query_as(sql).fetch_all(read).await.unwrap();
        // The index is made of the keys; the heartbeat proves that the database can be written.
        let made = |name: &str| name.starts_with("key_search") || ["_sqlx_migrations", "heartbeat"].contains(&name);
        let found: BTreeSet<_> = tables.iter().map(|(name,)| name.as_str()).filter(|name| !made(name)).collect();
        assert_eq!(found, TABLES.into_iter().chain(ENDED).collect());
        for (at, table) in TABLES.iter().enumerate() {
            let sql = "SELECT \"table\" FROM pragma_foreign_key_list($1)";
            let parents: Vec<(String,)> = sqlx::query_as(sql).bind(*table).fetch_all(read).await.unwrap();
            for (parent,) in parents {
                assert!(TABLES[..at].contains(&parent.as_str()), "{table} refers to {parent}, which comes later");
            }
        }
    }
}
