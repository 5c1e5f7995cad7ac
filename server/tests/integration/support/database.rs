//! A database of the test's own: a `SQLite` file in a temporary folder, or a schema-empty `PostgreSQL` database on the
//! cluster that `KEYWARD_TEST_POSTGRES_URL` names.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

/// A database that is gone after the test.
pub struct Database {
    folder: TempDir,
    postgres: Option<String>,
}

/// Both kinds, named. `PostgreSQL` is left out, and said so, only when no cluster was given; `make test` always gives one.
pub fn databases() -> Vec<(&'static str, Database)> {
    let mut all = vec![("sqlite", Database::sqlite())];
    match Database::postgres() {
        Some(database) => all.push(("postgres", database)),
        None => eprintln!("KEYWARD_TEST_POSTGRES_URL is not set: tested on SQLite alone"),
    }
    all
}

impl Database {
    pub fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), postgres: None }
    }

    /// A fresh database on the cluster.
    pub fn postgres() -> Option<Self> {
        let cluster = std::env::var("KEYWARD_TEST_POSTGRES_URL").ok()?;
        let folder = tempfile::tempdir().unwrap();
        let unique = folder.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let name =
            format!("test_{}", unique.trim_start_matches('.').replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        psql(&cluster, &format!("CREATE DATABASE {name}"));
        let (server, query) =
            cluster.split_once('?').map_or((cluster.as_str(), None), |(url, query)| (url, Some(query)));
        let base = server.rsplit_once('/').unwrap().0;
        let url = format!("{base}/{name}{}", query.map(|query| format!("?{query}")).unwrap_or_default());
        Some(Self { folder, postgres: Some(url) })
    }

    pub fn url(&self) -> String {
        self.postgres.clone().unwrap_or_else(|| "sqlite://keyward.db".to_owned())
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs SQL behind everyone's back.
    pub async fn execute(&self, sql: &str) {
        let Some(url) = &self.postgres else {
            let options = SqliteConnectOptions::new().filename(self.folder.path().join("keyward.db"));
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
            return connection.close().await.unwrap();
        };
        psql(url, sql);
    }

    /// Keeps everyone from bringing its schema up to date, until it is dropped. The schema is empty.
    pub async fn hold(&self) -> Box<dyn std::any::Any> {
        match &self.postgres {
            None => {
                let file = self.folder.path().join("keyward.db");
                let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                sqlx::raw_sql("PRAGMA journal_mode = wal; BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
                Box::new(connection)
            }
            Some(url) => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                let held = "BEGIN; CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY)";
                sqlx::raw_sql(held).execute(&mut connection).await.unwrap();
                Box::new(connection)
            }
        }
    }

    /// Everything the database holds on disk or dumps, as bytes.
    pub fn contents(&self) -> Vec<u8> {
        match &self.postgres {
            None => files(self.folder.path()).into_iter().flat_map(|path| std::fs::read(path).unwrap()).collect(),
            Some(url) => {
                let dump = Command::new("psql")
                    .args([
                        url,
                        "-XAt",
                        "-c",
                        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
                    ])
                    .output()
                    .unwrap();
                let tables = String::from_utf8(dump.stdout).unwrap();
                let all = tables.lines().map(|table| {
                    Command::new("psql")
                        .args([url, "-XAt", "-c", &format!("SELECT * FROM {table}")])
                        .output()
                        .unwrap()
                        .stdout
                });
                all.flatten().collect()
            }
        }
    }
}

fn psql(url: &str, sql: &str) {
    let done = Command::new("psql").args([url, "-Xq", "-v", "ON_ERROR_STOP=1", "-c", sql]).output().expect("psql runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Every file in a folder, however deep.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
