//! The page of one key: what it is, how it is used, and its rotation.

#[cfg(feature = "ssr")]
pub(crate) mod activity;
#[cfg(feature = "ssr")]
pub(crate) mod load;
#[cfg(feature = "ssr")]
pub(crate) mod page;
#[cfg(feature = "ssr")]
pub(crate) mod to_view;
pub(crate) mod view;
