//! A new key: the page, the form that comes to life, and what issues it.

#[cfg(feature = "ssr")]
pub mod choices;
pub mod island;
pub mod issue;
#[cfg(feature = "ssr")]
pub mod page;
