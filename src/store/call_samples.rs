//! What was seen of calls by kind, at rest for some days: added up in the batches of [`super::usage`] and bounded here.

use crypto::secret::Digest;
use model::{
    activity::{CallSample, Outcome, RequestKind, TimeRange},
    id::{KeyId, TenantId},
    scope::RequiredScopes,
    tenant::CredentialSource,
    time::{DAY, Timestamp},
};
use sqlx::AssertSqlSafe;

use super::{Store, StoreError, reading};

/// Kinds of calls that are kept of a key and a day; the ones seen longest ago give way.
pub(super) const SAMPLES_A_DAY: i64 = 64;
/// How many days the callers in samples are known, today among them.
const CALLER_DAYS: i64 = 7;
/// How many days samples are kept, without their callers in the end, today among them.
const DAYS: i64 = 30;

/// The first of so many days, today among them, in milliseconds of its start.
fn first_day(now: Timestamp, days: i64) -> i64 {
    (now.millis().div_euclid(DAY) - (days - 1)) * DAY
}

/// What was asked for with a key on the last 30 days, today among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedScopes {
    /// Each demand once.
    pub required: Vec<RequiredScopes>,
    /// Calls that the demands describe.
    pub described: i64,
    /// All calls in that time, described or not.
    pub calls: i64,
}

/// What stands for a kind of call: the first half of the SHA-256 of all that makes it one.
pub(super) fn sample_id(sample: &CallSample) -> String {
    let address = sample.address.map(|address| address.to_string()).unwrap_or_default();
    let (kind, outcome) = (sample.kind.code(), sample.outcome.code());
    // Nothing before the agent can hold a line break, and the agent is the last.
    let source = sample.source.map_or("", CredentialSource::code);
    let text = format!("{address}\n{}\n{source}\n{kind}\n{outcome}\n{}", sample.required, sample.agent);
    let mut id = Digest::of(text.as_bytes()).to_hex();
    id.truncate(32);
    id
}

/// The most keys that are looked through before an edit of the catalog.
pub const KEYS_LOOKED_AT: usize = 1000;

/// Calls that an edit of the catalog may refuse: any of the conditions is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AffectedCalls {
    /// With keys of this tenant alone; of all without.
    pub tenant: Option<TenantId>,
    /// The key was presented in one of these ways.
    pub sources: Vec<CredentialSource>,
    /// A scope of this name was asked for, or one that begins with it. More may be found than that.
    pub scope: Option<String>,
    /// The key is a JWT that lives longer than this, in milliseconds.
    pub jwt_life: Option<i64>,
}

impl AffectedCalls {
    /// The conditions in SQL; `None` when no call can meet them.
    fn condition(&self) -> Option<String> {
        let mut any = Vec::new();
        if !self.sources.is_empty() {
            let codes: Vec<_> = self.sources.iter().map(|source| format!("'{}'", source.code())).collect();
            any.push(format!("s.source IN ({})", codes.join(",")));
        }
        // A scope is letters, digits, dots, hyphens and underscores.
        any.extend(self.scope.as_ref().map(|scope| format!("s.required LIKE '%{scope}%'")));
        any.extend(self.jwt_life.map(|life| format!("(k.form = 'jwt' AND k.expires_at - k.created_at > {life})")));
        let tenant = self.tenant.map(|tenant| format!(" AND k.tenant_id = '{}'", tenant.as_str())).unwrap_or_default();
        (!any.is_empty()).then(|| format!("({}){tenant}", any.join(" OR ")))
    }
}

type Row = (String, String, String, String, String, String, i64, i64);

fn read((address, agent, required, source, kind, outcome, at, calls): Row) -> Option<CallSample> {
    Some(CallSample {
        address: if address.is_empty() { None } else { Some(address.parse().ok()?) },
        agent,
        required: RequiredScopes::parse(&required)?,
        // A way that a later version knows is not known here.
        source: CredentialSource::parse(&source),
        kind: RequestKind::parse(&kind)?,
        outcome: Outcome::parse(&outcome)?,
        at: Timestamp::from_millis(at),
        calls,
    })
}

