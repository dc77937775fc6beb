//! What a backend says about its own values: it reads the files that they name, and then each fits its kind, but can it
//! be used?
//!
//! Promises: every such value is told at once, at its line, in the backend's words. A key that could not be read is left
//! out. What a backend adds to tables comes behind what stands in the file, so that a table's place leads to its line.

use super::origin;
use crate::Config;
use crate::catalog::Catalog;
use crate::problem::{Fault, Origin, Problem, Source};
use crate::read::given::Given;
use crate::read::path;
use std::path::Path;

/// Asks the backend of every dialect that is switched on.
pub(super) fn check(
    catalog: &Catalog,
    file: &Source,
    config: &mut Config,
    given: &mut Given,
    warnings: &mut Vec<Problem>,
) {
    for listener in &mut config.listeners {
        let Some(backend) = listener.entry.backend else { continue };
        let mut found = (backend.expand)(&mut listener.values);
        found.extend((backend.check)(&listener.values));
        if found.iter().all(|bad| bad.is_usable) {
            found.extend((backend.doubts)(&listener.values, Path::new(&config.store.path)));
        }
        // Only what was wrong before the backend was asked makes its words doubtful, not what it says itself.
        let name = listener.entry.name;
        found.retain(|bad| !given.is_doubtful(&format!("{name}.{}", bad.key)));
        for bad in found {
            let (at, label) = place(catalog, file, given, name, &bad.key);
            let path = format!("{name}.{}", bad.key);
            let fault = if bad.is_usable { Fault::Warning } else { Fault::Conflict };
            let problem = Problem::new(fault, path, bad.message, at, bad.hint).with("", label);
            match fault {
                Fault::Warning => warnings.push(problem),
                _ => given.problems.push(problem),
            }
        }
    }
}

/// Where a key of the section stands: the value itself, or the table it is missing in; a table that is not in the file at
/// all is told of at its first key, with the words that say so.
fn place(catalog: &Catalog, file: &Source, given: &Given, section: &str, key: &str) -> (Origin, String) {
    let whole = format!("{section}.{key}");
    let mut inner = whole.as_str();
    while let Some(outer) = path::outer(inner) {
        if let Some(span) = given.marks().get(inner) {
            return (file.at(span.clone()), String::new());
        }
        inner = outer;
    }
    let (first, inside) = key.split_once('.').unwrap_or((key, ""));
    let is_tables = catalog.spot(section, first).is_some_and(|spot| catalog.key(spot).is_tables());
    let label = match is_tables && !inside.is_empty() {
        true => format!("in a file that [{section}] names"),
        false => String::new(),
    };
    (origin(catalog, given, section, first), label)
}
