//! What the list of keys is asked for, as its address says it: the question and the columns. Everything is in the
//! address, so that going back, loading anew and sharing work.

use model::{
    id::{EntryId, KeyId},
    key::KeyStatus,
    listing::{Cursor, KeyFlag, ListKeys, Rows, Sort, StatusFilter},
};

use crate::routes;

/// A column of the list beside the key itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Who holds it, and where it is.
    Owner,
    /// Its tenant.
    Tenant,
    /// Its group.
    Group,
    /// What it may do.
    Scopes,
    /// Its calls in the last 24 hours.
    Use,
    /// Its last allowed call.
    Last,
    /// When it was made.
    Created,
    /// Who made it.
    Creator,
    /// When it expires.
    Expires,
    /// How it stands.
    Status,
}

impl Column {
    /// All, in the order they stand in.
    pub const ALL: [Self; 10] = [
        Self::Owner,
        Self::Tenant,
        Self::Group,
        Self::Scopes,
        Self::Use,
        Self::Last,
        Self::Created,
        Self::Creator,
        Self::Expires,
        Self::Status,
    ];
    /// Those shown when none were chosen.
    pub const USUAL: [Self; 6] = [Self::Owner, Self::Scopes, Self::Use, Self::Last, Self::Expires, Self::Status];

    /// Its code in an address and its heading.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Owner => ("owner", "Owner"),
            Self::Tenant => ("tenant", "Tenant"),
            Self::Group => ("group", "Group"),
            Self::Scopes => ("scopes", "Scopes"),
            Self::Use => ("use", "Last 24 h"),
            Self::Last => ("last", "Last used"),
            Self::Created => ("created", "Created"),
            Self::Creator => ("creator", "Created by"),
            Self::Expires => ("expires", "Expires"),
            Self::Status => ("status", "Status"),
        }
    }

    fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.names().0 == code)
    }

    /// Columns as a cookie keeps them.
    pub fn remembered(text: &str) -> Option<Vec<Self>> {
        let columns: Option<Vec<_>> = text.split('.').map(Self::parse).collect();
        columns.filter(|columns| !columns.is_empty())
    }
}

/// What an address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// The question.
    pub list: ListKeys,
    /// The columns, when the address names any.
    pub columns: Option<Vec<Column>>,
}

impl ListQuery {
    /// Reads a query. What it does not know it leaves out, but for what would make the list say something else than the
    /// address: then there is `None`.
    pub fn parse(search: &str) -> Option<Self> {
        let mut asked = Self::default();
        let mut columns = Vec::new();
        for (name, value) in form_urlencoded::parse(search.trim_start_matches('?').as_bytes()) {
            let value = value.replace('\0', "");
            let text = value.trim();
            if text.is_empty() {
                continue;
            }
            let list = &mut asked.list;
            match name.as_ref() {
                "q" => text.clone_into(&mut list.words),
                "status" => {
                    list.which = match text {
                        ANY => StatusFilter::Any,
                        WORKING => StatusFilter::Working,
                        status => StatusFilter::Only(KeyStatus::parse(status)?),
                    }
                }
                "tenant" => list.tenant = Some(text.to_owned()),
                "group" => list.group = Some(EntryId::parse(text)?),
                "identity" => list.identity = Some(EntryId::parse(text)?),
                "series" => list.series = Some(KeyId::parse(text)?),
                "owner" => list.owner = Some(text.to_owned()),
                "scope" => list.scope = Some(text.to_owned()),
                "only" => list.flags.push(KeyFlag::parse(text)?),
                "sort" => list.sort = Sort::parse(text)?,
                "rows" => list.rows = Rows::parse(text)?,
                "after" => list.after = Some(Cursor::parse(&value)?),
                "before" => list.before = Some(Cursor::parse(&value)?),
                "col" => columns.extend(Column::parse(text)),
                _ => {}
            }
        }
        asked.list.flags.sort_by_key(|fact| fact.code());
        asked.list.flags.dedup();
        asked.columns = (!columns.is_empty()).then_some(columns);
        Some(asked)
    }