impl Store {
    /// The kinds of calls seen with a key on the last 7 days, today among them, the latest first; and how many calls there
    /// were in that time, seen or not.
    pub async fn call_samples(&self, key: KeyId, now: Timestamp) -> Result<(Vec<CallSample>, i64), StoreError> {
        let samples = "SELECT MAX(address), MAX(agent), MAX(required), MAX(source), MAX(kind), MAX(outcome), MAX(at) AS latest, \
                     CAST(SUM(calls) AS bigint) FROM call_samples WHERE key_id = $1 AND day >= $2 \
                     GROUP BY id ORDER BY latest DESC, id";
        let all = "SELECT CAST(COALESCE(SUM(calls), 0) AS bigint) FROM usage_hours WHERE key_id = $1 AND hour >= $2";
        let first = first_day(now, CALLER_DAYS);
        let (samples, (calls,)): (Vec<Row>, (i64,)) = reading!(self, db => (
            sqlx::query_as(samples).bind(key.as_str()).bind(first).fetch_all(db).await?,
            sqlx::query_as(all).bind(key.as_str()).bind(first).fetch_one(db).await?,
        ));
        let samples = samples.into_iter().map(|row| read(row).ok_or(StoreError::Corrupt("observation")));
        Ok((samples.collect::<Result<_, _>>()?, calls))
    }

    /// What was asked for with a key on the last 30 days, today among them.
    pub async fn asked_scopes(&self, key: KeyId, now: Timestamp) -> Result<AskedScopes, StoreError> {
        let demands = "SELECT required, CAST(SUM(calls) AS bigint) FROM call_samples WHERE key_id = $1 AND day >= $2 \
                       GROUP BY required ORDER BY required";
        let all = "SELECT CAST(COALESCE(SUM(calls), 0) AS bigint) FROM usage_hours WHERE key_id = $1 AND hour >= $2";
        let first = first_day(now, DAYS);
        let (demands, (calls,)): (Vec<(String, i64)>, (i64,)) = reading!(self, db => (
            sqlx::query_as(demands).bind(key.as_str()).bind(first).fetch_all(db).await?,
            sqlx::query_as(all).bind(key.as_str()).bind(first).fetch_one(db).await?,
        ));
        let mut asked = AskedScopes { calls, ..AskedScopes::default() };
        for (required, calls) in demands {
            asked.required.push(RequiredScopes::parse(&required).ok_or(StoreError::Corrupt("observation"))?);
            asked.described += calls;
        }
        Ok(asked)
    }

    /// The kinds of calls seen with a key whose last call of its day lies within a time, which is a day in UTC or a part of
    /// one; the latest first. None of a time whose callers are forgotten.
    pub async fn call_samples_within(
        &self,
        key: KeyId,
        range: TimeRange,
        now: Timestamp,
    ) -> Result<Vec<CallSample>, StoreError> {
        if range.start.millis() < first_day(now, CALLER_DAYS) {
            return Ok(Vec::new());
        }
        let sql = "SELECT address, agent, required, source, kind, outcome, at, calls FROM call_samples \
                   WHERE key_id = $1 AND day = $2 AND at >= $3 AND at < $4 ORDER BY at DESC, id";
        let rows: Vec<Row> = reading!(self, db => sqlx::query_as(sql)
            .bind(key.as_str())
            .bind(range.start.millis().div_euclid(DAY) * DAY)
            .bind(range.start.millis())
            .bind(range.end().millis())
            .fetch_all(db)
            .await?);
        rows.into_iter().map(|row| read(row).ok_or(StoreError::Corrupt("observation"))).collect()
    }

