//! What comes to life in the browser: the form for a new key with its show-once dialog, and the actions of every page.
//! Islands ask the server through [`crate::api`] and the browser through [`crate::browser`]; nothing secret is ever one
//! of their properties, which are part of the page's HTML.

mod actions;
mod archive;
mod bulk;
mod closing;
mod copied;
mod create;
mod edit;
mod error_banner;
mod key_form;
mod keyboard;
mod live;
mod once;
mod palette;
mod select;
mod shortcuts;
mod signing;
mod simulate;
mod switching;
mod toasts;
mod unsaved_guard;

pub(crate) use actions::PageActions;
pub(crate) use bulk::RunBulk;
pub(crate) use create::{CreateKey, FORM as CREATE_FORM};
pub(crate) use edit::EditKey;
pub(crate) use select::{SelectAll, Selected};
pub(crate) use signing::AddRequestSigningKey;
pub(crate) use simulate::Simulate;
