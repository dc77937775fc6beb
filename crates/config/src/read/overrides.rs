//! What the environment and `--set` say over the file.
//!
//! Promises: a variable that is nobody's key is a warning (it may be meant for another program), a flag that is nobody's
//! key is an error (it was written for this one). Naming a key of a section that switches something on, switches it on.

use super::given::Given;
use super::nearest::nearest;
use super::{fit, unknown};
use crate::catalog::{Catalog, Spot, variable};
use crate::problem::{Fault, Origin, Problem};

/// Variables that belong to the command line, not to the configuration.
const OURS: [&str; 2] = ["TIELINE_CONFIG", "TIELINE_CONSOLE"];

/// Takes the variables; what cannot be understood among those that begin with `TIELINE_` becomes a warning.
pub(crate) fn environment(catalog: &Catalog, variables: &[(String, String)], given: &mut Given) -> Vec<Problem> {
    let known: Vec<(String, Spot)> = catalog.spots().map(|spot| (variable(&catalog.path(spot)), spot)).collect();
    let mut warnings = Vec::new();
    for (name, text) in variables.iter().filter(|(name, _)| name.starts_with("TIELINE_")) {
        let origin = Origin::Variable(name.clone());
        match known.iter().find(|(known, _)| known == name) {
            Some((_, spot)) => assign(catalog, *spot, text, origin, given),
            None if OURS.contains(&name.as_str()) => {}
            None => {
                let inside = known.iter().find(|(known, spot)| {
                    let rest = name.strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with('_'));
                    rest && catalog.key(*spot).is_for_the_file()
                });
                let hint = match (inside, nearest(name, known.iter().map(|(known, _)| known.as_str()))) {
                    (Some((_, spot)), _) => format!("{} can stand in the file only", catalog.path(*spot)),
                    (None, Some(near)) => format!("did you mean {near}?"),
                    (None, None) => {
                        "variables are TIELINE_<SECTION>_<KEY>; `tieline config reference` lists them".to_owned()
                    }
                };
                let message = format!("the environment variable {name} sets nothing");
                warnings.push(Problem::new(Fault::Warning, "", message, origin, hint));
            }
        }
    }
    warnings
}

/// Takes the flags, each `section.key=value`.
pub(crate) fn flags(catalog: &Catalog, flags: &[String], given: &mut Given) {
    for flag in flags {
        let Some((path, text)) = flag.split_once('=') else {
            let hint = "write it as in --set access.limits.idle=5m".to_owned();
            let message = format!("--set {flag} has no value");
            given.problems.push(Problem::new(Fault::WrongType, "", message, Origin::Default, hint).with(flag, ""));
            continue;
        };
        let origin = Origin::Flag(flag.clone());
        let (section, key) = path.trim().rsplit_once('.').unwrap_or((path.trim(), ""));
        match (catalog.spot(section, key), catalog.section(section)) {
            (Some(spot), _) => assign(catalog, spot, text.trim(), origin, given),
            (None, _) if let Some(spot) = outside(catalog, path.trim()) => {
                given.problems.push(fit::for_the_file(catalog, spot, text.trim(), &origin));
            }
            (None, Some(section)) => given.problems.push(unknown::key(catalog, section, key, origin)),
            (None, None) => given.problems.push(unknown::section(catalog, section, origin)),
        }
    }
}

fn assign(catalog: &Catalog, spot: Spot, text: &str, origin: Origin, given: &mut Given) {
    given.enter(spot.0, origin.clone());
    let name = &catalog.sections[spot.0].name;
    if let Some(outer) = name.split('.').next().and_then(|outer| catalog.section(outer)) {
        given.enter(outer, origin.clone());
    }
    match fit::from_text(catalog, spot, text, &origin) {
        Ok(value) => given.take(spot, value, origin),
        Err(problem) => given.problems.push(*problem),
    }
}

/// The key that this is something in: `alpha.cup` for `alpha.cup.0.mode`.
fn outside(catalog: &Catalog, path: &str) -> Option<Spot> {
    let outer = path.match_indices('.').filter_map(|(at, _)| path[..at].rsplit_once('.'));
    let mut spots = outer.filter_map(|(section, key)| catalog.spot(section, key));
    spots.find(|spot| catalog.key(*spot).is_for_the_file())
}
