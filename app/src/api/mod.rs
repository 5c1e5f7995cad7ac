//! Server functions: who asks, one use case, a view. No SQL and no rules. Each is a public endpoint and authorises
//! itself; plain form posts run the same functions below them.

mod activity;
#[cfg(feature = "ssr")]
mod activity_views;
mod arguments;
mod audit;
mod bulk;
#[cfg(feature = "ssr")]
mod change_key;
#[cfg(feature = "ssr")]
mod choices;
#[cfg(feature = "ssr")]
pub mod ctx;
mod find_keys;
mod hygiene;
mod keys;
mod list;
mod overview;
mod people;
mod settings;
#[cfg(feature = "ssr")]
mod settings_forms;
#[cfg(feature = "ssr")]
mod settings_views;
mod signing;
mod switch_key;
#[cfg(feature = "ssr")]
mod views;
#[cfg(feature = "ssr")]
mod why;

pub use activity::{key_activity, key_rotation};
#[cfg(feature = "ssr")]
pub use audit::audit_filter;
pub use audit::list_audit;
pub use bulk::bulk_step;
#[cfg(feature = "ssr")]
pub use bulk::{plan as bulk_plan, step as bulk_step_of};
#[cfg(feature = "ssr")]
pub use change_key::{Edited, Rotated, cut, edit, extend, purge, rotate, switch};
pub use find_keys::find_keys;
pub use hygiene::hygiene;
pub use keys::{ArchiveAnswer, archive_key, issue_key, key_form, key_stakes, new_key, show_key};
#[cfg(feature = "ssr")]
pub use keys::{Made, archive, issue};
pub use list::list_keys;
pub use overview::{first_run, overview};
pub use people::visitor;
pub use settings::{list_entries, list_people, show_entry};
#[cfg(feature = "ssr")]
pub use settings_forms::{add_person, save_entry, switch_entry, switch_person};
pub use signing::show_signing;
#[cfg(feature = "ssr")]
pub use signing::{add_verify_key, retire_verify_key};
pub use switch_key::switch_key;
#[cfg(feature = "ssr")]
pub use views::field_errors;
#[cfg(feature = "ssr")]
pub use why::{gateway_failed, gateway_refused, gateway_report, why};
