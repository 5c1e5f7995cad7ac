//! How commands print JSON.

use serde::Serialize;

use crate::json::raw;

/// Prints JSON, on one line.
pub(super) fn print_json(value: &impl Serialize) {
    println!("{}", raw(value));
}
