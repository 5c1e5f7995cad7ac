//! Keyward's domain: what a key is, when it opens a door, and who may change it.
//!
//! The vocabulary is pure: it compiles to WebAssembly and knows no clock, no randomness, no I/O. The working
//! parts, behind the feature `server`, are the only ones that do. Neither knows HTTP, HTML or the browser.

pub mod activity;
pub mod address;
pub mod audit;
mod civil;
mod codes;
pub mod decision;
mod fields;
pub mod id;
pub mod key;
pub mod limit;
pub mod listing;
pub mod name;
pub mod people;
pub mod policy;
pub mod registry;
pub mod scope;
pub mod tenant;
pub mod time;
pub mod token;

#[cfg(feature = "server")]
pub mod clock;
#[cfg(feature = "server")]
pub mod console;
#[cfg(feature = "server")]
pub mod fold;
#[cfg(feature = "server")]
mod json;
#[cfg(feature = "server")]
pub mod jwt;
#[cfg(feature = "server")]
pub mod password;
#[cfg(feature = "server")]
pub mod secret;
#[cfg(feature = "server")]
pub mod signature;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
pub mod verify;
