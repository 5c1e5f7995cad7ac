//! A backup is one snapshot of the database: a read transaction on a connection of its own, which keeps nobody from
//! writing. Rows are made JSON by the database, and packed and written on a thread of their own, so that memory holds a few
//! chunks of them however many there are.

use std::path::Path;

use crypto::secret::unhex;
use futures_util::TryStreamExt;
use model::{audit::Head, time::Timestamp};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, SqliteConnection};
use tokio::sync::mpsc;

use super::{
    BackupError, Progress, TABLES,
    format::{BackupHeader, Column, Table, Writer},
};
use crate::{Db, MIGRATIONS, Store, StoreError};

/// Bytes of rows that are handed on at once.
const CHUNK: usize = 1 << 16;
/// Chunks that may wait for the file.
const WAITING: usize = 8;
/// Backups of one `PostgreSQL` database are made one at a time: the number of their lock.
const TURN: i64 = 7308;

/// A connection with the snapshot.
enum Snapshot {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Runs one body on the snapshot.
macro_rules! on_snapshot {
    ($snapshot:expr, $db:ident => $body:expr) => {
        match $snapshot {
            Snapshot::Sqlite($db) => $body,
            Snapshot::Postgres($db) => $body,
        }
    };
}

impl Store {
    /// Writes a backup to a file that is not there yet. `None` when another process is making one of this `PostgreSQL`
    /// database.
    pub async fn back_up(
        &self,
        path: &Path,
        version: &str,
        now: Timestamp,
        progress: impl Fn(Progress),
    ) -> Result<Option<BackupHeader>, BackupError> {
        let Some(mut snapshot) = self.snapshot().await? else { return Ok(None) };
        let header = snapshot.header(version, now).await?;
        let (sender, mut chunks) = mpsc::channel::<String>(WAITING);
        let (file, first, master) = (path.to_owned(), header.clone(), self.inner.master.clone());
        // It ends when the sender is gone: with a name only if an empty chunk said that all was sent.
        let writing = tokio::task::spawn_blocking(move || {
            let mut writer = Writer::create(&file, &first)?;
            while let Some(chunk) = chunks.blocking_recv() {
                if chunk.is_empty() {
                    return writer.finish(&master).map(|()| true);
                }
                if let Err(error) = writer.write(&chunk) {
                    writer.give_up();
                    return Err(error);
                }
            }
            writer.give_up();
            Ok(false)
        });
        let sent = snapshot.send(&header, &sender, progress).await;
        drop(sender);
        let written = writing.await.map_err(BackupError::thread)?;
        let all_sent = sent?;
        match (written?, all_sent) {
            (true, true) => Ok(Some(header)),
            _ => Err(BackupError::broken(path, "it was given up")),
        }
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>, BackupError> {
        Ok(match &self.inner.db {
            Db::Sqlite { read, .. } => {
                // Rows of all keys in one statement take long: that is no news.
                let options = read.connect_options().as_ref().clone().disable_statement_logging();
                let mut connection = options.connect().await?;
                sqlx::query("BEGIN").execute(&mut connection).await?;
                Some(Snapshot::Sqlite(connection))
            }
            Db::Postgres(pool) => {
                let options = pool.connect_options().as_ref().clone().disable_statement_logging();
                let mut connection = options.connect().await?;
                sqlx::raw_sql("SET client_min_messages = warning").execute(&mut connection).await?;
                sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut connection).await?;
                let turn = "SELECT pg_try_advisory_xact_lock($1)";
                let (is_ours,): (bool,) = sqlx::query_as(turn).bind(TURN).fetch_one(&mut connection).await?;
                is_ours.then_some(Snapshot::Postgres(connection))
            }
        })
    }
}

impl Snapshot {
    async fn header(&mut self, version: &str, now: Timestamp) -> Result<BackupHeader, BackupError> {
        let sql = "SELECT seq, hash FROM audit_head WHERE id = 1";
        let (seq, hash): (i64, String) = on_snapshot!(self, db => sqlx::query_as(sql).fetch_one(&mut *db).await?);
        let head = Head { seq, hash: unhex(&hash).ok_or(StoreError::Corrupt("audit head"))? };
        let database = if matches!(self, Self::Sqlite(_)) { "SQLite" } else { "PostgreSQL" };
        let schema = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
        let mut header = BackupHeader::new(version, now, database, schema, head);
        let sql = "SELECT proof FROM master_key WHERE id = 1";
        let proof: Option<(String,)> = on_snapshot!(self, db => sqlx::query_as(sql).fetch_optional(&mut *db).await?);
        header.proof = proof.map(|(proof,)| proof);
        for name in TABLES {
            let sql = format!("SELECT COUNT(*) FROM {name}");
            let (rows,): (i64,) =
                on_snapshot!(self, db => sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut *db).await?);
            let columns = match self {
                Self::Sqlite(db) => columns_in_sqlite(db, name).await?,
                Self::Postgres(db) => columns_in_postgres(db, name).await?,
            };
            header.tables.push(Table { name: name.to_owned(), rows, columns });
        }
        Ok(header)
    }

    /// Hands on the rows of all tables; whether the other end took them.
    async fn send(
        &mut self,
        header: &BackupHeader,
        sender: &mpsc::Sender<String>,
        progress: impl Fn(Progress),
    ) -> Result<bool, BackupError> {
        let (mut done, all) = (0, header.rows());
        for table in &header.tables {
            let columns: Vec<_> = table.columns.iter().map(|column| column.0.as_str()).collect();
            let (function, text) = match self {
                Self::Sqlite(_) => ("json_array", ""),
                Self::Postgres(_) => ("json_build_array", "::text"),
            };
            // Keys and events follow each other as they came.
            let order = if table.column("seq").is_some() { " ORDER BY seq" } else { "" };
            let sql = format!("SELECT {function}({}){text} FROM {}{order}", columns.join(", "), table.name);
            let mut chunk = String::with_capacity(CHUNK * 2);
            on_snapshot!(&mut *self, db => {
                let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).persistent(false).fetch(&mut *db);
                while let Some(row) = rows.try_next().await? {
                    chunk.push_str(&row);
                    chunk.push('\n');
                    done += 1;
                    if chunk.len() >= CHUNK {
                        let full = std::mem::replace(&mut chunk, String::with_capacity(CHUNK * 2));
                        if sender.send(full).await.is_err() {
                            return Ok(false);
                        }
                        progress(Progress { done, all });
                    }
                }
            });
            if !chunk.is_empty() && sender.send(chunk).await.is_err() {
                return Ok(false);
            }
        }
        progress(Progress { done, all });
        Ok(sender.send(String::new()).await.is_ok())
    }
}

/// The columns of a table, in their order.
pub(super) async fn columns_in_sqlite(db: &mut SqliteConnection, table: &str) -> Result<Vec<Column>, StoreError> {
    let sql = "SELECT name, lower(type) FROM pragma_table_info($1) ORDER BY cid";
    let rows: Vec<(String, String)> = sqlx::query_as(sql).bind(table).fetch_all(db).await?;
    Ok(rows.into_iter().map(|(name, kind)| Column(name, kind)).collect())
}

/// The columns of a table, in their order.
pub(super) async fn columns_in_postgres(db: &mut PgConnection, table: &str) -> Result<Vec<Column>, StoreError> {
    let sql = "SELECT CAST(column_name AS text), CAST(data_type AS text) FROM information_schema.columns \
               WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position";
    let rows: Vec<(String, String)> = sqlx::query_as(sql).bind(table).fetch_all(db).await?;
    Ok(rows.into_iter().map(|(name, kind)| Column(name, kind)).collect())
}
