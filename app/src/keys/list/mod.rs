//! The list of keys: its address, its page, and how the palette finds keys.

#[cfg(feature = "ssr")]
pub(crate) mod empty;
pub(crate) mod find;
pub(crate) mod found;
#[cfg(feature = "ssr")]
pub(crate) mod load;
#[cfg(feature = "ssr")]
pub(crate) mod page;
pub mod query;
#[cfg(feature = "ssr")]
pub mod saved;
pub(crate) mod select;
pub mod view;
