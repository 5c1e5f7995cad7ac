//! Components take plain props and call no server.

mod field;
mod icon;
mod time;

pub(crate) use field::{ErrorText, Field, error_of};
pub(crate) use icon::Icon;
pub(crate) use time::{Ago, Moment};
