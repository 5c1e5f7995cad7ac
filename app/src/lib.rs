//! The console's face. Pages are rendered on the server and work as plain HTML; islands make the few places where it
//! matters pleasant: the create form with its show-once dialog, the archive dialog, copying and keys.

pub mod api;
mod browser;
mod components;
pub mod error;
pub mod form;
mod islands;
pub mod once;
mod pages;
pub mod posted;
mod query;
pub mod routes;
pub mod said;
pub mod settings;
mod shell;
pub mod signing;
pub mod view;

pub use pages::App;
pub use shell::{Document, shell};
