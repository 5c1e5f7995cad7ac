//! Why a key is refused, or would be, and what it could do.

#[cfg(feature = "ssr")]
pub mod answer;
pub(crate) mod checks;
pub(crate) mod island;
#[cfg(feature = "ssr")]
pub mod load;
#[cfg(feature = "ssr")]
pub(crate) mod page;
pub mod simulation;
pub mod view;
