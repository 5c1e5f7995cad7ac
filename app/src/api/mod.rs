//! Server functions: who asks, one use case, a view. No SQL and no rules. Each is a public endpoint and authorises
//! itself; plain form posts run the same functions below them.

mod audit;
#[cfg(feature = "ssr")]
pub mod ctx;
mod keys;
mod people;
#[cfg(feature = "ssr")]
mod views;

pub use audit::list_audit;
pub use keys::{ArchiveAnswer, archive_key, issue_key, key_stakes, list_keys, new_key, show_key};
#[cfg(feature = "ssr")]
pub use keys::{archive, issue};
pub use people::visitor;
#[cfg(feature = "ssr")]
pub use views::field_errors;
