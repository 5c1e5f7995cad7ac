//! What may reach a browser. Views are made from domain types on the server and hold no secret: the one thing that does
//! is in [`crate::once`].

use serde::{Deserialize, Serialize};

/// An instant, for people: relative in lists, absolute with zone in details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// RFC 3339, for `<time datetime>`.
    pub iso: String,
    /// `14 Mar 2027, 23:59 UTC`.
    pub long: String,
    /// `in 12 days`, `5 min ago`.
    pub relative: String,
}

/// A field that must be mended, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldErrorView {
    /// The form's name of the field.
    pub field: String,
    /// The sentence for whoever typed it.
    pub message: String,
}

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatusView {
    /// Works.
    Active,
    /// Works, and expires in so many whole days, fewer than 30.
    ExpiresSoon(i64),
    /// Past its expiry.
    Expired,
    /// Archived, for good.
    Archived,
}

/// A key as it is shown without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskView {
    /// The token's prefix.
    pub prefix: String,
    /// The public id.
    pub id: String,
    /// The token's last four characters.
    pub last_four: String,
}

/// A key in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRow {
    /// Its id and how it is shown.
    pub mask: MaskView,
    /// Its name.
    pub name: String,
    /// Who holds it.
    pub owner: String,
    /// The tenant it works in.
    pub tenant: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Whether it works.
    pub status: StatusView,
    /// When it was made.
    pub created: When,
    /// When it stops by itself.
    pub expires: When,
    /// Its last allowed call.
    pub last_used: Option<When>,
    /// Whether it was never used and is older than 7 days.
    pub unused_for_long: bool,
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysView {
    /// The keys, newest first.
    pub rows: Vec<KeyRow>,
    /// Keys that work, of all pages.
    pub live: i64,
    /// All keys.
    pub all: i64,
    /// The `after` of the next page.
    pub next: Option<String>,
    /// Whether this visitor may create and archive keys.
    pub may_write: bool,
    /// The console's own address, for the commands of the first run.
    pub origin: String,
}

/// Where a key was used from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerView {
    /// The address.
    pub address: String,
    /// Its last call.
    pub last: When,
}

/// What archiving a key would break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StakesView {
    /// The key's id.
    pub id: String,
    /// The key's name.
    pub name: String,
    /// Its last allowed call.
    pub last_used: Option<When>,
    /// Allowed calls in 24 hours.
    pub calls_day: i64,
    /// Allowed calls in 7 days.
    pub calls_week: i64,
    /// Refused calls in 24 hours.
    pub refused_day: i64,
    /// Addresses it was used from in 7 days, latest first, at most 20.
    pub callers: Vec<CallerView>,
    /// Whether the name has to be typed: the key was used in the last 24 hours.
    pub type_name: bool,
    /// Whether it is archived already.
    pub archived: bool,
}

/// The evidence of an archived key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedView {
    /// When.
    pub at: When,
    /// By whom.
    pub by: String,
    /// Why, in words.
    pub reason: String,
}

/// A key's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyView {
    /// What the list shows.
    pub row: KeyRow,
    /// What it is for; may be empty.
    pub description: String,
    /// Where the last allowed call came from.
    pub last_address: Option<String>,
    /// When, by whom and why it was archived.
    pub archived: Option<ArchivedView>,
    /// Its use.
    pub stakes: StakesView,
    /// What happened to it, newest first.
    pub history: Vec<EventView>,
    /// Whether this visitor may create and archive keys.
    pub may_write: bool,
    /// The console's own address, for the command that tests it.
    pub origin: String,
}

/// An event of the audit chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventView {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: When,
    /// Who.
    pub actor: String,
    /// The stored code: `key.issue`, `key.archive`, `user.create`.
    pub verb: String,
    /// What happened, in words: `Key created`.
    pub what: String,
    /// The thing's name.
    pub target: String,
    /// The thing's page, if it has one.
    pub href: Option<String>,
    /// More, as label and value.
    pub detail: Vec<(String, String)>,
}

/// A page of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditView {
    /// The events, newest first.
    pub events: Vec<EventView>,
    /// The `before` of the next page.
    pub next: Option<i64>,
}

/// A scope one can tick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeChoice {
    /// The scope.
    pub scope: String,
    /// What it opens, in plain words.
    pub sentence: String,
}

/// A life one can choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifeChoice {
    /// So many days.
    pub days: i64,
    /// Until when: `14 Mar 2027, 14:02 UTC`.
    pub ends: String,
}

/// What the form for a new key needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewKeyView {
    /// The tenant the key will be in.
    pub tenant: String,
    /// Whether the owner may be someone else than the visitor.
    pub may_choose_owner: bool,
    /// Scopes that keys already hold.
    pub known: Vec<ScopeChoice>,
    /// Keyward's own scopes, when the visitor may grant them.
    pub reserved: Vec<ScopeChoice>,
    /// Lives offered.
    pub lives: Vec<LifeChoice>,
    /// The shortest and the longest life, in days.
    pub days: (i64, i64),
    /// The first and the last day of the date field, as `2027-03-14`.
    pub dates: (String, String),
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitorView {
    /// Their mail address.
    pub email: String,
    /// Their role, in words.
    pub role: String,
    /// Whether they may see the audit.
    pub may_audit: bool,
}
