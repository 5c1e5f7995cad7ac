//! The audit, for a browser.

use serde::{Deserialize, Serialize};

use crate::keys::view::{EventView, When};

/// What is looked for, as typed. What is empty lets everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditQuery {
    /// A part of who did it.
    pub who: String,
    /// A verb, or the beginning of a family's.
    pub what: String,
    /// An id, or a part of a name.
    pub target: String,
    /// The first day, as `2027-03-14`.
    pub from: String,
    /// The last day.
    pub to: String,
}

impl AuditQuery {
    /// The fields, by their names in the address.
    pub fn fields(&self) -> [(&'static str, &str); 5] {
        [("who", &self.who), ("what", &self.what), ("target", &self.target), ("from", &self.from), ("to", &self.to)]
    }

    /// Whether it leaves anything out.
    pub fn is_narrow(&self) -> bool {
        self.fields().iter().any(|(_, value)| !value.is_empty())
    }

    /// Takes a field by its name; `false` when there is none of that name.
    pub fn take(&mut self, name: &str, value: String) -> bool {
        let field = match name {
            "who" => &mut self.who,
            "what" => &mut self.what,
            "target" => &mut self.target,
            "from" => &mut self.from,
            "to" => &mut self.to,
            _ => return false,
        };
        // PostgreSQL takes no text with a NUL.
        *field = value.replace('\0', "");
        true
    }

    /// An address that asks for this, and for one thing more.
    pub fn address(&self, path: &str, more: Option<(&str, &str)>) -> String {
        let fields = self.fields().into_iter().filter(|(_, value)| !value.is_empty()).chain(more);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// How the chain stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainView {
    /// The event up to which it was walked.
    pub seq: i64,
    /// When.
    pub at: When,
    /// Where it is broken, and how, if it is.
    pub broken: Option<String>,
}

/// A page of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditView {
    /// The events, newest first.
    pub events: Vec<EventView>,
    /// The `before` of the next page.
    pub next: Option<i64>,
    /// How the chain stands, once that is known.
    pub chain: Option<ChainView>,
    /// When this was read.
    pub now: When,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_survives_its_address() {
        let asked = AuditQuery { who: "a & b".to_owned(), target: "100%".to_owned(), ..AuditQuery::default() };
        assert_eq!(asked.address("/audit", None), "/audit?who=a+%26+b&target=100%25");
        assert_eq!(AuditQuery::default().address("/audit", Some(("before", "7"))), "/audit?before=7");
    }
}
