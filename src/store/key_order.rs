//! A page of the list in another order than that of creation. What a question finds is sorted when it is little. Else the
//! order's own index is walked, status by status, past what the question leaves out: by then that cannot be much.

use model::{
    key::KeyStatus,
    listing::{Cursor, EXPIRED, IDLE, KeyFlag, ListKeys, Sort, StatusFilter},
    time::Timestamp,
};
use sqlx::AssertSqlSafe;

use super::{
    Store, StoreError,
    key_index::{Dialect, owner_of},
    reading,
};

/// So many keys are sorted after they were found.
const SORTED: u32 = 2000;

/// What lies where in an order.
struct Order {
    column: &'static str,
    descending: bool,
}

/// Where the keys of a page are looked for.
struct Places {
    /// Questions to the text index that few keys answer: all that are asked for, but for those of `walked`.
    few: Vec<String>,
    /// Phases of which too many answer.
    walked: Vec<&'static str>,
}

/// The keys of a page, from a place on.
struct Walk<'a> {
    /// The place, which is left out; the first key when there is none.
    from: Option<&'a Cursor>,
    /// Towards the list's beginning.
    is_backward: bool,
    /// At most so many.
    limit: u32,
}

/// Conditions of a statement, and the texts that they take.
struct Conditions {
    sql: String,
    texts: Vec<String>,
}

impl Order {
    fn of(sort: Sort) -> Option<Self> {
        let (column, descending) = match sort {
            Sort::Newest | Sort::Oldest => return None,
            Sort::Name => ("folded", false),
            Sort::NameLast => ("folded", true),
            Sort::Expires => ("expires_at", false),
            Sort::ExpiresLast => ("expires_at", true),
            Sort::Used => ("last_used_at", true),
            Sort::UsedLast => ("last_used_at", false),
        };
        Some(Self { column, descending })
    }
}

impl Conditions {
    /// What a question asks for besides words and statuses, as conditions on a row.
    fn of(list: &ListKeys, now: Timestamp) -> Self {
        let mut conditions = Self { sql: String::new(), texts: Vec::new() };
        if let Some(tenant) = &list.tenant {
            conditions.with("k.tenant_id = (SELECT id FROM tenants WHERE name = ?)", [tenant.clone()]);
        }
        if let Some(group) = list.group {
            conditions.with("k.group_id = ?", [group.to_string()]);
        }
        if let Some(identity) = list.identity {
            conditions.with("k.subject_id = ?", [identity.to_string()]);
        }
        if let Some(series) = list.series {
            conditions.with("k.series = ?", [series.to_string()]);
        }
        if let Some(owner) = owner_of(list) {
            conditions.with("k.owner = ?", [owner]);
        }
        if let Some(scope) = &list.scope {
            let plain = ['\\', '%', '_']
                .into_iter()
                .fold(scope.clone(), |scope, letter| scope.replace(letter, &format!("\\{letter}")));
            let held = ["", ".read", ".write"].map(|direction| format!("% {plain}{direction} %"));
            let like = "' ' || k.scopes || ' ' LIKE ? ESCAPE '\\'";
            conditions.with(&format!("({like} OR {like} OR {like})"), held);
        }
        for fact in &list.flags {
            // What an order's index can begin with.
            match fact {
                KeyFlag::Unused | KeyFlag::Stale => conditions.with("k.last_used_at = 0", []),
                KeyFlag::Idle => conditions
                    .with(&format!("k.last_used_at <= {} AND k.last_used_at > 0", now.plus(-IDLE).millis()), []),
                KeyFlag::Endless => conditions.with(&format!("k.expires_at = {}", Timestamp::NEVER.millis()), []),
                KeyFlag::Leaked
                | KeyFlag::AllAccess
                | KeyFlag::AnyAddress
                | KeyFlag::OwnerDisabled
                | KeyFlag::Limited
                | KeyFlag::Refusing => {}
            }
            conditions.with(&format!("' ' || k.flags || ' ' LIKE '% {} %'", fact.code()), []);
        }
        conditions
    }

    /// Adds a condition, in which `?` stands for each text.
    fn with<const N: usize>(&mut self, condition: &str, texts: [String; N]) {
        self.sql.push_str(" AND ");
        let mut parts = condition.split('?');
        self.sql.push_str(parts.next().unwrap_or_default());
        for (part, text) in parts.zip(texts) {
            self.texts.push(text);
            self.sql = format!("{}${}{part}", self.sql, self.texts.len());
        }
    }
}

