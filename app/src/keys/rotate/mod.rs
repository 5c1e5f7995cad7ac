//! Rotating a key.

pub mod fields;
#[cfg(feature = "ssr")]
pub mod page;
