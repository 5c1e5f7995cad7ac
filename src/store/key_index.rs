//! How keys are found among a million: the text index, which is each database's own, and the flags stored with a key.
//! What is looked for by value, such as a tenant or a status, is a word of the index, too: a filter is then a walk along
//! sorted numbers, however many there are. No word that somebody types begins like such a one.

use crypto::secret::hex;
use model::{
    activity::{CallCounts, Outcome},
    id::KeyId,
    key::{Key, KeyStatus},
    label::Labels,
    listing::{Assessment, KeyFlag, ListKeys, StatusFilter, assess},
    name::Owner,
    time::{DAY, HOUR, Timestamp},
};
use sqlx::AssertSqlSafe;

use super::{
    Db, Store, StoreError,
    change::{Transaction, on},
    keys::{KeyRow, select_keys},
    reading,
};
use crate::fold::{folded, words};

/// Words of a question; more are left out.
const WORDS: usize = 8;
/// A word is looked for by so many letters at most.
const LETTERS: usize = 64;

/// Makes the index on `SQLite`: sorted row numbers for each word and for the beginnings of words, and nothing else. What
/// the tokenizer gets are words already.
const SQLITE: &str = "CREATE VIRTUAL TABLE IF NOT EXISTS key_index USING fts5(terms, content='', contentless_delete=1, \
                      detail=none, prefix='1 2 3 4 5 6 7 8', tokenize=\"ascii tokenchars '='\")";
/// Makes the index on `PostgreSQL`. Nodes that start at once take turns.
const POSTGRES: &str = "BEGIN; SELECT pg_advisory_xact_lock(7306); \
                        CREATE TABLE IF NOT EXISTS key_index (seq bigint NOT NULL CONSTRAINT key_index_pk PRIMARY KEY, terms tsvector NOT NULL); \
                        CREATE INDEX IF NOT EXISTS key_index_terms ON key_index USING gin (terms); COMMIT;";

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
            Self::Sqlite { .. } => Dialect { seq: "rowid", matches: "key_index MATCH $1" },
            Self::Postgres(_) => Dialect { seq: "seq", matches: "terms @@ $1::tsquery" },
        }
    }

    /// A question in the index's language.
    pub(super) fn question(&self, list: &ListKeys) -> String {
        let values = values_of(list);
        let (quote, and, any_end) = match self {
            Self::Sqlite { .. } => ('"', " AND ", "*"),
            Self::Postgres(_) => ('\'', " & ", ":*"),
        };
        let values = values.into_iter().map(|value| format!("{quote}{value}{quote}"));
        let begun = |word: String| format!("{quote}{word}{quote}{any_end}");
        let parts: Vec<_> = values.chain(labels_of(list).map(begun)).chain(typed(list).map(begun)).collect();
        parts.join(and)
    }
}

/// The words of a question, as they are looked for.
fn typed(list: &ListKeys) -> impl Iterator<Item = String> {
    let texts = parts_of(list).filter(|word| !is_label(word));
    texts.flat_map(words).take(WORDS).map(|word| word.chars().take(LETTERS).collect())
}

/// What stands between white space and commas.
fn parts_of(list: &ListKeys) -> impl Iterator<Item = &str> {
    list.words.split(|letter: char| letter.is_whitespace() || letter == ',').filter(|part| !part.is_empty())
}

/// Whether what was typed is a label, or the beginning of one: what belongs together is looked for together.
fn is_label(word: &str) -> bool {
    Labels::parse(word).is_ok_and(|labels| !labels.is_empty())
}

/// The words that stand for the labels in a question.
fn labels_of(list: &ListKeys) -> impl Iterator<Item = String> {
    parts_of(list).filter(|word| is_label(word)).take(WORDS).map(|label| value('l', &label.to_ascii_lowercase()))
}

/// The word that stands for a value: its kind, and the bytes.
fn value(kind: char, text: &str) -> String {
    format!("={kind}{}", hex(text.as_bytes()))
}

/// The owner a question is about, however they were typed.
pub(super) fn owner_of(list: &ListKeys) -> Option<String> {
    let typed = list.owner.as_deref()?;
    Some(Owner::parse(typed).map_or_else(|_| typed.to_owned(), |owner| owner.to_string()))
}

fn values_of(list: &ListKeys) -> Vec<String> {
    let mut values = vec![match list.which {
        StatusFilter::Any => value('k', ""),
        StatusFilter::Current => value('c', ""),
        StatusFilter::Working => value('w', ""),
        StatusFilter::Only(status) => value('p', status.code()),
    }];
    values.extend(list.tenant.iter().map(|tenant| value('t', tenant)));
    values.extend(list.group.iter().map(|group| value('g', group.as_str())));
    values.extend(owner_of(list).iter().map(|owner| value('o', owner)));
    values.extend(list.scope.iter().map(|scope| value('s', scope)));
    values.extend(list.flags.iter().map(|fact| value('f', fact.code())));
    values
}

