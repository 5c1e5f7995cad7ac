//! JSON that is kept as it was typed: numbers of any length stay what they are, and no name is there twice.

use std::{cell::RefCell, collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Why a text is no such object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnObject {
    /// It is not a JSON object.
    #[error("Type a JSON object, such as {{\"site\": \"north\"}}.")]
    Form,
    /// Objects and lists in it lie too deep in each other.
    #[error("Objects and lists lie in each other at most {MAX_DEPTH} deep.")]
    Deep,
    /// An object in it has this name twice.
    #[error("The name \"{0}\" is there twice. Keep one of them.")]
    Repeated(String),
}

/// How deep objects and lists may lie in each other: whoever reads an answer that holds them has bounds, too.
const MAX_DEPTH: usize = 32;

/// Whether it is a JSON object, in which no name is there twice and nothing lies too deep.
pub fn check_object(text: &str) -> Result<(), NotAnObject> {
    checked_object(text).map(drop)
}

/// The text without its white space, if it is a JSON object.
pub fn checked_object(text: &str) -> Result<String, NotAnObject> {
    let wrong = RefCell::new(None);
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Checked { wrong: &wrong, depth: 0 }.deserialize(&mut json).and_then(|()| json.end());
    match (read, wrong.into_inner()) {
        (_, Some(wrong)) => Err(wrong),
        (Ok(()), None) if text.trim_start().starts_with('{') => Ok(without_space(text)),
        _ => Err(NotAnObject::Form),
    }
}

/// JSON without what stands between its parts.
fn without_space(text: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let keep = |letter: &char| {
        let is_kept = quoted || !letter.is_ascii_whitespace();
        match letter {
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = *letter == '\\' && !escaped;
        is_kept
    };
    text.chars().filter(keep).collect()
}

/// Reads a value, keeps nothing of it, and notes what is wrong with it though it is JSON.
#[derive(Clone, Copy)]
struct Checked<'a> {
    wrong: &'a RefCell<Option<NotAnObject>>,
    depth: usize,
}

impl Checked<'_> {
    fn fail<E: Error>(self, wrong: NotAnObject) -> E {
        let error = E::custom(&wrong);
        self.wrong.replace(Some(wrong));
        error
    }

    /// What lies in this value.
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            Err(self.fail(NotAnObject::Deep))
        } else {
            Ok(Self { depth: self.depth + 1, ..self })
        }
    }
}

impl<'de> DeserializeSeed<'de> for Checked<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Checked<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let inner = self.inner()?;
        while values.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let (inner, mut names) = (self.inner()?, HashSet::new());
        while let Some(name) = values.next_key::<String>()? {
            values.next_value_seed(inner)?;
            if let Some(name) = names.replace(name) {
                return Err(self.fail(NotAnObject::Repeated(name)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_kept_or_refused() {
        for (typed, kept) in [
            ("{}", "{}"),
            (" { \"a b\" : [1, 2.50] ,\n\"c\": {\"a b\": null} }\n", r#"{"a b":[1,2.50],"c":{"a b":null}}"#),
            (
                r#"{"big": 123456789012345678901234567890, "exact": 0.12345678901234567890}"#,
                r#"{"big":123456789012345678901234567890,"exact":0.12345678901234567890}"#,
            ),
            (r#"{"a": "\" : \\", "b": "\\\" x"}"#, r#"{"a":"\" : \\","b":"\\\" x"}"#),
        ] {
            assert_eq!(checked_object(typed).as_deref(), Ok(kept), "{typed}");
            let read = |text| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(read(typed), read(kept));
        }
        for typed in ["", "[]", "1", "\"{}\"", "null", "{", "{} {}", "{'a': 1}", "{\"a\": 1,}", "{\"a\": 1e999}"] {
            assert_eq!(checked_object(typed), Err(NotAnObject::Form), "{typed}");
        }
        let deep = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        assert_eq!(checked_object(&deep(MAX_DEPTH)), Ok(deep(MAX_DEPTH)));
        assert_eq!(checked_object(&deep(MAX_DEPTH + 1)), Err(NotAnObject::Deep));
        for typed in [r#"{"a": 1, "b": 2, "a": 1}"#, r#"{"x": [{"a": 1, "\u0061": 2}]}"#] {
            assert_eq!(checked_object(typed), Err(NotAnObject::Repeated("a".to_owned())), "{typed}");
        }
    }
}
