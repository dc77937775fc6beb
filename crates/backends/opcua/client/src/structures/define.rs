//! Asking what a server says of its data types, round by round: their definitions, and what they are derived from.
//!
//! Promises: bounded in types and rounds.

use super::dictionary;
use crate::link::Asking;
use opcua::types::{
    AttributeId, BrowseDescription, BrowseDirection, BrowseResult, BrowseResultMaskFlags, EnumDefinition, NodeId,
    ReadValueId, ReferenceTypeId, StatusCode, StructureDefinition, Variant,
};
use tieline_opcua_values::{Definitions, Said, Shape, Table};

/// So many types are asked about for one that is wanted, at most; and so many in one request.
const MOST: usize = 2000;
const BATCH: usize = 100;

/// These structures with all that is in them.
pub(super) async fn define(asking: &Asking, data_types: &[NodeId], known: &Table) -> Result<Table, StatusCode> {
    shapes(asking, data_types, known).await.map(|(table, _)| table)
}

/// The same, and what values of each of the types are.
pub(super) async fn shapes(
    asking: &Asking,
    data_types: &[NodeId],
    known: &Table,
) -> Result<(Table, Vec<Option<Shape>>), StatusCode> {
    let mut definitions = Definitions::beside(known);
    let mut pending: Vec<NodeId> = data_types.to_vec();
    while !pending.is_empty() && definitions.count() < MOST {
        pending.retain(|one| definitions.is_missing(one));
        pending.sort_unstable_by_key(ToString::to_string);
        pending.dedup();
        let round = std::mem::take(&mut pending);
        for batch in round.chunks(BATCH) {
            for (one, answer) in batch.iter().zip(ask(asking, batch).await?) {
                pending.extend(definitions.add(one.clone(), answer));
            }
        }
    }
    let (mut table, undefined) = definitions.table();
    for (data_type, encoding) in undefined {
        let Some(more) = dictionary::define(asking, &encoding).await? else { continue };
        let own = more.by_encoding(&encoding);
        table.extend(more);
        if let Some(own) = own {
            table.insert(data_type, (*own).clone());
        }
    }
    let shapes = data_types.iter().map(|data_type| definitions.shape(data_type, &table)).collect();
    Ok((table, shapes))
}

/// The data type of an encoding.
pub(super) async fn data_type_of(asking: &Asking, encoding: &NodeId) -> Result<Option<NodeId>, StatusCode> {
    let asked = [description(encoding, ReferenceTypeId::HasEncoding, BrowseDirection::Inverse)];
    Ok(first(asking.browse(&asked, 0).await?.into_iter().next()))
}

async fn ask(asking: &Asking, types: &[NodeId]) -> Result<Vec<Said>, StatusCode> {
    let attribute = |node: &NodeId, attribute: AttributeId| ReadValueId {
        attribute_id: attribute as u32,
        ..ReadValueId::from(node.clone())
    };
    let reads: Vec<ReadValueId> = types
        .iter()
        .flat_map(|one| [attribute(one, AttributeId::DataTypeDefinition), attribute(one, AttributeId::IsAbstract)])
        .collect();
    let values = asking.read(&reads, usize::MAX).await?;
    let browses: Vec<BrowseDescription> = types
        .iter()
        .flat_map(|one| {
            [
                description(one, ReferenceTypeId::HasSubtype, BrowseDirection::Inverse),
                description(one, ReferenceTypeId::HasEncoding, BrowseDirection::Forward),
            ]
        })
        .collect();
    let found = asking.browse(&browses, 0).await?;
    let mut values = values.into_iter().map(|value| value.value);
    let mut found = found.into_iter();
    let said = types.iter().map(|_| {
        let mut said = Said::default();
        if let Some(Variant::ExtensionObject(object)) = values.next().flatten() {
            said.structure = object.inner_as::<StructureDefinition>().cloned();
            said.enumeration = object.inner_as::<EnumDefinition>().cloned();
        }
        said.is_abstract = matches!(values.next().flatten(), Some(Variant::Boolean(true)));
        said.supertype = first(found.next());
        let encodings = found.next().and_then(|answer| answer.references).unwrap_or_default();
        let binary = encodings.into_iter().find(|one| one.browse_name.name.as_ref() == "Default Binary");
        let defined = said.structure.as_ref().map(|one| one.default_encoding_id.clone()).filter(|id| !id.is_null());
        said.encoding = defined.or(binary.map(|one| one.node_id.node_id)).unwrap_or_default();
        said
    });
    Ok(said.collect())
}

pub(super) fn description(node: &NodeId, kind: ReferenceTypeId, direction: BrowseDirection) -> BrowseDescription {
    BrowseDescription {
        node_id: node.clone(),
        browse_direction: direction,
        reference_type_id: kind.into(),
        include_subtypes: true,
        node_class_mask: 0,
        result_mask: BrowseResultMaskFlags::all().bits(),
    }
}

pub(super) fn first(answer: Option<BrowseResult>) -> Option<NodeId> {
    answer?.references?.into_iter().next().map(|found| found.node_id.node_id)
}
