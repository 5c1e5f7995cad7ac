//! Work that takes longer than a request: what it is, how far it is, how it ended.

use crate::{codes::codes, id::JobId, time::Timestamp};

codes! {
    /// What a job does.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum JobKind {
        /// One act on all keys that answer a question.
        Bulk = "bulk" => "Bulk change",
        /// Keys of another system are imported.
        Import = "import" => "Import",
        /// What importing them would do is found out.
        ImportCheck = "import_check" => "Import, checked only",
    }
}

codes! {
    /// What became of one line of a job.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum LineOutcome {
        /// It was done; in a check, it can be.
        Done = "done" => "Done",
        /// There was nothing to do: it had been done before.
        Same = "same" => "Already there",
        /// It was refused, and nothing of it was done.
        Refused = "refused" => "Refused",
    }
}

codes! {
    /// How a job stands.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum JobStatus {
        /// Nobody has begun yet, or whoever did is gone.
        Waiting = "waiting" => "Waiting",
        /// It is being done.
        Running = "running" => "Running",
        /// It was asked to stop, and stops after the step it is at.
        Stopping = "stopping" => "Stopping",
        /// All lines were looked at.
        Done = "done" => "Done",
        /// It was stopped; what was done stays done.
        Cancelled = "cancelled" => "Cancelled",
        /// It could not go on; what was done stays done.
        Failed = "failed" => "Failed",
    }
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// All lines were looked at.
    Done(Timestamp),
    /// Somebody stopped it.
    Cancelled(Timestamp, String),
    /// It could not go on, for this reason.
    Failed(Timestamp, String),
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// What a bulk change does, by its code; empty otherwise.
    pub action: String,
    /// When it was started.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// Lines in all, as far as they are known.
    pub total: i64,
    /// Lines that were done.
    pub done: i64,
    /// Lines for which there was nothing to do.
    pub same: i64,
    /// Lines that were refused.
    pub refused: i64,
    /// Whether it was asked to stop.
    pub is_stopping: bool,
    /// Until when whoever works at it has the claim.
    pub claimed_until: Timestamp,
    /// How it ended.
    pub end: Option<JobEnd>,
}

impl Job {
    /// How it stands.
    pub fn status(&self, now: Timestamp) -> JobStatus {
        match &self.end {
            Some(JobEnd::Done(_)) => JobStatus::Done,
            Some(JobEnd::Cancelled(..)) => JobStatus::Cancelled,
            Some(JobEnd::Failed(..)) => JobStatus::Failed,
            None if self.is_stopping => JobStatus::Stopping,
            None if self.claimed_until > now => JobStatus::Running,
            None => JobStatus::Waiting,
        }
    }

    /// Lines that were looked at.
    pub fn looked_at(&self) -> i64 {
        self.done + self.same + self.refused
    }

    /// When it ended.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.end.as_ref().map(|end| match end {
            JobEnd::Done(at) | JobEnd::Cancelled(at, _) | JobEnd::Failed(at, _) => *at,
        })
    }
}
