//! What is asked of a server when a session begins: its namespaces, and how much it takes in one request.
//!
//! Promises: nodes are found by the URI of their namespace, whatever place the server gives it this time.

use super::{Established, Limits, plan::ServerPlan};
use crate::structures::{self, Structures};
use opcua::client::{Session, UARequest};
use opcua::types::{AttributeId, NodeId, ReadValueId, StatusCode, VariableId, Variant};
use std::sync::{Arc, Mutex, RwLock};

/// As much as is ever sent in one request.
const MOST: usize = 1000;

/// Asks, and makes of the answer what everybody else works with.
pub(super) async fn establish(
    session: Arc<Session>,
    plan: &ServerPlan,
    number: u64,
) -> Result<Established, StatusCode> {
    let asked = [
        VariableId::Server_NamespaceArray,
        VariableId::Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
        VariableId::Server_ServerCapabilities_OperationLimits_MaxNodesPerWrite,
        VariableId::Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
    ];
    let nodes = asked.iter().map(|id| value_of(NodeId::from(*id))).collect();
    let read = opcua::client::services::Read::new(&session).nodes_to_read(nodes);
    let answer = read.send(session.channel()).await.map_err(|error| error.status())?;
    let values: Vec<Option<Variant>> =
        answer.results.unwrap_or_default().into_iter().map(|value| value.value).collect();
    let limit = |at: usize| match values.get(at).cloned() {
        Some(Some(Variant::UInt32(most))) if most > 0 => MOST.min(most as usize),
        _ => MOST,
    };
    let limits = Limits { read: limit(1), write: limit(2), items: limit(3) };
    let namespaces = texts(values.first().and_then(Option::as_ref));
    let configured = &plan.settings.namespaces;
    let resolve = |variable: &super::Variable| variable.node.as_ref()?.resolve(configured, &namespaces);
    let nodes: Vec<Option<NodeId>> = plan.variables.iter().map(resolve).collect();
    let structures = Structures::default();
    structures::prepare(&session, plan, &nodes, &structures).await;
    let found = RwLock::new(plan.found.resolve(&namespaces));
    let (types, signatures, events) = (Mutex::default(), Mutex::default(), Mutex::default());
    Ok(Established { session, number, nodes, found, namespaces, events, limits, structures, types, signatures })
}

/// The value of a node, as a thing to read.
pub(crate) fn value_of(node_id: NodeId) -> ReadValueId {
    ReadValueId { node_id, attribute_id: AttributeId::Value as u32, ..Default::default() }
}

pub(crate) fn texts(value: Option<&Variant>) -> Vec<String> {
    let Some(Variant::Array(array)) = value else { return Vec::new() };
    array
        .values
        .iter()
        .map(|value| if let Variant::String(text) = value { text.to_string() } else { String::new() })
        .collect()
}
