//! Setting up, signing in, and who asks.

pub mod context;
pub mod session_over;
pub(crate) mod setup;
pub(crate) mod sign_in;
