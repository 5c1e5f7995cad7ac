//! Slows down guessing: after a few wrong passwords, each further one doubles the wait. Nobody is locked out for good.

use quick_cache::sync::Cache;

use crate::time::Timestamp;

/// Wrong attempts that cost nothing.
const FREE: u32 = 5;
/// The longest wait, in milliseconds.
const LONGEST: i64 = 5 * 60 * 1000;
/// Accounts and addresses remembered.
const REMEMBERED: usize = 10_000;

pub(super) struct Throttle(Cache<String, Attempts>);

#[derive(Clone, Copy)]
struct Attempts {
    failed: u32,
    last: Timestamp,
}

impl Default for Throttle {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl Attempts {
    /// Milliseconds from the last failure until the next attempt.
    fn pause(self) -> i64 {
        match self.failed {
            ..FREE => 0,
            failed => 1000i64
                .checked_shl(failed - FREE)
                .filter(|pause| *pause > 0)
                .map_or(LONGEST, |pause| pause.min(LONGEST)),
        }
    }
}

impl Throttle {
    /// The seconds `who` has to wait, if any.
    pub(super) fn wait(&self, who: &str, now: Timestamp) -> Option<u64> {
        let attempts = self.0.get(who)?;
        let left = attempts.pause() - now.since(attempts.last);
        u64::try_from(left).ok().filter(|left| *left > 0).map(|left| left.div_ceil(1000))
    }

    /// Notes a failure. What happened before the longest pause is forgotten.
    pub(super) fn failed(&self, who: &str, now: Timestamp) {
        let before = self.0.get(who).filter(|attempts| now.since(attempts.last) < LONGEST * 2);
        let failed = before.map_or(0, |attempts| attempts.failed).saturating_add(1);
        self.0.insert(who.to_owned(), Attempts { failed, last: now });
    }

    /// Forgets the failures of `who`.
    pub(super) fn succeeded(&self, who: &str) {
        self.0.remove(who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_after_the_free_attempts_and_ends() {
        let throttle = Throttle::default();
        let at = Timestamp::from_millis;
        let mut waits = Vec::new();
        for _ in 0..16 {
            throttle.failed("ops", at(0));
            waits.push(throttle.wait("ops", at(0)).unwrap_or(0));
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(throttle.wait("ops", at(299_999)), Some(1));
        assert_eq!(throttle.wait("ops", at(300_000)), None, "nobody is locked out for good");
        assert_eq!(throttle.wait("someone else", at(0)), None);
        for _ in 0..100 {
            throttle.failed("ops", at(0));
        }
        assert_eq!(throttle.wait("ops", at(0)), Some(300));
        throttle.succeeded("ops");
        assert_eq!(throttle.wait("ops", at(0)), None);
    }
}
