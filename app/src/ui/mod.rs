//! Components take plain props and call no server.

pub(crate) mod callers;
pub(crate) mod calls;
pub(crate) mod calls_panel;
pub(crate) mod chart;
pub(crate) mod checks;
pub(crate) mod closing;
pub(crate) mod copied;
pub(crate) mod count;
pub(crate) mod error_banner;
pub(crate) mod field;
#[cfg(feature = "ssr")]
pub(crate) mod fields;
pub(crate) mod flash;
pub(crate) mod icon;
pub(crate) mod key;
pub(crate) mod spark;
pub(crate) mod stakes;
pub(crate) mod time;
