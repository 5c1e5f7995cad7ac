//! Everything a database holds is replaced by a backup, in one transaction, which its caller commits: whatever ends before
//! that leaves the database as it was.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use model::time::Timestamp;
use sqlx::AssertSqlSafe;
use tokio::sync::mpsc;

use super::{
    BackupError, ENDED, Progress, TABLES,
    format::{BackupHeader, Reader, Table},
    write::{columns_in_postgres, columns_in_sqlite},
};
use crate::{
    Db, Location, MIGRATIONS, Store, StoreError,
    change::{Change, Transaction, on},
};

/// Bytes of rows in one statement, and rows.
const BATCH: usize = 1 << 18;
const ROWS: usize = 1000;
/// Batches that may wait for the database.
const WAITING: usize = 4;

/// Rows of one table, as a JSON array of arrays.
struct Batch {
    table: usize,
    rows: i64,
    json: String,
}

impl Store {
    /// Whether nobody ever did anything here: no account, no key, no event but that the process made a key to sign JWTs.
    pub async fn is_unused(&self) -> Result<bool, StoreError> {
        let sql = "SELECT (SELECT COUNT(*) FROM accounts) + (SELECT COUNT(*) FROM keys) \
                   + (SELECT COUNT(*) FROM audit WHERE verb <> 'signing_key.rotate')";
        let (things,): (i64,) = crate::reading!(self, db => sqlx::query_as(sql).fetch_one(db).await?);
        Ok(things == 0)
    }

    /// Replaces everything by what a backup holds, which has the schema of this program, and begins the change that says
    /// so. Nothing has happened until that is committed.
    pub async fn load(&self, path: &Path, progress: impl Fn(Progress)) -> Result<Change, BackupError> {
        let mut transaction = self.transaction().await?;
        // Emptying and filling take longer than a statement of the running program.
        if let Transaction::Postgres(db) = &mut transaction {
            sqlx::raw_sql("SET LOCAL statement_timeout = 0").execute(&mut **db).await?;
        }
        transaction.empty().await?;
        transaction.fill(path, progress).await?;
        transaction.remake_key_index().await?;
        Ok(self.change_within(transaction).await?)
    }

    /// A backup with the schema of this program: `path` itself, or a copy in `folder` that was brought up to date in a
    /// database of its own.
    pub async fn upgraded(&self, path: &Path, folder: &Path) -> Result<PathBuf, BackupError> {
        let (file, newest) = (path.to_owned(), MIGRATIONS.iter().map(|migration| migration.version).max());
        let header = tokio::task::spawn_blocking(move || Reader::open(&file).map(|reader| reader.header().clone()));
        let header = header.await.map_err(BackupError::thread)??;
        header.check_schema()?;
        if Some(header.schema) == newest {
            return Ok(path.to_owned());
        }
        let location = Location::Sqlite(folder.join("upgrade.db"));
        let scratch = Self::open(&location, self.inner.master.clone()).await?;
        if let Db::Sqlite { write, .. } = &scratch.inner.db {
            MIGRATIONS.run_to(header.schema, write).await.map_err(StoreError::Migration)?;
        }
        let mut transaction = scratch.transaction().await?;
        transaction.empty_tables(header.tables.iter().rev().map(|table| table.name.as_str())).await?;
        transaction.fill(path, |_| {}).await?;
        transaction.commit().await?;
        scratch.migrate().await?;
        let upgraded = folder.join("upgraded.backup");
        scratch.back_up(&upgraded, &header.version, header.made_at(), |_| {}).await?;
        scratch.close().await;
        Ok(upgraded)
    }
}

impl Transaction {
    async fn empty(&mut self) -> Result<(), StoreError> {
        self.empty_tables(TABLES.into_iter().chain(ENDED).rev()).await
    }

    /// Those that others refer to come last.
    async fn empty_tables(&mut self, tables: impl IntoIterator<Item = &str>) -> Result<(), StoreError> {
        for table in tables {
            if !is_name(table) {
                return Err(StoreError::Corrupt("name of a table"));
            }
            let sql = format!("DELETE FROM {table}");
            on!(self, db => sqlx::query(AssertSqlSafe(sql)).execute(db).await.map(drop))?;
        }
        Ok(())
    }

