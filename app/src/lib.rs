//! The console's face. Pages are rendered on the server and work as plain HTML; islands make the few places where it
//! matters pleasant: the create form with its show-once dialog, the archive dialog, copying and keys.

#![cfg_attr(not(feature = "ssr"), allow(dead_code, unused_imports, reason = "what pages alone use, no browser loads"))]

#[cfg(feature = "ssr")]
mod about;
#[cfg(feature = "ssr")]
mod accounts;
#[cfg(feature = "ssr")]
mod app;
mod arguments;
#[cfg(feature = "ssr")]
pub mod audit;
mod browser;
#[cfg(feature = "ssr")]
pub mod catalog;
#[cfg(feature = "ssr")]
mod document;
pub mod error;
pub mod explain;
pub mod flash;
#[cfg(feature = "ssr")]
pub mod form_outcome;
#[cfg(feature = "ssr")]
mod gateway;
#[cfg(feature = "ssr")]
mod hygiene;
#[cfg(feature = "ssr")]
pub mod jobs;
pub mod keys;
mod layout;
#[cfg(feature = "ssr")]
pub mod overview;
#[cfg(feature = "ssr")]
mod query;
#[cfg(feature = "ssr")]
pub mod reference;
pub mod request_signing;
pub mod routes;
#[cfg(feature = "ssr")]
pub mod session;
#[cfg(feature = "ssr")]
mod shell;
mod ui;

#[cfg(feature = "ssr")]
pub use crate::{document::Document, shell::shell};
