//! An entry of the catalog as it is asked for: the fields that forms, commands and storage fill in, as text; and the
//! reading of it, which collects what has to be mended.

use std::collections::BTreeMap;

use crate::codes::codes;

codes! {
    /// A field of an entry. Which of them a kind has, [`Kind::fields`](crate::catalog::Kind::fields) says.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Field {
        /// Of every kind but the policy.
        Name = "name" => "What it is called",
        /// Of a tenant.
        Prefix = "prefix" => "The first part of its keys' tokens: 2 to 12 letters and digits",
        /// Of a tenant.
        Docs = "docs" => "The web address of its API documentation",
        /// Of a tenant and of the policy.
        Presentations = "presentations" => "How keys may be presented, as codes separated by spaces",
        /// Of a tenant.
        Headers = "headers" => "More headers that carry a key, separated by spaces",
        /// Of a tenant.
        Schemes = "schemes" => "More schemes in Authorization, separated by spaces",
        /// Of a tenant.
        AllAccess = "all_access" => "Whether its keys may hold the scope public: reasoned or forbidden",
        /// Of a group and of an identity.
        Tenant = "tenant" => "The name of its tenant",
        /// Of a group, an identity and a template.
        Description = "description" => "What it is for",
        /// Of a scope.
        Sentence = "sentence" => "What the scope opens",
        /// Of a scope.
        Read = "read" => "What it opens with .read",
        /// Of a scope.
        Write = "write" => "What it opens with .write",
        /// Of a scope.
        Risk = "risk" => "What it puts at risk: low, medium or high",
        /// Of a scope.
        Gate = "gate" => "Whether it can be granted: open, or gated until it is opened for a tenant",
        /// Of a scope.
        Opened = "opened" => "The names of the tenants whose keys may hold it when it is gated, separated by spaces",
        /// Of a template.
        Required = "required" => "The scopes without which the application does not work, separated by spaces",
        /// Of a template.
        Optional = "optional" => "The scopes it can do without, separated by spaces",
        /// Of the policy.
        MinDays = "min_days" => "The shortest life of a key, in days",
        /// Of the policy.
        MaxDays = "max_days" => "The longest life of a key, in days",
        /// Of the policy.
        Never = "never" => "Whether a key may never expire: forbidden or allowed",
        /// Of the policy.
        KeysPerOwner = "keys_per_owner" => "How many live keys an owner may hold",
        /// Of the policy.
        Probes = "probes" => "Whether the gateway self-test may call private addresses: forbidden or allowed",
    }
}

/// A field that must be mended, and how.
pub type Mistake = (Field, String);

/// An entry as it is asked for. Every field is text; one that is not given is empty where an entry is made, and stays
/// where it is edited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryInput(BTreeMap<Field, String>);

impl EntryInput {
    /// The text of a field; empty when it is not given.
    pub fn get(&self, field: Field) -> &str {
        self.0.get(&field).map_or("", String::as_str)
    }

    /// Gives a field, and returns what was given before.
    pub fn set(&mut self, field: Field, text: String) -> Option<String> {
        self.0.insert(field, text)
    }

    /// The fields that are given.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &str)> {
        self.0.iter().map(|(field, text)| (*field, text.as_str()))
    }

    /// The same with the fields of `other` that are given there.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.0.extend(other.0.clone());
        self
    }
}

impl FromIterator<(Field, String)> for EntryInput {
    fn from_iter<I: IntoIterator<Item = (Field, String)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// Where an input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A person or a program that asks for it: all rules of today hold.
    Request,
    /// The database. What earlier versions took is read, even where it would be refused today.
    Storage,
}

/// An input while it is read.
pub(crate) struct Reading<'a> {
    input: &'a EntryInput,
    pub(crate) source: Source,
    mistakes: Vec<Mistake>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(input: &'a EntryInput, source: Source) -> Self {
        Self { input, source, mistakes: Vec::new() }
    }

    /// Reads a field, without white space at its ends; or notes why it cannot be read.
    pub(crate) fn field<T, E: ToString>(&mut self, field: Field, read: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        read(self.input.get(field).trim()).map_err(|error| self.mistake(field, error.to_string())).ok()
    }

    /// Reads one of a list of codes. Whoever asks for an entry may leave it out for the default.
    pub(crate) fn choice<T: Copy + Default>(
        &mut self,
        field: Field,
        choices: &[T],
        code: fn(T) -> &'static str,
    ) -> Option<T> {
        let may_default = self.source == Source::Request;
        self.field(field, |text| match choices.iter().find(|choice| code(**choice) == text) {
            Some(choice) => Ok(*choice),
            None if text.is_empty() && may_default => Ok(T::default()),
            None => {
                Err(format!("Choose one of {}.", choices.iter().map(|one| code(*one)).collect::<Vec<_>>().join(", ")))
            }
        })
    }

    /// Refuses what nobody may ask for, though it may be stored.
    pub(crate) fn refuse_if(&mut self, is_wrong: bool, field: Field, message: impl Into<String>) {
        if is_wrong && self.source == Source::Request {
            self.mistake(field, message.into());
        }
    }

    /// Notes that a field has to be mended.
    pub(crate) fn mistake(&mut self, field: Field, message: String) {
        self.mistakes.push((field, message));
    }

    /// What was read, unless something has to be mended.
    pub(crate) fn end<T>(self, read: Option<T>) -> Result<T, Vec<Mistake>> {
        match read {
            Some(read) if self.mistakes.is_empty() => Ok(read),
            _ => Err(self.mistakes),
        }
    }
}
