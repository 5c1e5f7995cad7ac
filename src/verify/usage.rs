//! Usage, counted in memory and written in batches. Losing the process loses what was counted since the last batch.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::{
    decision::Decision,
    id::KeyId,
    store::{LastUse, Store, StoreError, Tally},
    time::{HOUR, Timestamp},
};

/// How often usage is written.
pub const FLUSH_EVERY: Duration = Duration::from_secs(2);
/// Keys written in one transaction: a console write waits for one batch at most.
const BATCH: usize = 200;
/// Addresses remembered of a key between two batches.
const CALLERS: usize = 8;
/// Locks that counting is spread over.
const SHARDS: usize = 16;

/// What is counted and not yet written.
#[derive(Default)]
pub(super) struct Usage {
    shards: [Mutex<HashMap<(KeyId, i64), Counted>>; SHARDS],
}

#[derive(Default)]
struct Counted {
    calls: Vec<(&'static str, i64)>,
    last: Option<(Timestamp, Option<IpAddr>)>,
    callers: Vec<(IpAddr, Timestamp)>,
}

impl Usage {
    pub(super) fn count(&self, id: KeyId, now: Timestamp, decision: Decision, address: Option<IpAddr>) {
        let hour = now.millis().div_euclid(HOUR) * HOUR;
        let mut shard = self.shard();
        let counted = shard.entry((id, hour)).or_default();
        add(&mut counted.calls, decision.code(), 1);
        if decision.is_allow() {
            counted.last = counted.last.max(Some((now, address)));
            if let Some(address) = address {
                seen(&mut counted.callers, address, now);
            }
        }
    }

    /// Writes what was counted, and says whether there was anything.
    pub(super) async fn flush(&self, store: &Store) -> Result<bool, StoreError> {
        let mut waiting = Vec::new();
        for shard in &self.shards {
            waiting.extend(lock(shard).drain());
        }
        let any = !waiting.is_empty();
        let mut waiting = waiting.into_iter().peekable();
        while waiting.peek().is_some() {
            let batch: Vec<_> = waiting.by_ref().take(BATCH).collect();
            let tallies: Vec<Tally> = batch.iter().map(|((key, hour), counted)| counted.tally(*key, *hour)).collect();
            if let Err(error) = store.add_usage(&tallies).await {
                for ((id, hour), counted) in batch.into_iter().chain(waiting) {
                    self.shard().entry((id, hour)).or_default().merge(counted);
                }
                return Err(error);
            }
        }
        Ok(any)
    }

    /// Each thread has a shard of its own, as far as they go: one busy key makes no queue. A batch adds them up.
    fn shard(&self) -> MutexGuard<'_, HashMap<(KeyId, i64), Counted>> {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed);
        }
        lock(&self.shards[THREAD.with(|thread| thread % SHARDS)])
    }
}

impl Counted {
    fn tally(&self, key: KeyId, hour: i64) -> Tally {
        let used =
            |at, address: Option<IpAddr>| LastUse { at, address: address.map(|ip| ip.to_string()).unwrap_or_default() };
        Tally {
            key,
            hour: Timestamp::from_millis(hour),
            calls: self.calls.clone(),
            last_use: self.last.map(|(at, address)| used(at, address)),
            callers: self.callers.iter().map(|(address, at)| used(*at, Some(*address))).collect(),
        }
    }

    fn merge(&mut self, other: Self) {
        for (outcome, calls) in other.calls {
            add(&mut self.calls, outcome, calls);
        }
        self.last = self.last.max(other.last);
        for (address, at) in other.callers {
            seen(&mut self.callers, address, at);
        }
    }
}

fn add(calls: &mut Vec<(&'static str, i64)>, outcome: &'static str, more: i64) {
    match calls.iter_mut().find(|(known, _)| *known == outcome) {
        Some((_, count)) => *count += more,
        None => calls.push((outcome, more)),
    }
}

/// Notes a caller; when there are too many, the one seen longest ago gives way.
fn seen(callers: &mut Vec<(IpAddr, Timestamp)>, address: IpAddr, at: Timestamp) {
    if let Some((_, last)) = callers.iter_mut().find(|(known, _)| *known == address) {
        *last = at.max(*last);
    } else if callers.len() < CALLERS {
        callers.push((address, at));
    } else if let Some(oldest) = callers.iter_mut().min_by_key(|(_, last)| *last) {
        *oldest = (address, at);
    }
}

/// A panic elsewhere leaves counts that are still counts.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_bounded_and_the_latest_stay() {
        let mut callers = Vec::new();
        for index in 0..20u8 {
            seen(&mut callers, IpAddr::from([10, 0, 0, index]), Timestamp::from_millis(i64::from(index)));
        }
        assert_eq!(callers.len(), CALLERS);
        assert!(callers.iter().all(|(_, at)| at.millis() >= 12));
    }
}
