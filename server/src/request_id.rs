//! The id of a request, which its answer, its line in the log and what is kept of a refusal carry.

use std::sync::atomic::{AtomicU64, Ordering};

use crypto::secret::Entropy;
use model::id::BASE62;

/// A request's id: 16 characters of base62. A request's extension, and a header of every answer.
#[derive(Clone, Copy, Debug)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Gives out request ids: half of each was drawn when the process started, half counts. They are unique, not secret.
pub struct RequestIds {
    start: [u8; 8],
    count: AtomicU64,
}

impl RequestIds {
    /// Ids of this process.
    pub fn new(entropy: &Entropy) -> Self {
        let mut start = [b'0'; 8];
        start.copy_from_slice(&entropy.key_id().as_str().as_bytes()[..8]);
        Self { start, count: AtomicU64::new(0) }
    }

    /// The next one.
    pub fn next(&self) -> RequestId {
        let mut id = [b'0'; 16];
        id[..8].copy_from_slice(&self.start);
        let mut rest = self.count.fetch_add(1, Ordering::Relaxed);
        for digit in id[8..].iter_mut().rev() {
            *digit = BASE62[usize::try_from(rest % 62).unwrap_or_default()];
            rest /= 62;
        }
        RequestId(id)
    }
}
