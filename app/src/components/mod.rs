//! Components take plain props and call no server.

mod archive;
mod bulk;
mod callers;
mod calls;
mod chart;
mod checks;
mod count;
mod events;
mod field;
mod fields;
mod flash;
mod icon;
mod key;
mod overlap;
mod spark;
mod switch;
mod time;

pub(crate) use archive::{ArchiveAll, ArchiveFields};
pub(crate) use bulk::{BulkResults, UndoBulk};
pub(crate) use callers::{Callers, coverage};
pub(crate) use calls::{CallsBars, CallsLegend, CallsNumbers};
pub(crate) use chart::{Bar, Bars, Share, Swatch, top};
pub(crate) use checks::{Checks, Explanation, Marked, Verdict};
pub(crate) use count::{calls, grouped, keys};
pub(crate) use events::Timeline;
pub(crate) use field::{ErrorText, Field, Line, as_text, error_of};
pub(crate) use fields::{FormErrorBanner, FormFields};
pub(crate) use flash::FlashNote;
pub(crate) use icon::Icon;
pub(crate) use key::{AllAccess, Mask, Scopes, Status, StatusPill, status};
pub(crate) use overlap::OverlapFields;
pub(crate) use spark::Spark;
pub(crate) use switch::{Switch, switch_face};
pub(crate) use time::{Ago, Moment, Told, ends_in};
