//! How keys are found among a million: the text index, which is each database's own, and the flags stored with a key.
//! What is looked for by value, such as a tenant or a status, is a word of the index, too: a filter is then a walk along
//! sorted numbers, however many there are. No word that somebody types begins like such a one.

use model::{
    activity::{CallCounts, Outcome},
    id::KeyId,
    key::{Key, KeyStatus},
    listing::{Assessment, KeyFlag, ListKeys, StatusFilter, assess},
    name::Owner,
    time::{DAY, HOUR, Timestamp},
};
use sqlx::{AssertSqlSafe, QueryBuilder};

use super::{
    Db, Store, StoreError,
    change::{Transaction, on},
    keys::{ALSO, KeyRow, select_keys},
    reading,
};
use crate::{
    fold::folded,
    search::{Language, conditions, document, value},
};

/// Makes the index on `SQLite`: for each word the numbers of keys, and where it stands in them. What the tokenizer gets are
/// words already.
const SQLITE: &str = "CREATE VIRTUAL TABLE IF NOT EXISTS key_search USING fts5(terms, content='', contentless_delete=1, \
                      tokenize=\"ascii tokenchars '='\")";
/// Makes the index on `PostgreSQL`, within a transaction.
const POSTGRES: &str = "CREATE TABLE IF NOT EXISTS key_search (seq bigint NOT NULL CONSTRAINT key_search_pk PRIMARY KEY, terms tsvector NOT NULL); \
                        CREATE INDEX IF NOT EXISTS key_search_terms ON key_search USING gin (terms)";
/// Nodes that make the index at once take turns, until the end of their transaction.
const POSTGRES_TURN: &str = "SELECT pg_advisory_xact_lock(7306)";

/// What is at stake with some keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stakes {
    /// How many keys there are.
    pub keys: i64,
    /// How many of them are in use.
    pub in_use: i64,
    /// When one of them was used last.
    pub last_used: Option<Timestamp>,
}

/// Keys written into a new index in one transaction.
const FILLED: u16 = 200;

/// Where the two databases differ.
pub(super) struct Dialect {
    /// The column with a key's number.
    pub(super) seq: &'static str,
    /// The condition that the index matches parameter 1.
    pub(super) matches: &'static str,
}

impl Db {
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect { seq: "rowid", matches: "key_search MATCH $1" },
            Self::Postgres(_) => Dialect { seq: "seq", matches: "terms @@ $1::tsquery" },
        }
    }

    /// A question in the index's language.
    pub(super) fn question(&self, list: &ListKeys) -> String {
        let language = self.language();
        let values = values_of(list).into_iter().map(|value| language.is(&value));
        language.all(&values.chain(conditions(&list.words, language)).collect::<Vec<_>>())
    }
}

/// The owner a question is about, however they were typed.
pub(super) fn owner_of(list: &ListKeys) -> Option<String> {
    let typed = list.owner.as_deref()?;
    Some(Owner::parse(typed).map_or_else(|_| typed.to_owned(), |owner| owner.to_string()))
}

fn values_of(list: &ListKeys) -> Vec<String> {
    let mut values = vec![match list.statuses() {
        StatusFilter::Any => value('k', ""),
        StatusFilter::Current => value('c', ""),
        StatusFilter::Working => value('w', ""),
        StatusFilter::Only(status) => value('p', status.code()),
    }];
    values.extend(list.tenant.iter().map(|tenant| value('t', tenant)));
    values.extend(list.group.iter().map(|group| value('g', group.as_str())));
    values.extend(list.identity.iter().map(|identity| value('i', identity.as_str())));
    values.extend(list.series.iter().map(|series| value('r', series.as_str())));
    values.extend(owner_of(list).iter().map(|owner| value('o', owner)));
    values.extend(list.scope.iter().map(|scope| value('s', scope)));
    values.extend(list.flags.iter().map(|fact| value('f', fact.code())));
    values
}

/// The words that stand for what a key is filtered by.
fn values_of_key(key: &Key, stands: &Assessment) -> Vec<String> {
    let spec = &key.spec;
    let mut values = vec![value('k', ""), value('p', stands.status.code()), value('t', key.tenant.name.as_str())];
    values.extend(stands.also().map(|status| value('p', status.code())));
    values.extend((stands.status != KeyStatus::Archived).then(|| value('c', "")));
    values.extend(stands.status.works().then(|| value('w', "")));
    values.extend([value('o', spec.owner.as_str()), value('u', &folded(spec.owner.as_str()))]);
    values.push(value('n', &folded(key.tenant.name.as_str())));
    values.extend(spec.group.iter().map(|group| value('g', group.id.as_str())));
    values.extend(spec.subject.iter().map(|identity| value('i', identity.id.as_str())));
    values.push(value('r', key.series.as_str()));
    for scope in spec.scopes.iter() {
        values.extend([value('s', &scope.to_string()), value('s', scope.base())]);
    }
    values.extend(stands.flags.iter().map(|fact| value('f', fact.code())));
    values
}

