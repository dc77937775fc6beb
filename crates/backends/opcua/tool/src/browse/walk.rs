//! Walks an address space, level by level.
//!
//! Promises: bounded in nodes and depth; long answers are fetched page by page, and pages that are not wanted any more are
//! given back; a node that cannot be opened is marked and does not stop the walk. Called by `tieline opcua browse`.

use super::found::{Below, Found, Node};
use crate::reach::Connected;
use crate::status;
use opcua::types::{
    AttributeId, BrowseDescription, BrowseDirection, BrowseResult, BrowseResultMaskFlags, ByteString, NodeClass,
    NodeId, ObjectId, ReadValueId, ReferenceDescription, ReferenceTypeId, StatusCode, Variant,
};
use std::collections::HashMap;
use tieline_commandline::Failure;

/// How many references one page may bring.
const PAGE: u32 = 1000;

/// What is wanted.
pub(super) struct Plan {
    /// Where to begin.
    pub(super) roots: Vec<NodeId>,
    /// How many levels below that.
    pub(super) depth: usize,
    /// How many nodes at most.
    pub(super) most: usize,
}

/// Walks; `seen` is told now and then how many nodes there are.
pub(super) async fn walk(
    connected: &Connected,
    plan: &Plan,
    mut seen: impl FnMut(usize) -> Result<(), Failure>,
) -> Result<Found, Failure> {
    let mut walk = Walk { connected, plan, found: Found::default(), places: HashMap::new() };
    walk.roots().await?;
    let mut level: Vec<usize> = (0..walk.found.nodes.len()).filter(|at| walk.is_to_be_opened(*at)).collect();
    while !level.is_empty() {
        let begun = walk.found.nodes.len();
        for chunk in level.chunks(connected.most_browse) {
            if walk.found.is_cut {
                break;
            }
            walk.open(chunk).await?;
            seen(walk.found.nodes.len())?;
        }
        level = (begun..walk.found.nodes.len()).filter(|at| walk.is_to_be_opened(*at)).collect();
    }
    Ok(walk.found)
}

struct Walk<'a> {
    connected: &'a Connected,
    plan: &'a Plan,
    found: Found,
    /// Where each node was met first.
    places: HashMap<NodeId, usize>,
}

fn cannot(status: StatusCode) -> Failure {
    Failure::Failed(format!("the server cannot be browsed: {}", status::name(status)))
}

