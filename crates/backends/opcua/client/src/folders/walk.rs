//! Looks through one folder: its variables with their paths, types and rights.
//!
//! Promises: bounded in levels and variables, nodes are opened once however many ways lead to them; a node that cannot be
//! opened is passed over; long answers are fetched page by page.

use super::types::Types;
use crate::link::Asking;
use globset::{Glob, GlobSet, GlobSetBuilder};
use opcua::types::{
    AttributeId, BrowseDescription, BrowseDirection, BrowseResultMaskFlags, ByteString, NodeClass, NodeId, ReadValueId,
    ReferenceDescription, ReferenceTypeId, StatusCode, Variant,
};
use std::collections::HashSet;
use tieline_opcua_settings::{FolderSettings, NodeAddress};
use tieline_opcua_values::data_type_name;

/// So many nodes are asked about in one request: what every server takes.
const BATCH: usize = 50;
/// How many references one page may bring.
const PAGE: u32 = 1000;
/// So many nodes that are no variables are passed at most for each that is taken.
const NODES: usize = 20;
/// Bit of an access level.
const WRITE: u8 = 2;
/// The type where the server names none.
const ANY: &str = "Variant";
const STRUCTURE: u8 = 22;

/// What a folder holds.
pub struct Held {
    /// With what clients call them.
    pub variables: Vec<HeldVariable>,
    /// There are more than are taken.
    pub is_cut: bool,
    /// So many nodes were not opened, because the last level was reached.
    pub unopened: usize,
}

/// One variable.
#[derive(Debug, Clone)]
pub struct HeldVariable {
    /// As clients call it.
    pub name: String,
    /// In the server as it is now.
    pub node: NodeId,
    /// The name of its built-in type.
    pub data_type: String,
    /// Its data type, where its values are structures.
    pub structure: Option<NodeId>,
    /// Whether it is an array.
    pub is_array: bool,
    /// Whether the server lets us write it.
    pub is_writable: bool,
}

/// Looks; `listed` is the configuration's list of namespaces, `namespaces` the server's.
pub async fn look(
    asking: &Asking,
    folder: &FolderSettings,
    listed: &[String],
    namespaces: &[String],
) -> Result<Held, StatusCode> {
    let address = NodeAddress::parse(&folder.node);
    let root = address.and_then(|address| address.resolve(listed, namespaces)).ok_or(StatusCode::BadNodeIdInvalid)?;
    let most = usize::try_from(folder.most).unwrap_or(usize::MAX);
    let mut walk = Walk {
        exclude: globs(&folder.exclude),
        most,
        met: HashSet::from([root.clone()]),
        found: Vec::new(),
        held: Held { variables: Vec::new(), is_cut: false, unopened: 0 },
    };
    let mut level = vec![(root, String::new())];
    for depth in 1..=folder.depth {
        let mut next = Vec::new();
        for batch in level.chunks(BATCH) {
            walk.open(asking, batch, depth == 1, &mut next).await?;
            if walk.held.is_cut {
                break;
            }
        }
        level = next;
        if depth == folder.depth {
            walk.held.unopened = level.len();
        }
        if level.is_empty() || walk.held.is_cut {
            break;
        }
    }
    walk.describe(asking, &folder.prefix).await
}

fn globs(patterns: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    // What is no pattern was told by the check.
    patterns.iter().filter_map(|pattern| Glob::new(pattern).ok()).for_each(|glob| {
        set.add(glob);
    });
    set.build().unwrap_or_default()
}

struct Walk {
    exclude: GlobSet,
    most: usize,
    met: HashSet<NodeId>,
    /// Variables with their paths.
    found: Vec<(NodeId, String)>,
    held: Held,
}

