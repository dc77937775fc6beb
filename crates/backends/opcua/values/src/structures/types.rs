//! What is known of data types: the fields of structures, the names of enumerations.

use opcua::types::NodeId;
use std::collections::HashMap;
use std::sync::Arc;

/// One structure.
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    /// How its bytes are called on the wire.
    pub(crate) encoding: NodeId,
    pub(crate) kind: Kind,
    pub(crate) fields: Vec<Field>,
}

/// How the fields of a structure are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// All of them.
    Plain,
    /// All but the optional ones, which are told by a mask.
    Optional,
    /// One of them, told by its number.
    Union,
}

/// One field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// As it stands in the object.
    pub name: String,
    pub(crate) shape: Shape,
    /// How many dimensions it has; 0 is one value.
    pub(crate) rank: usize,
    pub(crate) is_optional: bool,
}

impl Field {
    /// One that has to be there; of a negative rank, as OPC UA has it for a single value or any, is one value.
    pub fn new(name: String, shape: Shape, rank: i32) -> Field {
        Field { name, shape, rank: usize::try_from(rank).unwrap_or(0), is_optional: false }
    }
}

/// What a value of a field is.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A built-in type, by its number.
    Plain(u8),
    /// A number with names, sent as Int32.
    Enumeration(Arc<Enumeration>),
    /// A structure without a word of its type, by its data type.
    Structure(NodeId),
}

/// The names of numbers.
#[derive(Debug, Default, PartialEq)]
pub struct Enumeration(pub(crate) Vec<(i64, String)>);

impl Enumeration {
    pub(crate) fn name(&self, number: i32) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == i64::from(number)).map(|(_, name)| name.as_str())
    }

    pub(crate) fn number(&self, name: &str) -> Option<i32> {
        self.0.iter().find(|(_, known)| known == name).and_then(|(number, _)| i32::try_from(*number).ok())
    }
}

/// All structures, by their data type and by their encoding.
#[derive(Debug, Clone, Default)]
pub struct Table {
    structures: HashMap<NodeId, Arc<Structure>>,
    encodings: HashMap<NodeId, NodeId>,
}

impl Table {
    /// Adds a structure, or puts it in the place of what its data type was before.
    pub fn insert(&mut self, data_type: NodeId, structure: Structure) {
        if !structure.encoding.is_null() {
            self.encodings.insert(structure.encoding.clone(), data_type.clone());
        }
        self.structures.insert(data_type, Arc::new(structure));
    }

    /// Adds another table; what both have is as there.
    pub fn extend(&mut self, more: Table) {
        self.structures.extend(more.structures);
        self.encodings.extend(more.encodings);
    }

    /// Whether no structure is known.
    pub fn is_empty(&self) -> bool {
        self.structures.is_empty()
    }

    /// The structure with this data type.
    pub fn by_type(&self, data_type: &NodeId) -> Option<Arc<Structure>> {
        self.structures.get(data_type).cloned()
    }

    /// The structure whose bytes are called so on the wire.
    pub fn by_encoding(&self, encoding: &NodeId) -> Option<Arc<Structure>> {
        self.by_type(self.encodings.get(encoding)?)
    }

    /// A structure by either of its names, as clients may write it.
    pub fn named(&self, id: &NodeId) -> Option<Arc<Structure>> {
        self.by_encoding(id).or_else(|| self.by_type(id))
    }
}
