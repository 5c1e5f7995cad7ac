//! Setting up, signing in, and who asks.

#[cfg(feature = "ssr")]
pub mod context;
#[cfg(feature = "ssr")]
pub mod session_over;
#[cfg(feature = "ssr")]
pub(crate) mod setup;
#[cfg(feature = "ssr")]
pub(crate) mod sign_in;
