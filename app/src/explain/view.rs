//! What the pages show that explain refusals and test gateways. A pasted key is in none of it.

use serde::{Deserialize, Serialize};

use crate::{
    error::ApiError,
    keys::view::{FieldErrorView, When},
};

/// How a check, or a probe, went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// As it should.
    Passed,
    /// Not as it should.
    Failed,
    /// An earlier one failed.
    NotReached,
    /// Nobody can tell.
    Unclear,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckView {
    /// What is checked, in words.
    pub words: String,
    /// What it rested on; may be empty.
    pub fact: String,
    /// How it went.
    pub mark: Mark,
}

/// Every check in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplanationView {
    /// Whether all passed.
    pub allowed: bool,
    /// The code: `valid`, or the reason's.
    pub code: String,
    /// The same in words.
    pub words: String,
    /// The checks.
    pub checks: Vec<CheckView>,
    /// What would have made it pass; empty when it passed.
    pub remedy: String,
}

impl ExplanationView {
    /// Whether every check went the same way in another.
    pub fn agrees(&self, other: &Self) -> bool {
        let marks = |of: &Self| of.checks.iter().map(|check| check.mark).collect::<Vec<_>>();
        self.code == other.code && marks(self) == marks(other)
    }
}

/// A key by its id and its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyName {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// A refused request, as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallView {
    /// Its id.
    pub request_id: String,
    /// When.
    pub at: When,
    /// The key whose secret was presented.
    pub key: Option<KeyName>,
    /// Label and value: the endpoint, what was needed, from where, how.
    pub facts: Vec<(String, String)>,
}

/// A refused request in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalView {
    /// Its id.
    pub request_id: String,
    /// When.
    pub at: When,
    /// Why, as a code.
    pub code: String,
    /// The key's name; empty when the secret was no key's.
    pub key: String,
    /// Which endpoint was asked.
    pub endpoint: String,
}

/// What mends a refusal, for whoever may do it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MendView {
    /// A page where it is done: its address, and the words of the link.
    Page(String, String),
    /// The key with this id is switched on.
    SwitchOn(String),
}

/// Refused calls of a key that have one reason and asked for the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalGroupView {
    /// How many.
    pub count: usize,
    /// Why, as a code.
    pub code: String,
    /// The same in words.
    pub words: String,
    /// What was asked for, or where the calls came from; may be empty.
    pub asked: String,
    /// When the latest was.
    pub last: When,
    /// The request id of the latest.
    pub request_id: String,
    /// What mends it.
    pub mend: Option<MendView>,
}

/// The refused calls of a key within a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedView {
    /// How many; at least as many when `is_more`.
    pub count: usize,
    /// Whether there are more than were counted.
    pub is_more: bool,
    /// When the first of them was.
    pub since: When,
    /// By reason, the most frequent first.
    pub groups: Vec<RefusalGroupView>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FoundView {
    /// A key was pasted.
    Presented(ExplanationView, Option<KeyName>),
    /// A key's id was given: as if its secret had been presented.
    Named(ExplanationView, Option<KeyName>),
    /// A request's id was given: what it was, how it was decided, and how it would be now.
    Refused(Box<CallView>, ExplanationView, Option<ExplanationView>),
    /// A name was given that several keys have.
    Several(Vec<KeyName>),
    /// An id or a name that means nothing.
    Unknown,
}

/// The page that explains refusals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyView {
    /// The id that was asked about; empty for a pasted key.
    pub id: String,
    /// The scope, as typed.
    pub scope: String,
    /// The tenant, as typed.
    pub tenant: String,
    /// The address, as typed.
    pub address: String,
    /// The method, as typed.
    pub method: String,
    /// What to mend.
    pub errors: Vec<FieldErrorView>,
    /// Why it failed otherwise.
    pub failure: Option<ApiError>,
    /// What was found, if something was asked.
    pub found: Option<FoundView>,
    /// What of the key that was found was refused lately.
    pub refused: Option<RefusedView>,
    /// The latest refusals.
    pub latest: Vec<RefusalView>,
}

/// What became of one probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// What was tried, in words.
    pub probe: String,
    /// What should have come.
    pub expected: String,
    /// What came.
    pub got: String,
    /// What it means.
    pub mark: Mark,
    /// The same in words.
    pub words: String,
}

/// What the self-test found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportView {
    /// The address.
    pub gateway: String,
    /// Whether it is guarded as it should.
    pub guarded: bool,
    /// Probe by probe.
    pub findings: Vec<FindingView>,
}

/// The page that tests a gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayView {
    /// The address, as typed.
    pub url: String,
    /// The scope, as typed.
    pub scope: String,
    /// The tenant, as typed.
    pub tenant: String,
    /// What to mend.
    pub errors: Vec<FieldErrorView>,
    /// Why it failed otherwise.
    pub failure: Option<ApiError>,
    /// What was found.
    pub report: Option<ReportView>,
}
