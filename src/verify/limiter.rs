//! How much of its limits and of its quota a key has used. Rate limits are counted in this process; a quota is taken from
//! the store in blocks, so that it is exact across nodes and restarts without a write for every call; one question at a
//! time asks for a key's next block. A key's lock, one of a few dozen, makes taking from all of them one step: a refused
//! call takes from none.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::{
    decision::LimitOutcome,
    id::KeyId,
    key::Key,
    limit::{Limit, Limits, Period, Quota},
    time::Timestamp,
};
use store::{Store, StoreError};

/// Calls of a quota taken at once, at most.
const BLOCK: i64 = 100;
/// A quota is taken in so many blocks at least, so that little of it lies idle.
const BLOCKS: i64 = 1000;
/// How long a used-up quota is believed to be used up, in milliseconds.
const USED_UP: i64 = 1000;

/// What is left of one limit after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitLeft {
    /// The limit; it displays as written: `100/minute`.
    pub limit: Limit,
    /// Calls that may follow at once.
    pub remaining: i64,
    /// Seconds until the whole allowance is there again.
    pub reset: i64,
}

/// What a call took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitUsage {
    /// Whether something was used up.
    pub outcome: LimitOutcome,
    /// What is left of each limit. Of the quota only this node's share is known, so it is not told.
    pub left: Vec<LimitLeft>,
    /// Seconds until the call would pass; 0 when it did.
    pub wait: i64,
}

/// Locks that meters are spread over.
const SHARDS: usize = 64;

/// The meters of all keys that have limits.
pub(super) struct Limiter {
    shards: [Mutex<HashMap<KeyId, Meter>>; SHARDS],
    hasher: RandomState,
}

impl Default for Limiter {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

/// A day or a month, and when it began.
type Share = (Period, Timestamp);

#[derive(Clone, Default)]
struct Meter {
    limits: Limits,
    quota: Option<Quota>,
    /// For each limit, when its whole allowance is there again, in steady microseconds.
    full_at: Vec<i64>,
    /// The day or the month the block was taken from, and what is left of it.
    block: Option<(Share, i64)>,
    /// The store is not asked for so many calls, or more, before this steady instant.
    used_up: (i64, i64),
    /// Held by whoever asks the store for the next block.
    taking: Arc<tokio::sync::Mutex<()>>,
}

enum Try {
    Done(LimitUsage),
    /// The block is used up: ask the store for this share, one at a time.
    Ask(Quota, Share, Arc<tokio::sync::Mutex<()>>),
}

impl Limiter {
    /// Takes `cost` calls from everything, or from nothing. `steady` is in milliseconds.
    pub(super) async fn consume(
        &self,
        store: &Store,
        key: &Key,
        cost: i64,
        now: Timestamp,
        steady: i64,
    ) -> Result<LimitUsage, StoreError> {
        loop {
            let taking = match self.attempt(key, cost, now, steady) {
                Try::Done(taken) => return Ok(taken),
                Try::Ask(_, _, taking) => taking,
            };
            let _one = taking.lock().await;
            // Whoever held it before may have brought enough for this call, too.
            let (quota, share) = match self.attempt(key, cost, now, steady) {
                Try::Done(taken) => return Ok(taken),
                Try::Ask(quota, share, _) => (quota, share),
            };
            let wanted = (quota.calls / BLOCKS).clamp(1, BLOCK);
            let got = store.take_quota(key.id, share, quota.calls, cost, wanted).await?;
            let mut limiter = self.of(key.id);
            let meter = limiter.entry(key.id).or_default();
            if got == 0 {
                meter.used_up = (cost, steady + USED_UP);
            } else {
                let left = meter.block.filter(|(of, _)| *of == share).map_or(0, |(_, left)| left);
                meter.block = Some((share, left + got));
            }
        }
    }

