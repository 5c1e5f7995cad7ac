//! Forms as typed. The same pairs of field and value come from a browser's `FormData` and from a plain form's body.

use serde::{Deserialize, Serialize};

/// The form for a new key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueKeyForm {
    /// `name`
    pub name: String,
    /// `description`
    pub description: String,
    /// `owner`
    pub owner: String,
    /// `scope`, once for each ticked box.
    pub ticked: Vec<String>,
    /// `scopes`: more of them, typed.
    pub typed: String,
    /// `life`: a number of days, or `date`.
    pub life: String,
    /// `date`: `2027-03-14`, looked at when `life` is `date`.
    pub date: String,
}

impl IssueKeyForm {
    /// The form before anything was typed.
    pub fn empty(owner: &str) -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            owner: owner.to_owned(),
            ticked: Vec::new(),
            typed: String::new(),
            life: keyward::policy::DEFAULT_DAYS.to_string(),
            date: String::new(),
        }
    }

    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut form = Self { life: String::new(), ..Self::empty("") };
        for (field, value) in pairs {
            match field.as_str() {
                "name" => form.name = value,
                "description" => form.description = value,
                "owner" => form.owner = value,
                "scope" => form.ticked.push(value),
                "scopes" => form.typed = value,
                "life" => form.life = value,
                "date" => form.date = value,
                _ => return None,
            }
        }
        Some(form)
    }

    /// All scopes, ticked and typed, separated by spaces.
    pub fn scopes(&self) -> String {
        format!("{} {}", self.ticked.join(" "), self.typed)
    }

    /// The expiry in the domain's words: `90d` or `2027-03-14`.
    pub fn expires(&self) -> String {
        if self.life == "date" { self.date.clone() } else { format!("{}d", self.life) }
    }
}

/// The form that archives a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveForm {
    /// `reason`: a code.
    pub reason: String,
    /// `confirm`: the key's name, when it is in use.
    pub confirm: String,
}

impl ArchiveForm {
    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut form = Self::default();
        for (field, value) in pairs {
            match field.as_str() {
                "reason" => form.reason = value,
                "confirm" => form.confirm = value,
                _ => return None,
            }
        }
        Some(form)
    }
}
