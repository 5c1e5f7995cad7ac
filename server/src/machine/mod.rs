//! The wing of services and proxies: verification over HTTP, the public keys of JWTs and the document that describes both.
//! What is answered is decided by the crate `verify`.

pub mod credential;
pub mod forward_auth;
pub(crate) mod guarded;
pub mod jwks;
pub mod leaks;
pub mod openapi;
pub mod problem;
pub mod report_limit;
mod schemas;
pub mod verify;
