//! A key that a few words found.

use model::key::KeyStatus;
use serde::{Deserialize, Serialize};

use crate::keys::view::KeyRow;

/// As much of a key as tells it from others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyMatch {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who holds it.
    pub owner: String,
    /// Whether it works.
    pub status: KeyStatus,
}

impl From<KeyRow> for KeyMatch {
    fn from(row: KeyRow) -> Self {
        Self { id: row.mask.id, name: row.name, owner: row.owner, status: row.status.of }
    }
}
