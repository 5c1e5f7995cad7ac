//! Switching a key off, or on again, where it is shown.

pub(crate) mod act;
pub(crate) mod button;
pub(crate) mod island;

#[cfg(feature = "ssr")]
pub use crate::keys::switch::act::switch;
