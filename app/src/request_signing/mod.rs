//! The request signing keys of a key.

pub mod form;
pub(crate) mod island;
#[cfg(feature = "ssr")]
pub mod load;
#[cfg(feature = "ssr")]
pub(crate) mod page;