impl Walk<'_> {
    /// The nodes to begin with, which have to be there.
    async fn roots(&mut self) -> Result<(), Failure> {
        let attributes = [AttributeId::NodeClass, AttributeId::BrowseName, AttributeId::DisplayName];
        let asked = self.plan.roots.iter().flat_map(|root| {
            attributes.map(|attribute| ReadValueId { attribute_id: attribute as u32, ..root.clone().into() })
        });
        let answers = self.connected.read(&asked.collect::<Vec<_>>()).await?;
        for (root, answer) in self.plan.roots.iter().zip(answers.chunks(attributes.len())) {
            let [class, name, display] = answer else { continue };
            let Some(Variant::Int32(class_number)) = class.value else {
                let why = status::name(class.status());
                return Err(Failure::Failed(format!("the server has no node {root} ({why})")));
            };
            let name = match &name.value {
                Some(Variant::QualifiedName(name)) => name.name.as_ref().to_owned(),
                _ => root.to_string(),
            };
            let display = match &display.value {
                Some(Variant::LocalizedText(text)) => text.text.as_ref().to_owned(),
                _ => String::new(),
            };
            let class = NodeClass::try_from(class_number).unwrap_or(NodeClass::Unspecified);
            let below = match self.places.contains_key(root) {
                true => Below::Before,
                false if self.plan.depth == 0 => Below::Closed,
                false => Below::Opened,
            };
            self.places.entry(root.clone()).or_insert(self.found.nodes.len());
            self.found.nodes.push(Node {
                id: root.clone(),
                parent: None,
                depth: 0,
                name,
                display,
                class,
                below,
                properties: Vec::new(),
                variable: None,
            });
        }
        Ok(())
    }

    /// Variables are opened even where the walk ends, for their properties.
    fn is_to_be_opened(&self, at: usize) -> bool {
        let Some(node) = self.found.nodes.get(at) else { return false };
        node.below == Below::Opened || (node.below == Below::Closed && node.class == NodeClass::Variable)
    }

    /// Opens these nodes with one request, and page after page of what they hold.
    async fn open(&mut self, places: &[usize]) -> Result<(), Failure> {
        let asked: Vec<BrowseDescription> = places.iter().filter_map(|at| self.description(*at)).collect();
        let answers = self.connected.asking.browse(&asked, PAGE).await.map_err(cannot)?;
        let mut pages: Vec<(usize, ByteString)> = Vec::new();
        let mut later = Vec::new();
        for (at, answer) in places.iter().zip(answers) {
            // It has no room for so many unfinished answers: one at a time then.
            if answer.status_code == StatusCode::BadNoContinuationPoints && places.len() > 1 {
                later.push(*at);
                continue;
            }
            pages.extend(self.take(*at, answer));
        }
        while !pages.is_empty() {
            let points: Vec<ByteString> = pages.iter().map(|(_, point)| point.clone()).collect();
            let answers = self.connected.asking.browse_next(self.found.is_cut, &points).await;
            if self.found.is_cut {
                break;
            }
            let answers = answers.map_err(cannot)?;
            let taken: Vec<_> =
                pages.iter().zip(answers).filter_map(|((at, _), answer)| self.take(*at, answer)).collect();
            pages = taken;
        }
        for at in later {
            Box::pin(self.open(&[at])).await?;
        }
        Ok(())
    }

    fn description(&self, at: usize) -> Option<BrowseDescription> {
        let node = self.found.nodes.get(at)?;
        let only_properties = node.below == Below::Closed;
        let kind = if only_properties { ReferenceTypeId::HasProperty } else { ReferenceTypeId::HierarchicalReferences };
        Some(BrowseDescription {
            node_id: node.id.clone(),
            browse_direction: BrowseDirection::Forward,
            reference_type_id: kind.into(),
            include_subtypes: true,
            node_class_mask: 0,
            result_mask: BrowseResultMaskFlags::all().bits(),
        })
    }

    /// Takes in one page, and gives the place of the next.
    fn take(&mut self, at: usize, answer: BrowseResult) -> Option<(usize, ByteString)> {
        if answer.status_code.is_bad() {
            if let Some(node) = self.found.nodes.get_mut(at).filter(|node| node.below == Below::Opened) {
                node.below = Below::Refused;
            }
            return None;
        }
        for reference in answer.references.unwrap_or_default() {
            self.meet(at, reference);
        }
        let point = answer.continuation_point;
        (!point.is_null_or_empty()).then_some((at, point))
    }

    fn meet(&mut self, at: usize, reference: ReferenceDescription) {
        let next = self.found.nodes.len();
        let Some(parent) = self.found.nodes.get_mut(at) else { return };
        // Another server's node cannot be asked here.
        if reference.node_id.server_index != 0 {
            return;
        }
        let id = reference.node_id.node_id;
        let name = reference.browse_name.name.as_ref().to_owned();
        if reference.reference_type_id == ReferenceTypeId::HasProperty {
            if parent.class == NodeClass::Variable {
                parent.properties.push((name, id));
            }
            return;
        }
        if next >= self.plan.most {
            self.found.is_cut = true;
            return;
        }
        let depth = parent.depth + 1;
        let is_diagnostics = id == ObjectId::Server;
        let below = match self.places.contains_key(&id) {
            true => Below::Before,
            false if is_diagnostics || depth >= self.plan.depth => Below::Closed,
            false => Below::Opened,
        };
        let may_hold = matches!(reference.node_class, NodeClass::Object | NodeClass::Variable);
        self.found.unopened += usize::from(below == Below::Closed && !is_diagnostics && may_hold);
        self.places.entry(id.clone()).or_insert(next);
        self.found.nodes.push(Node {
            id,
            parent: Some(at),
            depth,
            name,
            display: reference.display_name.text.as_ref().to_owned(),
            class: reference.node_class,
            below,
            properties: Vec::new(),
            variable: None,
        });
    }
}
