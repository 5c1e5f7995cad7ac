//! The rooms of keys. What several of them share: the forms as typed, what may reach a browser, and how views are made.

pub mod archive;
pub mod bulk;
pub mod create;
pub(crate) mod detail;
pub mod edit;
pub(crate) mod fields;
pub mod form;
pub mod issued_secret;
pub mod list;
#[cfg(feature = "ssr")]
pub mod purge;
pub mod rotate;
pub(crate) mod show_once;
pub mod switch;
#[cfg(feature = "ssr")]
pub(crate) mod to_view;
pub mod view;

#[cfg(feature = "ssr")]
pub use crate::keys::to_view::field_errors;
