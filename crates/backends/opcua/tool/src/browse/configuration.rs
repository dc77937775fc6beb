//! What was found, as the server's table of the configuration.
//!
//! Promises: names are unique and namespaces go by their URI, so that the table holds whatever the server's own numbers are
//! tomorrow; what `tieline check` would refuse is not in it; no password. Called by `tieline opcua browse --toml`.

use super::found::{Found, Node, Variable};
use opcua::types::{NodeClass, NodeId};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeSet, HashMap};
use tieline_model::settings::{Value, Values};
use tieline_opcua_settings::{ServerSettings, check};

/// The server with the variables that are kept, and the nodes that were left out because no configuration can name them;
/// `namespaces` are the server's, by their index.
pub(super) fn server(
    found: &Found,
    kept: &[bool],
    settings: &ServerSettings,
    namespaces: &[String],
) -> (Values, Vec<NodeId>) {
    let is_wanted = |(at, node): &(usize, &Node)| {
        kept.get(*at) == Some(&true) && node.class == NodeClass::Variable && node.variable.is_some()
    };
    let wanted: Vec<(usize, &Node)> = found.nodes.iter().enumerate().filter(is_wanted).collect();
    let is_known = |node: &Node| namespaces.get(usize::from(node.id.namespace)).is_some_and(|uri| !uri.is_empty());
    let (wanted, mut left): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|(_, node)| node.id.namespace == 0 || is_known(node));
    let mut used: Vec<&str> = Vec::new();
    for (_, node) in &wanted {
        let uri = namespaces.get(usize::from(node.id.namespace)).map_or("", String::as_str);
        if node.id.namespace != 0 && !used.contains(&uri) {
            used.push(uri);
        }
    }
    let names = names(found, &wanted);
    let variables = wanted.iter().zip(&names).filter_map(|((_, node), name)| {
        Some(variable(node, node.variable.as_ref()?, name, address(&node.id, &used, namespaces)))
    });
    let mut variables: Vec<Values> = variables.collect();
    let mut values = said(settings);
    values.set("namespaces", Value::Texts(used.into_iter().map(str::to_owned).collect()));
    let mut wanted = wanted;
    for at in refused(&values, &variables).into_iter().rev() {
        variables.remove(at);
        left.push(wanted.remove(at));
    }
    values.set("variable", Value::Tables(variables));
    (values, left.into_iter().map(|(_, node)| node.id.clone()).collect())
}

/// The places of the variables that the check of a configuration refuses.
fn refused(server: &Values, variables: &[Values]) -> Vec<usize> {
    let (mut server, mut section) = (server.clone(), Values::default());
    server.set("variable", Value::Tables(variables.to_vec()));
    section.set("server", Value::Tables(vec![server]));
    let refused = check(&section).into_iter().filter(|bad| !bad.is_usable);
    let place = |key: &str| key.strip_prefix("server.0.variable.")?.split('.').next()?.parse().ok();
    refused.filter_map(|bad| place(&bad.key)).collect::<BTreeSet<usize>>().into_iter().collect()
}

/// How the server is reached; what has its default is left out.
fn said(settings: &ServerSettings) -> Values {
    let defaults = ServerSettings::default();
    let mut values = Values::default();
    let mut text = |key: &'static str, value: &str, default: &str| {
        if value != default {
            values.set(key, Value::Text(value.to_owned()));
        }
    };
    text("name", &settings.name, "");
    text("endpoint", &settings.endpoint, "");
    text("security_policy", settings.security_policy.as_str(), defaults.security_policy.as_str());
    text("security_mode", settings.security_mode.as_str(), defaults.security_mode.as_str());
    text("application_uri", &settings.application_uri, "");
    text("user", &settings.user, "");
    text("password_file", &settings.password_file, "");
    text("user_certificate", &settings.user_certificate, "");
    text("user_key", &settings.user_key, "");
    if settings.insecure_password {
        values.set("insecure_password", Value::Bool(true));
    }
    values
}

fn variable(node: &Node, variable: &Variable, name: &str, address: String) -> Values {
    let mut values = Values::default();
    values.set("name", Value::Text(name.to_owned()));
    values.set("node", Value::Text(address));
    values.set("type", Value::Text(variable.data_type.clone()));
    if variable.is_array {
        values.set("array", Value::Bool(true));
    }
    let mut meta = Map::new();
    if !node.display.is_empty() && node.display != name {
        meta.insert("DisplayName".to_owned(), node.display.as_str().into());
    }
    if let Some(unit) = &variable.unit {
        meta.insert("Unit".to_owned(), unit.as_str().into());
    }
    if let Some((low, high)) = variable.limits {
        let limits = [("Min", low), ("Max", high)].map(|(key, limit)| (key.to_owned(), Json::from(limit.to_string())));
        meta.insert("Limits".to_owned(), Json::Object(limits.into_iter().collect()));
    }
    if !meta.is_empty() {
        values.set("meta", Value::Free(meta));
    }
    values
}

/// The browse name where it is the only one, else as much of the path as tells them apart, else with a number.
fn names(found: &Found, wanted: &[(usize, &Node)]) -> Vec<String> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for (_, node) in wanted {
        *times.entry(&node.name).or_default() += 1;
    }
    let mut taken: HashMap<String, usize> = HashMap::new();
    let unique = |(at, node): &(usize, &Node)| {
        let name = match times.get(node.name.as_str()) {
            Some(1) => node.name.clone(),
            // Without where everything began: that says nothing.
            _ => found.path(*at).split_once('/').map_or(node.name.clone(), |(_, path)| path.replace('/', ".")),
        };
        let before = taken.entry(name.clone()).or_default();
        *before += 1;
        if *before == 1 { name } else { format!("{name}#{before}") }
    };
    wanted.iter().map(unique).collect()
}

/// The node with its namespace's place among those that are used, from 1.
fn address(id: &NodeId, used: &[&str], namespaces: &[String]) -> String {
    let identifier = &id.identifier;
    let uri = namespaces.get(usize::from(id.namespace)).map_or("", String::as_str);
    match used.iter().position(|known| *known == uri) {
        Some(at) if id.namespace != 0 => format!("ns={};{identifier}", at + 1),
        _ => identifier.to_string(),
    }
}
