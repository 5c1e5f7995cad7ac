//! The form of one act on many keys, as the list's page sends it and as the page that asks first sends it; and the page
//! that answers it.

use serde::{Deserialize, Serialize};

use crate::{
    error::ApiError,
    keys::list::view::{BulkPlanView, BulkResultView},
};

/// What is done, to which keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BulkForm {
    /// `act`: `archive`, `off`, `on`, `move`, `owner`, `extend` or `restore`.
    pub act: String,
    /// `key`, once for each ticked one.
    pub keys: Vec<String>,
    /// `all`: not the ticked ones, but all that answer the question.
    pub all: bool,
    /// `query`: the question, as the list's address has it.
    pub query: String,
    /// `reason`: why they are archived.
    pub reason: String,
    /// `group`: the name of the group they move to.
    pub group: String,
    /// `owner`: whom they are given to.
    pub owner: String,
    /// `expires`: `90d` or a date.
    pub expires: String,
    /// `go`: do it; without, ask first.
    pub go: bool,
    /// `sure`: how many keys it is about, typed when some are in use.
    pub sure: String,
    /// `count`: how many keys it was about when that was asked.
    pub count: Option<i64>,
    /// `seen`: the last change before the keys were looked at.
    pub seen: Option<i64>,
}

/// The acts, with the words of their buttons, in the order they stand in.
pub const ACTS: [(&str, &str); 6] = [
    ("off", "Switch off"),
    ("on", "Switch on"),
    ("move", "Set group\u{2026}"),
    ("owner", "Hand over\u{2026}"),
    ("extend", "Extend\u{2026}"),
    ("archive", "Archive\u{2026}"),
];

impl BulkForm {
    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut form = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "act" => form.act = value,
                "key" => form.keys.push(value),
                "all" => form.all = true,
                "query" => form.query = value,
                "reason" => form.reason = value,
                "group" => form.group = value,
                "owner" => form.owner = value,
                "expires" => form.expires = value,
                "go" => form.go = true,
                "sure" => form.sure = value,
                "count" => form.count = Some(value.parse().ok()?),
                "seen" => form.seen = Some(value.parse().ok()?),
                _ => return None,
            }
        }
        Some(form)
    }

    /// Whether the number of keys was typed, with or without what keeps its thousands apart.
    pub fn is_sure(&self) -> bool {
        let digits: String = self.sure.chars().filter(|letter| !",. \u{a0}\u{202f}'".contains(*letter)).collect();
        self.count.is_some_and(|count| digits == count.to_string())
    }

    /// The same as fields and values.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![("act", self.act.clone()), ("query", self.query.clone()), ("reason", self.reason.clone())];
        pairs.extend([("group", self.group.clone()), ("owner", self.owner.clone()), ("expires", self.expires.clone())]);
        pairs.extend(self.keys.iter().map(|id| ("key", id.clone())));
        for (name, ticked) in [("all", self.all), ("go", self.go)] {
            pairs.extend(ticked.then(|| (name, "1".to_owned())));
        }
        pairs.extend((!self.sure.is_empty()).then(|| ("sure", self.sure.clone())));
        pairs.extend(self.count.map(|count| ("count", count.to_string())));
        pairs.extend(self.seen.map(|seen| ("seen", seen.to_string())));
        pairs
    }
}

/// What a POST about many keys led to.
#[derive(Clone)]
pub enum BulkPage {
    /// It asks first, or once more.
    Ask(BulkForm, Box<BulkPlanView>, Option<String>),
    /// It was done.
    Done(BulkForm, Box<BulkResultView>),
    /// It could not be asked.
    Failed(ApiError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_reads_back() {
        let pairs = "act=move&key=a&key=b&all=1&query=q%3Da&group=north&owner=ops&go=1&sure=1,200&count=1200&seen=34&reason=&expires=";
        let pairs = || form_urlencoded::parse(pairs.as_bytes()).into_owned();
        let form = BulkForm::from_pairs(pairs()).unwrap();
        assert_eq!((form.keys.len(), form.all, form.go, form.seen), (2, true, true, Some(34)));
        assert!(form.is_sure());
        assert!(!BulkForm { count: Some(120), ..form.clone() }.is_sure());
        assert!(!BulkForm { sure: String::new(), ..form.clone() }.is_sure());
        let again = form.pairs().into_iter().map(|(name, value)| (name.to_owned(), value));
        assert_eq!(BulkForm::from_pairs(again), Some(form));
        assert_eq!(BulkForm::from_pairs([("x".to_owned(), String::new())]), None);
        assert_eq!(BulkForm::from_pairs([("seen".to_owned(), "x".to_owned())]), None);
    }
}
