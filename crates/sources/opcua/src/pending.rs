//! Stand-ins for what is built elsewhere at the same time; replaced when it is here.

use opcua::types::{DataValue, NodeId};
use std::path::Path;

/// A node as the configuration writes it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NodeAddress(NodeId);

impl NodeAddress {
    pub(crate) fn parse(text: &str) -> Option<NodeAddress> {
        text.parse().ok().map(NodeAddress)
    }

    pub(crate) fn resolve(&self, namespaces: &[String], servers: &[String]) -> Option<NodeId> {
        if self.0.namespace == 0 {
            return Some(self.0.clone());
        }
        let uri = namespaces.get(usize::from(self.0.namespace) - 1)?;
        let at = servers.iter().position(|known| known == uri)?;
        Some(NodeId { namespace: at.try_into().ok()?, identifier: self.0.identifier.clone() })
    }
}

/// The first line of a password file.
pub(crate) fn password(path: &Path) -> std::io::Result<String> {
    Ok(std::fs::read_to_string(path)?.lines().next().unwrap_or_default().to_owned())
}

/// What keeps values of variables.
pub(crate) struct Recorder;

impl Recorder {
    pub(crate) fn record(&self, _variable: &str, _value: &DataValue, _json: &[u8]) {}

    /// Rows oldest first, and whether there would be more.
    pub(crate) fn read(&self, _variable: &str, _start: &opcua::types::DateTime, _end: &opcua::types::DateTime, _most: usize) -> Option<(Vec<Vec<u8>>, bool)> {
        None
    }
}
