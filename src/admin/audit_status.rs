//! How the audit chain stands, without walking all of it for every page: it is walked onward from where it was found whole
//! the last time, and from its first event when somebody asks.

use model::{
    account::Action,
    audit::{Break, Head},
};
use store::STEP_OF_EVENTS as STEP;

use super::{Admin, AdminError, ChainError, chain_status::ChainStatus};
use crate::Permit;

impl Admin {
    /// What is known of the chain; `None` until it was walked for the first time since this process began.
    pub fn chain_status(&self, permit: &Permit) -> Result<Option<ChainStatus>, AdminError> {
        permit.allows(Action::ReadAudit)?;
        Ok(self.walked.lock().as_ref().map(|(_, status)| status.clone()))
    }

    /// Walks the whole chain, from its first event, and remembers what was found.
    pub async fn verify_audit_now(&self, permit: &Permit) -> Result<ChainStatus, AdminError> {
        let stored = self.store.audit_head().await?;
        let broken = match self.verify_audit(permit).await {
            Ok(_) => None,
            Err(ChainError::Admin(error)) => return Err(error),
            Err(broken) => Some(broken.to_string()),
        };
        let status = ChainStatus { seq: stored.seq, at: self.clock.now(), broken };
        *self.walked.lock() = Some((stored, status.clone()));
        Ok(status)
    }

    /// Walks onward from where the chain was found whole, at most 1000 events. Once it is broken it stays so until all of
    /// it is walked again.
    pub async fn verify_audit_onward(&self) -> Result<(), AdminError> {
        let (from, broken) = match self.walked.lock().as_ref() {
            Some((head, status)) => (*head, status.broken.is_some()),
            None => (Head::START, false),
        };
        if broken {
            return Ok(());
        }
        // Read before the events: up to here none may be missing.
        let stored = self.store.audit_head().await?;
        let events = self.store.audit_after(from.seq).await?;
        let mut head = from;
        let mut broken = None;
        for event in &events {
            match head.step(event, |bytes| self.store.audit_mac(bytes)) {
                Ok(next) => head = next,
                Err(found) => {
                    broken = Some(found.to_string());
                    break;
                }
            }
        }
        if broken.is_none() && head.seq < stored.seq && events.len() < STEP {
            broken = Some(Break { seq: head.seq + 1, why: "the event is missing" }.to_string());
        }
        // Whoever cuts the chain's end off leaves the head behind what was walked, or with another hash. Read once more:
        // events may have been added since.
        let ended = if head.seq > stored.seq { self.store.audit_head().await? } else { stored };
        if broken.is_none() && (ended.seq < head.seq || (ended.seq == head.seq && ended.hash != head.hash)) {
            broken = Some(format!("event {}, its end", head.seq));
        }
        if let Some(why) = &broken {
            tracing::error!(%why, "the audit chain is broken; `keyward audit verify` walks all of it");
        }
        let status = ChainStatus { seq: head.seq, at: self.clock.now(), broken };
        let mut known = self.walked.lock();
        // Somebody may have had all of it walked meanwhile, which says more.
        if known.as_ref().map_or(Head::START, |(head, _)| *head) == from {
            *known = Some((head, status));
        }
        Ok(())
    }
}
