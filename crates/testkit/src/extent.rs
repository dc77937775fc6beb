//! How much a test does: everyday's, or more when the environment says so.

/// A number of the environment, for longer runs than everyday's.
pub fn number(variable: &str, everyday: usize) -> usize {
    std::env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(everyday)
}
