//! Rotating a key.

pub(crate) mod fields;
#[cfg(feature = "ssr")]
pub(crate) mod page;
