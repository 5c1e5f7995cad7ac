//! Calls counted over a time, of one key, of the keys of an owner, a tenant or a group, or of all. Few rows by an index,
//! however many keys there are: those of all are added up as they come. An owner's numbers come from their own keys, of
//! which they have few.

use model::{
    activity::{CallCounts, MINUTE, Outcome, TimeRange},
    id::{EntryId, KeyId},
    time::{HOUR, Timestamp},
};
use sqlx::AssertSqlSafe;

use super::{Store, StoreError, reading};

/// Whose calls are counted: those with keys that fit all that is given. Nothing given lets every call pass, one without a key
/// too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallsOf<'a> {
    /// One key.
    pub key: Option<KeyId>,
    /// The keys of one owner.
    pub owner: Option<&'a str>,
    /// The keys of the tenant of this name.
    pub tenant: Option<&'a str>,
    /// The keys of one group.
    pub group: Option<EntryId>,
}

impl CallsOf<'_> {
    /// Every call.
    pub const ALL: Self = Self { key: None, owner: None, tenant: None, group: None };

    /// Calls with one key.
    pub fn key(key: KeyId) -> Self {
        Self { key: Some(key), ..Self::ALL }
    }

    /// The condition on the column of a row's key, with what its parameters from `$first` on are bound to. What is not given
    /// is compared as well, so that every statement has all of them.
    pub(crate) fn condition(self, column: &str, first: usize) -> (String, [String; 4]) {
        let Self { key, owner, tenant, group } = self;
        let place = |at: usize, is_given: bool, condition: &str| {
            let parameter = format!("${}", first + at);
            if is_given { condition.replace('?', &parameter) } else { format!("{parameter} = ''") }
        };
        let of_key = place(0, key.is_some(), &format!("{column} = ?"));
        let of_keys = [
            place(1, owner.is_some(), "owner = ?"),
            place(2, tenant.is_some(), "tenant_id = (SELECT id FROM tenants WHERE name = ?)"),
            place(3, group.is_some(), "group_id = ?"),
        ]
        .join(" AND ");
        let is_any = owner.is_none() && tenant.is_none() && group.is_none();
        let of_keys = if is_any { of_keys } else { format!("{column} IN (SELECT id FROM keys WHERE {of_keys})") };
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let values = [
            text(key.as_ref().map(KeyId::as_str)),
            text(owner),
            text(tenant),
            text(group.as_ref().map(EntryId::as_str)),
        ];
        (format!("{of_key} AND {of_keys}"), values)
    }
}

impl Store {
    /// Calls within a time: when a bar of it begins, the outcome (`valid` or the code of the refusal) and how many. Bars
    /// shorter than an hour are of minutes, which are kept for [`MINUTES_KEPT`](model::activity::MINUTES_KEPT).
    pub async fn calls(&self, of: CallsOf<'_>, range: TimeRange) -> Result<Vec<(Timestamp, String, i64)>, StoreError> {
        let (at, table) = match (range.step < HOUR, of == CallsOf::ALL) {
            (true, true) => ("minute", "usage_minute_totals"),
            (true, false) => ("minute", "usage_minutes"),
            (false, true) => ("hour", "usage_totals"),
            (false, false) => ("hour", "usage_hours"),
        };
        let (whose, [key, owner, tenant, group]) = of.condition("key_id", 4);
        let sql = format!(
            "SELECT {at} - {at} % $3 AS bar, outcome, CAST(SUM(calls) AS bigint) FROM {table} \
             WHERE {at} >= $1 AND {at} < $2 AND {whose} GROUP BY bar, outcome"
        );
        let rows: Vec<(i64, String, i64)> = reading!(self, db => sqlx::query_as(AssertSqlSafe(sql))
            .bind(range.start.millis())
            .bind(range.end().millis())
            .bind(range.step)
            .bind(key)
            .bind(owner)
            .bind(tenant)
            .bind(group)
            .fetch_all(db)
            .await?);
        Ok(rows.into_iter().map(|(at, outcome, calls)| (Timestamp::from_millis(at), outcome, calls)).collect())
    }

    /// Calls with a key in the minutes since an instant, which lies at most two hours back.
    pub async fn calls_since(&self, key: KeyId, since: Timestamp) -> Result<CallCounts, StoreError> {
        let sql = "SELECT outcome, CAST(SUM(calls) AS bigint) FROM usage_minutes WHERE key_id = $1 AND minute > $2 \
                   GROUP BY outcome";
        let rows: Vec<(String, i64)> = reading!(self, db => sqlx::query_as(sql)
            .bind(key.as_str())
            .bind(since.plus(-MINUTE).millis())
            .fetch_all(db)
            .await?);
        let mut counts = CallCounts::default();
        for (outcome, calls) in rows {
            counts.add(Outcome::of_code(&outcome), calls);
        }
        Ok(counts)
    }
}
