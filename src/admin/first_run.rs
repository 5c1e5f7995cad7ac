//! The first run's checklist: which steps are done, for whoever may do them. Steps tick themselves from what is stored;
//! only the copy of the master key is somebody's word. When all are done it goes by itself, a day later.

use model::{
    account::Action,
    audit::Verb,
    first_run::FirstRunStep,
    time::{DAY, Timestamp},
};
use store::{Change, FirstRunRecord, StoreError};

use super::{Admin, AdminError};
use crate::Permit;

/// Superadmins that it takes for one to be able to help the other.
const SUPERADMINS: i64 = 2;
/// The target of its audit events.
const CHECKLIST: &str = "setup";

/// How far the first run has come, for one visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstRun {
    /// These are the steps that the visitor may do, and whether each is done; at least one is not.
    Open(Vec<(FirstRunStep, bool)>),
    /// Every step is done, for less than a day.
    Done,
    /// There is nothing to show: it is over or hidden, or what is left is for others to do.
    Over,
}

impl Admin {
    /// How far the first run has come. Whoever sees just their own keys has no part in it.
    pub async fn first_run(&self, permit: &Permit) -> Result<FirstRun, AdminError> {
        permit.allows(Action::ReadKeys)?;
        let is_theirs = |step: &FirstRunStep| permit.allows(step.action()).is_ok();
        let theirs: Vec<_> = FirstRunStep::ALL.into_iter().filter(is_theirs).collect();
        if permit.only_owner().is_some() || theirs.is_empty() {
            return Ok(FirstRun::Over);
        }
        let record = self.store.first_run().await?;
        let is_over = record.done_at.is_some_and(|done| self.clock.now().since(done) >= DAY);
        if record.hidden_at.is_some() || is_over {
            return Ok(FirstRun::Over);
        }
        let steps = self.steps(record).await?;
        if steps.iter().all(|(_, done)| *done) {
            return Ok(FirstRun::Done);
        }
        let steps: Vec<_> = steps.into_iter().filter(|(step, _)| theirs.contains(step)).collect();
        Ok(if steps.iter().all(|(_, done)| *done) { FirstRun::Over } else { FirstRun::Open(steps) })
    }

    /// Every step, and whether it is done.
    async fn steps(&self, record: FirstRunRecord) -> Result<[(FirstRunStep, bool); 5], StoreError> {
        let called = self.store.first_allowed().await?.is_some();
        Ok([
            // Whoever was called had a key, also when that is purged.
            (FirstRunStep::FirstKey, called || self.store.has_keys(None).await?),
            (FirstRunStep::FirstCall, called),
            (FirstRunStep::Gateway, record.gateway_seen_at.is_some()),
            (FirstRunStep::SecondSuperadmin, self.store.count_superadmins().await? >= SUPERADMINS),
            (FirstRunStep::MasterKeyCopy, record.master_key_copied_at.is_some()),
        ])
    }

    /// Notes when every step is found done: a day later the checklist is over.
    pub(super) async fn note_first_run_done(&self, now: Timestamp) -> Result<(), StoreError> {
        let record = self.store.first_run().await?;
        if record.done_at.is_none() && record.hidden_at.is_none() && self.steps(record).await?.iter().all(|step| step.1)
        {
            self.store.note_first_run_done(now).await?;
        }
        Ok(())
    }

    /// Whether this permit may show a checklist again that is hidden or over.
    pub async fn may_show_first_run(&self, permit: &Permit) -> Result<bool, AdminError> {
        Ok(permit.allows(Action::ManageSetup).is_ok() && self.first_run(permit).await? == FirstRun::Over)
    }

    /// Takes somebody's word that they have a copy of the master key, once and for all.
    pub async fn confirm_master_key_copy(&self, permit: &Permit) -> Result<(), AdminError> {
        permit.allows(Action::ManageSetup)?;
        let mut change = self.store.change().await?;
        if change.first_run().await?.master_key_copied_at.is_some() {
            return Ok(());
        }
        change.note_master_key_copied(self.clock.now()).await?;
        self.commit_setup(permit, change, Verb::ConfirmMasterKeyCopy).await
    }

    /// Hides the checklist for everybody.
    pub async fn hide_first_run(&self, permit: &Permit) -> Result<(), AdminError> {
        permit.allows(Action::ManageSetup)?;
        let mut change = self.store.change().await?;
        if change.first_run().await?.hidden_at.is_some() {
            return Ok(());
        }
        change.hide_first_run(Some(self.clock.now())).await?;
        self.commit_setup(permit, change, Verb::HideFirstRun).await
    }

    /// Shows it again, also when it is over.
    pub async fn show_first_run(&self, permit: &Permit) -> Result<(), AdminError> {
        permit.allows(Action::ManageSetup)?;
        let mut change = self.store.change().await?;
        let record = change.first_run().await?;
        if record.hidden_at.is_none() && record.done_at.is_none() {
            return Ok(());
        }
        change.hide_first_run(None).await?;
        self.commit_setup(permit, change, Verb::ShowFirstRun).await
    }

    async fn commit_setup(&self, permit: &Permit, change: Change, verb: Verb) -> Result<(), AdminError> {
        Ok(change.commit(self.clock.now(), permit.actor(), verb, CHECKLIST, "{}").await?)
    }
}
