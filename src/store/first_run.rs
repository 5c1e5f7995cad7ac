//! What is kept of the first run: one row of instants. The rest of its checklist is found where it happened.

use model::{account::Role, time::Timestamp};

use super::{
    Store, StoreError,
    change::{Change, within},
    reading, writing,
};

/// The columns of [`RECORD`].
type FirstRunRow = (Option<i64>, Option<i64>, Option<i64>, Option<i64>);

/// What is kept of the first run; `None` where something has not happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstRunRecord {
    /// When a gateway was first seen to let a call through.
    pub gateway_seen_at: Option<Timestamp>,
    /// When somebody confirmed to have a copy of the master key.
    pub master_key_copied_at: Option<Timestamp>,
    /// When every step was found done.
    pub done_at: Option<Timestamp>,
    /// Since when the checklist is hidden.
    pub hidden_at: Option<Timestamp>,
}

const RECORD: &str = "SELECT gateway_seen_at, master_key_copied_at, done_at, hidden_at FROM first_run WHERE id = 1";
const SEE_GATEWAY: &str = "UPDATE first_run SET gateway_seen_at = $1 WHERE id = 1 AND gateway_seen_at IS NULL";

fn read((gateway, copied, done, hidden): FirstRunRow) -> FirstRunRecord {
    let at = |millis: Option<i64>| millis.map(Timestamp::from_millis);
    FirstRunRecord {
        gateway_seen_at: at(gateway),
        master_key_copied_at: at(copied),
        done_at: at(done),
        hidden_at: at(hidden),
    }
}

impl Store {
    /// What is kept of the first run.
    pub async fn first_run(&self) -> Result<FirstRunRecord, StoreError> {
        let row: FirstRunRow = reading!(self, db => sqlx::query_as(RECORD).fetch_one(db).await?);
        Ok(read(row))
    }

    /// Notes that a gateway was seen to let a call through, unless that is known.
    pub async fn note_gateway_seen(&self, at: Timestamp) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(SEE_GATEWAY).bind(at.millis()).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Notes that every step was found done, unless that is known.
    pub async fn note_first_run_done(&self, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE first_run SET done_at = $1 WHERE id = 1 AND done_at IS NULL";
        writing!(self, db => sqlx::query(sql).bind(at.millis()).execute(db).await.map(drop))?;
        Ok(())
    }

    /// How many superadmins may sign in.
    pub async fn count_superadmins(&self) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM accounts WHERE role = $1 AND disabled_at IS NULL";
        let (count,): (i64,) =
            reading!(self, db => sqlx::query_as(sql).bind(Role::Superadmin.code()).fetch_one(db).await?);
        Ok(count)
    }
}

impl Change {
    /// As [`Store::first_run`], as this change sees it.
    pub async fn first_run(&mut self) -> Result<FirstRunRecord, StoreError> {
        let row: FirstRunRow = within!(self, db => sqlx::query_as(RECORD).fetch_one(db).await?);
        Ok(read(row))
    }

    /// As [`Store::note_gateway_seen`], within this change.
    pub async fn note_gateway_seen(&mut self, at: Timestamp) -> Result<(), StoreError> {
        within!(self, db => sqlx::query(SEE_GATEWAY).bind(at.millis()).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Notes that somebody has a copy of the master key.
    pub async fn note_master_key_copied(&mut self, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE first_run SET master_key_copied_at = $1 WHERE id = 1";
        within!(self, db => sqlx::query(sql).bind(at.millis()).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Hides the checklist from this instant on, or with `None` shows it from its beginning.
    pub async fn hide_first_run(&mut self, at: Option<Timestamp>) -> Result<(), StoreError> {
        let sql = match at {
            Some(_) => "UPDATE first_run SET hidden_at = $1 WHERE id = 1",
            None => "UPDATE first_run SET hidden_at = $1, done_at = NULL WHERE id = 1",
        };
        within!(self, db => sqlx::query(sql).bind(at.map(Timestamp::millis)).execute(db).await.map(drop))?;
        Ok(())
    }
}
