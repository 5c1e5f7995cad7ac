//! The forms around a rotation: for how long an old key works on, at first and later.

use keyward::time::Timestamp;

/// The form that rotates a key, or lets an old key work for longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateForm {
    /// `overlap`: for how long the old key works on, one of [`OVERLAPS`], or [`UNTIL`].
    pub overlap: String,
    /// `until`: an instant, looked at when `overlap` is `until`.
    pub until: String,
}

/// The overlaps that are offered, as code and words.
pub const OVERLAPS: [(&str, &str); 4] =
    [("0", "At once"), ("1h", "After 1 hour"), ("24h", "After 24 hours"), ("7d", "After 7 days")];

/// The overlap that ends at an instant.
pub const UNTIL: &str = "until";

/// A day.
impl Default for RotateForm {
    fn default() -> Self {
        Self { overlap: OVERLAPS[2].0.to_owned(), until: String::new() }
    }
}

impl RotateForm {
    /// Reads the fields; unknown ones make it `None`.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut form = Self { overlap: String::new(), until: String::new() };
        for (field, value) in pairs {
            match field.as_str() {
                "overlap" => form.overlap = value,
                "until" => form.until = value,
                _ => return None,
            }
        }
        let is_known = form.overlap == UNTIL || OVERLAPS.iter().any(|(code, _)| *code == form.overlap);
        is_known.then_some(form)
    }
}

/// An instant as a form has it: a day and a time in UTC, or anything [`Timestamp::parse`] takes.
pub fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let of_form = || Timestamp::parse(&format!("{text}:00Z")).or_else(|| Timestamp::parse(&format!("{text}Z")));
    Timestamp::parse(text).or_else(of_form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forms_instant_is_in_utc() {
        for (text, expected) in [
            ("2027-03-14T09:30", Some("2027-03-14T09:30:00Z")),
            (" 2027-03-14T09:30:15 ", Some("2027-03-14T09:30:15Z")),
            ("2027-03-14T09:30:00+01:00", Some("2027-03-14T08:30:00Z")),
            ("2027-03-14", Some("2027-03-14T23:59:59Z")),
            ("2027-02-30T09:30", None),
            ("09:30", None),
            ("", None),
        ] {
            assert_eq!(instant(text).map(|at| at.to_string()).as_deref(), expected, "{text:?}");
        }
    }

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
