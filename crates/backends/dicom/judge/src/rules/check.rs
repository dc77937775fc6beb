//! What is wrong with rules: names that are no parameters, values that cannot be read, and rules that can never apply.
//!
//! Promises: each is told at its key, all at once. Called by the settings' check.

use super::{Allowed, ByName, RuleSettings, SessionSettings, SkipSettings, Tolerance, Wanted, glob};
use crate::templates::COMPARED;
use tieline_dicom_read::Parameter;
use tieline_model::BadValue;
use tieline_model::settings::in_path;

/// Everything that is wrong with these tables.
pub fn check(rules: &[RuleSettings], skips: &[SkipSettings], sessions: &[SessionSettings]) -> Vec<BadValue> {
    let mut found = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        check_rule(at, rule, &mut found);
        if let Some(skip) = skips.iter().position(|skip| covers(skip, rule)) {
            let why = format!("this rule can never apply: skip.{skip} leaves out all that it is about");
            found.push(warning(format!("rule.{at}"), why, "take one of the two away"));
        }
    }
    for (at, skip) in skips.iter().enumerate() {
        names(&format!("skip.{at}"), skip.globs(), &mut found);
        if skip.globs().iter().all(|glob| glob.is_empty()) {
            let message = "a `skip` without any name leaves out every file".to_owned();
            found.push(bad(
                format!("skip.{at}"),
                message,
                "say which: kind = \"DERIVED\", or sequence = \"*Phoenix*\"",
            ));
        }
    }
    for (at, session) in sessions.iter().enumerate() {
        let globs = session.sequences.iter().enumerate().map(|(place, text)| (format!("sequences.{place}"), text));
        let globs = globs.chain(std::iter::once(("project".to_owned(), &session.project)));
        for (key, text) in globs.filter(|(_, text)| !text.is_empty()) {
            if let Err(error) = glob(text) {
                found.push(bad(format!("session.{at}.{key}"), error, GLOBS));
            }
        }
        for (name, value) in &session.images.0 {
            if value.as_u64().is_none_or(|count| count == 0) {
                let key = format!("session.{at}.images.{}", in_path(name));
                found.push(bad(
                    key,
                    "this is no number of images".to_owned(),
                    "write a whole number from 1, as in { \"rest_AP\" = 220 }",
                ));
            }
        }
    }
    found
}

const GLOBS: &str = "write a name with `*` and `?`, as in \"Brain^*\"";

fn check_rule(at: usize, rule: &RuleSettings, found: &mut Vec<BadValue>) {
    let place = format!("rule.{at}");
    names(&place, rule.globs(), found);
    for (key, list) in [("ignore", &rule.ignore), ("require", &rule.require)] {
        for (number, name) in list.iter().enumerate() {
            if Parameter::named(name).is_none() {
                found.push(no_parameter(format!("{place}.{key}.{number}"), name));
            }
        }
    }
    let mut amounts = |key: &str, map: &ByName, read: fn(&serde_json::Value) -> Option<&'static str>| {
        for (name, value) in map {
            let place = format!("{place}.{key}.{}", in_path(name));
            match Parameter::named(name) {
                None => found.push(no_parameter(place, name)),
                Some(parameter) if !COMPARED.contains(&parameter) => {
                    let message = format!("{name} is not compared, so this can never apply");
                    found.push(warning(place, message, "take it away"));
                }
                Some(parameter) if key == "tolerance" && !parameter.is_number() => {
                    let message = format!("{name} is a text, which has no tolerance: this can never apply");
                    found.push(bad(place, message, "use `allow` with the texts that are right, or `ignore`"));
                }
                Some(_) => {
                    if let Some(wrong) = read(value) {
                        found.push(bad(place, wrong.to_owned(), "see docs/dialects/mr.md, \"Rules of the site\""));
                    }
                }
            }
        }
    };
    amounts("tolerance", &rule.tolerance, |value| Tolerance::read(value).err());
    amounts("allow", &rule.allow, |value| Allowed::read(value).err());
    if rule.ignore.is_empty() && rule.require.is_empty() && rule.tolerance.is_empty() && rule.allow.is_empty() {
        let hint = "say what it changes with ignore, tolerance, allow or require";
        found.push(warning(place, "this rule says nothing, so it can never apply".to_owned(), hint));
    }
}

