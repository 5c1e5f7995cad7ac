//! Keys that somebody should look at.

pub mod load;
pub mod page;
