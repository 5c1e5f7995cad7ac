//! Editing a key, and the question what that would change and whom it would lock out.

pub(crate) mod changes;
#[cfg(feature = "ssr")]
pub(crate) mod confirm;
pub(crate) mod island;
#[cfg(feature = "ssr")]
pub(crate) mod least_privilege;
#[cfg(feature = "ssr")]
pub(crate) mod page;
#[cfg(feature = "ssr")]
pub(crate) mod save;

#[cfg(feature = "ssr")]
pub use crate::keys::edit::save::{Edited, edit};
