//! The overview, for a browser.

use serde::{Deserialize, Serialize};

use crate::keys::{
    detail::view::CallsView,
    view::{EventView, When},
};

/// A key in one of the overview's lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who holds it.
    pub owner: String,
}

/// The overview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverviewView {
    /// Calls over a period or within one bar of it.
    pub calls: CallsView,
    /// Calls in the period before; `None` beside a bar.
    pub before: Option<i64>,
    /// Keys that work.
    pub live: i64,
    /// Those that expire within 30 days.
    pub soon: i64,
    /// The keys that expire first, with when and the days left.
    pub expiring: Vec<(KeyLine, When, i64)>,
    /// The busiest keys, with their calls.
    pub busiest: Vec<(KeyLine, i64)>,
    /// The latest changes, if this visitor may see them.
    pub changes: Option<Vec<EventView>>,
    /// Whether all of this is about the visitor's own keys alone.
    pub own: bool,
    /// Whether this visitor may create keys.
    pub may_write: bool,
}

/// How far the first run has come, for whom it is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FirstRunView {
    /// There is nothing to say.
    Nothing,
    /// No call was allowed yet: ask at this address.
    Ask(String),
    /// The first call was allowed.
    Done,
}
