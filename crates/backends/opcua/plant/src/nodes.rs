//! The plant as OPC UA nodes: folders, variables, what a write does, what history is given out.
//!
//! Promises: a write that the plant does not take changes nothing; no answer holds more history than a page. Asked by the
//! server, told new values by the plant's thread.

use super::archive::{Request, Series};
use super::process::Process;
use super::variables::{Reading, VARIABLES, Variable};
use super::{NAMESPACE, lock};
use async_trait::async_trait;
use opcua::nodes::{ObjectBuilder, VariableBuilder};
use opcua::server::address_space::{AddressSpace, validate_node_write, write_node_value};
use opcua::server::diagnostics::NamespaceMetadata;
use opcua::server::node_manager::memory::{
    InMemoryNodeManager, InMemoryNodeManagerImpl, InMemoryNodeManagerImplBuilder,
};
use opcua::server::node_manager::{HistoryNode, RequestContext, ServerContext, WriteNode};
use opcua::server::{ContinuationPoint, SubscriptionCache};
use opcua::sync::RwLock;
use opcua::types::{
    AttributeId, DataEncoding, DataValue, DateTime, HistoryData, NodeId, NumericRange, ObjectId, QualifiedName,
    ReadRawModifiedDetails, StatusCode, TimestampsToReturn, Variant,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What the server's nodes and the plant's thread share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) process: Arc<Mutex<Process>>,
    pub(super) archive: Arc<Mutex<HashMap<&'static str, Series>>>,
}

/// The plant's nodes.
pub(super) struct Nodes {
    namespace: NamespaceMetadata,
    shared: Shared,
}

impl InMemoryNodeManagerImplBuilder for Shared {
    type Impl = Nodes;

    fn build(self, context: ServerContext, space: &mut AddressSpace) -> Nodes {
        let index = context.type_tree.write().namespaces_mut().add_namespace(NAMESPACE);
        space.add_namespace(NAMESPACE, index);
        let root = folder(space, index, "Plant", ObjectId::ObjectsFolder.into());
        let mut groups: HashMap<&str, NodeId> = HashMap::new();
        for variable in VARIABLES {
            let group =
                groups.entry(variable.group).or_insert_with(|| folder(space, index, variable.group, root.clone()));
            add(space, index, variable, group, &lock(&self.process));
        }
        let namespace_uri = NAMESPACE.to_owned();
        let namespace = NamespaceMetadata { namespace_uri, namespace_index: index, ..Default::default() };
        Nodes { namespace, shared: self }
    }
}

fn folder(space: &mut AddressSpace, index: u16, name: &str, parent: NodeId) -> NodeId {
    let id = NodeId::new(index, name);
    ObjectBuilder::new(&id, QualifiedName::new(index, name), name).is_folder().organized_by(parent).insert(space);
    id
}

fn add(space: &mut AddressSpace, index: u16, variable: &Variable, group: &NodeId, process: &Process) {
    let id = NodeId::new(index, variable.name);
    let browse_name = variable.name.split('.').next_back().unwrap_or(variable.name);
    let Reading(value, _) = (variable.read)(process);
    let mut builder = VariableBuilder::new(&id, QualifiedName::new(index, browse_name), variable.title)
        .data_type(variable.kind.1)
        .value(value)
        .organized_by(group.clone());
    if variable.kind.2 {
        builder = builder.value_rank(1);
    }
    if variable.set.is_some() {
        builder = builder.writable();
    }
    if variable.is_kept {
        builder = builder.history_readable().historizing(true);
    }
    builder.insert(space);
}

/// What a variable says at this time.
pub(super) fn told(variable: &Variable, process: &Process, at: DateTime) -> DataValue {
    let Reading(value, status) = (variable.read)(process);
    DataValue {
        value: Some(value),
        status: Some(status),
        source_timestamp: Some(at),
        server_timestamp: Some(at),
        ..Default::default()
    }
}

