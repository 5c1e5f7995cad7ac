//! Rotating a key.

pub(crate) mod act;
pub(crate) mod fields;
pub(crate) mod page;

pub use act::{Rotated, cut, extend, rotate};
