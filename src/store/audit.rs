//! The audit chain at rest. Events are only ever added, by [`super::Change::commit`].

use crypto::secret::unhex;
use model::{
    audit::{Event, GENESIS, Head},
    time::Timestamp,
};
use sqlx::FromRow;

use super::{Store, StoreError, reading};

/// Events that are read at once while the chain is walked.
pub const STEP_OF_EVENTS: usize = 1000;

/// A page of the chain, newest first.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The events.
    pub events: Vec<Event>,
    /// The number before which the next page begins, when there is one.
    pub next: Option<i64>,
}

#[derive(FromRow)]
pub(super) struct EventRow {
    seq: i64,
    at: i64,
    actor: String,
    verb: String,
    target: String,
    detail: String,
    hash: String,
}

impl EventRow {
    /// A hash that does not parse becomes one that cannot be right, so that the walk says where the chain breaks.
    fn read(self) -> Event {
        Event {
            seq: self.seq,
            at: Timestamp::from_millis(self.at),
            actor: self.actor,
            verb: self.verb,
            target: self.target,
            detail: self.detail,
            hash: unhex(&self.hash).unwrap_or([0; 32]),
        }
    }
}

impl AuditPage {
    /// A page of rows, of which one more than the page holds was asked for.
    pub(super) fn of(rows: Vec<EventRow>, limit: u16) -> Self {
        let more = rows.len() > usize::from(limit);
        let events: Vec<Event> = rows.into_iter().take(limit.into()).map(EventRow::read).collect();
        let next = events.last().map(|event| event.seq).filter(|_| more);
        Self { events, next }
    }
}

impl Store {
    /// The newest events before number `before`, of one target or of all.
    pub async fn audit_page(
        &self,
        before: Option<i64>,
        target: Option<&str>,
        limit: u16,
    ) -> Result<AuditPage, StoreError> {
        let all = "SELECT * FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
        let of_one = "SELECT * FROM audit WHERE target = $3 AND seq < $1 ORDER BY seq DESC LIMIT $2";
        let (before, most) = (before.unwrap_or(i64::MAX), i64::from(limit) + 1);
        let rows: Vec<EventRow> = reading!(self, db => match target {
            None => sqlx::query_as(all).bind(before).bind(most).fetch_all(db).await?,
            Some(target) => sqlx::query_as(of_one).bind(before).bind(most).bind(target).fetch_all(db).await?,
        });
        Ok(AuditPage::of(rows, limit))
    }

    /// Up to [`STEP_OF_EVENTS`] events after number `after`, in order.
    pub async fn audit_after(&self, after: i64) -> Result<Vec<Event>, StoreError> {
        let sql = "SELECT * FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2";
        let most = i64::try_from(STEP_OF_EVENTS).unwrap_or(i64::MAX);
        let rows: Vec<EventRow> = reading!(self, db => sqlx::query_as(sql).bind(after).bind(most).fetch_all(db).await?);
        Ok(rows.into_iter().map(EventRow::read).collect())
    }

    /// The hash of the chain up to this event; `None` when there is no such event.
    pub async fn audit_hash(&self, seq: i64) -> Result<Option<[u8; 32]>, StoreError> {
        if seq == 0 {
            return Ok(Some(GENESIS));
        }
        let sql = "SELECT hash FROM audit WHERE seq = $1";
        let row: Option<(String,)> = reading!(self, db => sqlx::query_as(sql).bind(seq).fetch_optional(db).await?);
        Ok(row.and_then(|(hash,)| unhex(&hash)))
    }

    /// Where the chain ends, according to the row that every change takes.
    pub async fn audit_head(&self) -> Result<Head, StoreError> {
        let sql = "SELECT seq, hash FROM audit_head WHERE id = 1";
        let (seq, hash): (i64, String) = reading!(self, db => sqlx::query_as(sql).fetch_one(db).await?);
        Ok(Head { seq, hash: unhex(&hash).ok_or(StoreError::Corrupt("audit head"))? })
    }
}
