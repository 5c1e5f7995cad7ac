//! Restoring a backup and moving to another database. Both replace everything that a database holds, in one change, and both
//! leave it as it was until that is committed.

use std::path::Path;

use model::{account::Action, audit::Verb};
use store::{BackupError, BackupHeader, Change, Progress};

use crate::{
    Admin, AdminError, ChainError, Permit,
    replay::{Later, Redone, Replay, Replayed},
};

/// Why a backup was not restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup, or the database.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// As for any other use case.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The checkpoint file. Everything else is done.
    #[error("the backup is restored, but the checkpoint file was not written: {0}")]
    Checkpoint(#[from] ChainError),
}

/// A backup that was loaded, and not yet committed. Dropped, it leaves no trace.
pub struct Restoring {
    change: Change,
    made_at: model::time::Timestamp,
    events: i64,
    /// What became of each event from after the backup.
    pub replayed: Vec<Replayed>,
}

impl Admin {
    /// Loads a backup, which has the schema of this program, in place of everything there is, and does again what narrowed
    /// access since.
    pub async fn restore(
        &self,
        permit: &Permit,
        backup: &Path,
        header: &BackupHeader,
        later: &Later,
        progress: impl Fn(Progress),
    ) -> Result<Restoring, RestoreError> {
        permit.allows(Action::ManageAccounts).map_err(AdminError::from)?;
        let mut change = self.store.load(backup, progress).await?;
        let (actor, now) = (permit.actor(), self.clock.now());
        let mut replay = Replay { admin: self, change: &mut change, later, actor, now, replayed: Vec::new() };
        replay.run().await?;
        let replayed = replay.replayed;
        let events = header.head().map_or(0, |head| head.seq);
        Ok(Restoring { change, made_at: header.made_at(), events, replayed })
    }

    /// Keeps what was loaded: one event says so, and the audit chain is anchored anew.
    pub async fn keep_restored(&self, permit: &Permit, restoring: Restoring) -> Result<(), RestoreError> {
        let Restoring { change, made_at, events, replayed } = restoring;
        let count = |redone| replayed.iter().filter(|one| one.redone == redone).count().to_string();
        let detail = serde_json::json!({
            "backup": made_at.to_string(), "events": events.to_string(),
            "done_again": count(Redone::Again), "switched_off": count(Redone::SwitchedOff),
            "lost": count(Redone::Lost), "left": count(Redone::Left),
        });
        let (now, detail) = (self.clock.now(), detail.to_string());
        let done = change.commit(now, permit.actor(), Verb::RestoreDatabase, "database", &detail).await;
        done.map_err(AdminError::from)?;
        // Keys of identities and owners that were disabled again, and those whose time has come, show it at once.
        self.reindex_keys().await.map_err(AdminError::from)?;
        Ok(self.anchor_restored().await?)
    }

    /// Loads a backup of another database, which has the schema of this program, into this one, where nobody did anything
    /// yet. `from` says what it is moved from.
    pub async fn take_over(
        &self,
        permit: &Permit,
        backup: &Path,
        from: &str,
        progress: impl Fn(Progress),
    ) -> Result<(), RestoreError> {
        permit.allows(Action::ManageAccounts).map_err(AdminError::from)?;
        let change = self.store.load(backup, progress).await?;
        let detail = serde_json::json!({ "from": from });
        let (now, detail) = (self.clock.now(), detail.to_string());
        let done = change.commit(now, permit.actor(), Verb::MoveDatabase, "database", &detail).await;
        done.map_err(AdminError::from)?;
        // Keys of identities and owners that were disabled again, and those whose time has come, show it at once.
        self.reindex_keys().await.map_err(AdminError::from)?;
        Ok(self.anchor_restored().await?)
    }
}
