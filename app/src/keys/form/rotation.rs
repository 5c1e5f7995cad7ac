//! The forms around a rotation: for how long an old key works on, at first and later.

use serde::{Deserialize, Serialize};

/// The form that rotates a key, or lets an old key work for longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotateForm {
    /// `overlap`: for how long the old key works on, one of [`OVERLAPS`], or [`UNTIL`].
    pub overlap: String,
    /// `until`: an instant, looked at when `overlap` is `until`.
    pub until: String,
    /// `once`: the mark of this form, which makes one successor however often it is sent.
    pub once: String,
}

/// The overlaps that are offered, as code and words.
pub const OVERLAPS: [(&str, &str); 4] =
    [("0", "At once"), ("1h", "After 1 hour"), ("24h", "After 24 hours"), ("7d", "After 7 days")];

/// The overlap that ends at an instant.
pub const UNTIL: &str = "until";

/// A day.
impl Default for RotateForm {
    fn default() -> Self {
        Self { overlap: OVERLAPS[2].0.to_owned(), until: String::new(), once: String::new() }
    }
}

impl RotateForm {
    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut form = Self { overlap: String::new(), until: String::new(), once: String::new() };
        for (field, value) in pairs {
            match field.as_str() {
                "overlap" => form.overlap = value,
                "until" => form.until = value,
                "once" => form.once = value,
                _ => return None,
            }
        }
        let is_known = form.overlap == UNTIL || OVERLAPS.iter().any(|(code, _)| *code == form.overlap);
        is_known.then_some(form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_one_of_those_offered() {
        let form = |pairs: &[(&str, &str)]| {
            RotateForm::from_pairs(pairs.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())))
        };
        assert_eq!(form(&[("overlap", "24h"), ("until", "")]), Some(RotateForm::default()));
        assert!(form(&[("overlap", "until"), ("until", "2027-03-14T09:30")]).is_some());
        for bad in
            [&[][..], &[("until", "2027-03-14T09:30")], &[("overlap", "2h")], &[("overlap", "1h"), ("name", "a")]]
        {
            assert!(form(bad).is_none(), "{bad:?}");
        }
    }
}
