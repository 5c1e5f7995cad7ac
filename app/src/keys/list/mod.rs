//! The list of keys: its address, its page, and how the palette finds keys.

#[cfg(feature = "ssr")]
pub mod empty;
pub mod find;
pub mod found;
#[cfg(feature = "ssr")]
pub mod load;
#[cfg(feature = "ssr")]
pub mod page;
pub mod query;
pub mod select;
pub mod view;
