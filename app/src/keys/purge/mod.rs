//! Purging an archived key.

pub(crate) mod act;
pub(crate) mod page;

pub use act::purge;
