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

use model::{
    activity::{CallSample, MINUTE, Outcome, RequestKind, agent},
    decision::Decision,
    id::KeyId,
    scope::RequiredScopes,
    tenant::CredentialSource,
    time::Timestamp,
};
use store::{CallCounts, LastUse, Store, StoreError};

/// How often usage is written.
pub const FLUSH_EVERY: Duration = Duration::from_secs(2);
/// Keys written in one transaction: a console write waits for one batch at most.
const BATCH: usize = 200;
/// Addresses remembered of a key between two batches.
const CALLERS: usize = 8;
/// Kinds of calls remembered of a key between two batches. Calls of a kind beyond them are counted and not described.
const KINDS: usize = 16;
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
    kinds: Vec<CallSample>,
}

/// A call with a key, as far as it is recorded.
pub(super) struct CountedCall<'a> {
    /// When.
    pub now: Timestamp,
    /// What was decided.
    pub decision: Decision,
    /// Where it came from, if that is known.
    pub address: Option<IpAddr>,
    /// What the caller calls itself, if it does.
    pub agent: Option<&'a str>,
    /// What was asked for.
    pub required: &'a RequiredScopes,
    /// How the key was presented, if that is known.
    pub source: Option<CredentialSource>,
    /// How it came.
    pub kind: RequestKind,
}

impl Usage {
    pub(super) fn count(&self, id: KeyId, call: &CountedCall<'_>) {
        let minute = call.now.millis().div_euclid(MINUTE) * MINUTE;
        let mut shard = self.shard();
        let counted = shard.entry((id, minute)).or_default();
        add(&mut counted.calls, call.decision.code(), 1);
        observe(&mut counted.kinds, call);
        if call.decision.is_allow() {
            counted.last = counted.last.max(Some((call.now, call.address)));
            if let Some(address) = call.address {
                seen(&mut counted.callers, address, call.now);
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
        // In one order everywhere, so that two nodes never wait for each other in a circle.
        waiting.sort_unstable_by_key(|(of, _)| *of);
        let mut waiting = waiting.into_iter().peekable();
        while waiting.peek().is_some() {
            let batch: Vec<_> = waiting.by_ref().take(BATCH).collect();
            let tallies: Vec<CallCounts> =
                batch.iter().map(|((key, minute), counted)| counted.counts(*key, *minute)).collect();
            if let Err(error) = store.add_usage(&tallies).await {
                for ((id, minute), counted) in batch.into_iter().chain(waiting) {
                    self.shard().entry((id, minute)).or_default().merge(counted);
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
    fn counts(&self, key: KeyId, minute: i64) -> CallCounts {
        let used =
            |at, address: Option<IpAddr>| LastUse { at, address: address.map(|ip| ip.to_string()).unwrap_or_default() };
        CallCounts {
            key,
            minute: Timestamp::from_millis(minute),
            calls: self.calls.clone(),
            last_use: self.last.map(|(at, address)| used(at, address)),
            callers: self.callers.iter().map(|(address, at)| used(*at, Some(*address))).collect(),
            call_samples: self.kinds.clone(),
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
        for other in other.kinds {
            if let Some(known) = self.kinds.iter_mut().find(|known| is_same(known, &other)) {
                known.at = known.at.max(other.at);
                known.calls += other.calls;
            } else if self.kinds.len() < KINDS {
                self.kinds.push(other);
            }
        }
    }
}

/// Notes a kind of call. One that is known already costs a comparison or a few, and nothing is copied.
fn observe(kinds: &mut Vec<CallSample>, call: &CountedCall<'_>) {
    let (agent, outcome) = (agent(call.agent.unwrap_or_default()), Outcome::of(call.decision));
    let known = kinds.iter_mut().find(|known| {
        (known.address, known.source, known.kind, known.outcome) == (call.address, call.source, call.kind, outcome)
            && known.agent == agent
            && known.required == *call.required
    });
    if let Some(known) = known {
        known.at = known.at.max(call.now);
        known.calls += 1;
    } else if kinds.len() < KINDS {
        kinds.push(CallSample {
            address: call.address,
            agent: agent.into_owned(),
            required: call.required.clone(),
            source: call.source,
            kind: call.kind,
            outcome,
            at: call.now,
            calls: 1,
        });
    }
}

/// Whether both are of one kind.
fn is_same(one: &CallSample, other: &CallSample) -> bool {
    (one.address, one.source, one.kind, one.outcome) == (other.address, other.source, other.kind, other.outcome)
        && one.agent == other.agent
        && one.required == other.required
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

    #[test]
    fn kinds_of_calls_are_bounded_and_known_ones_are_still_counted() {
        let required = RequiredScopes::parse("things.read").unwrap();
        let call = |agent, now| CountedCall {
            now: Timestamp::from_millis(now),
            decision: Decision::Allow,
            address: None,
            agent: Some(agent),
            required: &required,
            source: None,
            kind: RequestKind::Read,
        };
        let mut kinds = Vec::new();
        let agents: Vec<String> = (0..20).map(|index| format!("agent {index}")).collect();
        for round in 0..3 {
            for agent in &agents {
                observe(&mut kinds, &call(agent, round));
            }
        }
        assert_eq!(kinds.len(), KINDS);
        assert!(kinds.iter().all(|kind| (kind.calls, kind.at.millis()) == (3, 2)), "{kinds:?}");
        let (mut one, mut again) = (Counted { kinds, ..Counted::default() }, Counted::default());
        for agent in &agents {
            observe(&mut again.kinds, &call(agent, 9));
        }
        one.merge(again);
        assert_eq!(one.kinds.iter().map(|kind| kind.calls).sum::<i64>(), 64, "what could not be written is kept");
        assert_eq!(one.kinds.len(), KINDS);
    }
}
