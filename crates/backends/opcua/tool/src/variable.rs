//! Which nodes of which servers a command means: configured names, or nodes that were typed.
//!
//! Promises: names of several servers are sorted into one group per server, in the order they were typed. Called by the
//! commands that read, write and watch.

use super::arguments::{Nodes, Way, Which};
use super::configured;
use super::target::Target;
use opcua::types::NodeId;
use std::path::PathBuf;
use tieline_commandline::{Failure, Given};
use tieline_model::ToolContext;
use tieline_opcua_settings::{NodeAddress, OpcuaSettings, VariableSettings};

/// What is wanted of one server.
#[derive(Debug)]
pub(super) struct Group {
    /// The server.
    pub(super) target: Target,
    /// Its variables.
    pub(super) wanted: Vec<Wanted>,
}

/// One variable.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// What it is called here: its configured name, or the node as it was typed.
    pub(super) name: String,
    address: Address,
}

#[derive(Debug, Clone)]
enum Address {
    /// `ns` counts in the server's `namespaces`, from 1.
    Configured(String),
    /// `ns` is the server's own index.
    Typed,
}

/// How many names a hint lists, at most.
const LISTED: usize = 20;

/// The groups, and the store's folder.
pub(super) fn groups(
    which: &Which,
    way: &Way,
    given: &Given,
    context: &ToolContext<'_>,
) -> Result<(Vec<Group>, PathBuf), Failure> {
    let said = configured(context, given)?;
    let settings = OpcuaSettings::from_values(&said.values);
    let groups = match typed(&which.nodes, &settings, way)? {
        Some(group) => vec![group],
        None => named(&which.names, &settings, way)?,
    };
    Ok((groups, said.store))
}

/// The nodes that were typed with their server.
pub(super) fn typed(nodes: &Nodes, settings: &OpcuaSettings, way: &Way) -> Result<Option<Group>, Failure> {
    let Some(server) = &nodes.server else { return Ok(None) };
    let target = Target::find(server, settings, way)?;
    let wanted = nodes.node.iter().map(|node| Wanted { name: node.clone(), address: Address::Typed }).collect();
    Ok(Some(Group { target, wanted }))
}

/// The configured variables with these names.
pub(super) fn named(names: &[String], settings: &OpcuaSettings, way: &Way) -> Result<Vec<Group>, Failure> {
    let mut groups: Vec<Group> = Vec::new();
    for name in names {
        let found = settings.server.iter().find_map(|server| Some((server, variable(&server.variable, name)?)));
        let Some((server, variable)) = found else { return Err(Failure::Usage(unknown(name, settings))) };
        let wanted = Wanted { name: name.clone(), address: Address::Configured(variable.node.clone()) };
        match groups.iter_mut().find(|group| group.target.server.name == server.name) {
            Some(group) => group.wanted.push(wanted),
            None => groups.push(Group { target: Target::configured(server, way)?, wanted: vec![wanted] }),
        }
    }
    Ok(groups)
}

impl Wanted {
    /// The node at a server with these namespaces.
    pub(super) fn node(&self, target: &Target, namespaces: &[String]) -> Result<NodeId, Failure> {
        match &self.address {
            Address::Typed => node(&self.name, namespaces).map_err(Failure::Usage),
            Address::Configured(text) => {
                let address = NodeAddress::parse(text).ok_or("it cannot be read; `tieline check` says more");
                let resolved = address.and_then(|address| {
                    let known = address.resolve(&target.server.namespaces, namespaces);
                    known
                        .ok_or("the server does not have its namespace; `tieline opcua browse` shows those that it has")
                });
                resolved.map_err(|why| Failure::Failed(format!("the node {text} of {}: {why}", self.name)))
            }
        }
    }
}

/// A node as it was typed: by the server's index of its namespace, or by its URI.
pub(super) fn node(text: &str, namespaces: &[String]) -> Result<NodeId, String> {
    let form = "a node is written as in 'ns=2;s=Oven.Temperature', i=85 or 'nsu=urn:plant;i=5'";
    let Some(rest) = text.strip_prefix("nsu=") else {
        return text.parse().map_err(|_| format!("`{text}` is no node; {form}"));
    };
    let starts = [";i=", ";s=", ";g=", ";b="].iter().filter_map(|mark| rest.find(mark));
    let Some((uri, identifier)) = starts.min().and_then(|at| rest.split_at_checked(at)) else {
        return Err(format!("`{text}` is no node; {form}"));
    };
    let index = namespaces.iter().position(|known| known == uri);
    let index = index.ok_or_else(|| format!("the server has no namespace {uri}; it has {}", namespaces.join(", ")))?;
    format!("ns={index}{identifier}").parse().map_err(|_| format!("`{text}` is no node; {form}"))
}

fn variable<'a>(variables: &'a [VariableSettings], name: &str) -> Option<&'a VariableSettings> {
    variables.iter().find(|variable| variable.name == name)
}

fn unknown(name: &str, settings: &OpcuaSettings) -> String {
    let all: Vec<&str> =
        settings.server.iter().flat_map(|server| &server.variable).map(|variable| variable.name.as_str()).collect();
    let have = match all.len() {
        0 => "none is configured; name the file with --config, or a node with --server and --node".to_owned(),
        count if count > LISTED => format!("{count} are configured, among them {}", all[..LISTED].join(", ")),
        _ => format!("configured are {}", all.join(", ")),
    };
    format!("there is no variable `{name}`: {have}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_opcua_settings::ServerSettings;

    fn settings() -> OpcuaSettings {
        let variable = |name: &str| VariableSettings { name: name.to_owned(), ..VariableSettings::default() };
        let server = |name: &str, variables: &[&str]| ServerSettings {
            name: name.to_owned(),
            variable: variables.iter().map(|name| variable(name)).collect(),
            ..ServerSettings::default()
        };
        let server = vec![server("plant", &["A", "B"]), server("lab", &["C"])];
        OpcuaSettings { server, ..OpcuaSettings::default() }
    }

    #[test]
    fn names_are_grouped_by_their_server() {
        let names = ["C", "B", "A"].map(str::to_owned);
        let groups = named(&names, &settings(), &Way::default()).unwrap();
        let said: Vec<(&str, Vec<&str>)> = groups
            .iter()
            .map(|group| (group.target.typed.as_str(), group.wanted.iter().map(|one| one.name.as_str()).collect()))
            .collect();
        assert_eq!(said, [("lab", vec!["C"]), ("plant", vec!["B", "A"])]);
        let said = named(&["D".to_owned()], &settings(), &Way::default()).unwrap_err().to_string();
        assert!(said.contains("configured are A, B, C"), "{said}");
    }

    #[test]
    fn a_node_is_typed_by_index_or_uri() {
        let namespaces = ["http://opcfoundation.org/UA/", "urn:a", "urn:b?x=1"].map(str::to_owned);
        let read = |text: &str| node(text, &namespaces).map(|node| node.to_string());
        assert_eq!(read("ns=2;s=a;b=c"), Ok("ns=2;s=a;b=c".to_owned()));
        assert_eq!(read("i=85"), Ok("i=85".to_owned()));
        assert_eq!(read("nsu=urn:b?x=1;s=Oven;i=3"), Ok("ns=2;s=Oven;i=3".to_owned()));
        assert!(read("nsu=urn:c;i=5").unwrap_err().contains("urn:a, urn:b?x=1"));
        assert!(read("nsu=urn:a").is_err() && read("Oven").is_err());
    }
}
