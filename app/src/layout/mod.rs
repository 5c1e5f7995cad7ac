//! What is around every page: navigation, live updates, keyboard, palette and toasts.

pub mod actions;
#[cfg(feature = "ssr")]
pub mod centered;
pub mod keyboard;
pub mod live;
#[cfg(feature = "ssr")]
pub mod not_found;
#[cfg(feature = "ssr")]
pub mod page;
pub mod palette;
pub mod shortcuts;
pub mod toasts;
pub mod unsaved_guard;
pub mod visitor;
