//! What is going on, and the first steps.

pub(crate) mod first_run;
pub mod forms;
pub(crate) mod load;
pub(crate) mod page;
pub(crate) mod view;
