//! What administrators keep besides keys: tenants, groups, identities, scopes, templates and the policy.

pub mod forms;
pub mod load;
pub mod page;
pub mod view;
pub mod views;
