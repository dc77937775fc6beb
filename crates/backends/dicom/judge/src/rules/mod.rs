//! Rules of the site: what is compared otherwise than the templates say, and what is not judged at all (contract
//! `mr-verdicts`, "Rules of the site").
//!
//! Promises: rules apply in their order, later ones add; what applies to an image is found once per name and kind, not per
//! image; memory is bounded. Made from the settings, asked by the judge.

mod amount;
mod check;
mod doubts;
mod settings;
mod wanted;

pub use amount::{Allowed, Tolerance};
pub use check::check;
pub use doubts::doubts;
pub use settings::{ByName, Images, RuleSettings, SessionSettings, SkipSettings};
pub use wanted::Names;
pub(crate) use wanted::{Wanted, glob};

use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::Arc;
use tieline_dicom_read::Parameter;

/// For so many kinds of images it is remembered what applies.
const KEPT: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

/// A rule as it is applied.
#[derive(Debug, Clone)]
struct Rule {
    wanted: Wanted,
    ignore: Vec<Parameter>,
    tolerance: Vec<(Parameter, Tolerance)>,
    allow: Vec<(Parameter, Allowed)>,
    require: Vec<Parameter>,
}

/// All rules of a site.
#[derive(Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    skips: Vec<Wanted>,
    kept: LruCache<[String; 4], Arc<Applied>>,
}

/// What applies to one kind of image.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Applied {
    /// It is not judged.
    pub skipped: bool,
    /// Parameters that are not compared, each with the number of the first rule that says so, counted from 1.
    pub ignore: Vec<(Parameter, usize)>,
    /// How far numbers may be off.
    pub tolerance: Vec<(Parameter, Tolerance)>,
    /// What is right besides the template's values.
    pub allow: Vec<(Parameter, Allowed)>,
    /// Parameters that have to be there.
    pub require: Vec<Parameter>,
    /// The rules that apply, counted from 1.
    pub rules: Vec<usize>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules::new(&[], &[])
    }
}

impl Rules {
    /// The rules that these tables say. What `check` finds wrong with them is left out here.
    pub fn new(rules: &[RuleSettings], skips: &[SkipSettings]) -> Rules {
        let skips = skips.iter().filter_map(|skip| Wanted::new(skip.globs()).ok()).collect();
        Rules { rules: rules.iter().filter_map(Rule::new).collect(), skips, kept: LruCache::new(KEPT) }
    }

    /// What applies to an image of these names.
    pub fn of(&mut self, names: Names<'_>) -> Arc<Applied> {
        if self.rules.is_empty() && self.skips.is_empty() {
            return Arc::default();
        }
        let folded = names.folded();
        if let Some(known) = self.kept.get(&folded) {
            return known.clone();
        }
        let applied = Arc::new(self.find(folded.each_ref().map(String::as_str)));
        let _ = self.kept.push(folded, applied.clone());
        applied
    }

    fn find(&self, names: [&str; 4]) -> Applied {
        let mut all = Applied { skipped: self.skips.iter().any(|skip| skip.is(names)), ..Applied::default() };
        for (number, rule) in self.rules.iter().enumerate().filter(|(_, rule)| rule.wanted.is(names)) {
            let number = number + 1;
            all.rules.push(number);
            for parameter in &rule.ignore {
                if !all.ignore.iter().any(|(known, _)| known == parameter) {
                    all.ignore.push((*parameter, number));
                }
            }
            for (parameter, tolerance) in &rule.tolerance {
                all.tolerance.retain(|(known, _)| known != parameter);
                all.tolerance.push((*parameter, *tolerance));
            }
            all.allow.extend(rule.allow.iter().cloned());
            for parameter in &rule.require {
                if !all.require.contains(parameter) {
                    all.require.push(*parameter);
                }
            }
        }
        all
    }
}

