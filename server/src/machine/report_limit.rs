//! How often anyone may report a secret: by network, and in all.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use model::{address::client_network, time::Timestamp};
use quick_cache::sync::Cache;

/// Secrets that anyone may report in a minute, from one network and in all.
const OF_ONE: u32 = 30;
const OF_ALL: u32 = 300;
/// Networks that are remembered.
const REMEMBERED: usize = 10_000;
/// A minute, in milliseconds.
const MINUTE: i64 = 60_000;

/// How many secrets anyone reported in this minute.
pub struct ReportLimit {
    all: Mutex<Window>,
    networks: Cache<IpAddr, Window>,
}

#[derive(Clone, Copy, Default)]
struct Window {
    minute: i64,
    reports: u32,
}

impl Window {
    /// Counts one more; whether it is within the limit.
    fn take(self, minute: i64, most: u32) -> (Self, bool) {
        let reports = if self.minute == minute { self.reports } else { 0 };
        (Self { minute, reports: reports.saturating_add(1) }, reports < most)
    }
}

impl Default for ReportLimit {
    fn default() -> Self {
        Self { all: Mutex::default(), networks: Cache::new(REMEMBERED) }
    }
}

impl ReportLimit {
    /// Counts a report; the seconds to wait when there were too many.
    pub fn take(&self, from: Option<IpAddr>, now: Timestamp) -> Result<(), i64> {
        let minute = now.millis().div_euclid(MINUTE);
        let wait = (MINUTE - now.millis().rem_euclid(MINUTE)) / 1000 + 1;
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(network) = from.map(client_network) {
            let (window, is_within) = self.networks.get(&network).unwrap_or_default().take(minute, OF_ONE);
            self.networks.insert(network, window);
            if !is_within {
                return Err(wait);
            }
        }
        let (window, is_within) = all.take(minute, OF_ALL);
        *all = window;
        if is_within { Ok(()) } else { Err(wait) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_counted_by_network_and_in_all() {
        let (limit, now) = (ReportLimit::default(), Timestamp::from_millis(90_500));
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..OF_ONE {
            assert_eq!(limit.take(Some(one), now), Ok(()));
        }
        assert_eq!(limit.take(Some(one), now), Err(30));
        assert_eq!(limit.take(Some("192.0.2.2".parse().unwrap()), now), Ok(()));
        for _ in OF_ONE + 1..OF_ALL {
            assert_eq!(limit.take(None, now), Ok(()));
        }
        assert_eq!(limit.take(None, now), Err(30));
        assert_eq!(limit.take(Some(one), now.plus(MINUTE)), Ok(()));
    }
}