impl Store {
    /// The numbers of the keys of a page, at most so many.
    pub(super) async fn numbers_in_order(
        &self,
        list: &ListKeys,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<i64>, StoreError> {
        let is_backward = list.after.is_none() && list.before.is_some();
        let walk = Walk { from: list.after.as_ref().or(list.before.as_ref()), is_backward, limit };
        let mut numbers = match Order::of(list.sort) {
            None => {
                let newest_first = (list.sort == Sort::Newest) != is_backward;
                self.numbers(list, newest_first, walk.from.map(|place| place.seq), limit).await?
            }
            Some(order) => {
                let places = self.places(list).await?;
                self.in_places(list, &order, &places, &walk, now).await?
            }
        };
        if is_backward {
            numbers.reverse();
        }
        Ok(numbers)
    }

    async fn places(&self, list: &ListKeys) -> Result<Places, StoreError> {
        let statuses = list.statuses().statuses();
        if list.is_plain() {
            return Ok(Places { few: Vec::new(), walked: statuses.map(KeyStatus::code).collect() });
        }
        let few = async |list: &ListKeys| {
            let is_few = self.count_matches(list, SORTED + 1).await? <= i64::from(SORTED);
            Ok::<_, StoreError>(is_few.then(|| self.inner.db.question(list)))
        };
        if let Some(question) = few(list).await? {
            return Ok(Places { few: vec![question], walked: Vec::new() });
        }
        let mut places = Places { few: Vec::new(), walked: Vec::new() };
        for status in statuses {
            match few(&ListKeys { which: StatusFilter::Only(status), ..list.clone() }).await? {
                Some(question) => places.few.push(question),
                None => places.walked.push(status.code()),
            }
        }
        Ok(places)
    }

    /// The next keys of an order that answer a question, in the direction of the walk.
    async fn in_places(
        &self,
        list: &ListKeys,
        order: &Order,
        places: &Places,
        &Walk { from, is_backward, limit }: &Walk<'_>,
        now: Timestamp,
    ) -> Result<Vec<i64>, StoreError> {
        let Conditions { sql: conditions, mut texts } = Conditions::of(list, now);
        let (column, now) = (order.column, now.millis());
        let (direction, than) = if order.descending == is_backward { ("ASC", ">") } else { ("DESC", "<") };
        let place = from.map(|place| {
            if column == "folded" {
                texts.push(place.value.clone());
                return (0, format!(" AND (k.folded, k.seq) {than} (${}, {})", texts.len(), place.seq));
            }
            // What had expired when the place was written down says so: what expires meanwhile comes later.
            let (half, value) = match place.value.strip_prefix(EXPIRED) {
                Some(value) if list.sort == Sort::Expires => (1, value),
                _ => (0, place.value.as_str()),
            };
            let value = value.parse::<i64>().unwrap_or_default();
            (half, format!(" AND (k.{column}, k.seq) {than} ({value}, {})", place.seq))
        });
        // What will expire comes before what has.
        let halves: &[(u8, String)] = if list.sort == Sort::Expires {
            &[(0, format!(" AND k.expires_at > {now}")), (1, format!(" AND k.expires_at <= {now}"))]
        } else {
            &[(0, String::new())]
        };
        let Dialect { seq, matches } = self.inner.db.dialect();
        let mut found_by = |question: String| {
            texts.push(question);
            let matches = matches.replace("$1", &format!("${}", texts.len()));
            format!("k.seq IN (SELECT {seq} FROM key_search WHERE {matches})")
        };
        let mut kinds: Vec<_> = places.few.iter().cloned().map(&mut found_by).collect();
        // The sign keeps the database on the order's index: what was found is too much to be sorted.
        let words = ListKeys { words: list.words.clone(), which: StatusFilter::Any, ..ListKeys::default() };
        let words = (!list.words.is_empty() && !places.walked.is_empty())
            .then(|| format!(" AND +{}", found_by(self.inner.db.question(&words))));
        let words = words.unwrap_or_default();
        // Of keys that have another status, a list shows those that count as its one status, too.
        let only = matches!(list.statuses(), StatusFilter::Only(_));
        kinds.extend(places.walked.iter().map(|status| {
            let also = if only { format!(" OR ' ' || k.flags || ' ' LIKE '% {status} %'") } else { String::new() };
            format!("(k.status = '{status}'{also}){conditions}{words}")
        }));
        let mut parts = Vec::new();
        for (half, bounds) in halves {
            let from = match &place {
                Some((place, _)) if (place > half && !is_backward) || (place < half && is_backward) => continue,
                Some((place, from)) if place == half => from.as_str(),
                _ => "",
            };
            for kind in &kinds {
                parts.push(format!(
                    "SELECT * FROM (SELECT {half} AS half, k.{column} AS value, k.seq FROM keys k \
                     WHERE {kind}{bounds}{from} ORDER BY k.{column} {direction}, k.seq {direction} LIMIT {limit}) part"
                ));
            }
        }
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let by_half = if is_backward { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT seq FROM ({}) parts \
             ORDER BY half {by_half}, parts.value {direction}, seq {direction} LIMIT {limit}",
            parts.join(" UNION ")
        );
        let rows: Vec<(i64,)> = reading!(self, db => {
            let mut query = sqlx::query_as(AssertSqlSafe(sql)).persistent(false);
            for text in texts {
                query = query.bind(text);
            }
            query.fetch_all(db).await?
        });
        Ok(rows.into_iter().map(|(seq,)| seq).collect())
    }
}