    /// Inserts all rows of a backup. It fails, at the end, unless the file is whole.
    async fn fill(&mut self, path: &Path, progress: impl Fn(Progress)) -> Result<(), BackupError> {
        let (sender, mut batches) = mpsc::channel::<Result<Batch, BackupError>>(WAITING);
        let (announce, announced) = tokio::sync::oneshot::channel::<BackupHeader>();
        let file = path.to_owned();
        let reading = tokio::task::spawn_blocking(move || {
            if let Err(error) = read(&file, announce, &sender) {
                // Nobody listens any more when the database failed first.
                let _ = sender.blocking_send(Err(error));
            }
        });
        let mut statements = Vec::new();
        let (mut done, mut all) = (0, 0);
        if let Ok(header) = announced.await {
            all = header.rows();
            for table in &header.tables {
                statements.push(self.insert_into(path, table).await?);
            }
        }
        while let Some(batch) = batches.recv().await {
            let Batch { table, rows, json } = batch?;
            let Some(sql) = statements.get(table) else { break };
            on!(&mut *self, db => sqlx::query(AssertSqlSafe(sql.as_str())).bind(json).execute(db).await.map(drop))?;
            done += rows;
            progress(Progress { done, all });
        }
        reading.await.map_err(BackupError::thread)
    }

    /// The statement that inserts rows of a table, given as JSON. The names in it are those of the database's catalog.
    async fn insert_into(&mut self, path: &Path, table: &Table) -> Result<String, BackupError> {
        let known = match self {
            Self::Sqlite(db) => columns_in_sqlite(db, &table.name).await?,
            Self::Postgres(db) => columns_in_postgres(db, &table.name).await?,
        };
        let same = known.iter().collect::<BTreeSet<_>>() == table.columns.iter().collect();
        if known.is_empty() || !same || !is_name(&table.name) {
            let why = format!("its table {} does not have the columns of its schema", table.name);
            return Err(BackupError::broken(path, why));
        }
        let names: Vec<_> = table.columns.iter().map(|column| column.0.as_str()).collect();
        let value = |(at, kind): (usize, &str)| match (&*self, kind) {
            (Self::Sqlite(_), _) => format!("json_extract(value, '$[{at}]')"),
            (Self::Postgres(_), "text") => format!("value ->> {at}"),
            (Self::Postgres(_), _) => format!("CAST(value ->> {at} AS bigint)"),
        };
        let kinds = table.columns.iter().map(|column| column.1.as_str()).enumerate();
        let values: Vec<_> = kinds.map(value).collect();
        let rows = match self {
            Self::Sqlite(_) => "json_each($1)",
            Self::Postgres(_) => "json_array_elements(CAST($1 AS json))",
        };
        Ok(format!("INSERT INTO {} ({}) SELECT {} FROM {rows}", table.name, names.join(", "), values.join(", ")))
    }
}

impl Change {
    /// When the last thing happened according to the loaded database.
    pub async fn last_event_at(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT at FROM audit ORDER BY seq DESC LIMIT 1";
        let row: Option<(i64,)> = crate::change::within!(self, db => sqlx::query_as(sql).fetch_optional(db).await?);
        Ok(row.map(|(at,)| Timestamp::from_millis(at)))
    }
}

/// Reads a backup into batches, after its header.
fn read(
    path: &Path,
    announce: tokio::sync::oneshot::Sender<BackupHeader>,
    sender: &mpsc::Sender<Result<Batch, BackupError>>,
) -> Result<(), BackupError> {
    let mut reader = Reader::open(path)?;
    // Nobody listens any more when the restore was given up; the next batch finds out.
    let _ = announce.send(reader.header().clone());
    let mut batch = Batch { table: 0, rows: 0, json: String::new() };
    let send = |batch: &mut Batch, table: usize| {
        let mut full = std::mem::replace(batch, Batch { table, rows: 0, json: String::with_capacity(BATCH * 2) });
        full.json.push(']');
        full.rows == 0 || sender.blocking_send(Ok(full)).is_ok()
    };
    while let Some((table, row)) = reader.next()? {
        let is_full = batch.json.len() >= BATCH || usize::try_from(batch.rows).is_ok_and(|rows| rows >= ROWS);
        if (table != batch.table || is_full) && !send(&mut batch, table) {
            return Ok(());
        }
        batch.json.push(if batch.rows == 0 { '[' } else { ',' });
        batch.json.push_str(row);
        batch.rows += 1;
    }
    send(&mut batch, 0);
    Ok(())
}

/// Whether this can be the name of a table.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
