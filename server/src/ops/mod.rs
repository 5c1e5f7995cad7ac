//! The wing of whoever runs it: health, metrics, and the check of a gateway from outside.

pub mod gateway_check;
pub mod health;
pub mod metrics;
