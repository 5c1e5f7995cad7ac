//! First uses of keys that another system knew by a salted hash or a MAC: slow checks, so many at once.

use std::{sync::Arc, time::Duration};

use crypto::imported::SaltedHash;
use model::id::KeyId;
use store::Candidate;
use tokio::sync::Semaphore;

/// Checks at once: each takes a core for up to a second.
const AT_ONCE: usize = 2;
/// How long a first use waits for its turn and its check.
const CHECKED_IN: Duration = Duration::from_secs(5);
/// The longest text that may be an imported key's string, in bytes.
pub(super) const LONGEST: usize = 512;

/// Checks salted hashes.
pub(super) struct FirstUses(Arc<Semaphore>);

/// It was not checked in time.
pub(super) struct TooMany;

impl FirstUses {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// The key of these whose hash says that the text is its string.
    pub(super) async fn matching(&self, candidates: Vec<Candidate>, text: &str) -> Result<Option<KeyId>, TooMany> {
        if candidates.is_empty() {
            return Ok(None);
        }
        let checking = async {
            let turn = self.0.clone().acquire_owned().await.map_err(|_| TooMany)?;
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
            check.await.map_err(|_| TooMany)
        };
        tokio::time::timeout(CHECKED_IN, checking).await.map_err(|_| TooMany)?
    }
}
