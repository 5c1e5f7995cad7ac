//! What an entry of the catalog says, and what was typed for it.

use std::collections::BTreeMap;

/// Field names and what was typed or stored.
pub type Fields = BTreeMap<String, String>;
