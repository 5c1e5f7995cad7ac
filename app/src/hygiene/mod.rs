//! Keys that somebody should look at.

pub(crate) mod load;
pub(crate) mod page;
