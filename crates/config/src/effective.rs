//! The configuration as it came out: every value that holds, with where it came from.
//!
//! Promises: nothing that holds is missing. Made by `load`; `show` writes it, and a reload compares two of them.

use super::catalog::{Catalog, Role};
use super::{Config, Origin, Source};
use crate::read::given::Given;
use std::collections::BTreeMap;
use std::ops::Range;
use tieline_model::settings::Value;

/// One value that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Its section.
    pub section: String,
    /// Its key.
    pub key: &'static str,
    /// The value as it was given.
    pub value: Value,
    /// What has become of it by files that the section names as further configuration, when that is another.
    pub brought: Option<Value>,
    /// Where it came from.
    pub origin: Origin,
}

/// Every value that holds, in the catalog's order, and the sections that are off.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effective {
    /// The values.
    pub settings: Vec<Setting>,
    /// What could be switched on by a section of this name.
    pub off: Vec<String>,
    /// Where the tables and what is in them stand, by their places.
    pub(super) inside: BTreeMap<String, String>,
}

impl Effective {
    /// What came out of `given` as `config`.
    pub(super) fn new(catalog: &Catalog, file: &Source, given: &Given, config: &Config) -> Effective {
        let place = |span: &Range<usize>| format!("{}:{}", file.path, file.line(span.start).0);
        let inside = given.marks().iter().map(|(at, span)| (at.clone(), place(span))).collect();
        let mut effective = Effective { inside, ..Effective::default() };
        for (at, section) in catalog.sections.iter().enumerate() {
            let listener = match section.role {
                Role::Listener(_) => config.listeners.iter().find(|one| one.entry.name == section.name),
                _ => None,
            };
            if section.is_switch() && given.section(at).is_none() {
                effective.off.push(section.name.clone());
                continue;
            }
            for (index, key) in section.keys.iter().enumerate() {
                let given = given.get((at, index)).cloned();
                // A listener's limits show where they differ; the rest is in `access.limits`, as it is held.
                let is_shown = given.is_some() || !matches!(section.role, Role::ListenerLimits(_));
                let (value, origin) = given.unwrap_or_else(|| match (listener, key.name, &key.depends) {
                    (Some(listener), "tls", Some(_)) => (Value::Bool(listener.tls), Origin::Default),
                    _ => (key.default.clone(), Origin::Default),
                });
                if is_shown {
                    let became = listener.and_then(|listener| listener.values.get(key.name));
                    let brought = became.filter(|became| **became != value).cloned();
                    let section = section.name.clone();
                    effective.settings.push(Setting { section, key: key.name, value, brought, origin });
                }
            }
        }
        effective
    }

    /// Keys, as in `console.listen`, whose value is not what it was, or what files have brought to it; a section that came
    /// or went counts as its keys.
    pub fn changed_since(&self, before: &Effective) -> Vec<String> {
        let has = |list: &Effective, setting: &Setting| list.settings.iter().any(|one| one.facts() == setting.facts());
        let news = self.settings.iter().filter(|setting| !has(before, setting));
        let gone = before.settings.iter().filter(|setting| !has(self, setting));
        let mut keys: Vec<String> = news.chain(gone).map(|one| format!("{}.{}", one.section, one.key)).collect();
        keys.sort();
        keys.dedup();
        keys
    }
}

impl Setting {
    /// All but where it came from.
    fn facts(&self) -> (&str, &str, &Value, Option<&Value>) {
        (&self.section, self.key, &self.value, self.brought.as_ref())
    }
}
