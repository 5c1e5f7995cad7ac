//! Labels of a key: names with values that its owner gives a meaning, such as `env=prod`.

use std::{collections::BTreeMap, fmt};

/// The most labels of a key.
pub const MAX_LABELS: usize = 16;
/// The most bytes of a label's name, and of its value.
const MAX_LENGTH: usize = 63;

/// A set of labels, by name. A name is there once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(BTreeMap<String, String>);

/// Why labels were refused. `Display` is the sentence for the person who typed them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// Not of the form `name=value`.
    #[error("Write a label as name=value, such as env=prod: \u{201c}{0}\u{201d} is none.")]
    Form(String),
    /// A name that holds something else than its letters.
    #[error(
        "The name of the label \u{201c}{0}\u{201d} is not one: begin with a lower-case letter, and use lower-case letters, \
         digits, hyphens, dots and underscores, at most {MAX_LENGTH}."
    )]
    Name(String),
    /// A value that holds something else than its letters.
    #[error(
        "The value of the label {0} is not one: use letters, digits, hyphens, dots and underscores, at most {MAX_LENGTH}."
    )]
    Value(String),
    /// One name with two values.
    #[error("The label {0} is there twice: give it one value.")]
    Twice(String),
    /// More than [`MAX_LABELS`].
    #[error("Use at most {MAX_LABELS} labels.")]
    TooMany,
}

impl Labels {
    /// Reads `name=value` pairs separated by white space or commas.
    pub fn parse(text: &str) -> Result<Self, LabelError> {
        let mut labels = BTreeMap::new();
        for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
            let shown = || word.chars().take(40).collect::<String>();
            let (name, value) = word.split_once('=').ok_or_else(|| LabelError::Form(shown()))?;
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.len() <= MAX_LENGTH
                && name.bytes().all(|byte| is_part(byte) && !byte.is_ascii_uppercase());
            if !is_name {
                return Err(LabelError::Name(shown()));
            }
            if value.is_empty() || value.len() > MAX_LENGTH || !value.bytes().all(is_part) {
                return Err(LabelError::Value(name.to_owned()));
            }
            if labels.insert(name.to_owned(), value.to_owned()).is_some_and(|before| before != value) {
                return Err(LabelError::Twice(name.to_owned()));
            }
        }
        if labels.len() > MAX_LABELS { Err(LabelError::TooMany) } else { Ok(Self(labels)) }
    }

    /// The labels as name and value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `name=value` pairs separated by single spaces, by name.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.iter().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{name}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_a_set_of_names_with_values() {
        for (text, expected) in [
            ("", ""),
            ("team=kiosk, env=prod", "env=prod team=kiosk"),
            ("env=prod\nenv=prod", "env=prod"),
            ("app.kubernetes.io=Some-Thing_1.2", "app.kubernetes.io=Some-Thing_1.2"),
        ] {
            let labels = Labels::parse(text).unwrap();
            assert_eq!(labels.to_string(), expected, "{text:?}");
            assert_eq!(Labels::parse(&labels.to_string()), Ok(labels), "{text:?}");
        }
        let long = "a".repeat(64);
        let many = (0..=MAX_LABELS).map(|number| format!("n{number}=v")).collect::<Vec<_>>().join(" ");
        for bad in ["env", "=prod", "env=", "Env=prod", "1a=b", "a b=c", "env=\u{e4}", "env=a=b", "env=a env=b", &many]
            .into_iter()
            .map(str::to_owned)
            .chain([format!("{long}=a"), format!("a={long}")])
        {
            assert!(Labels::parse(&bad).is_err(), "{bad:?}");
        }
    }
}
