//! Names that the catalog does not have: typing errors, keys in the wrong section, and what later versions will have.
//!
//! Promises: each gets a hint that a person can act on. Called for the file and for `--set`.

use super::fit::For;
use super::nearest::nearest;
use crate::catalog::{ANY, Catalog, Key, Section};
use crate::limits::WholeLimits;
use crate::problem::{Fault, Origin, Problem};
use std::fmt;
use tieline_model::settings::in_path;

/// Sections and keys of the contracts that are not in this version, with what to do meanwhile.
const LATER: &[(&str, &str)] = &[
    ("access.mode", "leave it out: limits, origins and hosts are enforced, and there are no roles yet to report on"),
    (
        "access.address",
        "leave it out: rights by network are not in this version; every client may do what its dialect allows",
    ),
    (
        "access.proxy.user_header",
        "leave it out: people signed in by a proxy are not in this version; access.proxy.from and protocol tell their addresses",
    ),
    (
        "access.proxy.groups_header",
        "leave it out: people signed in by a proxy are not in this version; access.proxy.from and protocol tell their addresses",
    ),
    (
        "tie",
        "leave it out: ties are not in this version; a program of your own can carry messages between two dialects",
    ),
    ("journal", "leave it out: nothing is recorded in this version; `tieline tail` shows messages as they come"),
];

/// The problem of a section or top-level key that is not there.
pub(crate) fn section(catalog: &Catalog, name: &str, origin: Origin) -> Problem {
    if let Some(problem) = later(name, &origin) {
        return problem;
    }
    let names = || catalog.sections.iter().map(|section| section.name.as_str()).filter(|name| !name.contains('.'));
    let hint = match nearest(name, names()) {
        Some(near) => format!("did you mean [{near}]?"),
        None => match &homes(catalog, name)[..] {
            [] => format!("sections are {}", names().map(|name| format!("[{name}]")).collect::<Vec<_>>().join(", ")),
            homes => format!("the key {name} belongs in {}", or(homes)),
        },
    };
    Problem::new(Fault::Unknown, name, format!("there is no section {}", bracketed(name)), origin, hint)
        .with("", "unknown section")
}

/// The problem of a key that its section does not have.
pub(crate) fn key(catalog: &Catalog, section: usize, name: &str, origin: Origin) -> Problem {
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
        None if is_of_all(name) && section.name.ends_with(".limits") => {
            format!("{name} holds for the whole gateway and belongs in [access.limits]")
        }
        None => match (more_exact(section, name), &homes(catalog, name)[..]) {
            (Some(exact), _) => format!("did you mean {exact}?"),
            (None, []) => format!("keys of [{}] are {}", section.name, known().collect::<Vec<_>>().join(", ")),
            (None, homes) => format!("{name} belongs in {}", or(homes)),
        },
    };
    Problem::new(Fault::Unknown, path, format!("there is no key {} in [{}]", plain(name), section.name), origin, hint)
        .with("", "unknown key")
}

/// Whether a limit is one of the gateway as a whole, of which no listener has its own.
fn is_of_all(name: &str) -> bool {
    WholeLimits::FIELDS.iter().any(|field| field.key == name)
}

/// The problem of a key that the tables of a section do not have. The commonest is one that belongs further up: what
/// follows a line in double brackets belongs to that table.
pub(crate) fn in_table(catalog: &Catalog, wanted: For<'_>, name: &str, origin: Origin) -> Problem {
    let section = wanted.path.split('.').next().unwrap_or(wanted.path);
    let mut own = homes(catalog, name);
    own.retain(|home| home.path.split('.').next() == Some(section));
    let known = || wanted.key.inner.iter().map(|key| key.name);
    let hint = match (above(catalog, wanted, section, name), &own[..], nearest(name, known())) {
        (Some((outer, first)), _, _) => format!("{name} belongs in {outer}, above its first {first}"),
        (None, [home], _) => format!("{name} belongs in {home}"),
        (None, _, Some(near)) => format!("did you mean {near}?"),
        (None, [], None) => format!("keys of {} are {}", wanted.heading(), known().collect::<Vec<_>>().join(", ")),
        (None, homes, None) => format!("{name} belongs in {}", or(homes)),
    };
    let message = format!("there is no key {} in {}", plain(name), wanted.heading());
    let place = format!("{}.{}", wanted.place, in_path(name));
    Problem::new(Fault::Unknown, place, message, origin, hint).with("", "unknown key")
}

/// What is around a table and has a key of this name, and what in there begins the tables that this one is of.
fn above(catalog: &Catalog, wanted: For<'_>, section: &str, name: &str) -> Option<(String, String)> {
    let first = |path: &str, key: &Key| key.heading(&key.each(&format!("{path}.{}", key.name), ANY));
    let mut inner = wanted;
    while let Some(outer) = inner.outer {
        if outer.key.inner.iter().any(|key| key.name == name) {
            return Some((outer.heading(), first(outer.path, inner.key)));
        }
        inner = *outer;
    }
    catalog.spot(section, name).map(|_| (format!("[{section}]"), first(section, inner.key)))
}

fn later(path: &str, origin: &Origin) -> Option<Problem> {
    let (_, hint) = LATER.iter().find(|(later, _)| *later == path)?;
    let message = format!("{path} is not in this version of Tieline");
    Some(Problem::new(Fault::Later, path, message, origin.clone(), (*hint).to_owned()).with("", "not in this version"))
}

/// A section, or tables in one, by the full name.
struct Home {
    path: String,
    heading: String,
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.heading)
    }
}

/// Keys in tables of this section that say the same more exactly: `request_timeout` where `timeout` was written.
fn more_exact(section: &Section, name: &str) -> Option<String> {
    let ending = format!("_{name}");
    section.keys.iter().filter(|key| key.is_tables()).find_map(|tables| {
        let names = tables.inner.iter().map(|key| key.name).filter(|name| name.ends_with(&ending));
        let names: Vec<&str> = names.collect();
        let heading = tables.heading(&tables.each(&format!("{}.{}", section.name, tables.name), ANY));
        (!names.is_empty()).then(|| format!("{} in {heading}", names.join(" or ")))
    })
}

/// Where there is a key of this name.
fn homes(catalog: &Catalog, key: &str) -> Vec<Home> {
    let mut homes = Vec::new();
    for section in &catalog.sections {
        with(key, &section.name, format!("[{}]", section.name), &section.keys, &mut homes);
    }
    homes
}

fn with(name: &str, path: &str, heading: String, keys: &[Key], homes: &mut Vec<Home>) {
    if keys.iter().any(|key| key.name == name) {
        homes.push(Home { path: path.to_owned(), heading });
    }
    for key in keys.iter().filter(|key| key.is_tables()) {
        let each = key.each(&format!("{path}.{}", key.name), ANY);
        with(name, &each, key.heading(&each), &key.inner, homes);
    }
}

fn or(homes: &[Home]) -> String {
    homes.iter().map(Home::to_string).collect::<Vec<_>>().join(" or ")
}

fn plain(name: &str) -> String {
    if name.is_empty() { "without a name".to_owned() } else { crate::problem::shortened(name) }
}

fn bracketed(name: &str) -> String {
    format!("[{}]", crate::problem::shortened(name))
}
