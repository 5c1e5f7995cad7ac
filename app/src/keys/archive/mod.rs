//! Archiving a key: the page, the dialog, and what it would break.

pub mod act;
pub mod fields;
pub mod island;
#[cfg(feature = "ssr")]
pub mod page;
