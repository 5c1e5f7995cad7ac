//! One act on many keys.

pub mod act;
pub mod form;
pub mod island;
#[cfg(feature = "ssr")]
pub mod page;
pub mod results;
