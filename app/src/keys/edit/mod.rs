//! Editing a key, and the question whom that would lock out.

pub(crate) mod island;
#[cfg(feature = "ssr")]
pub(crate) mod lockout;
#[cfg(feature = "ssr")]
pub(crate) mod page;
#[cfg(feature = "ssr")]
pub(crate) mod save;

#[cfg(feature = "ssr")]
pub use crate::keys::edit::save::{Edited, edit};
