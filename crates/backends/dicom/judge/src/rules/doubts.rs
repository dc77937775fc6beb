//! Rules that match nothing in the store's templates: a name is mistyped, or nothing was indexed yet.
//!
//! Promises: a store that is not there is not made, and one that does not answer raises no doubt. Called by `tieline check` and
//! before the gateway starts.

use super::Wanted;
use crate::DicomSettings;
use crate::templates::Origin;
use std::path::Path;
use tieline_model::BadValue;
use tieline_model::settings::Values;
use tieline_store::templates::Template;

/// What in these values fits no template.
pub(crate) fn doubts(values: &Values, store: &Path) -> Vec<BadValue> {
    let settings = DicomSettings::from_values(values);
    let is_there = !settings.templates.is_empty() || store.join(tieline_store::FILE).is_file();
    if settings.rule.is_empty() && settings.skip.is_empty() || !is_there {
        return Vec::new();
    }
    let Ok(templates) = Origin::open(store, &settings.templates).and_then(|mut origin| origin.all()) else {
        return Vec::new();
    };
    let names: Vec<_> = templates.iter().map(|template| (template.names(), template)).collect();
    let rules = settings.rule.iter().enumerate().map(|(at, rule)| (format!("rule.{at}"), rule.globs()));
    let skips = settings.skip.iter().enumerate().map(|(at, skip)| (format!("skip.{at}"), skip.globs()));
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
    use tieline_model::settings::Value;
    use tieline_store::Store;
    use tieline_store::templates::{Acquisition, EchoTimes, Texts};

    #[test]
    fn a_rule_that_matches_no_template_is_doubted() {
        let folder = tempfile::tempdir().unwrap();
        let table = |key: &'static str, text: &str| {
            let mut values = Values::default();
            values.set(key, Value::Text(text.to_owned()));
            values
        };
        let mut values = Values::default();
        values.set("rule", Value::Tables(vec![table("sequence", "*rest*"), table("sequence", "*rset*")]));
        values.set("skip", Value::Tables(vec![table("kind", "P"), table("kind", "M")]));
        let keys = |values: &Values| doubts(values, folder.path()).into_iter().map(|bad| bad.key).collect::<Vec<_>>();
        assert_eq!(keys(&values), [""; 0]);
        assert!(!folder.path().join(tieline_store::FILE).exists(), "nothing is made");
        let mut store = Store::open(folder.path()).unwrap();
        assert_eq!(keys(&values), [""; 0], "where nothing was indexed nothing is mistyped");
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
        assert_eq!(keys(&values), ["rule.1", "skip.0"]);
    }
}
