//! The browser's wing, one file per family of routes. A handler parses, authorises, runs one use case and renders.

pub mod about;
pub mod audit;
pub mod bulk;
mod export;
pub mod first_run;
mod flash;
mod form_post;
pub mod forms;
pub mod gateway;
pub mod guards;
pub mod key_export;
pub mod key_forms;
pub mod live;
pub mod pages;
pub mod reference;
pub mod session_over;
pub mod sessions;
pub mod settings;
pub mod signing;
pub mod site;
pub mod starting;
pub mod streams;
pub mod views;
pub mod why;
