//! The console's face. Pages are rendered on the server and work as plain HTML; islands make the few places where it
//! matters pleasant: the create form with its show-once dialog, the archive dialog, copying and keys.

pub mod api;
mod browser;
pub mod bulk;
mod components;
mod document;
pub mod error;
pub mod form;
mod islands;
pub mod listing;
pub mod once;
mod pages;
pub mod posted;
mod query;
pub mod routes;
pub mod said;
pub mod settings;
mod shell;
pub mod signing;
pub mod trial;
pub mod view;
mod walk;

pub use document::Document;
pub use pages::App;
pub use shell::shell;
