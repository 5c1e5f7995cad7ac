//! What services and proxies can ask, read out of the `OpenAPI` document.

pub(crate) mod page;
pub mod view;
