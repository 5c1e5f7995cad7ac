//! How commands print JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// A JSON object whose values stay as they are written, numbers of any length among them.
pub(super) type Object = BTreeMap<String, Box<RawValue>>;

/// What is an object in JSON.
pub(super) fn object(value: &impl Serialize) -> Object {
    let text = serde_json::to_string(value).expect("names are texts");
    serde_json::from_str(&text).expect("it is an object")
}

/// A value as it is written.
pub(super) fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).expect("names are texts")
}

/// Prints JSON, on one line.
pub(super) fn print_json(value: &impl Serialize) {
    println!("{}", raw(value));
}