    /// What taking `cost` calls would answer now. Nothing is taken; of the quota, what other nodes hold and have not used
    /// counts as used.
    pub(super) async fn peek(
        &self,
        store: &Store,
        key: &Key,
        cost: i64,
        now: Timestamp,
        steady: i64,
    ) -> Result<LimitUsage, StoreError> {
        let mut meter = self.of(key.id).get(&key.id).cloned().unwrap_or_default();
        let (quota, share) = match meter.attempt(key, cost, now, steady) {
            Try::Done(taken) => return Ok(taken),
            Try::Ask(quota, share, _) => (quota, share),
        };
        // As if a block had been taken, or as if there were none to take.
        if store.used_quota(key.id, share).await?.saturating_add(cost) <= quota.calls {
            meter.block = Some((share, cost));
        } else {
            meter.used_up = (cost, i64::MAX);
        }
        Ok(match meter.attempt(key, cost, now, steady) {
            Try::Done(taken) => taken,
            Try::Ask(..) => LimitUsage::default(),
        })
    }

    fn attempt(&self, key: &Key, cost: i64, now: Timestamp, steady: i64) -> Try {
        self.of(key.id).entry(key.id).or_default().attempt(key, cost, now, steady)
    }

    /// Forgets meters that are full again and hold no block.
    pub(super) fn sweep(&self, steady: i64) {
        let micros = steady.saturating_mul(1000);
        let holds = |meter: &Meter| meter.block.is_some_and(|(_, left)| left > 0);
        for shard in &self.shards {
            lock(shard).retain(|_, meter| holds(meter) || meter.full_at.iter().any(|full_at| *full_at > micros));
        }
    }

    /// Gives the store back what was taken of quotas and not used: the process is stopping.
    pub(super) async fn release(&self, store: &Store) -> Result<(), StoreError> {
        for shard in &self.shards {
            let blocks: Vec<_> = lock(shard).drain().map(|(id, meter)| (id, meter.block)).collect();
            for (id, block) in blocks {
                if let Some((share, calls)) = block.filter(|(_, calls)| *calls > 0) {
                    store.return_quota(id, share, calls).await?;
                }
            }
        }
        Ok(())
    }

    /// The meters that share a lock with this key's.
    fn of(&self, id: KeyId) -> MutexGuard<'_, HashMap<KeyId, Meter>> {
        let hash = usize::try_from(self.hasher.hash_one(id) % SHARDS as u64).unwrap_or(0);
        lock(&self.shards[hash])
    }
}

/// A panic elsewhere leaves counts that are still counts.
fn lock(limiter: &Mutex<HashMap<KeyId, Meter>>) -> MutexGuard<'_, HashMap<KeyId, Meter>> {
    limiter.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Meter {
    fn attempt(&mut self, key: &Key, cost: i64, now: Timestamp, steady: i64) -> Try {
        let micros = steady.saturating_mul(1000);
        self.follow(key);
        let allowances: Vec<_> = self
            .limits
            .iter()
            .zip(&self.full_at)
            .map(|(limit, full_at)| (limit, limit.consume(*full_at, micros, cost)))
            .collect();
        let left =
            allowances.iter().map(|(limit, found)| left(*limit, found.remaining, found.full_at - micros)).collect();
        let wait = allowances.iter().map(|(_, found)| found.wait).max().unwrap_or(0);
        if wait > 0 {
            return Try::Done(LimitUsage { outcome: LimitOutcome::Rate, left, wait: seconds(wait) });
        }
        if let Some(quota) = self.quota {
            let (began, next) = quota.period.around(now);
            let share = (quota.period, began);
            let block = self.block.as_mut().filter(|block| block.0 == share && block.1 >= cost);
            let Some((_, left_of_block)) = block else {
                let (calls, until) = self.used_up;
                if cost >= calls && steady < until {
                    let wait = seconds(next.since(now).saturating_mul(1000));
                    return Try::Done(LimitUsage { outcome: LimitOutcome::Quota, left, wait });
                }
                return Try::Ask(quota, share, self.taking.clone());
            };
            *left_of_block -= cost;
        }
        for (full_at, (_, found)) in self.full_at.iter_mut().zip(&allowances) {
            *full_at = found.full_at;
        }
        Try::Done(LimitUsage { outcome: LimitOutcome::Nothing, left, wait: 0 })
    }

    /// Begins anew with limits that were changed.
    fn follow(&mut self, key: &Key) {
        if self.limits != key.spec.limits {
            self.limits = key.spec.limits.clone();
            self.full_at = vec![i64::MIN; self.limits.iter().len()];
        }
        if self.quota != key.spec.quota {
            self.quota = key.spec.quota;
            self.used_up = (i64::MAX, i64::MIN);
        }
    }
}

