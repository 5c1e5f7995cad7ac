//! Rotating a key.

pub(crate) mod fields;
pub(crate) mod page;