    /// The keys with allowed calls of the last 7 days that an edit may refuse, as far as calls were recorded: those called
    /// last, [`KEYS_LOOKED_AT`] at most, and whether there are more. Archived keys are not among them.
    pub async fn keys_affected(&self, of: &AffectedCalls, now: Timestamp) -> Result<(Vec<KeyId>, bool), StoreError> {
        let Some(condition) = of.condition() else { return Ok((Vec::new(), false)) };
        let sql = format!(
            "SELECT s.key_id FROM call_samples s JOIN keys k ON k.id = s.key_id WHERE s.day >= $1 AND s.outcome = $2 \
             AND k.archived_at IS NULL AND {condition} GROUP BY s.key_id ORDER BY MAX(s.at) DESC, s.key_id LIMIT $3"
        );
        let limit = i64::try_from(KEYS_LOOKED_AT).unwrap_or(i64::MAX).saturating_add(1);
        let rows: Vec<(String,)> = reading!(self, db => sqlx::query_as(AssertSqlSafe(sql.clone()))
            .persistent(false)
            .bind(first_day(now, CALLER_DAYS))
            .bind(Outcome::Allowed.code())
            .bind(limit)
            .fetch_all(db)
            .await?);
        let keys =
            rows.iter().take(KEYS_LOOKED_AT).map(|(id,)| KeyId::parse(id).ok_or(StoreError::Corrupt("observation")));
        Ok((keys.collect::<Result<_, _>>()?, rows.len() > KEYS_LOOKED_AT))
    }

    /// Forgets who called after 7 days, and what was asked for after 30. Callers of days that passed while no node ran for
    /// more than a week are forgotten with the rest.
    pub async fn sweep_call_samples(&self, now: Timestamp) -> Result<(), StoreError> {
        let callers = "UPDATE call_samples SET address = '', agent = '' WHERE (key_id, day, id) IN \
                       (SELECT key_id, day, id FROM call_samples WHERE day < $1 AND day >= $1 - 604800000 \
                        AND (address <> '' OR agent <> '') LIMIT $2)";
        let samples = "DELETE FROM call_samples WHERE (key_id, day, id) IN \
                       (SELECT key_id, day, id FROM call_samples WHERE day < $1 LIMIT $2)";
        self.sweep_in_steps(callers, first_day(now, CALLER_DAYS)).await?;
        self.sweep_in_steps(samples, first_day(now, DAYS)).await
    }
}

/// Adds what was seen, and keeps the latest kinds of its day.
macro_rules! add_call_samples {
    ($transaction:ident, $counts:ident) => {
        let day = $counts.minute.millis().div_euclid(::model::time::DAY) * ::model::time::DAY;
        for sample in &$counts.call_samples {
            sqlx::query(
                "INSERT INTO call_samples (key_id, day, id, address, agent, required, source, kind, outcome, at, calls) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (key_id, day, id) DO UPDATE SET \
                 calls = call_samples.calls + excluded.calls, \
                 at = CASE WHEN excluded.at > call_samples.at THEN excluded.at ELSE call_samples.at END",
            )
            .bind($counts.key.as_str())
            .bind(day)
            .bind($crate::call_samples::sample_id(sample))
            .bind(sample.address.map(|address| address.to_string()).unwrap_or_default())
            .bind(&sample.agent)
            .bind(sample.required.to_string())
            .bind(sample.source.map_or("", ::model::tenant::CredentialSource::code))
            .bind(sample.kind.code())
            .bind(sample.outcome.code())
            .bind(sample.at.millis())
            .bind(sample.calls)
            .execute(&mut *$transaction)
            .await?;
        }
        if !$counts.call_samples.is_empty() {
            sqlx::query(
                "DELETE FROM call_samples WHERE key_id = $1 AND day = $2 AND id NOT IN \
                 (SELECT id FROM call_samples WHERE key_id = $1 AND day = $2 ORDER BY at DESC, id LIMIT $3)",
            )
            .bind($counts.key.as_str())
            .bind(day)
            .bind($crate::call_samples::SAMPLES_A_DAY)
            .execute(&mut *$transaction)
            .await?;
        }
    };
}
pub(super) use add_call_samples;
