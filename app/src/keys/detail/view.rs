//! What a key's page shows of the calls with it, and of the key beside it while a rotation lasts.

use model::activity::Period;
use serde::{Deserialize, Serialize};

use crate::{
    explain::simulation::SimulatedKey,
    keys::{
        edit::changes::FieldChange,
        view::{KeyRow, When},
    },
};

/// What is seen of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityView {
    /// Calls over a period.
    pub calls: CallsView,
    /// Who called lately.
    pub record: RecordView,
    /// The pairs it is part of.
    pub pairs: Vec<PairView>,
    /// The key, for trying what it could do.
    pub simulate: SimulatedKey,
    /// Scopes to try.
    pub scopes: Vec<String>,
    /// The server's time, in milliseconds.
    pub now: i64,
    /// Whether this visitor may see the whole audit.
    pub may_audit: bool,
    /// Whether a refusal of it is kept, which can be explained.
    pub was_refused: bool,
}

/// Calls by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCountsView {
    /// Those that passed.
    pub allowed: i64,
    /// Those over a limit.
    pub limited: i64,
    /// Those refused for anything else.
    pub refused: i64,
}

impl CallCountsView {
    /// All of them.
    pub fn all(self) -> i64 {
        self.allowed + self.limited + self.refused
    }
}

/// An instant on a chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// RFC 3339; empty for what is no instant: a day of the calendar, and now.
    pub iso: String,
    /// `22 Nov 2026, 14:00 UTC` of a bar, `14:00` below it.
    pub words: String,
}

/// A bar of a chart of calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarView {
    /// When it begins.
    pub begins: Tick,
    /// The same in RFC 3339, also where it is a day of the calendar.
    pub at: String,
    /// Its calls.
    pub calls: CallCountsView,
}

/// The one bar that a chart shows from nearer by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneBarView {
    /// When it begins.
    pub begins: Tick,
    /// The same in RFC 3339, also where it is a day of the calendar.
    pub at: String,
    /// When it ends; `None` for a day of the calendar.
    pub ends: Option<Tick>,
    /// When the bars before it and after it begin, in RFC 3339, as far as there can be calls in them.
    pub neighbors: [Option<String>; 2],
    /// Whether its minutes are forgotten.
    pub is_coarse: bool,
}

/// Refusals of one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonView {
    /// The reason's code.
    pub code: String,
    /// What it means, and what to do.
    pub words: String,
    /// Whether a limit refused.
    pub limited: bool,
    /// How many.
    pub calls: i64,
}

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedCallView {
    /// Its id.
    pub request_id: String,
    /// When, on its day.
    pub at: Tick,
    /// Why, as a code.
    pub code: String,
    /// The id and the name of the key whose secret was presented; empty when it was no key's.
    pub key: (String, String),
}

/// Calls over a period, or within one bar of it, bar by bar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsView {
    /// The period's code.
    pub period: String,
    /// The bar, unless it is the whole period.
    pub one: Option<OneBarView>,
    /// The code of the period that has bars of this length.
    pub of_bars: String,
    /// The bars, the earliest first.
    pub bars: Vec<BarView>,
    /// What stands below the bars, evenly spread.
    pub ticks: Vec<Tick>,
    /// All bars together.
    pub total: CallCountsView,
    /// Refusals by reason, most first.
    pub reasons: Vec<ReasonView>,
    /// The latest refused requests of the bar; none of a period.
    pub refused: Vec<RefusedCallView>,
}

impl CallsView {
    /// The period.
    pub fn period(&self) -> Period {
        Period::parse(&self.period).unwrap_or_default()
    }
}

/// A caller: an address, and what calls from there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleView {
    /// The address; empty when it is not known.
    pub address: String,
    /// What it calls itself; may be empty.
    pub agent: String,
    /// What it asked for.
    pub asked: Vec<String>,
    /// Its last call.
    pub last: When,
    /// Its calls.
    pub calls: CallCountsView,
}

/// Who called lately, as far as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordView {
    /// The callers, the latest first.
    pub callers: Vec<SampleView>,
    /// Callers that are not listed.
    pub more: usize,
    /// Calls that the record describes.
    pub seen: i64,
    /// All calls in that time.
    pub calls: i64,
    /// Whether it is about one bar of a chart.
    pub is_of_bar: bool,
}

/// How far a rotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PairState {
    /// The old key works, and was called lately.
    InUse,
    /// The old key works, and nobody was seen with it for long enough to cut it.
    Safe,
    /// The old key has stopped.
    Over,
}

/// A key and its successor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairView {
    /// The old key.
    pub old: KeyRow,
    /// Its successor.
    pub new: KeyRow,
    /// Whether the page is the old key's.
    pub is_old: bool,
    /// How far it is.
    pub state: PairState,
    /// If the old key is a JWT: when it ends by what is signed into it.
    pub jwt_ends: Option<When>,
    /// When the successor was made.
    pub rotated: When,
    /// Until when the old key can be let work.
    pub latest: When,
    /// The same for a field of a form: `2027-03-14T09:00`.
    pub latest_field: String,
    /// Whether that is later than when it stops.
    pub may_extend: bool,
    /// For how long the old key was not called; empty when it never was.
    pub quiet: String,
    /// Calls that passed in the last two hours: with the old key, with the new one.
    pub recent: (i64, i64),
    /// The code of the period that has bars of this length.
    pub of_bars: String,
    /// When each bar begins, and the calls that passed in it: with the old key, with the new one.
    pub bars: Vec<(Tick, i64, i64)>,
    /// What stands below the bars.
    pub ticks: Vec<Tick>,
    /// Who called with the old key since.
    pub callers: Vec<SampleView>,
    /// Whether this visitor may cut and extend.
    pub may_write: bool,
}

/// The page that rotates a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationView {
    /// The key's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it works.
    pub works: bool,
    /// When it ends by itself.
    pub expires: When,
    /// Whether it is a JWT.
    pub is_jwt: bool,
    /// Each overlap that is offered: its code, its words, and when the old key would stop.
    pub choices: Vec<(String, String, When)>,
    /// The first and the last instant that can be chosen, for a field of a form.
    pub bounds: (String, String),
    /// When the successor ends.
    pub successor_ends: When,
    /// Whether the policy allows it no life as long as the key was made for.
    pub is_shorter: bool,
    /// Why there would be no successor, and what to do about it.
    pub refused: Option<String>,
    /// Whether it is what the key has, and whether an edit takes that away.
    pub remedies: (bool, bool),
}

/// Callers that an edit would lock out for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenView {
    /// The callers, the latest first.
    pub callers: Vec<SampleView>,
    /// Why they would be refused.
    pub why: String,
}

/// What an edit would change and break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditPreviewView {
    /// The key's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What would change.
    pub changes: Vec<FieldChange>,
    /// Who would be refused.
    pub broken: Vec<BrokenView>,
    /// Calls that the record describes.
    pub seen: i64,
    /// All calls in that time.
    pub calls: i64,
}
