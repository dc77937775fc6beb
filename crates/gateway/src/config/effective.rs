//! The configuration as it came out: every value that holds, with where it came from.
//!
//! Promises: written as TOML it is a configuration that comes out the same. Called by `config show`.

use super::catalog::{Catalog, Role};
use super::given::Given;
use super::literal;
use super::{Config, Origin};
use tieline_model::settings::Value;

/// One value that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Its section.
    pub section: String,
    /// Its key.
    pub key: &'static str,
    /// The value.
    pub value: Value,
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
}

impl Effective {
    /// What came out of `given` as `config`.
    pub(super) fn new(catalog: &Catalog, given: &Given, config: &Config) -> Effective {
        let mut effective = Effective::default();
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
                    effective.settings.push(Setting { section: section.name.clone(), key: key.name, value, origin });
                }
            }
        }
        effective
    }

    /// Keys, as in `console.listen`, whose value is not what it was; a section that came or went counts as its keys.
    pub fn changed_since(&self, before: &Effective) -> Vec<String> {
        let has = |list: &Effective, setting: &Setting| {
            let same =
                |one: &Setting| (&one.section, one.key, &one.value) == (&setting.section, setting.key, &setting.value);
            list.settings.iter().any(same)
        };
        let news = self.settings.iter().filter(|setting| !has(before, setting));
        let gone = before.settings.iter().filter(|setting| !has(self, setting));
        let mut keys: Vec<String> = news.chain(gone).map(|one| format!("{}.{}", one.section, one.key)).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// As TOML, each value with its origin in a comment.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for setting in &self.settings {
            if setting.section != section {
                section = &setting.section;
                text.push_str(&format!("{}[{section}]\n", if text.is_empty() { "" } else { "\n" }));
            }
            let line = format!("{} = {}", setting.key, literal::toml(&setting.value));
            // An origin may hold a text of the person's, line breaks and all; a comment ends with its line.
            let origin = setting.origin.to_string().replace(|c: char| c.is_control(), " ");
            text.push_str(&format!("{line:<44} # {origin}\n"));
        }
        for name in &self.off {
            text.push_str(&format!("\n# [{name}] is off\n"));
        }
        text
    }
}
