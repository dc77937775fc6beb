//! Structures as objects: by the definitions that a server has of its own data types, and by the standard's for its own.
//!
//! Promises: what does not fit its definition to the last byte is told as bytes, never half; no value breaks the connection,
//! however wrong a definition is (the library's own dynamic types would: they are decoded with the message they come in).
//! Called where values are written and read, before a write is sent, and by whoever asks for what is not known yet.

mod define;
mod dictionary;
mod fields;
mod read;
mod standard;
#[cfg(test)]
mod tests;
mod types;
mod write;

pub use define::{Definitions, Said};
pub use dictionary::in_dictionary;
pub(crate) use fields::Fields;
pub use read::{Misfit, argument, fill, has_fields, named_in, wanted};
pub use types::{Enumeration, Field, Shape, Structure, Table};
pub use write::new_in;

use opcua::types::{ContextOwned, ExtensionObject, NodeId, XmlBody};
use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

/// So many types may wait to be asked for.
const MOST_WANTED: usize = 1000;

/// The types of one session's server.
pub struct Structures {
    known: RwLock<Known>,
}

struct Known {
    table: Arc<Table>,
    /// Encodings that were asked for in vain.
    unknown: HashSet<NodeId>,
    /// Encodings that were met and not asked for yet.
    wanted: HashSet<NodeId>,
}

/// What is known of a type.
enum Met {
    Known(Arc<Table>, Arc<Structure>),
    Unknown,
    /// It was not asked for yet.
    New,
}

impl Default for Structures {
    /// With the standard's own types.
    fn default() -> Structures {
        let known = Known { table: standard::table(), unknown: HashSet::new(), wanted: HashSet::new() };
        Structures { known: RwLock::new(known) }
    }
}

impl Structures {
    fn met(&self, encoding: &NodeId) -> Met {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match known.table.by_encoding(encoding) {
            Some(structure) => Met::Known(known.table.clone(), structure),
            None if known.unknown.contains(encoding) => Met::Unknown,
            None => Met::New,
        }
    }

    /// The types as they are known now.
    pub fn table(&self) -> Arc<Table> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).table.clone()
    }

    /// Asks for a type, later; whether anybody has to be told.
    fn want(&self, encoding: &NodeId) -> bool {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.wanted.len() < MOST_WANTED && known.wanted.insert(encoding.clone())
    }

    /// The encodings that were met and not asked for yet; whoever takes them asks.
    pub fn take_wanted(&self) -> Vec<NodeId> {
        std::mem::take(&mut self.known.write().unwrap_or_else(PoisonError::into_inner).wanted).into_iter().collect()
    }

    /// Adds what was asked for, and remembers what is not to be asked for again.
    pub fn add(&self, more: Table, in_vain: Vec<NodeId>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if !more.is_empty() {
            let mut table = (*known.table).clone();
            table.extend(more);
            known.table = Arc::new(table);
        }
        known.unknown.extend(in_vain);
    }

    /// Writes a structure as an object. `None`: as it is known, it cannot be; what was written is to be taken back.
    pub(crate) fn write(&self, encoding: &NodeId, bytes: &[u8], depth: usize, out: &mut Vec<u8>) -> Option<()> {
        match self.met(encoding) {
            Met::Known(table, structure) => write::object(self, &table, &structure, bytes, depth, out),
            Met::Unknown => None,
            Met::New => {
                self.want(encoding);
                None
            }
        }
    }

    /// Whether something was met that is not known yet.
    pub fn has_wanted(&self) -> bool {
        !self.known.read().unwrap_or_else(PoisonError::into_inner).wanted.is_empty()
    }
}

#[cfg(any(test, feature = "testing"))]
impl Structures {
    /// That know one structure.
    pub fn with(encoding: NodeId, fields: Vec<Field>) -> Structures {
        let (structures, mut table) = (Structures::default(), Table::default());
        table.insert(encoding.clone(), Structure { encoding, kind: types::Kind::Plain, fields });
        structures.add(table, Vec::new());
        structures
    }
}

/// A field of a built-in type of the standard.
#[cfg(any(test, feature = "testing"))]
pub fn plain_field(name: String, data_type: &NodeId, rank: i32) -> Field {
    let shape = Shape::Plain(data_type.as_u32().and_then(|id| u8::try_from(id).ok()).unwrap_or_default());
    Field::new(name, shape, rank)
}

/// The encoding and the bytes of a structure. `None`: it is nothing, or not in bytes.
pub(crate) fn bytes_of(object: &ExtensionObject) -> Option<(NodeId, Vec<u8>)> {
    let structure = object.body.as_ref().filter(|_| !object.inner_is::<XmlBody>())?;
    let owned = ContextOwned::default();
    let encoding = structure.binary_type_id().try_resolve(owned.namespaces())?.into_owned();
    let mut bytes = Vec::new();
    structure.encode_binary(&mut bytes, &owned.context()).ok()?;
    Some((encoding, bytes))
}
