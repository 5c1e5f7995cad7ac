//! Work that takes longer than a request: what there is, how far it is, what became of each line.

pub mod load;
pub(crate) mod page;
pub mod view;
