//! The audit: read, walked from its first event to its last, and anchored in a file outside the database so that a cut
//! tail shows.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    time::Duration,
};

use crypto::secret::{hex, private, unhex};
use model::{
    account::Action,
    audit::{Break, Head, Verb},
    id::KeyId,
};
use store::{AuditFilter, AuditPage, StoreError};

use super::{Admin, AdminError};
use crate::Permit;

/// Why a chain is broken that does not lead through the event that the checkpoint file vouches for.
const OTHERWISE: &str = "the checkpoint file says otherwise";
/// Events on one page.
const PAGE: u16 = 50;
/// How long a process waits for another that writes the checkpoint file, and how often it looks.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
const LOCK_PAUSE: Duration = Duration::from_millis(20);

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
    /// The checkpoint file was written, and is gone: whether the chain's end was cut off cannot be told.
    #[error(
        "the checkpoint file {0} is missing, which was written before: restore it from the backup, or, if it was lost \
         for a reason that you know, run `keyward audit anchor` to begin a new one"
    )]
    Gone(String),
    /// As for any other use case.
    #[error(transparent)]
    Admin(#[from] AdminError),
}

impl From<StoreError> for ChainError {
    fn from(error: StoreError) -> Self {
        Self::Admin(error.into())
    }
}

impl Admin {
    /// The newest events before number `before` that fit, at most `limit`; a page of the console's size without.
    pub async fn search_audit(
        &self,
        permit: &Permit,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: Option<u16>,
    ) -> Result<AuditPage, AdminError> {
        permit.allows(Action::ReadAudit)?;
        Ok(self.store.search_audit(filter, before, limit.unwrap_or(PAGE)).await?)
    }

    /// The newest events of one key before number `before`, at most `limit`.
    pub async fn key_audit(
        &self,
        permit: &Permit,
        key: KeyId,
        before: Option<i64>,
        limit: u16,
    ) -> Result<AuditPage, AdminError> {
        self.seen_key(permit, key).await?;
        Ok(self.store.audit_page(before, Some(key.as_str()), limit).await?)
    }

