//! The only SQL in the project. It speaks domain types; rows stay private to the file with their query. One text of
//! every query runs on `SQLite` and on `PostgreSQL`.

mod about;
mod accounts;
mod audit;
mod audit_search;
mod call_samples;
mod calls;
mod catalog;
mod change;
mod fault;
mod first_run;
pub mod fold;
mod forms_sent;
mod imports;
mod jobs;
mod jwt_signing_keys;
mod key_batch;
mod key_index;
mod key_order;
mod keys;
mod limits;
mod overview;
mod proofs;
mod refusals;
mod request_signing_keys;
mod rotations;
mod search;
mod sessions;
mod setup;
mod usage;
mod views;

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use crypto::secret::{Digest, MasterKey, private};
use model::{audit::Event, time::Timestamp};
use sqlx::{
    Connection, PgConnection, PgPool, SqlitePool,
    migrate::{Migrate, MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use self::{
    about::DatabaseFacts,
    accounts::StoredAccount,
    audit::{AuditPage, STEP_OF_EVENTS},
    audit_search::AuditFilter,
    call_samples::{AffectedCalls, AskedScopes},
    calls::CallsOf,
    catalog::StoredEntry,
    change::Change,
    first_run::FirstRunRecord,
    forms_sent::{MadeByForm, SentForm},
    imports::{Candidate, FOUND_BY, ImportedHash, Imports, mac_place},
    jobs::{JobLine, JobStep, NewJobLine, StoredJob},
    key_batch::KeyInBatch,
    key_index::Stakes,
    keys::{Counts, KeyHour, KeyPage, LastUse, ListedKey, NewKey, StoredKey},
    overview::BusyKey,
    refusals::{MAX_REFUSALS, Refusal, RefusalFilter, RefusedCall},
    request_signing_keys::StoredRequestSigningKey,
    rotations::{Rotation, Successor},
    search::{Found, found_in},
    sessions::StoredSession,
    usage::{ArchiveImpact, CallCounts},
    views::SavedView,
};

/// Runs one body against whichever database there is, for reading.
macro_rules! reading {
    ($store:expr, $db:ident => $body:expr) => {
        match &$store.inner.db {
            $crate::Db::Sqlite { read: $db, .. } => $body,
            $crate::Db::Postgres($db) => $body,
        }
    };
}
/// Runs one body against whichever database there is, for writing outside a change.
macro_rules! writing {
    ($store:expr, $db:ident => $body:expr) => {
        match &$store.inner.db {
            $crate::Db::Sqlite { write: $db, .. } => $body,
            $crate::Db::Postgres($db) => $body,
        }
    };
}
pub(crate) use {reading, writing};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// The oldest `SQLite` that is trusted: before it, a WAL reset could lose a committed transaction.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// How often a process looks whether it is its turn.
const TURN_PAUSE: Duration = Duration::from_millis(20);
/// How long a call waits for a connection before it gives up.
const ACQUIRE: Duration = Duration::from_secs(2);
/// Rows that a sweep forgets in one statement.
const STEP: i64 = 1000;
/// Connections of its own that verification has.
const VERIFICATION: u32 = 4;
/// How long a write waits for another process that holds the `SQLite` file.
const BUSY: Duration = Duration::from_secs(2);

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    /// The same database by connections of its own: verification never waits for the console's.
    verification: Db,
    master: Arc<MasterKey>,
    listener: Arc<OnceLock<Listener>>,
}

type Listener = Box<dyn Fn(&Event) + Send + Sync>;

#[derive(Clone)]
enum Db {
    Sqlite { write: SqlitePool, read: SqlitePool },
    Postgres(PgPool),
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A `SQLite` file.
    Sqlite(PathBuf),
    /// A `PostgreSQL` URL, which may hold a password: it has no `Debug`.
    Postgres(String),
}

/// How a database's schema stands to this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Nothing was ever made in it.
    Empty,
    /// Migrations are pending.
    Behind,
    /// As this program expects, or newer.
    Current,
}

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, did not answer in time, or did not do what it was asked.
    #[error("{}", fault::sentence(.0))]
    Unavailable(#[source] sqlx::Error),
    /// Something with this name exists already.
    #[error("it exists already")]
    Taken,
    /// A stored row does not parse: it was changed by something other than Keyward.
    #[error("a stored {0} cannot be read; was the database edited by hand?")]
    Corrupt(&'static str),
    /// The schema is newer than this program.
    #[error(
        "the database was made by a newer Keyward (migration {0}): start that version, or restore the copy made before its migration"
    )]
    Newer(i64),
    /// A migration failed; the database is as it was before it.
    #[error("a migration failed: {0}")]
    Migration(#[source] MigrateError),
    /// The database was made with another master key.
    #[error("the master key is not the one that this database was made with")]
    OtherMasterKey,
    /// A file beside the database.
    #[error("{path}: {1}", path = .0.display())]
    File(PathBuf, #[source] std::io::Error),
    /// The `SQLite` library is too old to be trusted.
    #[error("SQLite {0} is too old: it can lose a committed transaction; build with 3.51.3 or later")]
    OldSqlite(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(cause) if cause.is_unique_violation() => Self::Taken,
            _ => Self::Unavailable(error),
        }
    }
}

