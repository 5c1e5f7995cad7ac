//! The audit, searched: the newest events that fit.

use model::time::Timestamp;

use super::{AuditPage, Store, StoreError, audit::EventRow, reading};

/// Which events to find. What is empty or `None` lets everything pass.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// A part of who did it, in either case.
    pub who: String,
    /// A verb's code, or the beginning that verbs of one family share, such as `key.`.
    pub what: String,
    /// The id of the thing, or a part of what is said of it.
    pub target: String,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Not after.
    pub until: Option<Timestamp>,
}

impl Store {
    /// The newest events before number `before` that fit.
    pub async fn search_audit(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u16,
    ) -> Result<AuditPage, StoreError> {
        let sql = "SELECT * FROM audit WHERE seq < $1 AND ($2 = '' OR lower(actor) LIKE lower($2) ESCAPE '!') \
                   AND ($3 = '' OR substr(verb, 1, length($3)) = $3) \
                   AND ($4 = '' OR target = $4 OR lower(detail) LIKE lower($5) ESCAPE '!') \
                   AND at >= $6 AND at <= $7 ORDER BY seq DESC LIMIT $8";
        let target = filter.target.trim();
        let rows: Vec<EventRow> = reading!(self, db => sqlx::query_as(sql)
            .bind(before.unwrap_or(i64::MAX))
            .bind(pattern(&filter.who))
            .bind(filter.what.trim())
            .bind(target)
            .bind(pattern(target))
            .bind(filter.from.map_or(i64::MIN, Timestamp::millis))
            .bind(filter.until.map_or(i64::MAX, Timestamp::millis))
            .bind(i64::from(limit) + 1)
            .fetch_all(db)
            .await?);
        Ok(AuditPage::of(rows, limit))
    }
}

/// What LIKE looks for: the words anywhere, taken as they are; empty for no words.
fn pattern(words: &str) -> String {
    let words = words.trim();
    if words.is_empty() {
        return String::new();
    }
    let escaped = words.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}
