//! Purging an archived key.

pub(crate) mod act;
pub(crate) mod page;

pub use crate::keys::purge::act::purge;