/// All words of a key.
pub(super) fn terms(key: &Key, stands: &Assessment) -> String {
    let spec = &key.spec;
    let mut terms = vec![value('k', ""), value('p', stands.status.code()), value('t', key.tenant.name.as_str())];
    terms.extend((stands.status != KeyStatus::Archived).then(|| value('c', "")));
    terms.extend(stands.status.works().then(|| value('w', "")));
    terms.push(value('o', spec.owner.as_str()));
    terms.extend(key.spec.group.iter().map(|group| value('g', group.id.as_str())));
    for scope in spec.scopes.iter() {
        terms.push(value('s', &scope.to_string()));
        terms.push(value('s', scope.base()));
    }
    terms.extend(stands.flags.iter().map(|fact| value('f', fact.code())));
    let texts = [
        spec.name.as_str(),
        key.id.as_str(),
        &key.last_four,
        key.prefix.as_str(),
        spec.owner.as_str(),
        spec.description.as_str(),
    ];
    terms.extend(texts.into_iter().flat_map(words));
    for (name, value) in spec.labels.iter() {
        terms.push(self::value('l', &format!("{name}={value}").to_ascii_lowercase()));
        terms.extend([name, value].into_iter().flat_map(words));
    }
    terms.sort_unstable();
    terms.dedup();
    terms.join(" ")
}

impl Store {
    pub(super) async fn make_key_index(&self) -> Result<(), StoreError> {
        match &self.inner.db {
            Db::Sqlite { write, .. } => sqlx::raw_sql(SQLITE).execute(write).await.map(drop)?,
            Db::Postgres(pool) => sqlx::raw_sql(POSTGRES).execute(pool).await.map(drop)?,
        }
        Ok(())
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
        // After whatever changes keys at the moment, on both databases.
        let turn = "UPDATE audit_head SET seq = seq WHERE id = 1";
        on!(&mut transaction, db => sqlx::query(turn).execute(db).await.map(drop))?;
        due.sort_unstable();
        for (id,) in &due {
            transaction.reindex(KeyId::parse(id).ok_or(StoreError::Corrupt("key"))?, false, now).await?;
        }
        transaction.commit().await?;
        Ok(due.len())
    }
}

impl Transaction {
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
        if status_before != stands.status.code() {
            self.count(&status_before, -1).await?;
            self.count(stands.status.code(), 1).await?;
        }
        if !was_changed && status_before == stands.status.code() && flags_before == flags {
            return Ok(());
        }
        if !is_new {
            self.write_index(seq, None).await?;
        }
        self.write_index(seq, Some(terms(&key, &stands))).await
    }

    /// Forgets a key that is about to go.
    pub(super) async fn unindex(&mut self, id: KeyId) -> Result<(), StoreError> {
        let sql = "SELECT seq, status FROM keys WHERE id = $1";
        let row: Option<(i64, String)> =
            on!(self, db => sqlx::query_as(sql).bind(id.as_str()).fetch_optional(db).await?);
        let Some((seq, status)) = row else { return Ok(()) };
        self.count(&status, -1).await?;
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

    /// Counts keys of a status.
    pub(super) async fn count(&mut self, status: &str, more: i64) -> Result<(), StoreError> {
        let sql = "INSERT INTO key_counts (status, keys) VALUES ($1, $2) \
                   ON CONFLICT (status) DO UPDATE SET keys = key_counts.keys + excluded.keys";
        if !status.is_empty() {
            on!(self, db => sqlx::query(sql).bind(status).bind(more).execute(db).await.map(drop))?;
        }
        Ok(())
    }

    /// Writes the words of a key into the index, or removes it.
    async fn write_index(&mut self, seq: i64, terms: Option<String>) -> Result<(), StoreError> {
        let (sqlite, postgres) = match terms {
            Some(_) => (
                "INSERT INTO key_index (rowid, terms) VALUES ($1, $2)",
                "INSERT INTO key_index (seq, terms) VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))",
            ),
            None => ("DELETE FROM key_index WHERE rowid = $1", "DELETE FROM key_index WHERE seq = $1"),
        };
        let sql = if matches!(self, Self::Sqlite(_)) { sqlite } else { postgres };
        on!(self, db => {
            let query = sqlx::query(sql).bind(seq);
            match terms {
                Some(terms) => query.bind(terms).execute(db).await.map(drop)?,
                None => query.execute(db).await.map(drop)?,
            }
        });
        Ok(())
    }
}

impl Store {
    /// The numbers of keys that answer a question, newest first or oldest first, from a place on.
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
            "SELECT {seq} FROM key_index WHERE {matches} AND {seq} {than} $2 ORDER BY {seq} {order} LIMIT {limit}"
        );
        let question = self.inner.db.question(list);
        let rows: Vec<(i64,)> = reading!(self, db => sqlx::query_as(AssertSqlSafe(sql))
            .bind(question)
            .bind(after.unwrap_or(from))
            .fetch_all(db)
            .await?);
        Ok(rows.into_iter().map(|(seq,)| seq).collect())
    }

    /// How many keys answer a question; counted up to a limit.
    pub async fn count_matches(&self, list: &ListKeys, limit: u32) -> Result<i64, StoreError> {
        let matches = self.inner.db.dialect().matches;
        let sql = format!("SELECT COUNT(*) FROM (SELECT 1 AS one FROM key_index WHERE {matches} LIMIT {limit}) found");
        let question = self.inner.db.question(list);
        let (count,): (i64,) =
            reading!(self, db => sqlx::query_as(AssertSqlSafe(sql)).bind(question).fetch_one(db).await?);
        Ok(count)
    }
}
