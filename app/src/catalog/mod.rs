//! What administrators keep besides keys: tenants, groups, identities, scopes, templates and the policy.

pub mod forms;
pub(crate) mod load;
pub(crate) mod page;
pub mod view;
pub(crate) mod views;