impl Walk {
    /// Opens these nodes; `is_root`: it has to be there.
    async fn open(
        &mut self,
        asking: &Asking,
        nodes: &[(NodeId, String)],
        is_root: bool,
        next: &mut Vec<(NodeId, String)>,
    ) -> Result<(), StatusCode> {
        let asked: Vec<BrowseDescription> = nodes.iter().map(|(node, _)| below(node)).collect();
        let answers = asking.browse(&asked, PAGE).await?;
        let mut pages: Vec<(&str, ByteString)> = Vec::new();
        let mut later = Vec::new();
        for ((node, path), answer) in nodes.iter().zip(answers) {
            match answer.status_code {
                // It has no room for so many unfinished answers: one at a time then.
                StatusCode::BadNoContinuationPoints if nodes.len() > 1 => later.push((node.clone(), path.clone())),
                status if status.is_bad() && is_root => return Err(status),
                status if status.is_bad() => {}
                _ => {
                    self.take(path, answer.references, next);
                    pages.push((path, answer.continuation_point));
                }
            }
        }
        pages.retain(|(_, point)| !point.is_null_or_empty());
        while !pages.is_empty() {
            let points: Vec<ByteString> = pages.iter().map(|(_, point)| point.clone()).collect();
            let answers = asking.browse_next(self.held.is_cut, &points).await?;
            if self.held.is_cut {
                break;
            }
            let mut further = Vec::new();
            for ((path, _), answer) in pages.iter().zip(answers) {
                self.take(path, answer.references, next);
                further.push((*path, answer.continuation_point));
            }
            further.retain(|(_, point)| !point.is_null_or_empty());
            pages = further;
        }
        for one in later {
            Box::pin(self.open(asking, &[one], is_root, next)).await?;
        }
        Ok(())
    }

    fn take(&mut self, path: &str, references: Option<Vec<ReferenceDescription>>, next: &mut Vec<(NodeId, String)>) {
        for reference in references.into_iter().flatten() {
            let is_kind = matches!(reference.node_class, NodeClass::Object | NodeClass::Variable);
            // Another server's node cannot be asked here; a property says something of its owner.
            let is_ours = reference.node_id.server_index == 0;
            if !is_kind || !is_ours || reference.reference_type_id == ReferenceTypeId::HasProperty {
                continue;
            }
            let name = reference.browse_name.name.as_ref();
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            let id = reference.node_id.node_id;
            if name.is_empty() || self.exclude.is_match(&path) || !self.met.insert(id.clone()) {
                continue;
            }
            let is_full = self.found.len() >= self.most;
            if is_full && reference.node_class == NodeClass::Variable
                || self.met.len() > self.most.saturating_mul(NODES).max(10_000)
            {
                self.held.is_cut = true;
                return;
            }
            if reference.node_class == NodeClass::Variable {
                self.found.push((id.clone(), path.clone()));
            }
            next.push((id, path));
        }
    }

    /// Asks what the variables are.
    async fn describe(mut self, asking: &Asking, prefix: &str) -> Result<Held, StatusCode> {
        let attributes = [AttributeId::DataType, AttributeId::ValueRank, AttributeId::UserAccessLevel];
        let mut types = Types::default();
        for batch in self.found.chunks(BATCH) {
            let asked: Vec<ReadValueId> = batch
                .iter()
                .flat_map(|(node, _)| {
                    attributes.map(|attribute| ReadValueId { attribute_id: attribute as u32, ..node.clone().into() })
                })
                .collect();
            let answers = asking.read(&asked, usize::MAX).await?;
            for ((node, path), answer) in batch.iter().zip(answers.chunks(attributes.len())) {
                let value = |at: usize| answer.get(at).and_then(|answer| answer.value.as_ref());
                let data_type = match value(0) {
                    Some(Variant::NodeId(data_type)) => Some((**data_type).clone()),
                    _ => None,
                };
                let built_in = match &data_type {
                    Some(data_type) => types.built_in(asking, data_type).await?,
                    None => None,
                };
                self.held.variables.push(HeldVariable {
                    name: format!("{prefix}{path}"),
                    node: node.clone(),
                    data_type: built_in.and_then(data_type_name).unwrap_or(ANY).to_owned(),
                    structure: data_type.filter(|_| built_in == Some(STRUCTURE)),
                    is_array: matches!(value(1), Some(Variant::Int32(rank)) if *rank >= 0),
                    is_writable: matches!(value(2), Some(Variant::Byte(bits)) if bits & WRITE != 0),
                });
            }
        }
        Ok(self.held)
    }
}

fn below(node: &NodeId) -> BrowseDescription {
    BrowseDescription {
        node_id: node.clone(),
        browse_direction: BrowseDirection::Forward,
        reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
        include_subtypes: true,
        node_class_mask: 0,
        result_mask: BrowseResultMaskFlags::all().bits(),
    }
}
