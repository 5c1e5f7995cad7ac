//! Archiving a key: the page, the dialog, and what it would break.

pub(crate) mod act;
pub(crate) mod fields;
pub(crate) mod island;
#[cfg(feature = "ssr")]
pub(crate) mod page;

#[cfg(feature = "ssr")]
pub use crate::keys::archive::act::{ArchiveAnswer, archive, restore};