    /// The query, without what is usual.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let list = &self.list;
        let mut pairs = Vec::new();
        let mut add = |name, value: Option<String>| pairs.extend(value.map(|value| (name, value)));
        add("q", Some(list.words.clone()).filter(|words| !words.is_empty()));
        add(
            "status",
            match list.which {
                StatusFilter::Current => None,
                StatusFilter::Working => Some(WORKING.to_owned()),
                StatusFilter::Any => Some(ANY.to_owned()),
                StatusFilter::Only(status) => Some(status.code().to_owned()),
            },
        );
        add("tenant", list.tenant.clone());
        add("group", list.group.map(|group| group.to_string()));
        add("identity", list.identity.map(|identity| identity.to_string()));
        add("series", list.series.map(|series| series.to_string()));
        add("owner", list.owner.clone());
        add("scope", list.scope.clone());
        for fact in &list.flags {
            add("only", Some(fact.code().to_owned()));
        }
        add("sort", (list.sort != Sort::default()).then(|| list.sort.code().to_owned()));
        for column in self.columns.iter().flatten() {
            add("col", Some(column.names().0.to_owned()));
        }
        add("rows", (list.rows != Rows::default()).then(|| list.rows.code().to_owned()));
        add("after", list.after.as_ref().map(Cursor::to_text));
        add("before", list.before.as_ref().map(Cursor::to_text));
        pairs
    }

    /// The query as text; empty when everything is usual.
    pub fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.pairs()).finish()
    }

    /// The address of what it finds as a file.
    pub fn export(&self, format: &str) -> String {
        let mut pairs = self.with(|_| ()).pairs();
        pairs.push(("format", format.to_owned()));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{}?{query}", routes::EXPORT_KEYS)
    }

    /// The list's address with all this.
    pub fn address(&self) -> String {
        let query = self.query();
        if query.is_empty() { routes::KEYS.to_owned() } else { format!("{}?{query}", routes::KEYS) }
    }

    /// The same list from its beginning, otherwise.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut ListKeys)) -> Self {
        let mut other = self.clone();
        (other.list.after, other.list.before) = (None, None);
        change(&mut other.list);
        other
    }

    /// The same list, where this holds for its keys too; or no longer, when that was asked for.
    #[must_use]
    pub fn toggled(&self, fact: KeyFlag) -> Self {
        self.with(|list| {
            if list.flags.contains(&fact) {
                list.flags.retain(|other| *other != fact);
            } else {
                list.flags.push(fact);
            }
        })
    }

    /// Whether it leaves out keys that are not archived.
    pub fn is_narrow(&self) -> bool {
        !self.list.is_plain() || !matches!(self.list.which, StatusFilter::Current | StatusFilter::Any)
    }

    /// The columns to show: those the address names, those that were remembered, or the usual ones.
    pub fn shown(&self, remembered: Option<Vec<Column>>) -> Vec<Column> {
        let chosen = self.columns.clone().or(remembered);
        let chosen = chosen.unwrap_or_else(|| Column::USUAL.to_vec());
        Column::ALL.into_iter().filter(|column| chosen.contains(column)).collect()
    }
}

/// The status that stands for all of them.
pub const ANY: &str = "any";
/// What `status` says for those that work.
pub const WORKING: &str = "working";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        for address in [
            "/keys",
            "/keys?q=a%26b+c",
            "/keys?status=any&sort=-used",
            "/keys?status=expiring&tenant=north&owner=ops%40example.com&scope=bookings.read&only=idle&only=unused&sort=expires&col=owner&col=status&rows=100&after=12.50-99",
            "/keys?before=12.50",
        ] {
            let asked = ListQuery::parse(address.trim_start_matches("/keys")).unwrap();
            assert_eq!(asked.address(), address);
        }
        for query in
            ["status=none", "group=!", "identity=!", "series=!", "only=x", "sort=x", "after=x", "before=x", "rows=51"]
        {
            assert_eq!(ListQuery::parse(query), None, "{query}");
        }
    }

    #[test]
    fn what_narrows_is_known() {
        for (query, narrow) in [
            ("", false),
            ("sort=name&after=1", false),
            ("status=any", false),
            ("status=off", true),
            ("q=a", true),
            ("only=idle", true),
        ] {
            assert_eq!(ListQuery::parse(query).unwrap().is_narrow(), narrow, "{query}");
        }
    }

    #[test]
    fn a_fact_is_switched_on_and_off() {
        let asked = ListQuery::parse("only=idle&after=3").unwrap();
        assert_eq!(asked.toggled(KeyFlag::Unused).address(), "/keys?only=idle&only=unused");
        assert_eq!(asked.toggled(KeyFlag::Idle).address(), "/keys");
    }
}
