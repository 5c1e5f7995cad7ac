//! The overview, for a browser.

use model::first_run::FirstRunStep;
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

/// The first run's checklist, as far as the visitor may do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecklistView {
    /// The steps, and whether each is done.
    pub steps: Vec<(FirstRunStep, bool)>,
    /// The console's own address.
    pub origin: String,
    /// The path of the master key's file, for superadmins; empty for others.
    pub master_key_file: String,
    /// Whether no scope is in the catalog.
    pub no_scopes: bool,
    /// Whether the visitor may hide it.
    pub may_hide: bool,
}

impl ChecklistView {
    /// Whether there is a key to ask with.
    pub(crate) fn has_key(&self) -> bool {
        self.steps.contains(&(FirstRunStep::FirstKey, true))
    }
}

/// How far the first run has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstRunView {
    /// There is nothing to show.
    Nothing,
    /// Something is left to do.
    Open(ChecklistView),
    /// Every step is done.
    Done,
}
