//! Rules that match nothing in the store's templates: a name is mistyped, or nothing was indexed yet.
//!
//! Promises: a store that is not there is not made, and one that does not answer raises no doubt. Called by `tieline check` and
//! before the gateway starts.

use super::{RuleSettings, SkipSettings, Wanted};
use crate::templates::Origin;
use std::path::Path;
use tieline_model::BadValue;
use tieline_store::templates::Template;

/// What in these tables fits no template of those that `store` and `templates` name, as [`Origin::open`] takes them: each by its
/// key, as a warning.
pub fn doubts(rules: &[RuleSettings], skips: &[SkipSettings], store: &Path, templates: &str) -> Vec<BadValue> {
    let is_there = !templates.is_empty() || store.join(tieline_store::FILE).is_file();
    if rules.is_empty() && skips.is_empty() || !is_there {
        return Vec::new();
    }
    let Ok(templates) = Origin::open(store, templates).and_then(|mut origin| origin.all()) else {
        return Vec::new();
    };
    let names: Vec<_> = templates.iter().map(|template| (template.names(), template)).collect();
    let rules = rules.iter().enumerate().map(|(at, rule)| (format!("rule.{at}"), rule.globs()));
    let skips = skips.iter().enumerate().map(|(at, skip)| (format!("skip.{at}"), skip.globs()));
    rules
        .chain(skips)
        .filter(|(_, globs)| !names.is_empty() && !is_any(&names, *globs))
        .map(|(key, _)| doubt(key))
        .collect()
}

fn is_any(names: &[((String, String), &Template)], globs: [&str; 4]) -> bool {
    // What cannot be read is told of elsewhere.
    Wanted::new(globs).is_ok_and(|wanted| {
        names.iter().any(|((project, sequence), template)| wanted.is_template(project, sequence, &template.kind))
    })
}

fn doubt(key: String) -> BadValue {
    BadValue {
        key,
        message: "no template that was indexed has these names, so this applies to nothing yet".to_owned(),
        hint: "compare them with `tieline mr templates list`".to_owned(),
        is_usable: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_store::Store;
    use tieline_store::templates::{Acquisition, EchoTimes, Texts};

    #[test]
    fn a_rule_that_matches_no_template_is_doubted() {
        let folder = tempfile::tempdir().unwrap();
        let rule = |sequence: &str| RuleSettings { sequence: sequence.to_owned(), ..RuleSettings::default() };
        let skip = |kind: &str| SkipSettings { kind: kind.to_owned(), ..SkipSettings::default() };
        let (rules, skips) = ([rule("*rest*"), rule("*rset*")], [skip("P"), skip("M")]);
        let keys = || doubts(&rules, &skips, folder.path(), "").into_iter().map(|bad| bad.key).collect::<Vec<_>>();
        assert_eq!(keys(), [""; 0]);
        assert!(!folder.path().join(tieline_store::FILE).exists(), "nothing is made");
        let mut store = Store::open(folder.path()).unwrap();
        assert_eq!(keys(), [""; 0], "where nothing was indexed nothing is mistyped");
        let mut texts = Texts::default();
        (texts[0], texts[1]) = (Some("Brain".to_owned()), Some("rest_AP".to_owned()));
        let values_of = tieline_store::templates::Values::of(texts, &EchoTimes::default());
        let acquisition = Acquisition {
            identity: [1; 16],
            without_kind: [2; 16],
            session: [3; 16],
            kind: "M",
            began: String::new(),
            date: None,
            values: values_of,
        };
        store.templates().record(vec![acquisition], &[]).unwrap();
        assert_eq!(keys(), ["rule.1", "skip.0"]);
    }
}
