//! What a server says of its data types: their definitions, and what they are derived from, asked for round by round.
//!
//! Promises: bounded in types and rounds; what is not said leaves out the types that need it, and no others.

use super::dictionary;
use super::types::{Enumeration, Field, Kind, Shape, Structure, Table};
use crate::link::Asking;
use opcua::types::{
    AttributeId, BrowseDescription, BrowseDirection, BrowseResult, BrowseResultMaskFlags, EnumDefinition, NodeId,
    ReadValueId, ReferenceTypeId, StatusCode, StructureDefinition, StructureType, Variant,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// So many types are asked about for one that is wanted, at most; and so many in one request.
const MOST: usize = 2000;
const BATCH: usize = 100;
/// The standard's own: what every type is derived from in the end.
const STRUCTURE: u8 = 22;
const ANY: u8 = 24;
const INT32: u8 = 6;
const ENUMERATION: u32 = 29;

/// What a server says of one type.
#[derive(Default)]
struct Said {
    structure: Option<StructureDefinition>,
    enumeration: Option<EnumDefinition>,
    is_abstract: bool,
    supertype: Option<NodeId>,
    /// How it is called on the wire.
    encoding: NodeId,
}

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
    let mut said: HashMap<NodeId, Said> = HashMap::new();
    let mut pending: Vec<NodeId> = data_types.to_vec();
    while !pending.is_empty() && said.len() < MOST {
        pending.retain(|one| base(one).is_none() && !said.contains_key(one) && known.by_type(one).is_none());
        pending.sort_unstable_by_key(ToString::to_string);
        pending.dedup();
        let round = std::mem::take(&mut pending);
        for batch in round.chunks(BATCH) {
            for (one, answer) in batch.iter().zip(ask(asking, batch).await?) {
                let fields = answer.structure.iter().flat_map(|definition| definition.fields.iter().flatten());
                pending.extend(fields.map(|field| field.data_type.clone()));
                pending.extend(answer.supertype.clone());
                said.insert(one.clone(), answer);
            }
        }
    }
    let mut table = Table::default();
    let mut undefined = Vec::new();
    for (data_type, one) in &said {
        match structure(one, &said, known) {
            Some(structure) => table.insert(data_type.clone(), structure),
            // The types that all structures are derived from are none themselves.
            None if one.structure.is_none() && !one.encoding.is_null() => {
                undefined.push((data_type.clone(), one.encoding.clone()));
            }
            None => {}
        }
    }
    for (data_type, encoding) in undefined {
        let Some(more) = dictionary::define(asking, &encoding).await? else { continue };
        let own = more.by_encoding(&encoding);
        table.extend(more);
        if let Some(own) = own {
            table.insert(data_type, (*own).clone());
        }
    }
    let shapes = data_types.iter().map(|data_type| match table.by_type(data_type) {
        Some(structure) if said.get(data_type).is_some_and(|one| one.structure.is_none()) => {
            Some(Shape::Structure(data_type.clone())).filter(|_| !structure.encoding.is_null())
        }
        _ => shape(data_type, &said, known),
    });
    let shapes = shapes.collect();
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

/// The standard's types that are built in, or stand for any that is.
fn base(data_type: &NodeId) -> Option<u8> {
    let id = data_type.as_u32().filter(|_| data_type.namespace == 0)?;
    match (id, u8::try_from(id)) {
        (ENUMERATION, _) => Some(INT32),
        // Number, Integer and UInteger: their values say what they are.
        (26..=28, _) => Some(ANY),
        (_, Ok(id @ 1..=25)) => Some(id),
        _ => None,
    }
}

fn structure(said: &Said, all: &HashMap<NodeId, Said>, known: &Table) -> Option<Structure> {
    let definition = said.structure.as_ref()?;
    let (kind, is_subtyped) = match definition.structure_type {
        StructureType::Structure => (Kind::Plain, false),
        StructureType::StructureWithOptionalFields => (Kind::Optional, false),
        StructureType::Union => (Kind::Union, false),
        StructureType::StructureWithSubtypedValues => (Kind::Plain, true),
        StructureType::UnionWithSubtypedValues => (Kind::Union, true),
    };
    let field = |field: &opcua::types::StructureField| {
        let shape = match shape(&field.data_type, all, known)? {
            // The mark of an optional field says there that its value brings its type.
            Shape::Structure(_) if is_subtyped && field.is_optional => Shape::Plain(STRUCTURE),
            Shape::Plain(_) if is_subtyped && field.is_optional => Shape::Plain(ANY),
            shape => shape,
        };
        Some(Field {
            name: field.name.as_ref().to_owned(),
            shape,
            rank: usize::try_from(field.value_rank).unwrap_or(0),
            is_optional: field.is_optional && kind == Kind::Optional,
        })
    };
    let fields = definition.fields.iter().flatten().map(field).collect::<Option<Vec<_>>>()?;
    Some(Structure { encoding: said.encoding.clone(), kind, fields })
}

fn shape(data_type: &NodeId, all: &HashMap<NodeId, Said>, known: &Table) -> Option<Shape> {
    let mut at = data_type;
    let mut passed = HashSet::new();
    let mut names = None;
    loop {
        if let Some(id) = base(at) {
            // A set of bits has names too, and is sent as the number it is derived from.
            return Some(match names {
                Some(names) if id == INT32 => Shape::Enumeration(names),
                _ => Shape::Plain(id),
            });
        }
        if at == data_type && known.by_type(at).is_some() {
            return Some(Shape::Structure(at.clone()));
        }
        if !passed.insert(at) {
            return None;
        }
        let said = all.get(at)?;
        if at == data_type && said.structure.is_some() {
            // A value of an abstract type says of which it is.
            return Some(if said.is_abstract { Shape::Plain(STRUCTURE) } else { Shape::Structure(at.clone()) });
        }
        if let (None, Some(defined)) = (&names, &said.enumeration) {
            let named = defined.fields.iter().flatten().map(|one| (one.value, one.name.as_ref().to_owned()));
            names = Some(Arc::new(Enumeration(named.collect())));
        }
        at = said.supertype.as_ref()?;
    }
}
