//! Work that takes longer than a request. Its lines are stored first; then they are done in steps, by whichever process
//! takes it, each step within what whoever started it may do at that moment. A process that ends leaves the rest to the
//! next one.

use std::time::Duration;

use model::{
    account::{Action, Role},
    id::{JobId, KeyId},
    job::{Job, JobKind, LineOutcome},
    key::Generation,
    listing::ListKeys,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use store::{JobLine, JobStep, NewJobLine, StoredJob};

use super::{Admin, AdminError, bulk::CHANGED};
use crate::{BulkAct, Permit};

/// How long a claim holds without a step, in milliseconds.
const CLAIM: i64 = 30_000;
/// Keys that one step of a bulk change looks at.
const BULK_STEP: u16 = 50;
/// Keys of one bulk change.
const MOST: usize = 100_000;
/// How long a job that ended is remembered, in milliseconds.
pub(super) const JOBS_KEPT: i64 = 30 * model::time::DAY;
/// Jobs in the list.
const LISTED: u16 = 100;
/// How often whoever waits for a job looks how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What a bulk change is asked to do.
#[derive(Serialize, Deserialize)]
struct BulkRequest {
    action: String,
    value: String,
    seen: Generation,
}

impl Admin {
    /// Starts doing something to all keys that answer a question. Keys that changed after `seen`, or from now on, are left
    /// alone.
    pub async fn start_bulk(
        &self,
        permit: &Permit,
        act: &BulkAct,
        list: &ListKeys,
        seen: Option<Generation>,
    ) -> Result<Job, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let head = self.store.audit_head().await?.seq;
        let ids = self.matching_keys(permit, list, MOST + 1).await?;
        if ids.len() > MOST {
            return Err(AdminError::field("filter", format!("More than {MOST} keys: narrow the filter.")));
        }
        self.start_bulk_of(permit, act, &ids, seen.map_or(head, |seen| seen.min(head))).await
    }

    /// Starts taking back what a bulk change did to keys, those alone.
    pub async fn undo_job(&self, permit: &Permit, id: JobId) -> Result<Job, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let job = self.job(permit, id).await?;
        let undo = BulkAct::parse(&job.action, "").and_then(|act| act.undo()).ok_or(AdminError::NotFound)?;
        if job.end.is_none() {
            return Err(AdminError::field("job", "It still goes on. Stop it first."));
        }
        let seen = self.store.audit_head().await?.seq;
        let ids = self.store.keys_done(id).await?;
        self.start_bulk_of(permit, &undo, &ids, seen).await
    }

    async fn start_bulk_of(
        &self,
        permit: &Permit,
        act: &BulkAct,
        ids: &[KeyId],
        seen: Generation,
    ) -> Result<Job, AdminError> {
        let lines = (1..).zip(ids).map(|(line, id)| NewJobLine { line, asked: id.to_string() }).collect();
        let (action, value) = act.parts();
        let request = BulkRequest { action: action.to_owned(), value: value.to_owned(), seen };
        self.start_job(permit, JobKind::Bulk, &request, lines).await
    }

    pub(super) async fn start_job(
        &self,
        permit: &Permit,
        kind: JobKind,
        request: &impl Serialize,
        lines: Vec<NewJobLine>,
    ) -> Result<Job, AdminError> {
        let request = serde_json::to_value(request).unwrap_or_default();
        let job = Job {
            id: self.entropy.job_id(),
            kind,
            action: request["action"].as_str().unwrap_or_default().to_owned(),
            created_at: self.clock.now(),
            created_by: permit.actor().to_owned(),
            total: i64::try_from(lines.len()).unwrap_or(i64::MAX),
            done: 0,
            same: 0,
            refused: 0,
            is_stopping: false,
            claimed_until: Timestamp::from_millis(0),
            end: None,
        };
        let stored = StoredJob { job, request: request.to_string(), on_behalf: permit.on_behalf(), place: 0 };
        self.store.insert_job(&stored, &lines).await?;
        Ok(stored.job)
    }

    /// The latest jobs: all of them for superadmins and auditors, one's own for everybody else.
    pub async fn jobs(&self, permit: &Permit) -> Result<Vec<Job>, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let by = if sees_all(permit) { None } else { Some(permit.actor()) };
        Ok(self.store.jobs(by, LISTED).await?.into_iter().map(|stored| stored.job).collect())
    }

    /// One job.
    pub async fn job(&self, permit: &Permit, id: JobId) -> Result<Job, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let found = self.store.job(id).await?.map(|stored| stored.job);
        found.filter(|job| sees_all(permit) || job.created_by == permit.actor()).ok_or(AdminError::NotFound)
    }

    /// What became of a job's lines after this one, of all or of those with one outcome.
    pub async fn job_lines(
        &self,
        permit: &Permit,
        id: JobId,
        only: Option<LineOutcome>,
        after: i64,
        limit: u16,
    ) -> Result<Vec<JobLine>, AdminError> {
        self.job(permit, id).await?;
        Ok(self.store.job_lines(id, only, after, limit).await?)
    }

    /// Stops a job before its next step. What was done stays done.
    pub async fn cancel_job(&self, permit: &Permit, id: JobId) -> Result<Job, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let job = self.job(permit, id).await?;
        if permit.role() != Role::Superadmin && job.created_by != permit.actor() {
            return Err(AdminError::Forbidden);
        }
        self.store.cancel_job(id, permit.actor(), self.clock.now()).await?;
        self.job(permit, id).await
    }

    /// Does what waits, until nothing does or `stopped` says so.
    pub async fn work_at_jobs(&self, stopped: impl Fn() -> bool) -> Result<(), AdminError> {
        while !stopped() {
            let now = self.clock.now();
            let Some(stored) = self.store.claim_job(&self.worker, now, now.plus(CLAIM)).await? else { break };
            self.step(&stored).await?;
        }
        Ok(())
    }

    /// Works at one job until it has ended, and tells how far it is. Another process may be at it already: then this one
    /// looks on.
    pub async fn work_at_job(&self, id: JobId, mut tell: impl FnMut(&Job)) -> Result<Job, AdminError> {
        loop {
            let now = self.clock.now();
            match self.store.claim_this_job(id, &self.worker, now, now.plus(CLAIM)).await? {
                Some(stored) => self.step(&stored).await?,
                None => tokio::time::sleep(LOOK_EVERY).await,
            }
            let job = self.store.job(id).await?.ok_or(AdminError::NotFound)?.job;
            tell(&job);
            if job.end.is_some() {
                return Ok(job);
            }
        }
    }

    /// One step of a job that this process holds.
    async fn step(&self, stored: &StoredJob) -> Result<(), AdminError> {
        let id = stored.job.id;
        if stored.job.is_stopping {
            return Ok(self.store.end_job(id, "", self.clock.now()).await?);
        }
        let Some(permit) = self.permit_on_behalf(&stored.on_behalf).await? else {
            let why = "Whoever started it may not do so any more.";
            return Ok(self.store.end_job(id, why, self.clock.now()).await?);
        };
        let more = match stored.job.kind {
            JobKind::Bulk => self.step_bulk_job(&permit, stored).await,
            JobKind::Import | JobKind::ImportCheck => self.step_import(&permit, stored).await,
        };
        match more {
            Ok(true) => Ok(()),
            Ok(false) => Ok(self.store.end_job(id, "", self.clock.now()).await?),
            // The database may answer again, and somebody else may be done.
            Err(error @ (AdminError::Store(_) | AdminError::Busy | AdminError::Conflict)) => Err(error),
            Err(error) => Ok(self.store.end_job(id, &error.to_string(), self.clock.now()).await?),
        }
    }

    async fn step_bulk_job(&self, permit: &Permit, stored: &StoredJob) -> Result<bool, AdminError> {
        let unreadable = || AdminError::Store(store::StoreError::Corrupt("job"));
        let request: BulkRequest = serde_json::from_str(&stored.request).map_err(|_| unreadable())?;
        let act = BulkAct::parse(&request.action, &request.value).ok_or_else(unreadable)?;
        let waiting = self.store.waiting_lines(stored.job.id, stored.place, BULK_STEP).await?;
        let Some(last) = waiting.last().map(|line| line.line) else { return Ok(false) };
        let mut lines = Vec::new();
        for NewJobLine { line, asked } in waiting {
            let key = KeyId::parse(&asked).ok_or_else(unreadable)?;
            let item = self.act_on(permit, &act, key, Some(request.seen)).await?;
            let generation = item.key.as_ref().map_or(0, |key| key.generation);
            let (outcome, detail) = match item.refused {
                None => (LineOutcome::Done, String::new()),
                // A process that ended between the act and its note did it.
                Some(why) if why != CHANGED && self.did(permit, generation, &request).await? => {
                    (LineOutcome::Done, String::new())
                }
                Some(why) => (LineOutcome::Refused, why),
            };
            lines.push(JobLine { line, key: Some(key), outcome: Some(outcome), detail });
        }
        self.store.note_job_step(stored.job.id, &JobStep { lines: &lines, place: last }).await?;
        Ok(true)
    }

    /// Whether the last change of a key was this job's.
    async fn did(&self, permit: &Permit, generation: Generation, request: &BulkRequest) -> Result<bool, AdminError> {
        if generation <= request.seen {
            return Ok(false);
        }
        let event = self.store.audit_after(generation - 1).await?.into_iter().next();
        Ok(event.is_some_and(|event| event.seq == generation && event.actor == permit.actor()))
    }
}

fn sees_all(permit: &Permit) -> bool {
    matches!(permit.role(), Role::Superadmin | Role::Auditor) && permit.only_tenant().is_none()
}
