//! Editing a key, and the question whom that would lock out.

pub mod island;
#[cfg(feature = "ssr")]
pub mod lockout;
#[cfg(feature = "ssr")]
pub mod page;