impl Location {
    /// Reads `sqlite://PATH` (a relative path lies in `data_dir`) or `postgres://…`; `None` for anything else.
    pub fn parse(url: &str, data_dir: &Path) -> Option<Self> {
        if let Some(path) = url.strip_prefix("sqlite://").filter(|path| !path.is_empty()) {
            return Some(Self::Sqlite(data_dir.join(path)));
        }
        let postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        (postgres && PgConnectOptions::from_str(url).is_ok()).then(|| Self::Postgres(url.to_owned()))
    }
}

impl Store {
    /// Connects. The schema is not touched; see [`Store::migrate`].
    pub async fn open(location: &Location, master: Arc<MasterKey>) -> Result<Self, StoreError> {
        let (db, verification) = Self::connect(location).await?;
        Ok(Self { inner: Arc::new(Inner { db, verification, master, listener: Arc::default() }) })
    }

    /// A turn at making or changing the schema of this database. Processes take theirs one after the other: of `SQLite` by a
    /// lock on a file beside it, until it is dropped; `PostgreSQL` sees to that itself.
    pub async fn turn(location: &Location) -> Result<Option<std::fs::File>, StoreError> {
        let Location::Sqlite(path) = location else { return Ok(None) };
        let path = path.with_extension("lock");
        let failed = |error| StoreError::File(path.clone(), error);
        let file = private().append(true).create(true).open(&path).map_err(failed)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(std::fs::TryLockError::WouldBlock) => tokio::time::sleep(TURN_PAUSE).await,
                Err(std::fs::TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }

    /// How the schema of a database stands to this program, before there is a master key. A file that is not there is
    /// not made.
    pub async fn schema_at(location: &Location) -> Result<Schema, StoreError> {
        if matches!(location, Location::Sqlite(path) if !path.exists()) {
            return Ok(Schema::Empty);
        }
        let (db, verification) = Self::connect(location).await?;
        let applied = db.applied_migrations().await;
        verification.close().await;
        db.close().await;
        Ok(Schema::of(&applied?))
    }

    async fn connect(location: &Location) -> Result<(Db, Db), StoreError> {
        Ok(match location {
            Location::Sqlite(path) => Self::open_sqlite(path).await?,
            Location::Postgres(url) => {
                // Poolers refuse parameters at the start of a connection; statements they pass on.
                let options = PgConnectOptions::from_str(url)?.extra_float_digits(None);
                let pool = |connections| {
                    let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE);
                    pool.after_connect(|connection, _| {
                        Box::pin(async move {
                            let limits = "SET statement_timeout = 5000; SET lock_timeout = 5000; \
                                          SET client_min_messages = warning";
                            sqlx::raw_sql(limits).execute(connection).await.map(drop)
                        })
                    })
                };
                let admin = pool(8).connect_with(options.clone()).await?;
                (Db::Postgres(admin), Db::Postgres(pool(VERIFICATION).connect_lazy_with(options)))
            }
        })
    }

    /// The same database by the connections that are kept for verification.
    #[must_use]
    pub fn for_verification(&self) -> Self {
        let Inner { verification, master, listener, .. } = &*self.inner;
        let (db, verification) = (verification.clone(), verification.clone());
        Self { inner: Arc::new(Inner { db, verification, master: master.clone(), listener: listener.clone() }) }
    }