fn names(place: &str, globs: [&str; 4], found: &mut Vec<BadValue>) {
    match Wanted::new(globs) {
        Err((key, error)) => found.push(bad(format!("{place}.{key}"), error, GLOBS)),
        Ok(wanted) if wanted.asks_for_no_kind() => {
            let message = "there is no such kind of image, so this can never apply".to_owned();
            found.push(bad(format!("{place}.kind"), message, "write M, P, MOCO, DERIVED, SBREF or OTHER"));
        }
        Ok(_) => {}
    }
}

/// Whether a skip plainly takes all that a rule is about: each of its names is the rule's own, or not said.
fn covers(skip: &SkipSettings, rule: &RuleSettings) -> bool {
    skip.globs()
        .iter()
        .zip(rule.globs())
        .all(|(skip, rule)| skip.is_empty() || *skip == "*" || skip.eq_ignore_ascii_case(rule))
}

fn no_parameter(key: String, name: &str) -> BadValue {
    let near = Parameter::ALL.iter().find(|known| known.name().eq_ignore_ascii_case(name));
    let hint = match near {
        Some(near) => format!("write {}", near.name()),
        None => format!("write one of {}", COMPARED.map(Parameter::name).join(", ")),
    };
    bad(key, format!("{name} is no parameter"), &hint)
}

fn bad(key: String, message: String, hint: &str) -> BadValue {
    BadValue { key, message, hint: hint.to_owned(), is_usable: false }
}

fn warning(key: String, message: String, hint: &str) -> BadValue {
    BadValue { is_usable: true, ..bad(key, message, hint) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_mistake_is_told_at_its_key() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let map = |json: serde_json::Value| json.as_object().unwrap().clone();
        let wrong = RuleSettings {
            kind: "MAG".to_owned(),
            ignore: texts(&["Comments", "Comment"]),
            tolerance: map(json!({"TE": "x", "iPAT": 1, "Shims": 1, "te": 1})),
            allow: map(json!({"FA": {"min": 2, "max": 1}})),
            require: texts(&["ipat"]),
            ..RuleSettings::default()
        };
        let right = RuleSettings {
            project: "Brain^*".to_owned(),
            sequence: "*rest*".to_owned(),
            ignore: texts(&["Comments", "Operator"]),
            tolerance: map(json!({"TE": 0.05, "TR": 1, "BWP": "1%"})),
            allow: map(json!({"FA": [52, 60], "TE": {"min": 20, "max": 40}})),
            require: texts(&["iPAT", "PED_major", "Phase"]),
            ..RuleSettings::default()
        };
        let skipped = RuleSettings { kind: "derived".to_owned(), ignore: texts(&["FA"]), ..RuleSettings::default() };
        let skip = SkipSettings { kind: "DERIVED".to_owned(), ..SkipSettings::default() };
        let session = SessionSettings {
            sequences: texts(&["T1w", "["]),
            images: crate::rules::Images(map(json!({"a b": "many", "c": 2}))),
            ..SessionSettings::default()
        };
        let rules = [right, wrong, RuleSettings::default(), skipped];
        let found = check(&rules, &[skip, SkipSettings::default()], &[session]);
        let keys: Vec<_> = found.iter().map(|bad| (bad.key.as_str(), bad.is_usable)).collect();
        let expected = [
            ("rule.1.kind", false),
            ("rule.1.ignore.1", false),
            ("rule.1.require.0", false),
            ("rule.1.tolerance.TE", false),
            ("rule.1.tolerance.iPAT", false),
            ("rule.1.tolerance.Shims", true),
            ("rule.1.tolerance.te", false),
            ("rule.1.allow.FA", false),
            ("rule.2", true),
            ("rule.3", true),
            ("skip.1", false),
            ("session.0.sequences.1", false),
            ("session.0.images.\"a b\"", false),
        ];
        let mut keys = keys;
        // A skip of everything covers every rule; that is told of it, and of each rule.
        keys.retain(|(key, usable)| !(*usable && matches!(*key, "rule.0" | "rule.1")));
        keys.dedup();
        assert_eq!(keys, expected);
        assert_eq!(found.iter().find(|bad| bad.key == "rule.1.require.0").unwrap().hint, "write iPAT");
        assert_eq!(check(&rules[..1], &[], &[]), []);
    }
}