/// Tells the server's clients what has changed.
pub(super) fn tell(
    nodes: &InMemoryNodeManager<Nodes>,
    subscriptions: &SubscriptionCache,
    changed: Vec<(&'static str, DataValue)>,
) {
    let index = nodes.inner().namespace.namespace_index;
    let changed: Vec<(NodeId, DataValue)> =
        changed.into_iter().map(|(name, value)| (NodeId::new(index, name), value)).collect();
    // Refused is a node that is not there, and all of them were added.
    let _ = nodes.set_values(subscriptions, changed.iter().map(|(id, value)| (id, None, value.clone())));
}

fn named(id: &NodeId) -> Option<&'static Variable> {
    VARIABLES.iter().find(
        |variable| matches!(&id.identifier, opcua::types::Identifier::String(name) if name.as_ref() == variable.name),
    )
}

#[async_trait]
impl InMemoryNodeManagerImpl for Nodes {
    async fn init(&self, _space: &mut AddressSpace, _context: ServerContext) {}

    fn name(&self) -> &str {
        "plant"
    }

    fn namespaces(&self) -> Vec<NamespaceMetadata> {
        vec![self.namespace.clone()]
    }

    async fn write(
        &self,
        context: &RequestContext,
        space: &RwLock<AddressSpace>,
        asked: &mut [&mut WriteNode],
    ) -> Result<(), StatusCode> {
        let mut space = space.write();
        let types = context.type_tree.read();
        for asked in asked {
            let id = asked.value().node_id.clone();
            let status = match space.find_mut(&id) {
                None => StatusCode::BadNodeIdUnknown,
                Some(node) => match validate_node_write(node, context, asked.value(), &*types) {
                    Err(status) => status,
                    Ok(()) => match self.set(&id, asked) {
                        StatusCode::Good => write_node_value(node, asked.value()).err().unwrap_or(StatusCode::Good),
                        status => status,
                    },
                },
            };
            asked.set_status(status);
            let written = status.is_good().then(|| space.find(&id)).flatten().and_then(|node| {
                node.as_node().get_attribute(
                    TimestampsToReturn::Both,
                    AttributeId::Value,
                    &NumericRange::None,
                    &DataEncoding::Binary,
                )
            });
            if let Some(value) = written {
                context.subscriptions.notify_data_change([(value, &id, AttributeId::Value)].into_iter());
            }
        }
        Ok(())
    }

    async fn history_read_raw_modified(
        &self,
        _context: &RequestContext,
        details: &ReadRawModifiedDetails,
        asked: &mut [&mut &mut HistoryNode],
        _timestamps: TimestampsToReturn,
    ) -> Result<(), StatusCode> {
        let archive = lock(&self.shared.archive);
        for asked in asked {
            let series = named(asked.node_id()).and_then(|variable| archive.get(variable.name));
            let Some(series) = series.filter(|_| !details.is_read_modified) else {
                asked.set_status(StatusCode::BadHistoryOperationUnsupported);
                continue;
            };
            let from = asked.continuation_point().map(|point| point.get::<Request>().copied());
            let Some(request) = from.unwrap_or_else(|| Some(Request::new(details))) else {
                asked.set_status(StatusCode::BadContinuationPointInvalid);
                continue;
            };
            let (page, next) = series.page(request, details.num_values_per_node as usize);
            asked.set_next_continuation_point(next.map(|next| ContinuationPoint::new(Box::new(next))));
            asked.set_result(HistoryData { data_values: Some(page) });
            asked.set_status(StatusCode::Good);
        }
        Ok(())
    }
}

impl Nodes {
    /// Sets what a node stands for, or says why not.
    fn set(&self, id: &NodeId, asked: &WriteNode) -> StatusCode {
        let asked = asked.value();
        if asked.attribute_id != AttributeId::Value || asked.index_range != NumericRange::None {
            return StatusCode::BadWriteNotSupported;
        }
        // A value that is marked as bad, or as of another time, would be one the plant never had.
        if asked.value.status.is_some_and(|status| !status.is_good()) {
            return StatusCode::BadWriteNotSupported;
        }
        let Some(set) = named(id).and_then(|variable| variable.set) else { return StatusCode::BadNotWritable };
        set.to(&mut lock(&self.shared.process), asked.value.value.as_ref().unwrap_or(&Variant::Empty))
    }
}
