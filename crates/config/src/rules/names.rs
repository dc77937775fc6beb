//! `access.origins` and `access.hosts`: what could never match is a mistake, not a rule.

use super::origin;
use crate::catalog::Catalog;
use crate::problem::{Fault, Problem};
use crate::read::given::Given;
use crate::sections::AccessSettings;
use tieline_model::access::origin::{is_host_name, is_origin_pattern};

/// Checks both lists.
pub(super) fn check(catalog: &Catalog, access: &AccessSettings, given: &mut Given) {
    for text in access.origins.iter().filter(|text| !is_origin_pattern(text)) {
        let hint = "write it as browsers do: scheme, host and port only, as in \"https://maps.example\", or the host name alone";
        let problem = wrong(catalog, given, "origins", text, "an origin", hint);
        given.problems.push(problem);
    }
    for text in access.hosts.iter().filter(|text| !is_host_name(text)) {
        let hint = "write the name alone, without scheme, port and path, as in \"tieline.example\"";
        let problem = wrong(catalog, given, "hosts", text, "a host name", hint);
        given.problems.push(problem);
    }
}

fn wrong(catalog: &Catalog, given: &Given, key: &str, text: &str, what: &str, hint: &str) -> Problem {
    let path = format!("access.{key}");
    let message = format!("{path} has {:?}, which is not {what}", crate::problem::shortened(text));
    let at = origin(catalog, given, "access", key);
    Problem::new(Fault::WrongType, path, message, at, hint.to_owned()).with(text, format!("not {what}"))
}
