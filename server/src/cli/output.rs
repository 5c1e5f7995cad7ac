//! How commands print: JSON on one line, or text in columns.

use serde::Serialize;
use serde_json::Value;

use crate::json::raw;

/// Prints JSON, on one line.
pub(super) fn print_json(value: &impl Serialize) {
    println!("{}", raw(value));
}

/// A text of JSON; empty for null.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// Prints names with their values, those that have one.
pub(super) fn print_fields<'a>(fields: impl IntoIterator<Item = (&'a str, String)>) {
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        println!("{name:<18} {value}");
    }
}