/// What a key is counted as: its status, and what else it counts as, which is no key more.
fn counted(status: &str, flags: &str) -> Vec<String> {
    let also = flags.split_whitespace().filter_map(|flag| KeyFlag::parse(flag)?.as_status());
    let also = also.filter(|also| also.code() != status).map(|also| format!("{ALSO}{}", also.code()));
    std::iter::once(status.to_owned()).filter(|status| !status.is_empty()).chain(also).collect()
}

/// All that the index gets of a key.
pub(super) fn document_of(key: &Key, stands: &Assessment, language: Language) -> String {
    document(key, values_of_key(key, stands), language)
}

impl Store {
    pub(super) async fn make_key_index(&self) -> Result<(), StoreError> {
        let mut transaction = self.transaction().await?;
        transaction.make_key_index().await?;
        transaction.commit().await?;
        // What was written stays when this is cut off.
        loop {
            let mut transaction = self.transaction().await?;
            transaction.take_turn().await?;
            let filled = transaction.fill_key_index().await?;
            transaction.commit().await?;
            if filled == 0 {
                return Ok(());
            }
        }
    }

    /// Looks again at keys whose time has come, at most so many. How many there were.
    pub async fn reindex_keys(&self, now: Timestamp, limit: u16) -> Result<usize, StoreError> {
        let sql = "SELECT id FROM keys WHERE due_at <= $1 ORDER BY due_at LIMIT $2";
        let mut due: Vec<(String,)> = reading!(self, db => sqlx::query_as(sql)
            .bind(now.millis())
            .bind(i64::from(limit))
            .fetch_all(db)
            .await?);
        if due.is_empty() {
            return Ok(0);
        }
        let mut transaction = self.transaction().await?;
        transaction.take_turn().await?;
        due.sort_unstable();
        for (id,) in &due {
            transaction.reindex(KeyId::parse(id).ok_or(StoreError::Corrupt("key"))?, false, now).await?;
        }
        transaction.commit().await?;
        Ok(due.len())
    }
}

impl Transaction {
    /// Makes the index anew: of all keys as they are.
    pub(super) async fn remake_key_index(&mut self) -> Result<(), StoreError> {
        on!(self, db => sqlx::query("DROP TABLE IF EXISTS key_search").execute(db).await.map(drop))?;
        self.make_key_index().await?;
        while self.fill_key_index().await? > 0 {}
        Ok(())
    }

