//! Rotating a key.

pub(crate) mod act;
pub(crate) mod fields;
pub(crate) mod page;

pub use crate::keys::rotate::act::{Rotated, cut, extend, rotate};
