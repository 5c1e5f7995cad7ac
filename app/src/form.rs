//! Forms as typed. The same pairs of field and value come from a browser's `FormData` and from a plain form's body.

use serde::{Deserialize, Serialize};

/// The form of a key, for a new one and for edits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IssueKeyForm {
    /// `template`: the id of the one it began with.
    pub template: String,
    /// `name`
    pub name: String,
    /// `description`
    pub description: String,
    /// `owner`
    pub owner: String,
    /// `tenant`: its name.
    pub tenant: String,
    /// `scope`, once for each ticked box.
    pub ticked: Vec<String>,
    /// `scopes`: more of them, typed.
    pub typed: String,
    /// `all_access_reason`
    pub all_access_reason: String,
    /// `life`: a number of days, or [`DAYS`], [`DATE`], [`NEVER`] or [`KEEP`].
    pub life: String,
    /// `days`: looked at when `life` is `days`.
    pub days: String,
    /// `date`: `2027-03-14`, looked at when `life` is `date`.
    pub date: String,
    /// `group`: its name.
    pub group: String,
    /// `acts_as`: a user's name.
    pub acts_as: String,
    /// `role`
    pub role: String,
    /// `addresses`
    pub addresses: String,
    /// `limits`
    pub limits: String,
    /// `quota`
    pub quota: String,
    /// `metadata`
    pub metadata: String,
    /// `form`: `token` or `jwt`.
    pub form: String,
    /// `signed_writes`: `required` when ticked.
    pub signed_writes: String,
}

/// The life that is typed as a number of days.
pub const DAYS: &str = "days";
/// The life that ends on a picked date.
pub const DATE: &str = "date";
/// The life without an end.
pub const NEVER: &str = "never";
/// The life that stays what it is.
pub const KEEP: &str = "keep";

impl IssueKeyForm {
    /// The form before anything was typed.
    pub fn empty(owner: &str) -> Self {
        Self { owner: owner.to_owned(), life: keyward::policy::DEFAULT_DAYS.to_string(), ..Self::default() }
    }

    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut form = Self::default();
        for (field, value) in pairs {
            if field == "scope" {
                form.ticked.push(value);
            } else {
                *form.line_mut(&field)? = value;
            }
        }
        Some(form)
    }

    /// The field of this name that is one text.
    fn line_mut(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "template" => &mut self.template,
            "name" => &mut self.name,
            "description" => &mut self.description,
            "owner" => &mut self.owner,
            "tenant" => &mut self.tenant,
            "scopes" => &mut self.typed,
            "all_access_reason" => &mut self.all_access_reason,
            "life" => &mut self.life,
            "days" => &mut self.days,
            "date" => &mut self.date,
            "group" => &mut self.group,
            "acts_as" => &mut self.acts_as,
            "role" => &mut self.role,
            "addresses" => &mut self.addresses,
            "limits" => &mut self.limits,
            "quota" => &mut self.quota,
            "metadata" => &mut self.metadata,
            "form" => &mut self.form,
            "signed_writes" => &mut self.signed_writes,
            _ => return None,
        })
    }

    /// All scopes, ticked and typed, separated by spaces.
    pub fn scopes(&self) -> String {
        format!("{} {}", self.ticked.join(" "), self.typed)
    }

    /// The expiry in the domain's words: `90d`, `2027-03-14` or `never`.
    pub fn expires(&self) -> String {
        match self.life.as_str() {
            DATE => self.date.clone(),
            DAYS => format!("{}d", self.days.trim()),
            NEVER => NEVER.to_owned(),
            preset => format!("{preset}d"),
        }
    }
}

/// The form that edits a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditForm {
    /// `seen`: the generation that was edited.
    pub seen: i64,
    /// All other fields.
    pub form: IssueKeyForm,
}

impl EditForm {
    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let (seen, rest): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(field, _)| field == "seen");
        let [(_, seen)] = seen.as_slice() else { return None };
        Some(Self { seen: seen.parse().ok()?, form: IssueKeyForm::from_pairs(rest)? })
    }
}

/// The form that rotates a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateForm {
    /// `overlap`: for how long the old key works on, one of [`OVERLAPS`].
    pub overlap: String,
}

/// The overlaps that are offered, as code and words.
pub const OVERLAPS: [(&str, &str); 4] =
    [("0", "At once"), ("1h", "After 1 hour"), ("24h", "After 24 hours"), ("7d", "After 7 days")];

/// A day.
impl Default for RotateForm {
    fn default() -> Self {
        Self { overlap: OVERLAPS[2].0.to_owned() }
    }
}

impl RotateForm {
    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut form = Self { overlap: String::new() };
        for (field, value) in pairs {
            match field.as_str() {
                "overlap" => form.overlap = value,
                _ => return None,
            }
        }
        OVERLAPS.iter().any(|(code, _)| *code == form.overlap).then_some(form)
    }
}

/// The form that purges a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PurgeForm {
    /// `confirm`: the key's name.
    pub confirm: String,
}

impl PurgeForm {
    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut form = Self::default();
        for (field, value) in pairs {
            match field.as_str() {
                "confirm" => form.confirm = value,
                _ => return None,
            }
        }
        Some(form)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(body: &str) -> Vec<(String, String)> {
        form_urlencoded::parse(body.as_bytes()).into_owned().collect()
    }

    #[test]
    fn an_expiry_is_said_in_the_domains_words() {
        for (body, expected) in [
            ("life=90", "90d"),
            ("life=days&days=+45+&date=2027-03-14", "45d"),
            ("life=date&days=45&date=2027-03-14", "2027-03-14"),
            ("life=never", "never"),
            ("life=keep", "keepd"),
            ("", "d"),
        ] {
            assert_eq!(IssueKeyForm::from_pairs(pairs(body)).unwrap().expires(), expected, "{body}");
        }
    }

    #[test]
    fn fields_that_no_form_of_ours_has_are_refused() {
        assert_eq!(IssueKeyForm::from_pairs(pairs("scope=a&scope=b&scopes=c")).unwrap().scopes(), "a b c");
        assert!(IssueKeyForm::from_pairs(pairs("name=a&admin=1")).is_none());
        assert_eq!(EditForm::from_pairs(pairs("name=a&seen=7")).unwrap().seen, 7);
        for bad in ["name=a", "name=a&seen=", "name=a&seen=7&seen=8", "seen=7&admin=1"] {
            assert!(EditForm::from_pairs(pairs(bad)).is_none(), "{bad}");
        }
        assert_eq!(RotateForm::from_pairs(pairs("overlap=24h")), Some(RotateForm::default()));
        for bad in ["", "overlap=2h", "overlap=1h&name=a"] {
            assert!(RotateForm::from_pairs(pairs(bad)).is_none(), "{bad}");
        }
        assert!(PurgeForm::from_pairs(pairs("confirm=a&force=1")).is_none());
    }
}
