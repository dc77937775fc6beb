//! From the bytes of a structure to an object, field by field.

use super::types::{Field, Kind, Shape, Structure, Table};
use super::{Structures, bytes_of};
use crate::value::{body, quoted, write_data_value};
use opcua::types::{
    BinaryDecodable, ByteString, Context, ContextOwned, DataValue, DateTime, DiagnosticInfo, EncodingResult,
    ExpandedNodeId, ExtensionObject, Guid, LocalizedText, NodeId, QualifiedName, StatusCode, UAString, Variant,
    XmlElement,
};
use std::io::Write;

/// What is needed all the way down.
struct Writing<'a> {
    structures: &'a Structures,
    table: &'a Table,
    context: Context<'a>,
}

/// Writes the object. `None`: the bytes are not those of this structure.
pub(super) fn object(
    structures: &Structures,
    table: &Table,
    structure: &Structure,
    bytes: &[u8],
    depth: usize,
    out: &mut Vec<u8>,
) -> Option<()> {
    let owned = ContextOwned::default();
    let writing = Writing { structures, table, context: owned.context() };
    let mut rest = bytes;
    writing.structure(structure, &mut rest, depth, out)?;
    // What is left would be lost.
    rest.is_empty().then_some(())
}

impl Writing<'_> {
    fn structure(&self, structure: &Structure, rest: &mut &[u8], depth: usize, out: &mut Vec<u8>) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let told = match structure.kind {
            Kind::Plain => 0,
            Kind::Optional | Kind::Union => self.decoded::<u32>(rest)?,
        };
        out.push(b'{');
        let (mut is_first, mut optional) = (true, 0u32);
        for (number, field) in (1u32..).zip(&structure.fields) {
            let is_there = match structure.kind {
                Kind::Plain => true,
                Kind::Union => told == number,
                Kind::Optional if !field.is_optional => true,
                Kind::Optional => {
                    optional += 1;
                    told.checked_shr(optional - 1).is_some_and(|mask| mask & 1 == 1)
                }
            };
            if !is_there {
                continue;
            }
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            quoted(&field.name, out);
            out.push(b':');
            self.field(field, rest, depth, out)?;
        }
        if structure.kind == Kind::Union && told as usize > structure.fields.len() {
            return None;
        }
        out.push(b'}');
        Some(())
    }

    fn field(&self, field: &Field, rest: &mut &[u8], depth: usize, out: &mut Vec<u8>) -> Option<()> {
        match field.rank {
            0 => self.value(&field.shape, rest, depth, out),
            1 => match usize::try_from(self.decoded::<i32>(rest)?) {
                Ok(length) => self.list(field, &[length], rest, depth, out),
                // No list is something else than one with nothing in it.
                Err(_) => {
                    out.extend_from_slice(b"null");
                    Some(())
                }
            },
            rank => {
                let lengths = self.decoded::<Option<Vec<i32>>>(rest)?.unwrap_or_default();
                let lengths: Vec<usize> = lengths.into_iter().filter_map(|length| length.try_into().ok()).collect();
                (lengths.len() == rank).then_some(())?;
                self.list(field, &lengths, rest, depth, out)
            }
        }
    }

    /// Lists in lists, as many as there are dimensions.
    fn list(&self, field: &Field, lengths: &[usize], rest: &mut &[u8], depth: usize, out: &mut Vec<u8>) -> Option<()> {
        let Some((length, inner)) = lengths.split_first() else { return self.value(&field.shape, rest, depth, out) };
        // Each element has a byte at least: a length beyond that is no length.
        let least = inner.iter().try_fold(*length, |product, length| product.checked_mul(*length))?;
        (least <= rest.len() && *length <= rest.len()).then_some(())?;
        out.push(b'[');
        for at in 0..*length {
            if at > 0 {
                out.push(b',');
            }
            self.list(field, inner, rest, depth, out)?;
        }
        out.push(b']');
        Some(())
    }

    fn value(&self, shape: &Shape, rest: &mut &[u8], depth: usize, out: &mut Vec<u8>) -> Option<()> {
        match shape {
            Shape::Plain(kind) => self.plain(*kind, rest, depth, out),
            Shape::Structure(data_type) => self.structure(&*self.table.by_type(data_type)?, rest, depth, out),
            Shape::Enumeration(names) => {
                let number = self.decoded::<i32>(rest)?;
                let _ = write!(out, "{{\"Value\":{number}");
                if let Some(name) = names.name(number) {
                    out.extend_from_slice(b",\"Name\":");
                    quoted(name, out);
                }
                out.push(b'}');
                Some(())
            }
        }
    }

    fn plain(&self, kind: u8, rest: &mut &[u8], depth: usize, out: &mut Vec<u8>) -> Option<()> {
        let value = match kind {
            1 => Variant::Boolean(self.decoded(rest)?),
            2 => Variant::SByte(self.decoded(rest)?),
            3 => Variant::Byte(self.decoded(rest)?),
            4 => Variant::Int16(self.decoded(rest)?),
            5 => Variant::UInt16(self.decoded(rest)?),
            6 => Variant::Int32(self.decoded(rest)?),
            7 => Variant::UInt32(self.decoded(rest)?),
            8 => Variant::Int64(self.decoded(rest)?),
            9 => Variant::UInt64(self.decoded(rest)?),
            10 => Variant::Float(self.decoded(rest)?),
            11 => Variant::Double(self.decoded(rest)?),
            12 => Variant::from(self.decoded::<UAString>(rest)?),
            13 => Variant::from(self.decoded::<DateTime>(rest)?),
            14 => Variant::from(self.decoded::<Guid>(rest)?),
            15 => Variant::from(self.decoded::<ByteString>(rest)?),
            16 => Variant::XmlElement(self.decoded::<XmlElement>(rest)?),
            17 => Variant::from(self.decoded::<NodeId>(rest)?),
            18 => Variant::from(self.decoded::<ExpandedNodeId>(rest)?),
            19 => Variant::from(self.decoded::<StatusCode>(rest)?),
            20 => Variant::from(self.decoded::<QualifiedName>(rest)?),
            21 => Variant::from(self.decoded::<LocalizedText>(rest)?),
            22 => Variant::from(self.decoded::<ExtensionObject>(rest)?),
            23 => {
                write_data_value(&self.decoded::<DataValue>(rest)?, self.structures, out);
                return Some(());
            }
            24 => Variant::Variant(Box::new(self.decoded::<Variant>(rest)?)),
            // It is there, and has no form.
            25 => {
                self.decoded::<DiagnosticInfo>(rest)?;
                out.extend_from_slice(b"null");
                return Some(());
            }
            _ => return None,
        };
        body(&value, self.structures, depth, out)
    }

    fn decoded<T: BinaryDecodable>(&self, rest: &mut &[u8]) -> Option<T> {
        let decoded: EncodingResult<T> = T::decode(rest, &self.context);
        decoded.ok()
    }
}

/// Which encodings in a value are not known and were not asked for yet.
pub fn new_in(structures: &Structures, value: &Variant, found: &mut Vec<NodeId>) {
    match value {
        Variant::ExtensionObject(object) => {
            if let Some((encoding, _)) = bytes_of(object)
                && matches!(structures.met(&encoding), super::Met::New)
                && !found.contains(&encoding)
            {
                found.push(encoding);
            }
        }
        Variant::Variant(inner) => new_in(structures, inner, found),
        Variant::Array(array) => array.values.iter().for_each(|value| new_in(structures, value, found)),
        _ => {}
    }
}
