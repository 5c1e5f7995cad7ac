//! Slows down guessing at the sign-in. After a few wrong passwords each further one doubles the wait; nobody is locked
//! out for good. Attempts are counted before the password is checked, so that many at once count like one after the
//! other, and are given back when they turn out right.

use std::sync::{Mutex, PoisonError};

use model::time::Timestamp;
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};

/// Wrong attempts that cost nothing.
const FREE: u32 = 5;
/// The longest wait, in milliseconds.
const LONGEST: i64 = 5 * 60 * 1000;
/// Counters kept of each kind.
const REMEMBERED: usize = 10_000;

/// A counter's name: a digest, so that none is longer than another.
type Key = [u8; 32];

/// Counts attempts per account, per address, and per account at a place it is known to be used from.
pub(super) struct Throttle {
    accounts: Cache<Key, Attempts>,
    addresses: Cache<Key, Attempts>,
    places: Cache<Key, Attempts>,
    /// A check and the count after it are one step.
    step: Mutex<()>,
}

/// Whose attempt it is.
pub(super) struct Attempt {
    account: Key,
    /// `None` when nobody knows where it comes from: then it is counted for the account alone.
    address: Option<Key>,
    /// The account at this address, where it signed in before.
    place: Option<Key>,
}

#[derive(Clone, Copy)]
struct Attempts {
    failed: u32,
    last: Timestamp,
}

impl Default for Throttle {
    fn default() -> Self {
        let counters = || Cache::new(REMEMBERED);
        Self { accounts: counters(), addresses: counters(), places: counters(), step: Mutex::new(()) }
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

    /// Whether it still says something at this time.
    fn counts(self, now: Timestamp) -> bool {
        now.since(self.last) < LONGEST * 2
    }
}

impl Attempt {
    /// An attempt at this account from this network. `is_known` says that the account signed in from there before: other
    /// people's wrong attempts, at the account or from the network, then cost it nothing.
    pub(super) fn new(email: &str, network: Option<&str>, is_known: bool) -> Self {
        let key = |kind: &str, what: &str| Sha256::digest(format!("{kind} {what}")).into();
        Self {
            account: key("account", email),
            address: network.map(|network| key("network", network)),
            place: network.filter(|_| is_known).map(|network| key("place", &format!("{email} {network}"))),
        }
    }
}

impl Throttle {
    /// Counts an attempt as a failure, until it turns out right. Otherwise the seconds to wait, and nothing is counted.
    pub(super) fn begin(&self, attempt: &Attempt, now: Timestamp) -> Result<(), u64> {
        let _step = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        let counters = self.counters(attempt);
        let wait = counters.iter().filter_map(|(cache, key)| wait(cache, key, now)).max();
        if let Some(wait) = wait {
            return Err(wait);
        }
        for (cache, key) in counters {
            let before = cache.get(key).filter(|attempts| attempts.counts(now));
            let failed = before.map_or(0, |attempts| attempts.failed).saturating_add(1);
            cache.insert(*key, Attempts { failed, last: now });
        }
        Ok(())
    }

    /// The attempt was right: its failures are forgotten, those of its address too.
    pub(super) fn succeeded(&self, attempt: &Attempt) {
        for (cache, key) in self.counters(attempt) {
            cache.remove(key);
        }
    }

    /// The attempt could not be checked: it does not count.
    pub(super) fn undone(&self, attempt: &Attempt) {
        let _step = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        for (cache, key) in self.counters(attempt) {
            if let Some(attempts) = cache.get(key) {
                cache.insert(*key, Attempts { failed: attempts.failed.saturating_sub(1), ..attempts });
            }
        }
    }

    fn counters<'a>(&'a self, attempt: &'a Attempt) -> Vec<(&'a Cache<Key, Attempts>, &'a Key)> {
        if let Some(place) = &attempt.place {
            return vec![(&self.places, place)];
        }
        let address = attempt.address.iter().map(|address| (&self.addresses, address));
        address.chain([(&self.accounts, &attempt.account)]).collect()
    }
}

/// The seconds until another attempt, if any.
fn wait(cache: &Cache<Key, Attempts>, key: &Key, now: Timestamp) -> Option<u64> {
    let attempts = cache.get(key)?;
    let left = attempts.pause() - now.since(attempts.last);
    u64::try_from(left).ok().filter(|left| *left > 0).map(|left| left.div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use model::address::client_network;

    fn from(email: &str, address: &str) -> Attempt {
        let network = address.parse().ok().map(|address: IpAddr| client_network(address).to_string());
        Attempt::new(email, network.as_deref(), false)
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn the_wait_doubles_after_the_free_attempts_and_ends() {
        let throttle = Throttle::default();
        let attempt = from("ops", "192.0.2.1");
        let (mut waits, mut now) = (Vec::new(), 0);
        for _ in 0..16 {
            throttle.begin(&attempt, at(now)).unwrap();
            let wait = throttle.begin(&attempt, at(now)).err().unwrap_or(0);
            if wait == 0 {
                throttle.undone(&attempt);
            }
            waits.push(wait);
            now += i64::try_from(wait).unwrap() * 1000;
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(throttle.begin(&from("someone else", "192.0.2.2"), at(now)), Ok(()));
        throttle.succeeded(&attempt);
        assert_eq!(throttle.begin(&attempt, at(now)), Ok(()));
    }

    #[test]
    fn a_burst_counts() {
        let throttle = Throttle::default();
        let begun = (0..100).filter(|_| throttle.begin(&from("ops", "192.0.2.1"), at(0)).is_ok()).count();
        assert_eq!(begun, 5);
    }

    #[test]
    fn an_outsider_does_not_keep_the_owner_out() {
        let throttle = Throttle::default();
        for n in 0..200 {
            let _ = throttle.begin(&from("ops", &format!("198.51.100.{n}")), at(n));
        }
        assert!(throttle.begin(&from("ops", "203.0.113.9"), at(200)).is_err(), "the account is guarded");
        let known = |address: &str| Attempt::new("ops", Some(address), true);
        assert_eq!(throttle.begin(&known("192.0.2.1"), at(200)), Ok(()), "where its owner is known, it is open");
        assert_eq!(throttle.begin(&known("198.51.100.1"), at(200)), Ok(()), "even beside the outsider");
        let tries = (0..50).filter(|_| throttle.begin(&known("192.0.2.1"), at(200)).is_ok()).count();
        assert_eq!(tries, 4, "a known place is counted for itself");
    }

    #[test]
    fn nobodys_address_is_no_place() {
        let throttle = Throttle::default();
        let from_nowhere = |email: &str| Attempt::new(email, None, true);
        for n in 0..20 {
            assert_eq!(
                throttle.begin(&from_nowhere(&format!("user {n}")), at(0)),
                Ok(()),
                "others do not count for it"
            );
        }
        let tries = (0..50).filter(|_| throttle.begin(&from_nowhere("ops"), at(0)).is_ok()).count();
        assert_eq!(tries, 5, "the account's own wrong attempts do");
    }

    #[test]
    fn ipv6_counts_by_its_network() {
        let throttle = Throttle::default();
        for n in 0..5 {
            throttle.begin(&from(&format!("user {n}"), &format!("2001:db8::{n}")), at(0)).unwrap();
        }
        assert!(throttle.begin(&from("another", "2001:db8::ffff"), at(0)).is_err());
        assert!(throttle.begin(&from("another", "2001:db8:0:1::1"), at(0)).is_ok());
    }
}
