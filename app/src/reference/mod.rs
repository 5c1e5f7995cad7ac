//! What services and proxies can ask, read out of the OpenAPI document.

pub mod page;
pub mod view;
