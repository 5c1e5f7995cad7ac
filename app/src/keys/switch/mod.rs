//! Switching a key off, or on again, where it is shown.

pub mod act;
pub mod button;
pub mod island;
