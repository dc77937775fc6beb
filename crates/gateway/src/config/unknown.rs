//! Names that the catalog does not have: typing errors, keys in the wrong section, and what later versions will have.
//!
//! Promises: each gets a hint that a person can act on. Called for the file and for `--set`.

use super::catalog::Catalog;
use super::nearest::nearest;
use super::problem::{Fault, Origin, Problem};
use crate::registry::LATER;

/// Sections and keys of the contracts that are not in this version, apart from dialects, with what to do meanwhile.
const LATER_KEYS: &[(&str, &str)] = &[
    ("access.mode", "leave it out: limits, origins and hosts are enforced, and there are no roles yet to report on"),
    (
        "access.address",
        "leave it out: rights by network are not in this version; every client may do what its dialect allows",
    ),
    (
        "tie",
        "leave it out: ties are not in this version; a program of your own can carry messages between two dialects",
    ),
    ("journal", "leave it out: nothing is recorded in this version; `tieline tail` shows messages as they come"),
];

/// The problem of a section or top-level key that is not there.
pub(super) fn section(catalog: &Catalog, name: &str, origin: Origin) -> Problem {
    if let Some(problem) = later(name, &origin) {
        return problem;
    }
    let names = || catalog.sections.iter().map(|section| section.name.as_str()).filter(|name| !name.contains('.'));
    let hint = match nearest(name, names()) {
        Some(near) => format!("did you mean [{near}]?"),
        None => match homes(catalog, name) {
            Some(homes) => format!("the key {name} belongs in {homes}"),
            None => format!("sections are {}", names().map(|name| format!("[{name}]")).collect::<Vec<_>>().join(", ")),
        },
    };
    Problem::new(Fault::Unknown, name, format!("there is no section {}", bracketed(name)), origin, hint)
        .with("", "unknown section")
}

/// The problem of a key that its section does not have.
pub(super) fn key(catalog: &Catalog, section: usize, name: &str, origin: Origin) -> Problem {
    let section = &catalog.sections[section];
    let path = format!("{}.{name}", section.name);
    if let Some(problem) = later(&path, &origin) {
        return problem;
    }
    let inner = format!("{}.", section.name);
    let tables = catalog.sections.iter().filter_map(|other| other.name.strip_prefix(&inner));
    let known = || section.keys.iter().map(|key| key.name);
    let hint = match nearest(name, known().chain(tables)) {
        Some(near) => format!("did you mean {near}?"),
        None => match homes(catalog, name) {
            Some(homes) => format!("{name} belongs in {homes}"),
            None => format!("keys of [{}] are {}", section.name, known().collect::<Vec<_>>().join(", ")),
        },
    };
    Problem::new(Fault::Unknown, path, format!("there is no key {} in [{}]", plain(name), section.name), origin, hint)
        .with("", "unknown key")
}

fn later(path: &str, origin: &Origin) -> Option<Problem> {
    let hint = match LATER_KEYS.iter().find(|(later, _)| *later == path) {
        Some((_, hint)) => (*hint).to_owned(),
        None if LATER.contains(&path) => {
            "leave it out: this dialect comes in a later version; keep the server it is to replace until then"
                .to_owned()
        }
        None => return None,
    };
    let message = format!("{path} is not in this version of Tieline");
    Some(Problem::new(Fault::Later, path, message, origin.clone(), hint).with("", "not in this version"))
}

/// The sections that have a key of this name.
fn homes(catalog: &Catalog, key: &str) -> Option<String> {
    let has = catalog.sections.iter().filter(|section| section.keys.iter().any(|have| have.name == key));
    let homes: Vec<String> = has.map(|section| format!("[{}]", section.name)).collect();
    (!homes.is_empty()).then(|| homes.join(" or "))
}

fn plain(name: &str) -> String {
    if name.is_empty() { "without a name".to_owned() } else { super::problem::shortened(name) }
}

fn bracketed(name: &str) -> String {
    format!("[{}]", super::problem::shortened(name))
}
