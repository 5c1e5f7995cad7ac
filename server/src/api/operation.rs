//! What an operation is called, where it is, and what it asks for: from this the router and the document are made.

use axum::http::{Method, StatusCode};
use model::scope::RequiredScopes;

/// A parameter of a query.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub about: &'static str,
    /// What it holds.
    pub kind: Value,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// A text.
    Text,
    /// A whole number up to this.
    UpTo(u16),
    /// One of these codes.
    OneOf(fn() -> Vec<&'static str>),
    /// Several of these codes, separated by commas.
    ListOf(fn() -> Vec<&'static str>),
    /// A text of this form.
    Formed(&'static str),
    /// An instant (RFC 3339).
    Instant,
    /// The id of a key, an entry or an account.
    Id,
}

/// One operation.
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The path, in axum's form, which is `OpenAPI`'s, too.
    pub path: &'static str,
    /// Its name for generated clients.
    pub id: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// The scope of Keyward's own that the calling key must hold; `None` for any valid key.
    pub scope: Option<&'static str>,
    /// The parameters of its query.
    pub query: &'static [Parameter],
    /// The schema of its body, by its name.
    pub body: Option<&'static str>,
    /// The status of its success, and the schema of what it answers then.
    pub answer: (StatusCode, Option<&'static str>),
    /// Another status of its success, with the same answer.
    pub or: Option<StatusCode>,
    /// The schema of each line of its body, where that is JSON Lines.
    pub body_lines: Option<&'static str>,
    /// The schema of each line of what it answers, where that is JSON Lines.
    pub answer_lines: Option<&'static str>,
    /// Whether `If-Match` is asked for.
    pub is_conditional: bool,
    /// Whether `Idempotency-Key` counts.
    pub is_idempotent: bool,
    /// The same as it is held against the key.
    pub(super) required: RequiredScopes,
}

impl Operation {
    /// Whether it is for changing something.
    pub(super) fn may_change(&self) -> bool {
        self.method != Method::GET
    }

    /// Whether it reads a body.
    pub(super) fn takes_body(&self) -> bool {
        self.body.is_some() || self.body_lines.is_some()
    }

    /// Whether it does nothing without a body. What a verb may be told beside its name can be left out.
    pub fn needs_body(&self) -> bool {
        self.body.is_some_and(|body| !["Archive", "Rotation"].contains(&body))
    }
}

/// How many on a page.
pub(super) const LIMIT: Parameter =
    Parameter { name: "limit", about: "How many on a page; 50 when it is left out.", kind: Value::UpTo(200) };
/// Where a page begins, of which the cursor has this form.
pub(super) const fn cursor(form: &'static str) -> Parameter {
    let about = "Where the page begins: next_cursor of the page before.";
    Parameter { name: "cursor", about, kind: Value::Formed(form) }
}
/// Where a page of events begins: after the event of this number.
pub(super) const EVENTS_CURSOR: Parameter = cursor("^[1-9][0-9]{0,17}$");

/// What answers to an operation, whatever it takes.
pub struct Endpoint<F> {
    /// The operation.
    pub operation: Operation,
    /// What answers.
    pub(super) handler: F,
}

impl<F> std::ops::Deref for Endpoint<F> {
    type Target = Operation;

    fn deref(&self) -> &Operation {
        &self.operation
    }
}

impl<F> Endpoint<F> {
    pub(super) fn new(
        (method, path): (Method, &'static str),
        (id, summary): (&'static str, &'static str),
        scope: Option<&'static str>,
        handler: F,
    ) -> Self {
        let required = match scope {
            Some(scope) => RequiredScopes::parse(scope).expect("a scope of our own"),
            None => RequiredScopes::Any,
        };
        let answer = (StatusCode::OK, None);
        let (query, body, is_conditional, is_idempotent) = (&[], None, false, false);
        let operation = Operation {
            method,
            path,
            id,
            summary,
            scope,
            query,
            body,
            answer,
            or: None,
            body_lines: None,
            answer_lines: None,
            is_conditional,
            is_idempotent,
            required,
        };
        Self { operation, handler }
    }

    pub(super) fn query(mut self, query: &'static [Parameter]) -> Self {
        self.operation.query = query;
        self
    }

    pub(super) fn body(mut self, schema: &'static str) -> Self {
        self.operation.body = Some(schema);
        self
    }

    pub(super) fn answers(mut self, status: StatusCode, schema: &'static str) -> Self {
        self.operation.answer = (status, Some(schema));
        self
    }

    pub(super) fn or(mut self, status: StatusCode) -> Self {
        self.operation.or = Some(status);
        self
    }

    pub(super) fn lines(mut self, schema: &'static str) -> Self {
        self.operation.body_lines = Some(schema);
        self
    }

    pub(super) fn streams(mut self, schema: &'static str) -> Self {
        self.operation.answer_lines = Some(schema);
        self
    }

    pub(super) fn empty(mut self) -> Self {
        self.operation.answer = (StatusCode::NO_CONTENT, None);
        self
    }

    pub(super) fn conditional(mut self) -> Self {
        self.operation.is_conditional = true;
        self
    }

    pub(super) fn idempotent(mut self) -> Self {
        self.operation.is_idempotent = true;
        self
    }
}
