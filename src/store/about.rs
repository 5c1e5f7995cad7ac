//! What the database says about itself, cheaply.

use super::{Db, Store, StoreError};

/// The database behind this Keyward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// What it is, with its version: `SQLite 3.51.3`.
    pub kind: String,
    /// Its size in bytes.
    pub bytes: i64,
}

impl Store {
    /// What the database is, and how large.
    pub async fn database(&self) -> Result<DatabaseFacts, StoreError> {
        let (name, (version, bytes)): (_, (String, i64)) = match &self.inner.db {
            Db::Sqlite { read, .. } => {
                let sql =
                    "SELECT sqlite_version(), page_count * page_size FROM pragma_page_count(), pragma_page_size()";
                ("SQLite", sqlx::query_as(sql).fetch_one(read).await?)
            }
            Db::Postgres(pool) => {
                let sql = "SELECT current_setting('server_version'), pg_database_size(current_database())";
                ("PostgreSQL", sqlx::query_as(sql).fetch_one(pool).await?)
            }
        };
        Ok(DatabaseFacts { kind: format!("{name} {version}"), bytes })
    }
}
