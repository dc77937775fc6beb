//! What a server says of its data types: their definitions, and what they are derived from.
//!
//! Promises: what is not said leaves out the types that need it, and no others. Filled answer by answer by whoever asks the
//! server; nothing is asked here.

use super::types::{Enumeration, Field, Kind, Shape, Structure, Table};
use opcua::types::{EnumDefinition, NodeId, StructureDefinition, StructureType};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The standard's own: what every type is derived from in the end.
const STRUCTURE: u8 = 22;
const ANY: u8 = 24;
const INT32: u8 = 6;
const ENUMERATION: u32 = 29;

/// What a server says of one type.
#[derive(Default)]
pub struct Said {
    /// Its attribute `DataTypeDefinition`, where it is that of a structure.
    pub structure: Option<StructureDefinition>,
    /// The same, where it is that of an enumeration.
    pub enumeration: Option<EnumDefinition>,
    /// Whether values of it say which type they really are.
    pub is_abstract: bool,
    /// What it is derived from.
    pub supertype: Option<NodeId>,
    /// How it is called on the wire.
    pub encoding: NodeId,
}

/// What a server has said of some types, beside those that are known already.
pub struct Definitions<'k> {
    known: &'k Table,
    said: HashMap<NodeId, Said>,
}

impl Definitions<'_> {
    /// Of none yet.
    pub fn beside(known: &Table) -> Definitions<'_> {
        Definitions { known, said: HashMap::new() }
    }

    /// Of how many types the server has said something.
    pub fn count(&self) -> usize {
        self.said.len()
    }

    /// Whether a type is not known in any way, so that the server has to be asked.
    pub fn is_missing(&self, data_type: &NodeId) -> bool {
        base(data_type).is_none() && !self.said.contains_key(data_type) && self.known.by_type(data_type).is_none()
    }

    /// Takes in what the server says of a type; gives those that it needs in turn.
    pub fn add(&mut self, data_type: NodeId, said: Said) -> Vec<NodeId> {
        let fields = said.structure.iter().flat_map(|definition| definition.fields.iter().flatten());
        let mut needed: Vec<NodeId> = fields.map(|field| field.data_type.clone()).collect();
        needed.extend(said.supertype.clone());
        self.said.insert(data_type, said);
        needed
    }

    /// The structures that are defined; and the data types with their encodings of which only a dictionary may say more.
    pub fn table(&self) -> (Table, Vec<(NodeId, NodeId)>) {
        let mut table = Table::default();
        let mut undefined = Vec::new();
        for (data_type, one) in &self.said {
            match structure(one, &self.said, self.known) {
                Some(structure) => table.insert(data_type.clone(), structure),
                // The types that all structures are derived from are none themselves.
                None if one.structure.is_none() && !one.encoding.is_null() => {
                    undefined.push((data_type.clone(), one.encoding.clone()));
                }
                None => {}
            }
        }
        (table, undefined)
    }

    /// What values of a type are; `table` has what came of these definitions and of dictionaries.
    pub fn shape(&self, data_type: &NodeId, table: &Table) -> Option<Shape> {
        match table.by_type(data_type) {
            Some(structure) if self.said.get(data_type).is_some_and(|one| one.structure.is_none()) => {
                Some(Shape::Structure(data_type.clone())).filter(|_| !structure.encoding.is_null())
            }
            _ => shape(data_type, &self.said, self.known),
        }
    }
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