    async fn open_sqlite(path: &Path) -> Result<(Db, Db), StoreError> {
        // SQLite gives the files beside it the mode of the first.
        private().append(true).create(true).open(path).map_err(|error| StoreError::File(path.to_owned(), error))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let pool = |connections| SqlitePoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE);
        // A transaction that the database itself rolled back (a full disk, an I/O error) leaves a connection that counts
        // itself inside of it: such a one is closed, and the next write opens another.
        let writer = || {
            pool(1).after_release(|connection, _| {
                Box::pin(async move {
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
        };
        let write = writer().connect_with(options.clone()).await?;
        let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()").fetch_one(&write).await?;
        let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        if (next(), next(), next()) < OLDEST_SQLITE {
            return Err(StoreError::OldSqlite(version));
        }
        let reading = options.clone().pragma("query_only", "on");
        let read = pool(4).connect_with(reading.clone()).await?;
        let verification = Db::Sqlite {
            write: writer().connect_lazy_with(options),
            read: pool(VERIFICATION).connect_lazy_with(reading),
        };
        Ok((Db::Sqlite { write, read }, verification))
    }

    /// Brings the schema up to date. Before anything pending runs on a `SQLite` file that holds data, the file is copied
    /// beside itself; the copy's path is returned.
    pub async fn migrate(&self) -> Result<Option<PathBuf>, StoreError> {
        let applied = self.inner.db.applied_migrations().await?;
        let newest = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
        if let Some(newer) = applied.iter().find(|version| **version > newest) {
            return Err(StoreError::Newer(*newer));
        }
        self.check_master_key(&applied).await?;
        let pending = Schema::of(&applied) != Schema::Current;
        let copy = if pending && !applied.is_empty() { self.copy_before(newest).await? } else { None };
        match &self.inner.db {
            Db::Sqlite { write, .. } => MIGRATIONS.run(write).await.map_err(StoreError::Migration)?,
            Db::Postgres(pool) => {
                let mut connection = Self::patient(pool).await?;
                MIGRATIONS.run(&mut connection).await.map_err(StoreError::Migration)?;
                connection.close().await?;
            }
        }
        self.keep_proof().await?;
        self.make_key_index().await?;
        Ok(copy)
    }

    /// How the schema stands to this program once nobody is changing it any more.
    pub async fn settled_schema(&self) -> Result<Schema, StoreError> {
        let schema = self.schema().await?;
        let Db::Postgres(pool) = &self.inner.db else { return Ok(schema) };
        if schema != Schema::Behind {
            return Ok(schema);
        }
        let mut connection = Self::patient(pool).await?;
        connection.lock().await.map_err(StoreError::Migration)?;
        connection.unlock().await.map_err(StoreError::Migration)?;
        connection.close().await?;
        self.schema().await
    }

    /// A connection for changes of the schema, which may take longer than a statement of the running program; nodes that
    /// start at once wait for the one that makes them.
    async fn patient(pool: &PgPool) -> Result<PgConnection, StoreError> {
        let mut connection = pool.acquire().await?.detach();
        sqlx::raw_sql("SET statement_timeout = 0; SET lock_timeout = 0").execute(&mut connection).await?;
        Ok(connection)
    }

    /// How the schema stands to this program.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        Ok(Schema::of(&self.inner.db.applied_migrations().await?))
    }

    async fn copy_before(&self, version: i64) -> Result<Option<PathBuf>, StoreError> {
        let Db::Sqlite { write, .. } = &self.inner.db else { return Ok(None) };
        let file = write.connect_options().get_filename().to_owned();
        let beside = |end: String| {
            let mut path = file.clone().into_os_string();
            path.push(end);
            PathBuf::from(path)
        };
        let (copy, part) = (beside(format!(".before-{version:04}")), beside(format!(".before-{version:04}.part")));
        let failed = |error| StoreError::File(copy.clone(), error);
        if !copy.try_exists().map_err(failed)? {
            // Made under another name: a process that ends meanwhile leaves no copy that looks whole. It may be made into
            // a file that is empty, whose mode stays.
            private().write(true).create(true).truncate(true).open(&part).map_err(failed)?;
            sqlx::query("VACUUM INTO $1").bind(part.to_string_lossy().into_owned()).execute(write).await?;
            std::fs::File::open(&part).and_then(|file| file.sync_all()).map_err(failed)?;
            std::fs::rename(&part, &copy).map_err(failed)?;
        }
        Ok(Some(copy))
    }

    /// Calls `listener` with the event of every change of this process, after its commit. Once.
    pub fn on_change(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        let _ = self.inner.listener.set(Box::new(listener));
    }

    /// The keyed hash of the audit chain: HMAC-SHA256 under a key derived from the master key.
    pub fn audit_mac(&self, bytes: &[u8]) -> [u8; 32] {
        self.inner.master.mac("audit", bytes)
    }

    /// Whether this is the master key that the store was opened with.
    pub fn is_opened_with(&self, master: &MasterKey) -> bool {
        let proof = |master: &MasterKey| Digest::of(&master.mac("operator", b"proof"));
        proof(&self.inner.master).matches(&proof(master))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        reading!(self, db => sqlx::query("SELECT 1").execute(db).await.map(drop))?;
        Ok(())
    }

    /// Whether the database can be written.
    pub async fn prove_writable(&self, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE heartbeat SET at = $1 WHERE id = 1";
        writing!(self, db => sqlx::query(sql).bind(now.millis()).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        self.inner.verification.close().await;
        self.inner.db.close().await;
    }

    /// Forgets what a statement takes, in steps: each is short enough for any statement's time limit, and lets others
    /// write before the next. The statement's first parameter is the instant, its last the rows of a step.
    async fn sweep_in_steps(&self, sql: &'static str, before: i64) -> Result<(), StoreError> {
        loop {
            let rows = writing!(self, db => sqlx::query(sql)
                .bind(before)
                .bind(STEP)
                .execute(db)
                .await?
                .rows_affected());
            if i64::try_from(rows).is_ok_and(|rows| rows < STEP) {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    }

    /// Runs SQL behind everyone's back.
    #[cfg(test)]
    async fn tamper(&self, sql: &'static str) {
        writing!(self, db => sqlx::raw_sql(sql).execute(db).await.map(drop)).unwrap();
    }
}

impl Schema {
    /// By the migrations that were applied.
    fn of(applied: &[i64]) -> Self {
        let pending = MIGRATIONS.iter().any(|migration| !applied.contains(&migration.version));
        match (applied.is_empty(), pending) {
            (true, _) => Self::Empty,
            (false, true) => Self::Behind,
            (false, false) => Self::Current,
        }
    }
}

impl Db {
    async fn applied_migrations(&self) -> Result<Vec<i64>, StoreError> {
        const TABLE: &str = "_sqlx_migrations";
        // Looking makes nothing: nodes that start at once on an empty database take turns in making the table.
        let applied = match self {
            Self::Sqlite { write, .. } => {
                let mut connection = write.acquire().await?;
                let sql = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1";
                let (tables,): (i64,) = sqlx::query_as(sql).bind(TABLE).fetch_one(&mut *connection).await?;
                if tables == 0 {
                    return Ok(Vec::new());
                }
                connection.list_applied_migrations(TABLE).await.map_err(StoreError::Migration)?
            }
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                let sql = "SELECT to_regclass($1) IS NOT NULL";
                let (is_there,): (bool,) = sqlx::query_as(sql).bind(TABLE).fetch_one(&mut *connection).await?;
                if !is_there {
                    return Ok(Vec::new());
                }
                connection.list_applied_migrations(TABLE).await.map_err(StoreError::Migration)?
            }
        };
        Ok(applied.into_iter().map(|migration| migration.version).collect())
    }

    async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crypto::secret::Entropy;
    use model::{
        account::{Account, Role},
        id::AccountId,
        name::Email,
    };

    async fn opened() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("keyward.db"));
        let master = MasterKey::create(&folder.path().join("master.key"), &Entropy::system()).unwrap();
        let store = Store::open(&location, Arc::new(master)).await.unwrap();
        store.migrate().await.unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn verification_reads_and_writes_while_the_console_has_no_connection_left() {
        let (_folder, store) = opened().await;
        let Db::Sqlite { write, read } = &store.inner.db else { unreachable!("opened as SQLite") };
        let mut held = vec![write.acquire().await.unwrap()];
        for _ in 0..4 {
            held.push(read.acquire().await.unwrap());
        }
        assert!(tokio::time::timeout(Duration::from_millis(100), store.ping()).await.is_err(), "none is left");
        let verification = store.for_verification();
        let soon = async {
            verification.ping().await.unwrap();
            verification.add_refusals(&[]).await.unwrap();
            verification.audit_head().await.unwrap();
        };
        tokio::time::timeout(Duration::from_secs(1), soon).await.unwrap();
        drop(held);
    }

    #[tokio::test]
    async fn a_transaction_that_the_database_ended_itself_is_over() {
        let (_folder, store) = opened().await;
        let at = Timestamp::from_millis(1);
        let account = Account {
            id: AccountId::parse("0123456789ABCDEF").unwrap(),
            email: Email::parse("ops@example.com").unwrap(),
            role: Role::Admin,
            created_at: at,
            sessions_from: at,
            disabled_at: None,
        };
        // What SQLite does on a full disk or an I/O error, and what it leaves to its caller.
        for (action, trigger) in [
            ("ROLLBACK", "CREATE TRIGGER fault BEFORE INSERT ON accounts BEGIN SELECT RAISE(ROLLBACK, 'full'); END"),
            ("ABORT", "CREATE TRIGGER fault BEFORE INSERT ON accounts BEGIN SELECT RAISE(ABORT, 'full'); END"),
            ("FAIL", "CREATE TRIGGER fault BEFORE INSERT ON accounts BEGIN SELECT RAISE(FAIL, 'full'); END"),
        ] {
            store.tamper(trigger).await;
            let mut change = store.change().await.unwrap();
            assert!(change.insert_account(&account, "hash").await.is_err(), "{action}");
            drop(change);
            store.tamper("DROP TRIGGER fault").await;
            let change = store.change().await.unwrap_or_else(|error| panic!("after {action}: {error}"));
            drop(change);
            store.prove_writable(at).await.unwrap();
        }
        // One that is given up in the middle.
        let giving_up = tokio::time::timeout(Duration::ZERO, store.change()).await;
        drop(giving_up);
        store.change().await.unwrap();
    }
}
