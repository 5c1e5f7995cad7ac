//! The list of keys, and one act on many of them.

use serde::{Deserialize, Serialize};

use crate::keys::{
    detail::view::CallCountsView,
    view::{GroupView, KeyRow, When},
};

/// A key of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedView {
    /// The key.
    pub row: KeyRow,
    /// Its calls in each of the last 24 hours; empty when there were none.
    pub hours: Vec<CallCountsView>,
    /// The id and the last four characters of its successor, if it was rotated.
    pub successor: Option<(String, String)>,
    /// Where the search found something in it.
    pub found: Vec<FoundView>,
}

/// A text in which the search found something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundView {
    /// Where: the code of a [`model::listing::SearchField`].
    pub field: String,
    /// The text in pieces, and which of them were found.
    pub pieces: Vec<(bool, String)>,
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysView {
    /// The keys, in the order that was asked for.
    pub rows: Vec<ListedView>,
    /// Keys that work, of all pages.
    pub live: i64,
    /// All keys.
    pub all: i64,
    /// How many keys there are of each status, by its code.
    pub statuses: Vec<(String, i64)>,
    /// How many keys answer the question, in words: `10,000+`.
    pub matches: String,
    /// How many more would if archived keys were not left out, in words; `None` when there are none.
    pub archived: Option<String>,
    /// How many keys come before this page.
    pub passed: i64,
    /// The `after` of the next page.
    pub next: Option<String>,
    /// The `before` of the previous page.
    pub previous: Option<String>,
    /// The tenants, by name.
    pub tenants: Vec<String>,
    /// The groups, by tenant and name.
    pub groups: Vec<GroupView>,
    /// What was saved under a name.
    pub views: Vec<SavedViewView>,
    /// Whether this visitor may save for everybody.
    pub may_share: bool,
    /// The columns that were chosen before, as the cookie has them.
    pub columns: Option<String>,
    /// Whether this visitor may create and archive keys.
    pub may_write: bool,
    /// Whether this visitor may purge archived keys.
    pub may_purge: bool,
    /// The console's own address, for the commands of the first run.
    pub origin: String,
}

/// A question that was saved under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedViewView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its query.
    pub query: String,
    /// Who shares it, when it is not the visitor's own.
    pub shared_by: Option<String>,
    /// Whether this visitor may delete it.
    pub may_delete: bool,
}

/// One key of many, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkItemView {
    /// Its id.
    pub id: String,
    /// Its name; its id when there is no such key.
    pub name: String,
    /// Who holds it.
    pub owner: String,
    /// Its last use, if there was any.
    pub used: Option<When>,
    /// Whether it was used in the last 24 hours.
    pub in_use: bool,
    /// Why nothing becomes of it.
    pub refused: Option<String>,
}

/// What became of one key of many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkDoneView {
    /// Its id.
    pub id: String,
    /// Its name; its id when there is no such key.
    pub name: String,
    /// Why nothing became of it.
    pub refused: Option<String>,
}

/// What an act did to keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BulkResultView {
    /// Keys it was done to.
    pub done: i64,
    /// Keys it was not done to.
    pub left_alone: i64,
    /// Both.
    pub items: Vec<BulkDoneView>,
}

impl BulkResultView {
    /// Counts them.
    pub fn of(items: Vec<BulkDoneView>) -> Self {
        let mut result = Self::default();
        for item in &items {
            *if item.refused.is_none() { &mut result.done } else { &mut result.left_alone } += 1;
        }
        Self { items, ..result }
    }

    /// The keys that an undo is about.
    pub fn to_undo(&self) -> Vec<String> {
        self.items.iter().filter(|item| item.refused.is_none()).map(|item| item.id.clone()).collect()
    }
}

/// What an act on many keys would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkPlanView {
    /// The first of the keys.
    pub items: Vec<BulkItemView>,
    /// How many keys it is about.
    pub count: i64,
    /// How many of all of them were used in the last 24 hours.
    pub in_use: i64,
    /// When one of them was used last, if any was.
    pub last_used: Option<When>,
    /// The last change before the keys were looked at.
    pub seen: i64,
    /// The groups keys may move to, by name.
    pub groups: Vec<String>,
}

impl BulkPlanView {
    /// Whether it is about more keys than were looked at.
    pub fn has_more(&self) -> bool {
        i64::try_from(self.items.len()).is_ok_and(|looked_at| self.count > looked_at)
    }

    /// Whether this act has to be confirmed: it stops keys, and some of those are in use.
    pub fn needs_sure(&self, act: &str) -> bool {
        stops(act) && self.in_use > 0
    }
}

/// Whether an act stops keys.
pub fn stops(act: &str) -> bool {
    ["archive", "off"].contains(&act)
}

/// Keys that share something that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HabitView {
    /// What they share: the code of a fact.
    pub fact: String,
    /// How many there are, in words: `10,000+`.
    pub count: String,
    /// The oldest of them.
    pub keys: Vec<KeyRow>,
}

/// What somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HygieneView {
    /// Of each kind, also those of which there are none.
    pub habits: Vec<HabitView>,
    /// Whether this visitor may change keys.
    pub may_write: bool,
}
