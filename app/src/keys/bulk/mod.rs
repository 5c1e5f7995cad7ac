//! One act on many keys.

pub(crate) mod act;
pub mod form;
pub(crate) mod island;
#[cfg(feature = "ssr")]
pub mod page;
pub(crate) mod results;

#[cfg(feature = "ssr")]
pub use crate::keys::bulk::act::{plan, step};
