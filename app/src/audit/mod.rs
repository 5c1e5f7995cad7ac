//! The audit chain.

pub mod load;
pub(crate) mod page;
pub(crate) mod timeline;
pub mod view;
