//! What the database knows of files outside of it: which master key it was made with, and that its audit chain was
//! anchored.

use crypto::secret::{Digest, MasterKey, hex};

use super::{Store, StoreError, reading, writing};

/// The migration that made the tables of this file.
const SINCE: i64 = 10;
/// Events of which one must be sealed with the master key, where no proof of it is kept: a single one may have been
/// tampered with, which is another fault.
const LOOKED_AT: u16 = 50;

impl Store {
    /// Whether the master key is the one that this database was made with: by the proof it keeps, and by the newest
    /// events of the audit chain where it keeps none yet.
    pub async fn knows_master_key(&self) -> Result<bool, StoreError> {
        let applied = self.inner.db.applied_migrations().await?;
        match self.check_master_key(&applied).await {
            Ok(()) => Ok(true),
            Err(StoreError::OtherMasterKey) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn check_master_key(&self, applied: &[i64]) -> Result<(), StoreError> {
        if applied.is_empty() {
            return Ok(());
        }
        if applied.contains(&SINCE) && self.is_proved().await? {
            return Ok(());
        }
        let events = self.audit_page(None, None, LOOKED_AT).await?.events;
        let mut pairs = events.windows(2).filter_map(|pair| Some((pair.first()?, pair.last()?.hash))).peekable();
        let first = events.last().filter(|event| event.seq == 1).map(|event| (event, model::audit::GENESIS));
        let checkable = pairs.peek().is_some() || first.is_some();
        let sealed = pairs.chain(first).any(|(event, before)| self.audit_mac(&event.bytes(&before)) == event.hash);
        if checkable && !sealed { Err(StoreError::OtherMasterKey) } else { Ok(()) }
    }

    /// Keeps the proof of the master key; another process with another key may have been first.
    pub(super) async fn keep_proof(&self) -> Result<(), StoreError> {
        if self.is_proved().await? {
            return Ok(());
        }
        let sql = "INSERT INTO master_key (id, proof) VALUES (1, $1) ON CONFLICT DO NOTHING";
        let proof = self.proof();
        writing!(self, db => sqlx::query(sql).bind(proof).execute(db).await.map(drop))?;
        self.is_proved().await.map(drop)
    }

    /// Whether the database keeps a proof of this master key; a proof of another is an error.
    async fn is_proved(&self) -> Result<bool, StoreError> {
        let sql = "SELECT proof FROM master_key WHERE id = 1";
        let kept: Option<(String,)> = reading!(self, db => sqlx::query_as(sql).fetch_optional(db).await?);
        match kept {
            None => Ok(false),
            Some((kept,)) if Digest::of(kept.as_bytes()).matches(&Digest::of(self.proof().as_bytes())) => Ok(true),
            Some(_) => Err(StoreError::OtherMasterKey),
        }
    }

    fn proof(&self) -> String {
        proof_of(&self.inner.master)
    }

    /// Whether the audit chain was ever anchored outside the database.
    pub async fn was_anchored(&self) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM audit_anchored WHERE id = 1";
        let found: Option<(i64,)> = reading!(self, db => sqlx::query_as(sql).fetch_optional(db).await?);
        Ok(found.is_some())
    }

    /// Remembers that it was.
    pub async fn set_anchored(&self) -> Result<(), StoreError> {
        let sql = "INSERT INTO audit_anchored (id) VALUES (1) ON CONFLICT DO NOTHING";
        writing!(self, db => sqlx::query(sql).execute(db).await.map(drop))?;
        Ok(())
    }
}

/// What shows that a master key is a database's, without telling anything of it.
pub(super) fn proof_of(master: &MasterKey) -> String {
    hex(&master.mac("proof", b"of the database's master key"))
}
