//! The API reference and the page about this Keyward, for a browser.

/// A field of a body, or a parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldRow {
    /// Its name.
    pub name: String,
    /// Its type, or where it is: `text`, `in the query`.
    pub kind: String,
    /// Whether it must be given.
    pub required: bool,
    /// What it is.
    pub words: String,
}

/// One thing that can be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationView {
    /// What it is about, in a word: `keys`.
    pub group: String,
    /// Its id within the page.
    pub id: String,
    /// `POST`, or `ANY`.
    pub method: String,
    /// The path.
    pub path: String,
    /// What it does, in short.
    pub summary: String,
    /// And at length.
    pub description: String,
    /// The command that asks.
    pub example: String,
    /// Parameters of the address, and headers.
    pub parameters: Vec<FieldRow>,
    /// The fields of the question.
    pub question: Vec<FieldRow>,
    /// The fields of the answer.
    pub answer: Vec<FieldRow>,
    /// Statuses and what they mean.
    pub statuses: Vec<(String, String)>,
}

/// A code of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeRow {
    /// The code.
    pub code: String,
    /// What it means, and what to do.
    pub words: String,
    /// What forward auth answers.
    pub status: u64,
}

/// The API reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReferenceView {
    /// What can be asked.
    pub operations: Vec<OperationView>,
    /// Every code.
    pub codes: Vec<CodeRow>,
    /// How a key is presented.
    pub ways: Vec<String>,
    /// Where the document is.
    pub document: String,
}

/// This Keyward.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AboutView {
    /// Names and values, for everyone who is signed in.
    pub facts: Vec<(String, String)>,
    /// Names and values of settings, for superadmins.
    pub settings: Vec<(String, String)>,
    /// Where health is told: address and what it says.
    pub health: Vec<(String, String)>,
    /// Whether this visitor may show the first run's checklist again.
    pub may_show_checklist: bool,
}
