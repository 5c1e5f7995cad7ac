//! JSON that keeps what is written, and a key in it: one shape for the command line and for files.

use std::collections::BTreeMap;

use model::{
    key::{Key, KeyState},
    key_input::KeyInput,
    time::Timestamp,
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use store::LastUse;

/// A JSON object whose values stay as they are written, numbers of any length among them.
pub(crate) type Object = BTreeMap<String, Box<RawValue>>;

/// What is an object in JSON.
pub(crate) fn object(value: &impl Serialize) -> Object {
    let text = serde_json::to_string(value).expect("names are texts");
    serde_json::from_str(&text).expect("it is an object")
}

/// A value as it is written.
pub(crate) fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).expect("names are texts")
}

/// What makes one JSON value of another as a merge patch (RFC 7396). Numbers stay as they are written.
pub(crate) fn merge_patch(from: &RawValue, to: &RawValue) -> Box<RawValue> {
    let read = |value: &RawValue| serde_json::from_str::<Object>(value.get());
    let (Ok(before), Ok(after)) = (read(from), read(to)) else { return to.to_owned() };
    let gone = before.keys().filter(|name| !after.contains_key(*name)).map(|name| (name.clone(), raw(&())));
    let changed = after.iter().filter_map(|(name, value)| match before.get(name) {
        Some(held) if held.get() == value.get() => None,
        Some(held) => Some((name.clone(), merge_patch(held, value))),
        None => Some((name.clone(), value.clone())),
    });
    raw(&gone.chain(changed).collect::<Object>())
}

/// How a key stands, in words.
pub(crate) fn status(key: &Key, now: Timestamp) -> String {
    key.status(now).words().to_lowercase()
}

/// A key, without its secret.
pub(crate) fn key_json(key: &Key, last_use: Option<&LastUse>, now: Timestamp) -> Object {
    let null = serde_json::Value::Null;
    let (archived, off) = match &key.state {
        KeyState::Live => (null, serde_json::Value::Null),
        KeyState::Off(off) => (null, serde_json::json!({ "at": off.at.to_string(), "by": off.by })),
        KeyState::Archived(gone) => {
            (serde_json::json!({ "at": gone.at.to_string(), "by": gone.by, "reason": gone.reason.code() }), null)
        }
    };
    let mut shown = object(&serde_json::json!({
        "id": key.id.as_str(), "series": key.series.as_str(), "masked": key.masked(), "status": status(key, now),
        "created_at": key.created_at.to_string(), "created_by": key.created_by,
        "last_used_at": last_use.map(|used| used.at.to_string()), "archived": archived, "off": off,
        "rotated_from": key.rotated_from.map(|id| id.to_string()),
    }));
    for (field, (name, value)) in KeyInput::FIELDS.into_iter().zip(KeyInput::of(key).pairs()) {
        let (name, value) = match name {
            "expires" => ("expires_at", raw(&value)),
            "group" | "acts_as" | "quota" => (name, raw(&Some(value).filter(|value| !value.is_empty()))),
            _ if field.is_list => (name, raw(&value.split_whitespace().collect::<Vec<_>>())),
            _ => (name, raw(&value)),
        };
        shown.insert(name.to_owned(), value);
    }
    // It was a JSON object when it was stored.
    shown.insert("metadata".to_owned(), serde_json::from_str(key.spec.metadata.as_str()).unwrap_or_else(|_| raw(&())));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_patch_says_what_differs() {
        for (from, to, expected) in [
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"c":1.50}"#, r#"{"a":null,"c":1.50}"#),
            (r#"{"n":{"x":1,"y":2}}"#, r#"{"n":{"x":1,"y":3}}"#, r#"{"n":{"y":3}}"#),
            (r#"{"a":[1]}"#, r#"{"a":[2]}"#, r#"{"a":[2]}"#),
            (r#"{"a":1}"#, r#"{"a":1}"#, "{}"),
            (r#"{"a":1}"#, "null", "null"),
            ("null", r#"{"a":1}"#, r#"{"a":1}"#),
        ] {
            let (from, to): (&RawValue, &RawValue) =
                (serde_json::from_str(from).unwrap(), serde_json::from_str(to).unwrap());
            assert_eq!(merge_patch(from, to).get(), expected);
        }
    }
}
