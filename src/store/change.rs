//! A change: one transaction that holds what changes and the one audit event that says so. It has a generation from the
//! start, because it takes the end of the audit chain first; that also makes changes follow each other on both databases.

use crypto::secret::{hex, unhex};
use model::{
    audit::{Event, GENESIS, Verb},
    id::KeyId,
    key::Generation,
    time::Timestamp,
};
use sqlx::{Postgres, Sqlite};

use super::{Db, Store, StoreError};

/// Runs one body inside a transaction.
macro_rules! on {
    ($transaction:expr, $db:ident => $body:expr) => {
        match $transaction {
            $crate::change::Transaction::Sqlite(transaction) => {
                let $db = &mut **transaction;
                $body
            }
            $crate::change::Transaction::Postgres(transaction) => {
                let $db = &mut **transaction;
                $body
            }
        }
    };
}
/// Runs one body inside a change's transaction.
macro_rules! within {
    ($change:expr, $db:ident => $body:expr) => {
        $crate::change::on!(&mut $change.transaction, $db => $body)
    };
}
pub(super) use {on, within};

pub(super) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// A transaction under way. Dropped without [`Change::commit`], it leaves no trace.
pub struct Change {
    pub(super) transaction: Transaction,
    pub(super) store: Store,
    /// Keys to look at again before the commit.
    pub(super) touched: Vec<KeyId>,
    generation: Generation,
    before: [u8; 32],
}

impl Transaction {
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            Self::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}

impl Store {
    pub(super) async fn transaction(&self) -> Result<Transaction, StoreError> {
        Ok(match &self.inner.db {
            Db::Sqlite { write, .. } => Transaction::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Db::Postgres(pool) => Transaction::Postgres(pool.begin().await?),
        })
    }

    /// Begins a change.
    pub async fn change(&self) -> Result<Change, StoreError> {
        let transaction = self.transaction().await?;
        self.change_within(transaction).await
    }

    /// Begins a change within a transaction that did something already.
    pub(super) async fn change_within(&self, transaction: Transaction) -> Result<Change, StoreError> {
        let mut change =
            Change { transaction, store: self.clone(), touched: Vec::new(), generation: 0, before: GENESIS };
        change.take_place().await?;
        Ok(change)
    }
}

impl Change {
    /// The generation of everything this change touches: the number of its audit event.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Takes the next place in the audit chain.
    async fn take_place(&mut self) -> Result<(), StoreError> {
        let sql = "UPDATE audit_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, hash";
        let (seq, hash): (i64, String) = within!(self, db => sqlx::query_as(sql).fetch_one(db).await?);
        self.generation = seq;
        self.before = unhex(&hash).ok_or(StoreError::Corrupt("audit head"))?;
        Ok(())
    }

    /// Writes the audit event of a part of this change, which goes on with the next event: of a restore, which does again
    /// what was done since the backup.
    pub async fn record(
        &mut self,
        at: Timestamp,
        actor: &str,
        verb: Verb,
        target: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        self.write_event(at, actor, verb, target, detail).await?;
        self.take_place().await
    }

    /// Writes the audit event, commits, and tells this process's listener. Only after this may anyone be told.
    pub async fn commit(
        mut self,
        at: Timestamp,
        actor: &str,
        verb: Verb,
        target: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        let mut touched = std::mem::take(&mut self.touched);
        touched.dedup();
        for id in touched {
            self.transaction.reindex(id, true, at).await?;
        }
        let event = self.write_event(at, actor, verb, target, detail).await?;
        self.transaction.commit().await?;
        if let Some(listener) = self.store.inner.listener.get() {
            listener(&event);
        }
        Ok(())
    }

    async fn write_event(
        &mut self,
        at: Timestamp,
        actor: &str,
        verb: Verb,
        target: &str,
        detail: &str,
    ) -> Result<Event, StoreError> {
        let mut event = Event {
            seq: self.generation,
            at,
            actor: actor.to_owned(),
            verb: verb.code().to_owned(),
            target: target.to_owned(),
            detail: detail.to_owned(),
            hash: GENESIS,
        };
        event.hash = self.store.audit_mac(&event.bytes(&self.before));
        let insert =
            "INSERT INTO audit (seq, at, actor, verb, target, detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let head = "UPDATE audit_head SET hash = $1 WHERE id = 1";
        within!(self, db => {
            sqlx::query(insert)
                .bind(event.seq)
                .bind(event.at.millis())
                .bind(&event.actor)
                .bind(&event.verb)
                .bind(&event.target)
                .bind(&event.detail)
                .bind(hex(&event.hash))
                .execute(&mut *db)
                .await?;
            sqlx::query(head).bind(hex(&event.hash)).execute(&mut *db).await?;
        });
        Ok(event)
    }
}