    /// Walks the whole chain against its hashes, its head and the checkpoint file.
    pub async fn verify_audit(&self, permit: &Permit) -> Result<ChainReport, ChainError> {
        permit.allows(Action::ReadAudit).map_err(AdminError::from)?;
        // Read before the file: what is remembered then has been written.
        let was_anchored = self.store.was_anchored().await?;
        let anchor = self.read_checkpoint()?;
        if anchor.is_none() && was_anchored {
            return Err(self.gone());
        }
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
                    return Err(Break { seq: head.seq, why: OTHERWISE }.into());
                }
            }
        }
        if head != stored {
            return Err(Break { seq: head.seq, why: "the chain does not end where it should" }.into());
        }
        if let Some(anchor) = anchor.filter(|anchor| anchor.seq > head.seq) {
            return Err(Break {
                seq: head.seq + 1,
                why: if anchor.seq == head.seq + 1 {
                    "the last event was cut off"
                } else {
                    "the last events were cut off"
                },
            }
            .into());
        }
        Ok(ChainReport { events: head.seq, anchored: anchor.map(|anchor| anchor.seq) })
    }

    /// Writes the chain's end to the checkpoint file, sealed with the master key. It never moves back, and one that was
    /// lost is not begun anew.
    pub async fn checkpoint_audit(&self) -> Result<(), ChainError> {
        self.anchor(false).await
    }

    /// Begins a new checkpoint file after the old one was lost, and has the chain itself say so. What a chain lost before
    /// that, nobody can tell any more.
    pub async fn anchor_anew(&self, permit: &Permit) -> Result<ChainReport, ChainError> {
        permit.allows(Action::ReadAudit).map_err(AdminError::from)?;
        if self.read_checkpoint()?.is_none() && self.store.was_anchored().await? {
            let events = self.store.audit_head().await?.seq;
            let (now, detail) = (self.clock.now(), serde_json::json!({ "events": events.to_string() }));
            let change = self.store.change().await?;
            change.commit(now, permit.actor(), Verb::AnchorAudit, "checkpoint", &detail.to_string()).await?;
        }
        self.anchor(true).await?;
        self.verify_audit(permit).await
    }

    /// Begins the checkpoint file anew after everything was replaced, and keeps the one from before under another name.
    pub(super) async fn anchor_restored(&self) -> Result<(), ChainError> {
        {
            let _one = self.lock_checkpoint().await?;
            let aside = self.checkpoint.with_extension("checkpoint-before");
            match fs::rename(&self.checkpoint, aside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.unreadable(error)),
                _ => {}
            }
        }
        self.anchor(true).await
    }

    async fn anchor(&self, anew: bool) -> Result<(), ChainError> {
        let _one = self.lock_checkpoint().await?;
        let was_anchored = self.store.was_anchored().await?;
        let anchor = self.read_checkpoint()?;
        if anchor.is_none() && was_anchored && !anew {
            return Err(self.gone());
        }
        if let Some(anchor) = anchor {
            // What was cut off before this would never show again.
            match self.store.audit_hash(anchor.seq).await? {
                Some(hash) if hash == anchor.hash => {}
                Some(_) => return Err(Break { seq: anchor.seq, why: OTHERWISE }.into()),
                None => return Err(Break { seq: anchor.seq, why: "the event is missing" }.into()),
            }
        }
        let head = self.store.audit_head().await?;
        if anchor.is_none_or(|anchor| anchor.seq < head.seq) {
            let text = format!("{} {}", head.seq, hex(&head.hash));
            let sealed = format!("{text} {}\n", hex(&self.store.audit_mac(text.as_bytes())));
            self.write_checkpoint(&sealed).map_err(|error| self.unreadable(error))?;
        }
        if !was_anchored {
            self.store.set_anchored().await?;
        }
        Ok(())
    }

    /// Several processes on one data folder write the checkpoint one after the other, so that it never moves back.
    async fn lock_checkpoint(&self) -> Result<fs::File, ChainError> {
        let path = self.checkpoint.with_extension("checkpoint-lock");
        let file = private().append(true).create(true).open(path).map_err(|error| self.unreadable(error))?;
        let locked = async {
            loop {
                match file.try_lock() {
                    Ok(()) => return Ok(()),
                    Err(fs::TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
                    Err(fs::TryLockError::Error(error)) => return Err(error),
                }
            }
        };
        let late = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "another process holds its lock"));
        tokio::time::timeout(LOCK_PATIENCE, locked)
            .await
            .unwrap_or_else(late)
            .map_err(|error| self.unreadable(error))?;
        Ok(file)
    }

    /// Readers see the old file or the new one, never half of it, whenever the machine stops.
    fn write_checkpoint(&self, sealed: &str) -> io::Result<()> {
        let fresh = self.checkpoint.with_extension(format!("checkpoint-new-{}", self.entropy.key_id()));
        let mut file = private().write(true).create_new(true).open(&fresh)?;
        let written = file
            .write_all(sealed.as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&fresh, &self.checkpoint));
        if written.is_err() {
            // It is of no use to anybody; that it cannot be removed says nothing new.
            let _ = fs::remove_file(&fresh);
            return written;
        }
        // The name is durable when its folder is.
        match self.checkpoint.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => fs::File::open(folder)?.sync_all(),
            None => Ok(()),
        }
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

    fn gone(&self) -> ChainError {
        ChainError::Gone(self.checkpoint.display().to_string())
    }

    fn unreadable(&self, error: io::Error) -> ChainError {
        ChainError::Checkpoint(Path::new(&self.checkpoint).display().to_string(), error)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::tampering::tamper;
    use crypto::{
        clock::Clock,
        secret::{Entropy, MasterKey},
    };
    use model::key_input::KeyInput;
    use store::{Location, Store};

    async fn admin(folder: &Path) -> (Admin, Store) {
        let entropy = Entropy::system();
        let master = MasterKey::create(&folder.join("master.key"), &entropy).unwrap();
        let store = Store::open(&Location::Sqlite(folder.join("keyward.db")), Arc::new(master)).await.unwrap();
        store.migrate().await.unwrap();
        (Admin::new(store.clone(), Clock::system(), entropy, folder.join("checkpoint")), store)
    }

    async fn three_keys(admin: &Admin) {
        for name in ["one", "two", "three"] {
            let form = KeyInput { name: name.into(), scopes: "a".into(), expires: "30d".into(), ..KeyInput::default() };
            admin.issue_key(&Permit::for_operator(), &form).await.unwrap();
        }
    }

    /// What someone with the database's password could do, and what the walk says of it.
    #[tokio::test]
    async fn tampering_shows() {
        for (what, sql, expected) in [
            ("nothing", "SELECT 1", "whole"),
            ("an actor", "UPDATE audit SET actor = 'x' WHERE seq = 2", "event 2: the event is not what was written"),
            ("a detail", "UPDATE audit SET detail = '{}' WHERE seq = 1", "event 1: the event is not what was written"),
            ("an event", "DELETE FROM audit WHERE seq = 2", "event 2: the event is missing"),
            ("a hash", "UPDATE audit SET hash = 'x' WHERE seq = 3", "event 3: the event is not what was written"),
            ("the tail", "DELETE FROM audit WHERE seq = 3", "event 3: the event is missing"),
            (
                "the tail and the head",
                "DELETE FROM audit WHERE seq = 3; UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit WHERE seq = 2)",
                "event 3: the last event was cut off",
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let (admin, _) = admin(folder.path()).await;
            three_keys(&admin).await;
            admin.checkpoint_audit().await.unwrap();
            tamper(folder.path(), sql).await;
            let found = admin.verify_audit(&Permit::for_operator()).await;
            let found = found.map_or_else(|error| error.to_string(), |_| "whole".to_owned());
            assert_eq!(found, expected, "{what}");
        }
    }

    #[tokio::test]
    async fn the_checkpoint_is_sealed_and_never_moves_back() {
        let folder = tempfile::tempdir().unwrap();
        let (admin, _) = admin(folder.path()).await;
        three_keys(&admin).await;
        admin.checkpoint_audit().await.unwrap();
        let path = folder.path().join("checkpoint");
        let text = fs::read_to_string(&path).unwrap();
        admin.checkpoint_audit().await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        fs::write(&path, text.replacen('3', "2", 1)).unwrap();
        assert!(matches!(admin.verify_audit(&Permit::for_operator()).await, Err(ChainError::Checkpoint(..))));
    }

    /// However far a chain that was cut grows again, the checkpoint does not follow it.
    #[tokio::test]
    async fn the_checkpoint_does_not_follow_a_cut_chain() {
        let folder = tempfile::tempdir().unwrap();
        let operator = Permit::for_operator();
        let (admin, _) = admin(folder.path()).await;
        three_keys(&admin).await;
        admin.checkpoint_audit().await.unwrap();
        let cut = "DELETE FROM audit WHERE seq = 3; \
                   UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit WHERE seq = 2)";
        tamper(folder.path(), cut).await;
        for _ in 0..2 {
            assert!(matches!(admin.checkpoint_audit().await, Err(ChainError::Broken(_))));
            three_keys(&admin).await;
            assert!(matches!(admin.verify_audit(&operator).await, Err(ChainError::Broken(_))));
            assert!(admin.anchor_anew(&operator).await.is_err(), "it is there: nobody lost it");
        }
    }

    /// A cut chain whose checkpoint was removed too is not whole, and nothing but an operator's word begins a new one.
    #[tokio::test]
    async fn a_lost_checkpoint_is_not_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint");
        let operator = Permit::for_operator();
        let (admin, _) = admin(folder.path()).await;
        three_keys(&admin).await;
        assert!(admin.verify_audit(&operator).await.is_ok(), "never anchored yet");
        admin.checkpoint_audit().await.unwrap();
        let emptied = format!("DELETE FROM audit; UPDATE audit_head SET seq = 0, hash = '{}'", "0".repeat(64));
        tamper(folder.path(), &emptied).await;
        fs::remove_file(&path).unwrap();
        for _ in 0..2 {
            assert!(matches!(admin.verify_audit(&operator).await, Err(ChainError::Gone(_))));
            assert!(matches!(admin.checkpoint_audit().await, Err(ChainError::Gone(_))));
            assert!(!path.exists());
        }
        assert!(admin.verify_audit_now(&operator).await.unwrap().broken.is_some());
        assert_eq!(admin.anchor_anew(&operator).await.unwrap().anchored, Some(1));
        let events = admin.search_audit(&operator, &AuditFilter::default(), None, None).await.unwrap().events;
        assert_eq!(events.iter().map(|event| event.verb.as_str()).collect::<Vec<_>>(), [Verb::AnchorAudit.code()]);
        assert_eq!(admin.anchor_anew(&operator).await.unwrap().events, 1, "one that is there is kept");
        admin.checkpoint_audit().await.unwrap();
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
    }

    /// Nodes that share a data folder: none fails for the other, none moves the anchor back, nothing is left over.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn nodes_do_not_lose_the_anchor_to_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let (first, store) = admin(folder.path()).await;
        let path = folder.path().join("checkpoint");
        let second = Admin::new(store.clone(), Clock::system(), Entropy::system(), path.clone());
        let (first, second) = (Arc::new(first), Arc::new(second));
        for round in 0..5 {
            three_keys(&first).await;
            let nodes: Vec<_> = (0..8)
                .map(|node| if node % 2 == 0 { first.clone() } else { second.clone() })
                .map(|node| tokio::spawn(async move { node.checkpoint_audit().await }))
                .collect();
            for node in nodes {
                node.await.unwrap().unwrap();
            }
            let report = first.verify_audit(&Permit::for_operator()).await.unwrap();
            assert_eq!(report.anchored, Some(report.events), "round {round}");
        }
        let left = fs::read_dir(folder.path()).unwrap();
        assert!(left.flatten().all(|file| !file.file_name().to_string_lossy().contains("-new")));
    }

    /// A head that is ahead of the last event: the tail was cut off and the head left in place.
    #[tokio::test]
    async fn a_missing_tail_shows_while_walking_onward() {
        let folder = tempfile::tempdir().unwrap();
        let (admin, _) = admin(folder.path()).await;
        let operator = Permit::for_operator();
        three_keys(&admin).await;
        admin.verify_audit_onward().await.unwrap();
        assert_eq!(admin.chain_status(&operator).unwrap().unwrap().broken, None);
        three_keys(&admin).await;
        tamper(folder.path(), "DELETE FROM audit WHERE seq > 3").await;
        admin.verify_audit_onward().await.unwrap();
        let status = admin.chain_status(&operator).unwrap().unwrap();
        assert_eq!(status.broken.as_deref(), Some("event 4: the event is missing"));
    }

    /// A file with data is copied before a migration; a schema from the future is refused.
    #[tokio::test]
    async fn a_schema_is_copied_before_it_changes_and_refused_when_newer() {
        let folder = tempfile::tempdir().unwrap();
        let (admin, store) = admin(folder.path()).await;
        three_keys(&admin).await;
        assert_eq!(store.migrate().await.unwrap(), None, "nothing is pending");
        tamper(
            folder.path(),
            "UPDATE _sqlx_migrations SET version = 9999 WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)",
        )
        .await;
        assert!(matches!(store.migrate().await, Err(StoreError::Newer(9999))));
        // As if the newest migration had not run yet: the copy is made before it fails on what is there already.
        tamper(folder.path(), "UPDATE _sqlx_migrations SET version = 0 WHERE version = 9999").await;
        assert!(store.migrate().await.is_err());
        let copies: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .flatten()
            .filter(|file| file.file_name().to_string_lossy().contains(".before-"))
            .collect();
        assert_eq!(copies.len(), 1, "{copies:?}");
        assert!(copies[0].metadata().unwrap().len() > 0);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&copies[0].metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
