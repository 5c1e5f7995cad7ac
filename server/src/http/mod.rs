//! One file per family of routes. A handler parses, authorises, runs one use case and renders.

pub mod about;
pub mod audit;
pub mod bulk;
pub mod credential;
mod flash;
pub mod forms;
pub mod forward_auth;
pub mod gateway;
mod guarded;
pub mod guards;
pub mod jwks;
pub mod key_forms;
pub mod live;
pub mod openapi;
pub mod ops;
pub mod pages;
pub mod problem;
pub mod reference;
mod schemas;
pub mod session_over;
pub mod settings;
pub mod signing;
pub mod starting;
pub mod verify;
pub mod why;
