//! The audit: read, walked from its first event to its last, and anchored in a file outside the database so that a cut
//! tail shows.

use std::{fs, io, path::Path};

use super::{Console, ConsoleError};
use crate::{
    audit::{Break, Head},
    people::{Action, Permit},
    secret::{hex, unhex},
    store::{AuditPage, StoreError},
};

/// Events on one page.
const PAGE: u16 = 50;

/// A chain that is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// How many events it has.
    pub events: i64,
    /// The event the checkpoint file vouches for, if there is a file.
    pub anchored: Option<i64>,
}

/// Why a chain could not be called whole.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// It is broken.
    #[error(transparent)]
    Broken(#[from] Break),
    /// The checkpoint file cannot be read or is not what was written.
    #[error("the checkpoint file {0} is not what Keyward wrote: {1}")]
    Checkpoint(String, io::Error),
    /// As for any other use case.
    #[error(transparent)]
    Console(#[from] ConsoleError),
}

impl From<StoreError> for ChainError {
    fn from(error: StoreError) -> Self {
        Self::Console(error.into())
    }
}

impl Console {
    /// The newest events before number `before`.
    pub async fn audit(&self, permit: &Permit, before: Option<i64>) -> Result<AuditPage, ConsoleError> {
        permit.allows(Action::ReadAudit)?;
        Ok(self.store.audit_page(before, None, PAGE).await?)
    }

    /// The newest events of one key.
    pub async fn key_audit(&self, permit: &Permit, key: crate::id::KeyId) -> Result<AuditPage, ConsoleError> {
        permit.allows(Action::ReadKeys)?;
        Ok(self.store.audit_page(None, Some(key.as_str()), 10).await?)
    }

    /// Walks the whole chain against its hashes, its head and the checkpoint file.
    pub async fn verify_audit(&self, permit: &Permit) -> Result<ChainReport, ChainError> {
        permit.allows(Action::ReadAudit).map_err(ConsoleError::from)?;
        let anchor = self.read_checkpoint()?;
        // Read before the walk: events added meanwhile lie beyond it.
        let stored = self.store.audit_head().await?;
        let mut head = Head::START;
        let anchored = |head: Head| anchor.is_none_or(|anchor| anchor.seq != head.seq || anchor.hash == head.hash);
        while head.seq < stored.seq {
            let events = self.store.audit_after(head.seq).await?;
            if events.is_empty() {
                return Err(Break { seq: head.seq + 1, why: "the event is missing" }.into());
            }
            for event in events.iter().take_while(|event| event.seq <= stored.seq) {
                head = head.step(event, |bytes| self.store.audit_mac(bytes))?;
                if !anchored(head) {
                    return Err(Break { seq: head.seq, why: "the checkpoint file says otherwise" }.into());
                }
            }
        }
        if head != stored {
            return Err(Break { seq: head.seq, why: "the chain does not end where it should" }.into());
        }
        if let Some(anchor) = anchor.filter(|anchor| anchor.seq > head.seq) {
            return Err(Break { seq: head.seq + 1, why: if anchor.seq == head.seq + 1 { "the last event was cut off" } else { "the last events were cut off" } }.into());
        }
        Ok(ChainReport { events: head.seq, anchored: anchor.map(|anchor| anchor.seq) })
    }

    /// Writes the chain's end to the checkpoint file, sealed with the master key. It never moves back.
    pub async fn checkpoint_audit(&self) -> Result<(), ChainError> {
        let head = self.store.audit_head().await?;
        if self.read_checkpoint()?.is_some_and(|anchor| anchor.seq >= head.seq) {
            return Ok(());
        }
        let text = format!("{} {}", head.seq, hex(&head.hash));
        let sealed = format!("{text} {}\n", hex(&self.store.audit_mac(text.as_bytes())));
        // Readers see the old file or the new one, never half of it.
        let fresh = self.checkpoint.with_extension("checkpoint-new");
        fs::write(&fresh, sealed).and_then(|()| fs::rename(&fresh, &self.checkpoint)).map_err(|error| self.unreadable(error))
    }

    fn read_checkpoint(&self) -> Result<Option<Head>, ChainError> {
        let text = match fs::read_to_string(&self.checkpoint) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.unreadable(error)),
        };
        let head = || {
            let (said, seal) = text.trim_end().rsplit_once(' ')?;
            let (seq, hash) = said.split_once(' ')?;
            let sealed = hex(&self.store.audit_mac(said.as_bytes())) == seal;
            sealed.then_some(Head { seq: seq.parse().ok()?, hash: unhex(hash)? })
        };
        let altered = || self.unreadable(io::Error::new(io::ErrorKind::InvalidData, "its seal is wrong"));
        head().map(Some).ok_or_else(altered)
    }

    fn unreadable(&self, error: io::Error) -> ChainError {
        ChainError::Checkpoint(Path::new(&self.checkpoint).display().to_string(), error)
    }
}
