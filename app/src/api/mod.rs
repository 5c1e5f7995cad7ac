//! Who asks, one use case, a view. No SQL and no rules. What an island calls is a server function, and as such a public
//! endpoint that authorises itself; what a page loads and what a plain form posts are functions that run on the server.

#[cfg(feature = "ssr")]
mod activity;
#[cfg(feature = "ssr")]
mod activity_views;
mod archive;
mod arguments;
#[cfg(feature = "ssr")]
mod audit;
mod bulk;
#[cfg(feature = "ssr")]
mod change_key;
#[cfg(feature = "ssr")]
mod choices;
#[cfg(feature = "ssr")]
pub mod ctx;
mod find_keys;
#[cfg(feature = "ssr")]
mod hygiene;
#[cfg(feature = "ssr")]
mod key_pages;
mod keys;
#[cfg(feature = "ssr")]
mod list;
#[cfg(feature = "ssr")]
mod overview;
mod people;
#[cfg(feature = "ssr")]
mod settings;
#[cfg(feature = "ssr")]
mod settings_forms;
#[cfg(feature = "ssr")]
mod settings_views;
#[cfg(feature = "ssr")]
mod signing;
mod switch_key;
#[cfg(feature = "ssr")]
mod views;
#[cfg(feature = "ssr")]
mod why;

#[cfg(feature = "ssr")]
pub use activity::{key_activity, key_rotation};
#[cfg(feature = "ssr")]
pub use audit::{audit_filter, list_audit};
pub use bulk::bulk_step;
#[cfg(feature = "ssr")]
pub use bulk::{plan as bulk_plan, step as bulk_step_of};
#[cfg(feature = "ssr")]
pub use change_key::{Edited, Rotated, cut, edit, extend, purge, rotate, switch};
pub use find_keys::find_keys;
#[cfg(feature = "ssr")]
pub use hygiene::hygiene;
#[cfg(feature = "ssr")]
pub use key_pages::{key_form, new_key, show_key};
pub use archive::{ArchiveAnswer, archive_impact, archive_key};
pub use keys::issue_key;
#[cfg(feature = "ssr")]
pub use archive::archive;
#[cfg(feature = "ssr")]
pub use keys::{Made, issue};
#[cfg(feature = "ssr")]
pub use list::list_keys;
#[cfg(feature = "ssr")]
pub use overview::{first_run, overview};
pub use people::visitor;
#[cfg(feature = "ssr")]
pub use settings::{list_entries, list_people, show_entry};
#[cfg(feature = "ssr")]
pub use settings_forms::{add_person, save_entry, switch_entry, switch_person};
#[cfg(feature = "ssr")]
pub use signing::{add_request_signing_key, retire_request_signing_key, show_signing};
pub use switch_key::switch_key;
#[cfg(feature = "ssr")]
pub use views::field_errors;
#[cfg(feature = "ssr")]
pub use why::{gateway_failed, gateway_refused, gateway_report, why};
