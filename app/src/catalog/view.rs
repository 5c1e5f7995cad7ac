//! The settings on their way to a browser and back: what the lists and forms of the catalog and of the people show, and
//! what their forms send. A form is fields by name, whatever it is for; which there are is the domain's business.

use std::collections::BTreeMap;

use model::catalog::Settings;

use crate::{
    flash::Flash,
    keys::view::{FieldErrorView, KeyRow, When},
};

/// What a form that was sent led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveAnswer {
    /// The form has to be mended; nothing was changed.
    Refused(Vec<FieldErrorView>),
    /// It is done, and this is said of it.
    Saved(Flash),
    /// It would refuse calls: it is asked once more, and what was answered may have to be mended. Nothing was changed.
    WouldBreak(Box<BreakView>, Vec<FieldErrorView>),
}

/// A form as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// Fields by their names. What was ticked is separated by spaces.
    pub fields: BTreeMap<String, String>,
    /// What was edited: the generation the form was rendered from.
    pub generation: Option<i64>,
}

impl Typed {
    /// Reads the fields; one that is not `known` makes it `None`, and so does a generation that is no number.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>, known: impl Fn(&str) -> bool) -> Option<Self> {
        let mut typed = Self::default();
        for (name, value) in pairs {
            if name == "generation" {
                typed.generation = Some(value.parse().ok()?);
                continue;
            }
            if !known(&name) {
                return None;
            }
            let field = typed.fields.entry(name).or_default();
            if !field.is_empty() {
                field.push(' ');
            }
            // Browsers end a line with two characters, whatever it was before.
            field.push_str(&value.replace("\r\n", "\n"));
        }
        Some(typed)
    }

    /// One field; empty when it is not there.
    pub fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }
}

/// How a field is filled in. Choices are codes with their words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputView {
    /// One line.
    Line,
    /// Several lines.
    Lines,
    /// A new password: never sent back.
    Password,
    /// One of these.
    One(Vec<(String, String)>),
    /// Any of these: their codes, separated by spaces.
    Any(Vec<(String, String)>),
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldView {
    /// Its name, and the id of its control.
    pub name: String,
    /// What people read.
    pub label: String,
    /// A sentence that helps; may be empty.
    pub hint: String,
    /// How it is filled in.
    pub input: InputView,
    /// What it holds.
    pub value: String,
    /// Whether it is shown but cannot be changed.
    pub fixed: bool,
}

/// An entry in a list of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// Its id.
    pub id: String,
    /// What it says.
    pub settings: Settings,
    /// Whether it is switched off.
    pub off: bool,
}

/// Every entry of a kind, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntriesView {
    /// The entries.
    pub rows: Vec<EntryRow>,
    /// Whether this visitor may add and edit them.
    pub may_write: bool,
}

/// One entry, to look at or to edit; or the form for a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryView {
    /// Its id, unless it is yet to be made.
    pub id: Option<String>,
    /// Its name; may be empty.
    pub name: String,
    /// Its fields, in the order they are asked for.
    pub fields: Vec<FieldView>,
    /// When it last changed, as the form carries it along.
    pub generation: Option<i64>,
    /// When it was made, and by whom.
    pub made: Option<(When, String)>,
    /// Whether it is switched off.
    pub off: bool,
    /// Whether this visitor may add or edit it.
    pub may_write: bool,
}

/// Someone who may sign in, or could once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// Their id.
    pub id: String,
    /// How they sign in.
    pub email: String,
    /// Their role, in words.
    pub role: String,
    /// Since when they are there.
    pub created: When,
    /// Since when they are disabled, if so.
    pub disabled: Option<When>,
    /// Whether it is whoever looks.
    pub is_visitor: bool,
}

/// What stops with a person or an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopView {
    /// Its name.
    pub name: String,
    /// Where the form is sent.
    pub action: String,
    /// The keys that would stop: how many, how many of them are in use, and when one was used last.
    pub stakes: (i64, i64, Option<When>),
    /// The ones used last.
    pub first: Vec<KeyRow>,
    /// The query of the list of them.
    pub query: String,
    /// Whether the visitor may give them to somebody else.
    pub may_hand_over: bool,
}

/// What an edit would refuse of the calls seen lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakView {
    /// What has to be typed to save it all the same.
    pub name: String,
    /// The keys, the one called last first.
    pub keys: Vec<BrokenKeyView>,
    /// Whether there may be more of them.
    pub more: bool,
}

/// A key whose calls would be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenKeyView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: String,
    /// Why its calls would be refused, in words.
    pub why: String,
    /// The calls that would be, of the last 7 days.
    pub calls: i64,
    /// The last of them.
    pub last: When,
}

/// What is asked before an entry is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteView {
    /// Its name.
    pub name: String,
    /// How many keys use it, archived ones among them.
    pub keys: i64,
    /// The query of the list of them.
    pub query: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_whole_or_not_at_all() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let known = |name: &str| ["name", "ways"].contains(&name);
        let sent = [("generation", "7"), ("name", "a"), ("ways", ""), ("ways", "bearer"), ("ways", "raw")];
        let typed = Typed::from_pairs(pairs(&sent), known).unwrap();
        assert_eq!((typed.generation, typed.get("name"), typed.get("ways")), (Some(7), "a", "bearer raw"));
        assert_eq!(Typed::from_pairs(pairs(&[("ways", "")]), known).unwrap().fields["ways"], "", "none ticked is said");
        for bad in [("admin", "1"), ("generation", "soon"), ("generation", "")] {
            assert_eq!(Typed::from_pairs(pairs(&[bad]), known), None, "{bad:?}");
        }
    }
}