impl Rule {
    fn new(settings: &RuleSettings) -> Option<Rule> {
        let named = |names: &[String]| names.iter().filter_map(|name| Parameter::named(name)).collect();
        let amounts = |map: &ByName| {
            map.iter()
                .filter_map(|(name, value)| Some((Parameter::named(name)?, Tolerance::read(value).ok()?)))
                .collect()
        };
        let allowed = |map: &ByName| {
            map.iter().filter_map(|(name, value)| Some((Parameter::named(name)?, Allowed::read(value).ok()?))).collect()
        };
        Some(Rule {
            wanted: Wanted::new(settings.globs()).ok()?,
            ignore: named(&settings.ignore),
            tolerance: amounts(&settings.tolerance),
            allow: allowed(&settings.allow),
            require: named(&settings.require),
        })
    }
}

impl RuleSettings {
    /// Which study, sequence, station and kind it is about, in this order, as the table says them.
    pub fn globs(&self) -> [&str; 4] {
        [&self.project, &self.sequence, &self.station, &self.kind]
    }
}

impl SkipSettings {
    /// Which study, sequence, station and kind it is about, in this order, as the table says them.
    pub fn globs(&self) -> [&str; 4] {
        [&self.project, &self.sequence, &self.station, &self.kind]
    }
}

impl Applied {
    /// The rule by which this parameter is not compared.
    pub fn ignored_by(&self, parameter: Parameter) -> Option<usize> {
        self.ignore.iter().find(|(known, _)| *known == parameter).map(|(_, rule)| *rule)
    }

    /// How far this parameter may be off.
    pub fn tolerance(&self, parameter: Parameter) -> Option<Tolerance> {
        self.tolerance.iter().find(|(known, _)| *known == parameter).map(|(_, tolerance)| *tolerance)
    }

    /// What else is right of this parameter.
    pub fn allowed(&self, parameter: Parameter) -> impl Iterator<Item = &Allowed> {
        self.allow.iter().filter(move |(known, _)| *known == parameter).map(|(_, allowed)| allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn map(json: Json) -> ByName {
        json.as_object().unwrap().clone()
    }

    #[test]
    fn later_rules_add() {
        let first = RuleSettings {
            sequence: "*rest*".to_owned(),
            ignore: vec!["Comments".to_owned()],
            tolerance: map(json!({"TE": 0.05, "BWP": "1%"})),
            allow: map(json!({"FA": [52]})),
            ..RuleSettings::default()
        };
        let second = RuleSettings {
            project: "Brain^*".to_owned(),
            ignore: vec!["Comments".to_owned(), "FoV".to_owned()],
            tolerance: map(json!({"TE": 1})),
            allow: map(json!({"FA": {"min": 60}})),
            require: vec!["iPAT".to_owned()],
            ..RuleSettings::default()
        };
        let skip = SkipSettings { kind: "DERIVED".to_owned(), ..SkipSettings::default() };
        let mut rules = Rules::new(&[first, second], &[skip]);
        let names = Names { project: "brain^x", sequence: "rest_AP", station: "S", kind: "M" };
        let both = rules.of(names);
        assert_eq!((both.rules.as_slice(), both.skipped), ([1, 2].as_slice(), false));
        assert_eq!(both.ignore, [(Parameter::Comments, 1), (Parameter::FoV, 2)]);
        assert_eq!(both.tolerance(Parameter::Te), Some(Tolerance::Amount(1.0)));
        assert_eq!(both.tolerance(Parameter::Bwp), Some(Tolerance::Part(0.01)));
        assert_eq!((both.allowed(Parameter::Fa).count(), both.require.as_slice()), (2, [Parameter::Ipat].as_slice()));
        assert!(Arc::ptr_eq(&both, &rules.of(names)), "found once");
        assert_eq!(rules.of(Names { sequence: "T1w", ..names }).rules, [2]);
        assert!(rules.of(Names { kind: "DERIVED", ..names }).skipped);
    }
}
