//! What administrators keep besides keys: tenants, groups, identities, scopes, templates and the policy.

pub mod fields;
pub mod forms;
pub(crate) mod load;
pub(crate) mod page;
pub mod samples;
pub(crate) mod to_view;
pub mod view;
