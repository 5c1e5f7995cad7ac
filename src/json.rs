//! JSON that is kept as it was typed: numbers of any length stay what they are, and no name is there twice.

use std::{cell::RefCell, collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Why a text is no such object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnObject {
    /// It is not a JSON object.
    #[error("Type a JSON object, such as {{\"site\": \"north\"}}.")]
    Form,
    /// An object in it has this name twice.
    #[error("The name \"{0}\" is there twice. Keep one of them.")]
    Repeated(String),
}

/// The text without its white space, if it is a JSON object.
pub fn checked_object(text: &str) -> Result<String, NotAnObject> {
    let repeated = RefCell::new(None);
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Checked { repeated: &repeated }.deserialize(&mut json).and_then(|()| json.end());
    match (read, repeated.into_inner()) {
        (_, Some(name)) => Err(NotAnObject::Repeated(name)),
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

/// Reads a value, keeps nothing of it, and notes a name that an object has twice.
#[derive(Clone, Copy)]
struct Checked<'a> {
    repeated: &'a RefCell<Option<String>>,
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
        while values.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = values.next_key::<String>()? {
            values.next_value_seed(self)?;
            if let Some(name) = names.replace(name) {
                self.repeated.replace(Some(name));
                return Err(A::Error::custom("a name is there twice"));
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
        for typed in [r#"{"a": 1, "b": 2, "a": 1}"#, r#"{"x": [{"a": 1, "\u0061": 2}]}"#] {
            assert_eq!(checked_object(typed), Err(NotAnObject::Repeated("a".to_owned())), "{typed}");
        }
    }
}
