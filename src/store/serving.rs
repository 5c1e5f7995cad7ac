//! Which processes serve from a database, so that none is restored or moved under one that does. Of `SQLite` a lock on a file
//! beside it tells, of `PostgreSQL` an advisory lock of a connection that is kept for it: both are gone with their process.

use std::{
    fs::TryLockError,
    path::{Path, PathBuf},
};

use crypto::secret::private;
use sqlx::Connection;

use super::{Db, Store, StoreError, held::Held};

/// The number of the advisory lock.
const LOCK: i64 = 7307;

/// That no process serves from a database, and that none begins to, until it is dropped.
pub struct Alone {
    _held: Held,
}

impl Store {
    /// Says that this process serves, and makes sure that it is still known: called now and then.
    pub async fn keep_serving(&self) -> Result<(), StoreError> {
        let mut serving = self.inner.serving.lock().await;
        let is_held = match &mut *serving {
            Some(Held::File { .. }) => true,
            Some(Held::Connection(connection)) => connection.ping().await.is_ok(),
            None => false,
        };
        if is_held {
            return Ok(());
        }
        *serving = self.hold(false).await?;
        if serving.is_some() { Ok(()) } else { Err(StoreError::BeingRestored) }
    }

    /// Has the database to itself; `None` while a process serves from it.
    pub async fn alone(&self) -> Result<Option<Alone>, StoreError> {
        Ok(self.hold(true).await?.map(|held| Alone { _held: held }))
    }

    pub(super) async fn stop_serving(&self) {
        if let Some(Held::Connection(connection)) = self.inner.serving.lock().await.take() {
            // The lock is gone with the connection, however that ends.
            let _ = connection.close().await;
        }
    }

    async fn hold(&self, alone: bool) -> Result<Option<Held>, StoreError> {
        match &self.inner.db {
            Db::Sqlite { write, .. } => {
                let path = beside(write.connect_options().get_filename());
                let failed = |error| StoreError::File(path.clone(), error);
                let file = private().append(true).create(true).open(&path).map_err(failed)?;
                match if alone { file.try_lock() } else { file.try_lock_shared() } {
                    Ok(()) => Ok(Some(Held::File { _file: file })),
                    Err(TryLockError::WouldBlock) => Ok(None),
                    Err(TryLockError::Error(error)) => Err(failed(error)),
                }
            }
            Db::Postgres(pool) => {
                let mut connection = pool.acquire().await?.detach();
                let exclusive = "SELECT pg_try_advisory_lock($1)";
                let shared = "SELECT pg_try_advisory_lock_shared($1)";
                let sql = if alone { exclusive } else { shared };
                let (held,): (bool,) = sqlx::query_as(sql).bind(LOCK).fetch_one(&mut connection).await?;
                Ok(held.then_some(Held::Connection(connection)))
            }
        }
    }
}

fn beside(database: &Path) -> PathBuf {
    database.with_extension("serving")
}
