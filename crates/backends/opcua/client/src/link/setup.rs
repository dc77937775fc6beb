//! What is asked of a server when a session begins: its namespaces, and how much it takes in one request.
//!
//! Promises: nodes are found by the URI of their namespace, whatever place the server gives it this time; asked so that a
//! server which takes one node at a time answers too.

use super::ask::Asking;
use super::{Apart, Established, Limits, plan::ServerPlan};
use crate::structures;
use opcua::types::{AttributeId, NodeId, ReadValueId, StatusCode, VariableId, Variant};
use std::sync::{Arc, Mutex, RwLock};
use tieline_opcua_values::Structures;
use tokio::sync::watch;

/// As much as is ever sent in one request.
const MOST: usize = 1000;

/// Asks, and makes of the answer what everybody else works with.
pub(super) async fn establish(asking: Asking, plan: &ServerPlan, number: u64) -> Result<Established, StatusCode> {
    let asked = [
        VariableId::Server_NamespaceArray,
        VariableId::Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
        VariableId::Server_ServerCapabilities_OperationLimits_MaxNodesPerWrite,
        VariableId::Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
    ];
    let nodes = asked.map(|id| value_of(NodeId::from(id)));
    let values = asking.read(&nodes, MOST).await?;
    let limit = |at: usize| match values.get(at).and_then(|value| value.value.as_ref()) {
        Some(Variant::UInt32(most)) if *most > 0 => MOST.min(*most as usize),
        _ => MOST,
    };
    let limits = Limits { read: limit(1), write: limit(2), items: limit(3) };
    let namespaces = texts(values.first().and_then(|value| value.value.as_ref()));
    Ok(resolved(asking, plan, number, limits, namespaces, Arc::default()).await)
}

/// The same session, when the server has other namespaces than before.
pub(super) async fn look_again(known: &Established, plan: &ServerPlan) -> Result<Option<Established>, StatusCode> {
    let asked = value_of(NodeId::from(VariableId::Server_NamespaceArray));
    let values = known.asking.read(&[asked], 1).await?;
    let namespaces = texts(values.first().and_then(|value| value.value.as_ref()));
    if namespaces == known.namespaces {
        return Ok(None);
    }
    let (asking, events) = (known.asking.clone(), known.events.clone());
    Ok(Some(resolved(asking, plan, known.number, known.limits, namespaces, events).await))
}

async fn resolved(
    asking: Asking,
    plan: &ServerPlan,
    number: u64,
    limits: Limits,
    namespaces: Vec<String>,
    events: Arc<watch::Sender<Apart>>,
) -> Established {
    let configured = &plan.settings.namespaces;
    let resolve = |variable: &super::Variable| variable.node.as_ref()?.resolve(configured, &namespaces);
    let nodes: Vec<Option<NodeId>> = plan.variables.iter().map(resolve).collect();
    let sizes = nodes.iter().map(|node| node.as_ref().map_or(0, |node| asking.size(&value_of(node.clone())))).collect();
    let structures = Structures::default();
    structures::prepare(&asking, plan, &nodes, &structures).await;
    let (found, types, signatures) = (RwLock::default(), Mutex::default(), Mutex::default());
    let established =
        Established { asking, number, nodes, sizes, found, namespaces, events, signatures, limits, structures, types };
    established.find(plan.found.resolve(&established.namespaces));
    established
}

impl Established {
    /// The places of the configured namespaces that the server does not have.
    pub(super) fn missing(&self, plan: &ServerPlan) -> Vec<usize> {
        let configured = plan.settings.namespaces.iter().enumerate();
        configured.filter(|(_, uri)| !self.namespaces.contains(uri)).map(|(place, _)| place).collect()
    }
}

/// The value of a node, as a thing to read.
pub fn value_of(node_id: NodeId) -> ReadValueId {
    ReadValueId { node_id, attribute_id: AttributeId::Value as u32, ..Default::default() }
}

/// The texts of an array, empty where an element is none; nothing where there is no array.
pub fn texts(value: Option<&Variant>) -> Vec<String> {
    let Some(Variant::Array(array)) = value else { return Vec::new() };
    array
        .values
        .iter()
        .map(|value| if let Variant::String(text) = value { text.to_string() } else { String::new() })
        .collect()
}
