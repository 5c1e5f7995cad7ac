//! The console's face. Pages are rendered on the server and work as plain HTML; islands make the few places where it
//! matters pleasant: the create form with its show-once dialog, the archive dialog, copying and keys.

#![cfg_attr(not(feature = "ssr"), allow(dead_code, unused_imports, reason = "what pages alone use, no browser loads"))]

#[cfg(feature = "ssr")]
pub mod about;
#[cfg(feature = "ssr")]
pub mod accounts;
#[cfg(feature = "ssr")]
pub mod app;
pub mod arguments;
#[cfg(feature = "ssr")]
pub mod audit;
pub mod browser;
#[cfg(feature = "ssr")]
pub mod catalog;
#[cfg(feature = "ssr")]
pub mod document;
pub mod error;
pub mod explain;
pub mod flash;
#[cfg(feature = "ssr")]
pub mod form_outcome;
#[cfg(feature = "ssr")]
pub mod gateway;
#[cfg(feature = "ssr")]
pub mod hygiene;
pub mod keys;
pub mod layout;
#[cfg(feature = "ssr")]
pub mod overview;
#[cfg(feature = "ssr")]
pub mod query;
#[cfg(feature = "ssr")]
pub mod reference;
pub mod request_signing;
pub mod routes;
pub mod session;
#[cfg(feature = "ssr")]
pub mod shell;
pub mod ui;
