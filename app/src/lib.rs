//! The console's face. Pages are rendered on the server and work as plain HTML; islands make the few places where it
//! matters pleasant: the create form with its show-once dialog, the archive dialog, copying and keys.

#![cfg_attr(not(feature = "ssr"), allow(dead_code, unused_imports, reason = "what pages alone use, no browser loads"))]

pub mod api;
mod browser;
pub mod bulk;
mod components;
#[cfg(feature = "ssr")]
mod document;
pub mod error;
#[cfg(feature = "ssr")]
pub mod explain;
mod explanation;
pub mod flash;
pub mod form;
#[cfg(feature = "ssr")]
pub mod form_outcome;
mod islands;
pub mod issued_secret;
pub mod listing;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod query;
pub mod routes;
pub mod settings;
#[cfg(feature = "ssr")]
mod shell;
pub mod signing;
pub mod simulation;
pub mod view;

#[cfg(feature = "ssr")]
pub use document::Document;
#[cfg(feature = "ssr")]
pub use pages::App;
#[cfg(feature = "ssr")]
pub use shell::shell;