fn left(limit: Limit, remaining: i64, until_full: i64) -> LimitLeft {
    let reset = seconds(until_full.max(0));
    LimitLeft { limit, remaining, reset }
}

/// Whole seconds of so many microseconds, rounded up.
fn seconds(micros: i64) -> i64 {
    micros.div_euclid(1_000_000) + i64::from(micros.rem_euclid(1_000_000) > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crypto::secret::{Entropy, MasterKey};
    use model::example::example;
    use std::sync::Arc;
    use store::Location;

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let master = MasterKey::create(&folder.path().join("master.key"), &Entropy::system()).unwrap();
        let store = Store::open(&Location::Sqlite(folder.path().join("db")), Arc::new(master)).await.unwrap();
        store.migrate().await.unwrap();
        (folder, store)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_quota_of_one_lets_one_of_two_hundred_through_on_two_nodes() {
        let (_folder, store) = store().await;
        let mut key = example();
        key.spec.quota = Quota::parse("1/month").unwrap();
        let (one, other) = (Arc::new(Limiter::default()), Arc::new(Limiter::default()));
        let mut tasks = Vec::new();
        for index in 0..200 {
            let limiter = if index % 2 == 0 { one.clone() } else { other.clone() };
            let (store, key) = (store.clone(), key.clone());
            tasks.push(tokio::spawn(async move {
                limiter.consume(&store, &key, 1, Timestamp::from_millis(0), 0).await.unwrap().outcome
            }));
        }
        let mut passed = 0;
        for task in tasks {
            passed += i32::from(task.await.unwrap() == LimitOutcome::Nothing);
        }
        assert_eq!(passed, 1);
        let next_month = Timestamp::from_millis(40 * model::time::DAY);
        assert_eq!(
            one.consume(&store, &key, 1, next_month, 5000).await.unwrap().outcome,
            LimitOutcome::Nothing,
            "it refills"
        );
    }

    #[tokio::test]
    async fn a_refused_call_takes_from_nothing() {
        let (_folder, store) = store().await;
        let mut key = example();
        key.spec.limits = Limits::parse("3/minute 100/hour").unwrap();
        key.spec.quota = Quota::parse("2/day").unwrap();
        let limiter = Limiter::default();
        let now = Timestamp::from_millis(0);
        let consume = async |cost| limiter.consume(&store, &key, cost, now, 0).await.unwrap();
        assert_eq!(consume(4).await.outcome, LimitOutcome::Rate, "more than the window holds");
        assert_eq!(consume(3).await.outcome, LimitOutcome::Quota, "more than the quota holds");
        let taken = consume(2).await;
        assert_eq!((taken.outcome, taken.left[0].remaining, taken.left[1].remaining), (LimitOutcome::Nothing, 1, 98));
        let refused = consume(1).await;
        assert_eq!((refused.outcome, refused.wait), (LimitOutcome::Quota, 86_400), "until midnight");
        assert_eq!(consume(2).await.outcome, LimitOutcome::Rate, "and the refused one left the limit as it was");
    }

    #[tokio::test]
    async fn looking_takes_nothing_and_sees_what_taking_would() {
        let (_folder, store) = store().await;
        let mut key = example();
        key.spec.limits = Limits::parse("3/minute").unwrap();
        key.spec.quota = Quota::parse("4/day").unwrap();
        let (limiter, another) = (Limiter::default(), Limiter::default());
        let at = Timestamp::from_millis;
        for steady in [0, 0, 120_000] {
            for cost in [4, 3, 2, 1] {
                let seen = limiter.peek(&store, &key, cost, at(0), steady).await.unwrap();
                assert_eq!(
                    seen,
                    limiter.peek(&store, &key, cost, at(0), steady).await.unwrap(),
                    "looking changes nothing"
                );
                if cost == 1 {
                    assert_eq!(seen, limiter.consume(&store, &key, cost, at(0), steady).await.unwrap(), "at {steady}");
                }
            }
        }
        let left = limiter.peek(&store, &key, 1, at(0), 240_000).await.unwrap();
        assert_eq!((left.outcome, left.left[0].remaining), (LimitOutcome::Nothing, 2), "one call of the quota is left");
        assert_eq!(limiter.peek(&store, &key, 2, at(0), 240_000).await.unwrap().outcome, LimitOutcome::Quota);
        assert_eq!(
            another.peek(&store, &key, 2, at(0), 0).await.unwrap().outcome,
            LimitOutcome::Quota,
            "on every node"
        );
        assert_eq!(limiter.peek(&store, &key, 4, at(0), 240_000).await.unwrap().outcome, LimitOutcome::Rate);
    }

    #[tokio::test]
    async fn what_was_not_used_is_given_back_and_changed_limits_begin_anew() {
        let (_folder, store) = store().await;
        let mut key = example();
        key.spec.quota = Quota::parse("20000/day").unwrap();
        let now = Timestamp::from_millis(0);
        let limiter = Limiter::default();
        assert_eq!(limiter.consume(&store, &key, 1, now, 0).await.unwrap().outcome, LimitOutcome::Nothing);
        limiter.release(&store).await.unwrap();
        assert_eq!(
            store.take_quota(key.id, (Period::Day, now), 20_000, 19_999, 19_999).await.unwrap(),
            19_999,
            "just one was used"
        );
        assert_eq!(limiter.consume(&store, &key, 1, now, 0).await.unwrap().outcome, LimitOutcome::Quota);
        key.spec.quota = Quota::parse("20001/day").unwrap();
        assert_eq!(
            limiter.consume(&store, &key, 1, now, 0).await.unwrap().outcome,
            LimitOutcome::Nothing,
            "the quota was raised"
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn parallel_calls_take_one_block_at_a_time() {
        let (_folder, store) = store().await;
        let mut key = example();
        key.spec.quota = Quota::parse("20000/day").unwrap();
        let (limiter, now) = (Arc::new(Limiter::default()), Timestamp::from_millis(0));
        let calls: Vec<_> = (0..100)
            .map(|_| {
                let (limiter, store, key) = (limiter.clone(), store.clone(), key.clone());
                tokio::spawn(async move { limiter.consume(&store, &key, 1, now, 0).await.unwrap().outcome })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), LimitOutcome::Nothing);
        }
        assert_eq!(store.used_quota(key.id, (Period::Day, now)).await.unwrap(), 100, "five blocks of twenty");
    }

    /// The first of a month begins a day and a month at one instant.
    #[tokio::test]
    async fn a_quota_of_another_period_begins_anew() {
        let (_folder, store) = store().await;
        let mut key = example();
        let (limiter, now) = (Limiter::default(), Timestamp::from_millis(0));
        key.spec.quota = Quota::parse("2/day").unwrap();
        assert_eq!(limiter.consume(&store, &key, 2, now, 0).await.unwrap().outcome, LimitOutcome::Nothing);
        assert_eq!(limiter.consume(&store, &key, 1, now, 0).await.unwrap().outcome, LimitOutcome::Quota);
        key.spec.quota = Quota::parse("2/month").unwrap();
        assert_eq!(
            limiter.consume(&store, &key, 2, now, 0).await.unwrap().outcome,
            LimitOutcome::Nothing,
            "none of the month's"
        );
        assert_eq!(limiter.consume(&store, &key, 1, now, 0).await.unwrap().outcome, LimitOutcome::Quota);
    }
}
