//! The rooms of keys. What several of them share: the forms as typed, what may reach a browser, and how views are made.

pub mod archive;
pub mod bulk;
#[cfg(feature = "ssr")]
pub mod change;
pub mod create;
pub mod detail;
pub mod edit;
pub mod fields;
pub mod form;
pub mod issued_secret;
pub mod list;
#[cfg(feature = "ssr")]
pub mod purge;
pub mod rotate;
pub mod show_once;
pub mod switch;
pub mod view;
#[cfg(feature = "ssr")]
pub mod views;
