//! The audit chain.

pub mod load;
pub mod page;
pub mod timeline;
pub mod view;
