//! Keys of other systems by their old strings. A key is found by the SHA-256 of its string; one that another system knew by
//! a salted hash or a MAC is found by that at its first use, and by the SHA-256 from then on. Where no key was imported, this
//! costs a question to memory.

use std::{sync::Arc, time::Duration};

use crypto::{imported::SaltedHash, secret::Digest};
use model::{id::KeyId, key::Form};
use store::Candidate;

use super::{PATIENCE, Unavailable, Verifier, unavailable};
use crate::key_cache::{KnownImport, KnownKey};

/// Checks of salted hashes at once: each takes a core for up to a second.
pub(super) const SLOW_CHECKS: usize = 2;
/// How long a first use waits for its turn and its check.
const CHECKED_IN: Duration = Duration::from_secs(5);
/// The longest text that is looked up, in bytes.
const LONGEST: usize = 512;

impl Verifier {
    /// The imported key that a text is the string of. Where `for_good`, its first use settles how it is found.
    pub(super) async fn imported(&self, text: &str, for_good: bool) -> Result<Option<Arc<KnownKey>>, Unavailable> {
        self.accepted().await?;
        if self.cache.need_rules() {
            // Heard that something changed: it may be that keys were imported.
            let read = tokio::time::timeout(PATIENCE, self.refresh_rules());
            read.await.map_err(|_| Unavailable)?.map_err(|error| unavailable(&error))?;
        }
        // In Basic the string stands on one side of a colon, and the other is left out.
        let text = text.strip_suffix(':').or_else(|| text.strip_prefix(':')).unwrap_or(text);
        if !self.cache.imports().any || text.is_empty() || text.len() > LONGEST {
            return Ok(None);
        }
        let digest = Digest::of(text.as_bytes());
        match self.cache.imported(&digest, self.clock.steady()) {
            Some(KnownImport::Nobody) => return Ok(None),
            Some(KnownImport::Key(id)) => {
                let found = self.find(id).await?.filter(|stored| stored.digest.matches(&digest));
                if found.is_some() {
                    return Ok(found);
                }
                self.cache.forget_import(&digest);
            }
            None => {}
        }
        let filling = self.cache.begin();
        let read = tokio::time::timeout(PATIENCE, self.store.imported_key(&digest));
        let read = read.await.map_err(|_| Unavailable)?.map_err(|error| unavailable(&error))?;
        if let Some(id) = read {
            self.cache.keep_import(filling, &digest, Some(id));
            let found = self.find(id).await?;
            if found.as_ref().is_some_and(|stored| !stored.digest.matches(&digest)) {
                // Remembered from before its first use, which was at another node.
                self.cache.forget(id);
                return Ok(self.find(id).await?.filter(|stored| stored.digest.matches(&digest)));
            }
            return Ok(found);
        }
        let first = if self.cache.imports().unused { self.first_use(text).await? } else { None };
        let Some(id) = first else {
            self.cache.keep_import(filling, &digest, None);
            return Ok(None);
        };
        if for_good {
            let settled = tokio::time::timeout(PATIENCE, self.store.settle_import(id, &digest));
            settled.await.map_err(|_| Unavailable)?.map_err(|error| unavailable(&error))?;
            self.cache.forget(id);
            tracing::info!(key = %id, "an imported key was used for the first time and is found by its digest now");
        }
        Ok(self.find(id).await?.filter(|stored| stored.key.form == Form::Imported))
    }

    /// The key that another system's hash says this text is the string of.
    async fn first_use(&self, text: &str) -> Result<Option<KeyId>, Unavailable> {
        let candidates = tokio::time::timeout(PATIENCE, self.store.candidates(text));
        let candidates = candidates.await.map_err(|_| Unavailable)?.map_err(|error| unavailable(&error))?;
        if candidates.is_empty() {
            return Ok(None);
        }
        let checking = async {
            let turn = self.slow_checks.clone().acquire_owned().await.map_err(|_| Unavailable)?;
            let text = text.to_owned();
            let check = tokio::task::spawn_blocking(move || {
                // Held until the check has ended, even if nobody waits for it any more.
                let _turn = turn;
                let matching = |candidate: &Candidate| match &candidate.hash {
                    None => true,
                    Some(hash) => SaltedHash::parse(hash).is_ok_and(|hash| hash.matches(&text)),
                };
                candidates.into_iter().find(matching).map(|candidate| candidate.key)
            });
            check.await.map_err(|_| Unavailable)
        };
        tokio::time::timeout(CHECKED_IN, checking).await.map_err(|_| {
            tracing::warn!("an imported key could not be checked in time: too many first uses at once");
            Unavailable
        })?
    }
}
