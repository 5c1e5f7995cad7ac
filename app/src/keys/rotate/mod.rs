//! Rotating a key: the page, the form that comes to life, and what issues the successor.

pub(crate) mod act;
pub(crate) mod fields;
pub(crate) mod island;
#[cfg(feature = "ssr")]
pub(crate) mod page;

#[cfg(feature = "ssr")]
pub use crate::keys::rotate::act::{Rotated, cut, extend, rotate};
