//! What is around every page: navigation, live updates, keyboard, palette and toasts.

pub(crate) mod actions;
#[cfg(feature = "ssr")]
pub(crate) mod centered;
#[cfg(feature = "ssr")]
pub(crate) mod head;
pub(crate) mod keyboard;
pub(crate) mod live;
#[cfg(feature = "ssr")]
pub(crate) mod not_found;
#[cfg(feature = "ssr")]
pub(crate) mod page;
pub(crate) mod palette;
pub(crate) mod shortcuts;
pub(crate) mod toasts;
pub(crate) mod unsaved_guard;
pub(crate) mod visitor;
