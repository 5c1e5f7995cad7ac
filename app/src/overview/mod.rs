//! What is going on, and the first steps.

pub mod first_run;
pub mod load;
pub mod page;
pub mod view;
