//! The request signing keys of a key.

pub mod form;
pub mod island;
#[cfg(feature = "ssr")]
pub mod load;
#[cfg(feature = "ssr")]
pub mod page;