    async fn make_key_index(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(db) => sqlx::raw_sql(SQLITE).execute(&mut **db).await.map(drop)?,
            Self::Postgres(db) => {
                sqlx::raw_sql(POSTGRES_TURN).execute(&mut **db).await?;
                sqlx::raw_sql(POSTGRES).execute(&mut **db).await.map(drop)?;
            }
        }
        Ok(())
    }

    /// Writes the next keys into the index that are not in it, after an upgrade or a restore that made it anew. How many.
    async fn fill_key_index(&mut self) -> Result<usize, StoreError> {
        let (seq, language) = match self {
            Self::Sqlite(_) => ("rowid", self.language()),
            Self::Postgres(_) => ("seq", self.language()),
        };
        let newest = format!("SELECT {seq} FROM key_search ORDER BY {seq} DESC LIMIT 1");
        let missing = format!("{}WHERE k.seq > $1 AND k.status <> '' ORDER BY k.seq LIMIT {FILLED}", select_keys!(""));
        let last: Option<(i64,)> = on!(&mut *self, db => sqlx::query_as(AssertSqlSafe(newest.as_str()))
            .fetch_optional(db)
            .await?);
        let last = last.map_or(0, |(seq,)| seq);
        let rows: Vec<KeyRow> = on!(&mut *self, db => sqlx::query_as(AssertSqlSafe(missing.as_str()))
            .bind(last)
            .fetch_all(db)
            .await?);
        // A row that cannot be read is left out until it is mended.
        let document = |row: KeyRow| {
            let (seq, stands) = (row.seq, row.assessment()?);
            Some((seq, document_of(&row.read().ok()?.0.key, &stands, language)))
        };
        let documents: Vec<_> = rows.into_iter().filter_map(document).collect();
        self.write_documents(&documents).await?;
        if !documents.is_empty() {
            tracing::info!(keys = documents.len(), after = last, "search index filled");
        }
        Ok(documents.len())
    }

    /// Looks again at one key: writes how it stands, and what the index has of it, if that may have changed.
    pub(super) async fn reindex(&mut self, id: KeyId, was_changed: bool, now: Timestamp) -> Result<(), StoreError> {
        let sql = select_keys!("WHERE k.id = $1");
        let row: Option<KeyRow> = on!(self, db => sqlx::query_as(sql).bind(id.as_str()).fetch_optional(db).await?);
        let Some(row) = row else { return Ok(()) };
        let (seq, status_before, flags_before, used_before) =
            (row.seq, row.status.clone(), row.flags.clone(), row.last_used_at);
        let (stored, last_use) = row.read()?;
        let key = stored.key;
        // A key that was just made has done nothing yet.
        let is_new = status_before.is_empty();
        let health = if is_new { CallCounts::default() } else { self.health(id, now).await? };
        let stands = assess(&key, last_use.map(|used| used.at), health, now);
        let flags = stands.flags.iter().map(|fact: &KeyFlag| fact.code()).collect::<Vec<_>>().join(" ");
        // A key that was used for the first time meanwhile has to be looked at once more.
        let sql = "UPDATE keys SET status = $1, flags = $2, due_at = CASE WHEN last_used_at = $3 THEN $4 ELSE 0 END, \
                   folded = $5 WHERE id = $6";
        on!(self, db => sqlx::query(sql)
            .bind(stands.status.code())
            .bind(&flags)
            .bind(used_before)
            .bind(stands.due.millis())
            .bind(folded(key.spec.name.as_str()))
            .bind(id.as_str())
            .execute(db)
            .await
            .map(drop))?;
        let (counted, counts) = (counted(&status_before, &flags_before), counted(stands.status.code(), &flags));
        if counted != counts {
            for status in counted {
                self.count(&status, -1).await?;
            }
            for status in counts {
                self.count(&status, 1).await?;
            }
        }
        if !was_changed && status_before == stands.status.code() && flags_before == flags {
            return Ok(());
        }
        if !is_new {
            self.write_index(seq, None).await?;
        }
        let document = document_of(&key, &stands, self.language());
        self.write_index(seq, Some(document)).await
    }

    /// Forgets a key that is about to go.
    pub(super) async fn unindex(&mut self, id: KeyId) -> Result<(), StoreError> {
        let sql = "SELECT seq, status, flags FROM keys WHERE id = $1";
        let row: Option<(i64, String, String)> =
            on!(self, db => sqlx::query_as(sql).bind(id.as_str()).fetch_optional(db).await?);
        let Some((seq, status, flags)) = row else { return Ok(()) };
        for status in counted(&status, &flags) {
            self.count(&status, -1).await?;
        }
        self.write_index(seq, None).await
    }

    /// What became of a key's calls in the last day.
    async fn health(&mut self, id: KeyId, now: Timestamp) -> Result<CallCounts, StoreError> {
        let sql = "SELECT outcome, CAST(SUM(calls) AS bigint) FROM usage_hours WHERE key_id = $1 AND hour > $2 \
                   GROUP BY outcome";
        let day = now.plus(-DAY - HOUR).millis();
        let rows: Vec<(String, i64)> =
            on!(self, db => sqlx::query_as(sql).bind(id.as_str()).bind(day).fetch_all(db).await?);
        let mut counts = CallCounts::default();
        for (outcome, calls) in rows {
            counts.add(Outcome::of_code(&outcome), calls);
        }
        Ok(counts)
    }

    /// Waits for whatever changes keys at the moment, and makes others wait, on both databases.
    async fn take_turn(&mut self) -> Result<(), StoreError> {
        let turn = "UPDATE audit_head SET seq = seq WHERE id = 1";
        on!(self, db => sqlx::query(turn).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Counts keys of a status.
    pub(super) async fn count(&mut self, status: &str, more: i64) -> Result<(), StoreError> {
        let sql = "INSERT INTO key_counts (status, keys) VALUES ($1, $2) \
                   ON CONFLICT (status) DO UPDATE SET keys = key_counts.keys + excluded.keys";
        if !status.is_empty() {
            on!(self, db => sqlx::query(sql).bind(status).bind(more).execute(db).await.map(drop))?;
        }
        Ok(())
    }

    /// Writes keys into the index that are not in it, at most 500.
    pub(super) async fn write_documents(&mut self, documents: &[(i64, String)]) -> Result<(), StoreError> {
        if documents.is_empty() {
            return Ok(());
        }
        let (index, before, after) = match self {
            Self::Sqlite(_) => ("INSERT INTO key_search (rowid, terms) ", "", ""),
            Self::Postgres(_) => ("INSERT INTO key_search (seq, terms) ", "CAST(CAST(", " AS text) AS tsvector)"),
        };
        on!(self, db => {
            QueryBuilder::new(index)
                .push_values(documents, |mut row, (seq, document)| {
                    row.push_bind(*seq).push(before).push_bind_unseparated(document).push_unseparated(after);
                })
                .build()
                .persistent(false)
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Writes a key into the index, or removes it.
    async fn write_index(&mut self, seq: i64, document: Option<String>) -> Result<(), StoreError> {
        let (sqlite, postgres) = match document {
            Some(_) => (
                "INSERT INTO key_search (rowid, terms) VALUES ($1, $2)",
                "INSERT INTO key_search (seq, terms) VALUES ($1, CAST(CAST($2 AS text) AS tsvector))",
            ),
            None => ("DELETE FROM key_search WHERE rowid = $1", "DELETE FROM key_search WHERE seq = $1"),
        };
        let sql = if matches!(self, Self::Sqlite(_)) { sqlite } else { postgres };
        on!(self, db => {
            let query = sqlx::query(sql).bind(seq);
            match document {
                Some(document) => query.bind(document).execute(db).await.map(drop)?,
                None => query.execute(db).await.map(drop)?,
            }
        });
        Ok(())
    }
}

impl Store {
    /// The numbers of keys that answer a question, newest first or oldest first, after a place.
    pub(super) async fn numbers(
        &self,
        list: &ListKeys,
        newest_first: bool,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<i64>, StoreError> {
        let Dialect { seq, matches } = self.inner.db.dialect();
        let (than, order, from) = if newest_first { ("<", "DESC", i64::MAX) } else { (">", "ASC", 0) };
        let sql = format!(
            "SELECT {seq} FROM key_search WHERE {matches} AND {seq} {than} $2 ORDER BY {seq} {order} LIMIT {limit}"
        );
        let question = self.inner.db.question(list);
        let rows: Vec<(i64,)> = reading!(self, db => sqlx::query_as(AssertSqlSafe(sql))
            .bind(question)
            .bind(after.unwrap_or(from))
            .fetch_all(db)
            .await?);
        Ok(rows.into_iter().map(|(seq,)| seq).collect())
    }

    /// What would stop with the keys that answer a question: those used since `since` are in use.
    pub async fn stakes(&self, list: &ListKeys, since: Timestamp) -> Result<Stakes, StoreError> {
        let Dialect { seq, matches } = self.inner.db.dialect();
        let sql = format!(
            "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN last_used_at > $2 THEN 1 ELSE 0 END), 0) AS bigint), \
             COALESCE(MAX(last_used_at), 0) FROM keys WHERE seq IN (SELECT {seq} FROM key_search WHERE {matches})"
        );
        let question = self.inner.db.question(list);
        let (keys, in_use, latest): (i64, i64, i64) = reading!(self, db => sqlx::query_as(AssertSqlSafe(sql))
            .bind(question)
            .bind(since.millis())
            .fetch_one(db)
            .await?);
        Ok(Stakes { keys, in_use, last_used: (latest > 0).then(|| Timestamp::from_millis(latest)) })
    }

    /// How many keys answer a question; counted up to a limit, unless only statuses are asked for.
    pub async fn count_matches(&self, list: &ListKeys, limit: u32) -> Result<i64, StoreError> {
        if list.is_plain() {
            let counts = self.count_keys(None).await?;
            return Ok(counts.shown(list.statuses()));
        }
        let matches = self.inner.db.dialect().matches;
        let sql = format!("SELECT COUNT(*) FROM (SELECT 1 AS one FROM key_search WHERE {matches} LIMIT {limit}) found");
        let question = self.inner.db.question(list);
        let (count,): (i64,) =
            reading!(self, db => sqlx::query_as(AssertSqlSafe(sql)).bind(question).fetch_one(db).await?);
        Ok(count)
    }
}
