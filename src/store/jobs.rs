//! Work that takes longer than a request, at rest: what is to be done, how far it is, and what became of each line.

use model::{
    id::{JobId, KeyId},
    job::{Job, JobEnd, JobKind, LineOutcome},
    time::Timestamp,
};
use sqlx::{FromRow, QueryBuilder};

use super::{
    Store, StoreError,
    change::{Change, Transaction, on},
    reading, writing,
};

/// Lines in one statement.
const ROWS: usize = 2000;

/// A job with what only its worker needs.
#[derive(Clone, Debug)]
pub struct StoredJob {
    /// The job.
    pub job: Job,
    /// What is asked, as a JSON object.
    pub request: String,
    /// Whose authority it has: `operator`, or `account:` or `key:` with an id.
    pub on_behalf: String,
    /// Where the next step begins.
    pub place: i64,
}

/// A line of a job that is still to be done.
pub struct NewJobLine {
    /// Its number, which is the line of the file.
    pub line: i64,
    /// What is asked, without a secret.
    pub asked: String,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobLine {
    /// Its number.
    pub line: i64,
    /// The key.
    pub key: Option<KeyId>,
    /// What became of it; `None` while it waits.
    pub outcome: Option<LineOutcome>,
    /// Why nothing did.
    pub detail: String,
}

/// How far a step brought a job.
pub struct JobStep<'a> {
    /// What became of its lines.
    pub lines: &'a [JobLine],
    /// Where the next step begins.
    pub place: i64,
}

#[derive(FromRow)]
struct JobRow {
    id: String,
    kind: String,
    request: String,
    created_at: i64,
    created_by: String,
    on_behalf: String,
    total: i64,
    place: i64,
    done: i64,
    same: i64,
    refused: i64,
    cancelled_at: Option<i64>,
    cancelled_by: Option<String>,
    ended_at: Option<i64>,
    failure: String,
    claimed_until: i64,
}

impl JobRow {
    fn read(self) -> Result<StoredJob, StoreError> {
        let corrupt = || StoreError::Corrupt("job");
        let end = match (self.ended_at, self.cancelled_by) {
            (None, _) => None,
            (Some(at), _) if !self.failure.is_empty() => Some(JobEnd::Failed(Timestamp::from_millis(at), self.failure)),
            (Some(at), Some(by)) => Some(JobEnd::Cancelled(Timestamp::from_millis(at), by)),
            (Some(at), None) => Some(JobEnd::Done(Timestamp::from_millis(at))),
        };
        let request: serde_json::Value = serde_json::from_str(&self.request).map_err(|_| corrupt())?;
        Ok(StoredJob {
            job: Job {
                action: request["action"].as_str().unwrap_or_default().to_owned(),
                id: JobId::parse(&self.id).ok_or_else(corrupt)?,
                kind: JobKind::parse(&self.kind).ok_or_else(corrupt)?,
                created_at: Timestamp::from_millis(self.created_at),
                created_by: self.created_by,
                total: self.total,
                done: self.done,
                same: self.same,
                refused: self.refused,
                is_stopping: self.cancelled_at.is_some(),
                claimed_until: Timestamp::from_millis(self.claimed_until),
                end,
            },
            request: self.request,
            on_behalf: self.on_behalf,
            place: self.place,
        })
    }
}

#[derive(FromRow)]
struct LineRow {
    line: i64,
    key_id: Option<String>,
    outcome: Option<String>,
    detail: String,
}

impl LineRow {
    fn read(self) -> Result<JobLine, StoreError> {
        let outcome = self.outcome.map(|code| LineOutcome::parse(&code).ok_or(StoreError::Corrupt("job line")));
        Ok(JobLine {
            line: self.line,
            key: self.key_id.as_deref().and_then(KeyId::parse),
            outcome: outcome.transpose()?,
            detail: self.detail,
        })
    }
}

