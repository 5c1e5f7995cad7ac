//! A page of the list in another order than that of creation. What a question finds is sorted when it is little. Else the
//! order's own index is walked, phase by phase, past what the question leaves out: by then that cannot be much.

use sqlx::AssertSqlSafe;

use super::{
    Store, StoreError,
    key_index::{Dialect, typed},
    reading,
};
use crate::{
    listing::{Cursor, Fact, IDLE, ListKeys, Phase, Sort, Which, words},
    time::Timestamp,
};

/// So many keys are sorted after they were found.
const SORTED: u32 = 2000;
/// Keys looked at in the first step of a walk for words, and the most in a later one.
const STEPS: (u32, u32) = (200, 5000);

/// Where words are looked for besides the name.
const OTHER_TEXTS: &str = "k.id || ' ' || k.last_four || ' ' || k.prefix || ' ' || k.owner || ' ' || k.description";

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

/// A key on the way.
#[derive(sqlx::FromRow)]
struct Passed {
    seq: i64,
    value: String,
    text: String,
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
    /// What a question asks for besides phases, as conditions on a row. Its words may be in more rows than these let
    /// through, and are looked at again.
    fn of(list: &ListKeys, now: Timestamp) -> Self {
        let mut conditions = Self { sql: String::new(), texts: Vec::new() };
        if let Some(tenant) = &list.tenant {
            conditions.with("k.tenant_id = (SELECT id FROM tenants WHERE name = ?)", [tenant.clone()]);
        }
        if let Some(group) = list.group {
            conditions.with("k.group_id = ?", [group.to_string()]);
        }
        if let Some(owner) = &list.owner {
            conditions.with("k.owner = ?", [owner.clone()]);
        }
        if let Some(scope) = &list.scope {
            let plain = ['\\', '%', '_']
                .into_iter()
                .fold(scope.clone(), |scope, letter| scope.replace(letter, &format!("\\{letter}")));
            let held = ["", ".read", ".write"].map(|direction| format!("% {plain}{direction} %"));
            let like = "' ' || k.scopes || ' ' LIKE ? ESCAPE '\\'";
            conditions.with(&format!("({like} OR {like} OR {like})"), held);
        }
        for fact in &list.facts {
            // What an order's index can begin with.
            match fact {
                Fact::Unused | Fact::Stale => conditions.with("k.last_used_at = 0", []),
                Fact::Idle => conditions
                    .with(&format!("k.last_used_at <= {} AND k.last_used_at > 0", now.plus(-IDLE).millis()), []),
                Fact::Endless => conditions.with(&format!("k.expires_at = {}", Timestamp::NEVER.millis()), []),
                Fact::AllAccess | Fact::AnyAddress | Fact::OwnerDisabled => {}
            }
            conditions.with(&format!("' ' || k.facts || ' ' LIKE '% {} %'", fact.code()), []);
        }
        // The database leaves out most of what has not got the words; it knows the case of plain letters alone.
        for word in typed(list).filter(|word| word.is_ascii()) {
            conditions.with(&format!("k.folded || ' ' || lower({OTHER_TEXTS}) LIKE ?"), [format!("%{word}%")]);
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
        let Some(order) = Order::of(list.sort) else {
            let after = list.after.as_ref().map(|place| place.seq);
            return self.numbers(list, list.sort == Sort::Newest, after, limit).await;
        };
        let places = self.places(list).await?;
        let typed: Vec<_> = typed(list).collect();
        let mut step = if typed.is_empty() { limit } else { limit.max(STEPS.0) };
        let mut after = list.after.clone();
        let mut found = Vec::new();
        loop {
            let passed = self.pass(list, &order, &places, after.as_ref(), step, now).await?;
            let is_end = passed.len() < step as usize;
            after = passed.last().map(|last| Cursor { seq: last.seq, value: last.value.clone() });
            found.extend(passed.into_iter().filter(|key| has_words(&key.text, &typed)).map(|key| key.seq));
            if is_end || found.len() >= limit as usize {
                break;
            }
            step = (step * 4).min(STEPS.1);
        }
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn places(&self, list: &ListKeys) -> Result<Places, StoreError> {
        let phases = list.which.phases();
        let is_plain =
            *list == ListKeys { which: list.which, sort: list.sort, after: list.after.clone(), ..ListKeys::default() };
        if is_plain {
            return Ok(Places { few: Vec::new(), walked: phases.map(Phase::code).collect() });
        }
        let few = async |list: &ListKeys| {
            let is_few = self.count_matches(list, SORTED + 1).await? <= i64::from(SORTED);
            Ok::<_, StoreError>(is_few.then(|| self.inner.db.question(list)))
        };
        if let Some(question) = few(list).await? {
            return Ok(Places { few: vec![question], walked: Vec::new() });
        }
        let mut places = Places { few: Vec::new(), walked: Vec::new() };
        for phase in phases {
            match few(&ListKeys { which: Which::Only(phase), ..list.clone() }).await? {
                Some(question) => places.few.push(question),
                None => places.walked.push(phase.code()),
            }
        }
        Ok(places)
    }

    /// The next keys in an order that may answer a question: words are still to be looked at.
    async fn pass(
        &self,
        list: &ListKeys,
        order: &Order,
        places: &Places,
        after: Option<&Cursor>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<Passed>, StoreError> {
        let Conditions { sql: conditions, mut texts } = Conditions::of(list, now);
        let (column, now) = (order.column, now.millis());
        let (direction, than) = if order.descending { ("DESC", "<") } else { ("ASC", ">") };
        let place = after.map(|place| {
            if column == "folded" {
                texts.push(place.value.clone());
                return (0, format!(" AND (k.folded, k.seq) {than} (${}, {})", texts.len(), place.seq));
            }
            let value = place.value.parse::<i64>().unwrap_or_default();
            (
                u8::from(list.sort == Sort::Expires && value <= now),
                format!(" AND (k.{column}, k.seq) {than} ({value}, {})", place.seq),
            )
        });
        // What will expire comes before what has.
        let halves: &[(u8, String)] = if list.sort == Sort::Expires {
            &[(0, format!(" AND k.expires_at > {now}")), (1, format!(" AND k.expires_at <= {now}"))]
        } else {
            &[(0, String::new())]
        };
        let text = if list.words.is_empty() { "''".to_owned() } else { format!("k.name || ' ' || {OTHER_TEXTS}") };
        let mut kinds: Vec<_> = places.walked.iter().map(|phase| format!("k.phase = '{phase}'{conditions}")).collect();
        let Dialect { seq, matches } = self.inner.db.dialect();
        for question in &places.few {
            texts.push(question.clone());
            let matches = matches.replace("$1", &format!("${}", texts.len()));
            kinds.push(format!("k.seq IN (SELECT {seq} FROM key_index WHERE {matches})"));
        }
        let mut parts = Vec::new();
        for (half, bounds) in halves {
            let from = match &place {
                Some((place, _)) if place > half => continue,
                Some((place, from)) if place == half => from.as_str(),
                _ => "",
            };
            for kind in &kinds {
                parts.push(format!(
                    "SELECT * FROM (SELECT {half} AS half, k.{column} AS value, k.seq, {text} AS text FROM keys k \
                     WHERE {kind}{bounds}{from} ORDER BY k.{column} {direction}, k.seq {direction} LIMIT {limit}) part"
                ));
            }
        }
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT seq, CAST(value AS text) AS value, text FROM ({}) parts \
             ORDER BY half, parts.value {direction}, seq {direction} LIMIT {limit}",
            parts.join(" UNION ALL ")
        );
        Ok(reading!(self, db => {
            let mut query = sqlx::query_as(AssertSqlSafe(sql)).persistent(false);
            for text in texts {
                query = query.bind(text);
            }
            query.fetch_all(db).await?
        }))
    }
}

/// Whether a text has words that begin so.
fn has_words(text: &str, typed: &[String]) -> bool {
    typed.iter().all(|beginning| words(text).any(|word| word.starts_with(beginning.as_str())))
}
