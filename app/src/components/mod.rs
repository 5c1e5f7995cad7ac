//! Components take plain props and call no server.

mod archive;
mod count;
mod events;
mod field;
mod icon;
mod key;
mod time;

pub(crate) use archive::ArchiveFields;
pub(crate) use count::{calls, grouped};
pub(crate) use events::Timeline;
pub(crate) use field::{ErrorText, Field, error_of};
pub(crate) use icon::Icon;
pub(crate) use key::{Mask, Scopes, Status, StatusPill};
pub(crate) use time::{Ago, Moment};
