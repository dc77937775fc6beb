//! What has to fit together: addresses, encryption, and who may connect.
//!
//! Promises: a rule is silent when a key it depends on could not be read, so that one mistake is told once. Called by
//! `load`, after every backend has been read.

mod backend;
mod names;
mod proxy;
mod reach;
mod tls;

use super::catalog::{Catalog, Role};
use super::limits::{Limits, WholeLimits};
use super::problem::{Fault, Origin, Problem, Source};
use super::sections::{AccessSettings, Compression, ConsoleSettings, LogSettings, ProxySettings, StoreSettings};
use super::{Config, Effective, ListenerConfig};
use crate::read::given::Given;
use std::net::SocketAddr;
use tieline_model::Entry;
use tieline_model::settings::{Setting, Value, Values};

/// Builds the configuration and adds the problems of what does not fit together; with problems it must not be used.
pub(super) fn assemble(
    catalog: &Catalog,
    entries: &'static [Entry],
    file: &Source,
    given: &mut Given,
    warnings: &mut Vec<Problem>,
) -> Config {
    let values = |name: &str| match catalog.section(name) {
        Some(section) => given.values(catalog, section),
        None => Values::default(),
    };
    let console = catalog.section("console").filter(|section| given.section(*section).is_some());
    let config = Config {
        store: StoreSettings::from_values(&values("store")),
        console: console.map(|_| ConsoleSettings::from_values(&values("console"))),
        access: AccessSettings::from_values(&values("access")),
        proxy: ProxySettings::from_values(&values("access.proxy")),
        limits: Limits::from_values(&values("access.limits")),
        whole: WholeLimits::from_values(&values("access.limits")),
        tls: None,
        log: LogSettings::from_values(&values("log")),
        listeners: Vec::new(),
        warnings: Vec::new(),
        source: Source::default(),
        effective: Effective::default(),
    };
    let tls = tls::check(catalog, given);
    let listeners = listeners(catalog, entries, given, tls.is_some());
    let mut config = Config { tls, listeners, ..config };
    tls::listeners(catalog, &config, given);
    reach::check(catalog, &config, given, warnings);
    names::check(catalog, &config.access, given);
    proxy::check(catalog, &config.proxy, given);
    backend::check(catalog, file, &mut config, given, warnings);
    if config.listeners.is_empty() && given.problems.is_empty() {
        let names: Vec<String> = entries.iter().map(|entry| format!("[{}]", entry.name)).collect();
        let hint = format!("add a section: {}", names.join(" or "));
        let message = "no dialect is switched on".to_owned();
        warnings.push(Problem::new(Fault::Warning, "", message, Origin::Default, hint));
    }
    config
}

fn listeners(catalog: &Catalog, entries: &'static [Entry], given: &Given, has_tls: bool) -> Vec<ListenerConfig> {
    let sections = catalog.sections.iter().enumerate().filter(|(at, _)| given.section(*at).is_some());
    let here = sections.filter_map(|(at, section)| match section.role {
        Role::Listener(index) => entries.get(index).map(|entry| (at, entry)),
        _ => None,
    });
    here.map(|(at, entry)| {
        let values = given.values(catalog, at);
        let truth = |key: &str| match values.get(key) {
            Some(Value::Bool(truth)) => Some(*truth),
            _ => None,
        };
        let address = |key: &str| {
            let default = catalog.spot(entry.name, key).map(|spot| catalog.key(spot).default.clone());
            match values.get(key).cloned().or(default) {
                Some(Value::Address(address)) => address,
                _ => SocketAddr::from(([127, 0, 0, 1], 0)),
            }
        };
        let mut own = Values::default();
        for field in entry.all_fields() {
            own.set(field.key, values.get(field.key).cloned().unwrap_or_else(|| field.default_value()));
        }
        ListenerConfig {
            entry,
            listen: address("listen"),
            http: entry.site.map(|_| address("http")),
            insecure: truth("insecure").unwrap_or(false),
            tls: truth("tls").unwrap_or(has_tls),
            compression: values.get("compression").and_then(Compression::from_value).unwrap_or(Compression::Auto),
            limits: limits(catalog, given, entry),
            values: own,
        }
    })
    .collect()
}

/// What suits the dialect, with what `access.limits` and the listener's own table say instead.
fn limits(catalog: &Catalog, given: &Given, entry: &Entry) -> Limits {
    let mut merged = Values::default();
    for (key, number) in entry.limits {
        merged.set(key, Value::Count(*number));
    }
    for section in ["access.limits".to_owned(), format!("{}.limits", entry.name)] {
        if let Some(section) = catalog.section(&section) {
            for (key, value) in given.values(catalog, section).iter() {
                merged.set(key, value.clone());
            }
        }
    }
    Limits::from_values(&merged)
}

/// The origin of `section.key`; when nothing is given there, the line of the section.
fn origin(catalog: &Catalog, given: &Given, section: &str, key: &str) -> Origin {
    let own = catalog.spot(section, key).map_or(Origin::Default, |spot| given.origin(spot));
    match (own, catalog.section(section)) {
        (Origin::Default, Some(section)) => given.section(section).cloned().unwrap_or(Origin::Default),
        (own, _) => own,
    }
}
