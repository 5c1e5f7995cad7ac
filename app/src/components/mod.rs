//! Components take plain props and call no server.

mod archive;
mod bars;
mod checks;
mod count;
mod events;
mod field;
mod fields;
mod icon;
mod key;
mod switch;
mod time;

pub(crate) use archive::ArchiveFields;
pub(crate) use bars::{Bar, Bars, Legend, Series, Share};
pub(crate) use checks::{Marked, Walk};
pub(crate) use count::{calls, grouped};
pub(crate) use events::Timeline;
pub(crate) use field::{ErrorText, Field, Line, as_text, error_of};
pub(crate) use fields::{FormFields, FormTrouble};
pub(crate) use icon::Icon;
pub(crate) use key::{AllAccess, Mask, Scopes, Status, StatusPill};
pub(crate) use switch::Switch;
pub(crate) use time::{Ago, Moment};
