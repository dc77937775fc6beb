//! `tieline check` and `tieline config …`: what is configured, could be configured, and is measured, as text.

pub(super) mod check;
pub(super) mod config;
mod example;
pub(super) mod metrics;
mod reference;
mod schema;