impl Store {
    /// Stores a job with its lines, all or nothing.
    pub async fn insert_job(&self, new: &StoredJob, lines: &[NewJobLine]) -> Result<(), StoreError> {
        let sql = "INSERT INTO jobs (id, kind, request, created_at, created_by, on_behalf, total, place) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let job = &new.job;
        writing!(self, db => {
            let mut transaction = db.begin().await?;
            sqlx::query(sql)
                .bind(job.id.as_str())
                .bind(job.kind.code())
                .bind(&new.request)
                .bind(job.created_at.millis())
                .bind(&job.created_by)
                .bind(&new.on_behalf)
                .bind(job.total)
                .bind(new.place)
                .execute(&mut *transaction)
                .await?;
            for lines in lines.chunks(ROWS) {
                QueryBuilder::new("INSERT INTO job_lines (job_id, line, asked) ")
                    .push_values(lines, |mut row, line| {
                        row.push_bind(job.id.as_str().to_owned()).push_bind(line.line).push_bind(&line.asked);
                    })
                    .build()
                    .persistent(false)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
        });
        Ok(())
    }

    /// The job of this id.
    pub async fn job(&self, id: JobId) -> Result<Option<StoredJob>, StoreError> {
        let sql = "SELECT * FROM jobs WHERE id = $1";
        let row: Option<JobRow> = reading!(self, db => sqlx::query_as(sql).bind(id.as_str()).fetch_optional(db).await?);
        row.map(JobRow::read).transpose()
    }

    /// The latest jobs, at most so many: of one who started them or of all.
    pub async fn jobs(&self, by: Option<&str>, limit: u16) -> Result<Vec<StoredJob>, StoreError> {
        let sql = "SELECT * FROM jobs WHERE ($1 = '' OR created_by = $1) ORDER BY created_at DESC, id LIMIT $2";
        let rows: Vec<JobRow> = reading!(self, db => sqlx::query_as(sql)
            .bind(by.unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(db)
            .await?);
        rows.into_iter().map(JobRow::read).collect()
    }

    /// What became of a job's lines after this one: of all of them, or of those that were refused.
    pub async fn job_lines(
        &self,
        id: JobId,
        only: Option<LineOutcome>,
        after: i64,
        limit: u16,
    ) -> Result<Vec<JobLine>, StoreError> {
        let sql = "SELECT line, key_id, outcome, detail FROM job_lines WHERE job_id = $1 AND line > $2 \
                   AND ($3 = '' OR outcome = $3) ORDER BY line LIMIT $4";
        let rows: Vec<LineRow> = reading!(self, db => sqlx::query_as(sql)
            .bind(id.as_str())
            .bind(after)
            .bind(only.map_or("", LineOutcome::code))
            .bind(i64::from(limit))
            .fetch_all(db)
            .await?);
        rows.into_iter().map(LineRow::read).collect()
    }

    /// The keys of a job's lines that were done.
    pub async fn keys_done(&self, id: JobId) -> Result<Vec<KeyId>, StoreError> {
        let sql =
            "SELECT key_id FROM job_lines WHERE job_id = $1 AND outcome = $2 AND key_id IS NOT NULL ORDER BY line";
        let rows: Vec<(String,)> = reading!(self, db => sqlx::query_as(sql)
            .bind(id.as_str())
            .bind(LineOutcome::Done.code())
            .fetch_all(db)
            .await?);
        rows.into_iter().map(|(key,)| KeyId::parse(&key).ok_or(StoreError::Corrupt("job line"))).collect()
    }

    /// The next lines that are still to be done.
    pub async fn waiting_lines(&self, id: JobId, after: i64, limit: u16) -> Result<Vec<NewJobLine>, StoreError> {
        let sql = "SELECT line, asked FROM job_lines WHERE job_id = $1 AND line > $2 AND asked IS NOT NULL \
                   ORDER BY line LIMIT $3";
        let rows: Vec<(i64, String)> = reading!(self, db => sqlx::query_as(sql)
            .bind(id.as_str())
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(db)
            .await?);
        Ok(rows.into_iter().map(|(line, asked)| NewJobLine { line, asked }).collect())
    }

    /// Takes the oldest job that nobody works at, until this instant.
    pub async fn claim_job(&self, by: &str, now: Timestamp, until: Timestamp) -> Result<Option<StoredJob>, StoreError> {
        let find = "SELECT id FROM jobs WHERE ended_at IS NULL AND (claimed_until <= $1 OR claimed_by = $2) \
                    ORDER BY created_at, id LIMIT 1";
        let found: Option<(String,)> =
            reading!(self, db => sqlx::query_as(find).bind(now.millis()).bind(by).fetch_optional(db).await?);
        let Some(id) = found.and_then(|(id,)| JobId::parse(&id)) else { return Ok(None) };
        self.claim_this_job(id, by, now, until).await
    }

    /// Takes this job, unless another works at it or it has ended.
    pub async fn claim_this_job(
        &self,
        id: JobId,
        by: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<StoredJob>, StoreError> {
        let sql = "UPDATE jobs SET claimed_by = $1, claimed_until = $2 WHERE id = $3 AND ended_at IS NULL \
                   AND (claimed_until <= $4 OR claimed_by = $1) RETURNING *";
        let row: Option<JobRow> = writing!(self, db => sqlx::query_as(sql)
            .bind(by)
            .bind(until.millis())
            .bind(id.as_str())
            .bind(now.millis())
            .fetch_optional(db)
            .await?);
        row.map(JobRow::read).transpose()
    }

    /// Asks a job to stop before its next step; one that ended stays as it is.
    pub async fn cancel_job(&self, id: JobId, by: &str, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE jobs SET cancelled_at = $1, cancelled_by = $2 \
                   WHERE id = $3 AND ended_at IS NULL AND cancelled_at IS NULL";
        writing!(self, db => sqlx::query(sql)
            .bind(at.millis())
            .bind(by)
            .bind(id.as_str())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Notes that a job has ended, with why it failed if it did. What it was still to do is forgotten.
    pub async fn end_job(&self, id: JobId, failure: &str, at: Timestamp) -> Result<(), StoreError> {
        let end = "UPDATE jobs SET ended_at = $1, failure = $2 WHERE id = $3 AND ended_at IS NULL";
        let forget = "UPDATE job_lines SET asked = NULL WHERE job_id = $1 AND asked IS NOT NULL";
        writing!(self, db => {
            let mut transaction = db.begin().await?;
            sqlx::query(end).bind(at.millis()).bind(failure).bind(id.as_str()).execute(&mut *transaction).await?;
            sqlx::query(forget).bind(id.as_str()).execute(&mut *transaction).await?;
            transaction.commit().await?;
        });
        Ok(())
    }

    /// Notes a step of a job that changed nothing else in the same transaction.
    pub async fn note_job_step(&self, id: JobId, step: &JobStep<'_>) -> Result<(), StoreError> {
        let mut transaction = self.transaction().await?;
        transaction.note_job_step(id, step).await?;
        transaction.commit().await
    }

    /// Forgets jobs that ended before this instant, with their lines.
    pub async fn sweep_jobs(&self, before: Timestamp) -> Result<(), StoreError> {
        let lines = "DELETE FROM job_lines WHERE (job_id, line) IN (SELECT l.job_id, l.line FROM job_lines l \
                     JOIN jobs j ON j.id = l.job_id WHERE j.ended_at < $1 LIMIT $2)";
        self.sweep_in_steps(lines, before.millis()).await?;
        let jobs = "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE ended_at < $1 LIMIT $2)";
        self.sweep_in_steps(jobs, before.millis()).await
    }
}

impl Change {
    /// Notes a step of a job with what it changes.
    pub async fn note_job_step(&mut self, id: JobId, step: &JobStep<'_>) -> Result<(), StoreError> {
        self.transaction.note_job_step(id, step).await
    }
}

impl Transaction {
    async fn note_job_step(&mut self, id: JobId, step: &JobStep<'_>) -> Result<(), StoreError> {
        let count = |outcome| {
            let lines = step.lines.iter().filter(|line| line.outcome == Some(outcome)).count();
            i64::try_from(lines).unwrap_or(i64::MAX)
        };
        let sql =
            "UPDATE jobs SET place = $1, done = done + $2, same = same + $3, refused = refused + $4 WHERE id = $5";
        on!(self, db => {
            for lines in step.lines.chunks(ROWS) {
                QueryBuilder::new("INSERT INTO job_lines (job_id, line, key_id, outcome, detail) ")
                    .push_values(lines, |mut row, line| {
                        row.push_bind(id.as_str().to_owned())
                            .push_bind(line.line)
                            .push_bind(line.key.map(|key| key.to_string()))
                            .push_bind(line.outcome.map(LineOutcome::code))
                            .push_bind(&line.detail);
                    })
                    .push(
                        " ON CONFLICT (job_id, line) DO UPDATE SET key_id = excluded.key_id, \
                         outcome = excluded.outcome, detail = excluded.detail, asked = NULL",
                    )
                    .build()
                    .persistent(false)
                    .execute(&mut *db)
                    .await?;
            }
            sqlx::query(sql)
                .bind(step.place)
                .bind(count(LineOutcome::Done))
                .bind(count(LineOutcome::Same))
                .bind(count(LineOutcome::Refused))
                .bind(id.as_str())
                .execute(&mut *db)
                .await?;
        });
        Ok(())
    }
}
