//! A new key: the page, the form that comes to life, and what issues it.

#[cfg(feature = "ssr")]
pub(crate) mod choices;
pub(crate) mod island;
pub(crate) mod issue;
#[cfg(feature = "ssr")]
pub(crate) mod page;

#[cfg(feature = "ssr")]
pub use crate::keys::create::issue::{Made, issue};
