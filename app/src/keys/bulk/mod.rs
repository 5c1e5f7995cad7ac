//! One act on many keys.

#[cfg(feature = "ssr")]
pub(crate) mod act;
pub mod form;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub(crate) mod results;

#[cfg(feature = "ssr")]
pub use crate::keys::bulk::act::{CarriedOut, carry_out, plan};
