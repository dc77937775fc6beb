//! What a source says about its own values: each fits its kind, but can it be used?
//!
//! Promises: every such value is told at once, at its line, in the source's words. A key that could not be read is left out.

use super::origin;
use crate::config::Config;
use crate::config::catalog::Catalog;
use crate::config::given::Given;
use crate::config::problem::{Fault, Problem};

/// Asks the source of every dialect that is switched on.
pub(super) fn check(catalog: &Catalog, config: &Config, given: &mut Given) {
    for listener in &config.listeners {
        let Some(source) = listener.entry.source else { continue };
        for bad in (source.check)(&listener.values) {
            let path = format!("{}.{}", listener.entry.name, bad.key);
            if !given.is_broken(&path) {
                let at = origin(catalog, given, listener.entry.name, bad.key);
                given.problems.push(Problem::new(Fault::Conflict, path, bad.message, at, bad.hint));
            }
        }
    }
}
