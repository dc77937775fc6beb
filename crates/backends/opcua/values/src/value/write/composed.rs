//! What is written as a JSON object: ids, names, texts with a language, structures.

use super::plain::{base64, base64_of, guid, quoted, text};
use crate::structures::{Fields, Structures, bytes_of};
use opcua::types::{ExpandedNodeId, ExtensionObject, Identifier, LocalizedText, NodeId, QualifiedName};
use std::io::Write;

fn identifier(identifier: &Identifier, out: &mut Vec<u8>) {
    match identifier {
        Identifier::Numeric(id) => {
            let _ = write!(out, "{{\"Id\":{id}");
        }
        Identifier::String(id) => {
            out.extend_from_slice(b"{\"IdType\":1,\"Id\":");
            text(id, out);
        }
        Identifier::Guid(id) => {
            out.extend_from_slice(b"{\"IdType\":2,\"Id\":");
            guid(id, out);
        }
        Identifier::ByteString(id) => {
            out.extend_from_slice(b"{\"IdType\":3,\"Id\":");
            base64(id, out);
        }
    }
}

fn namespace(index: u16, out: &mut Vec<u8>) {
    if index != 0 {
        let _ = write!(out, ",\"Namespace\":{index}");
    }
}

pub(super) fn node_id(id: &NodeId, out: &mut Vec<u8>) {
    identifier(&id.identifier, out);
    namespace(id.namespace, out);
    out.push(b'}');
}

pub(super) fn expanded_node_id(id: &ExpandedNodeId, out: &mut Vec<u8>) {
    identifier(&id.node_id.identifier, out);
    match id.namespace_uri.value() {
        Some(uri) => {
            out.extend_from_slice(b",\"Namespace\":");
            quoted(uri, out);
        }
        None => namespace(id.node_id.namespace, out),
    }
    if id.server_index != 0 {
        let _ = write!(out, ",\"ServerUri\":{}", id.server_index);
    }
    out.push(b'}');
}

pub(super) fn qualified_name(name: &QualifiedName, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"Name\":");
    text(&name.name, out);
    if name.namespace_index != 0 {
        let _ = write!(out, ",\"Uri\":{}", name.namespace_index);
    }
    out.push(b'}');
}

pub(super) fn localized_text(text: &LocalizedText, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"Locale\":");
    quoted(text.locale.as_ref(), out);
    out.extend_from_slice(b",\"Text\":");
    quoted(text.text.as_ref(), out);
    out.push(b'}');
}

/// The structure as an object where its type is known, else as the bytes it has on the wire; a structure in XML has no place
/// for that in the event form.
pub(super) fn extension_object(
    object: &ExtensionObject,
    structures: &Structures,
    depth: usize,
    out: &mut Vec<u8>,
) -> Option<()> {
    if object.body.is_none() {
        out.extend_from_slice(b"{\"TypeId\":");
        node_id(&NodeId::null(), out);
        out.extend_from_slice(b",\"Body\":null}");
        return Some(());
    }
    out.push(b'{');
    if let Some(fields) = object.inner_as::<Fields>() {
        if let Some(id) = &fields.type_id {
            out.extend_from_slice(b"\"TypeId\":");
            node_id(id, out);
            out.push(b',');
        }
        let _ = write!(out, "\"Body\":{}}}", fields.json);
        return Some(());
    }
    let (encoding, bytes) = bytes_of(object)?;
    out.extend_from_slice(b"\"TypeId\":");
    node_id(&encoding, out);
    out.extend_from_slice(b",\"Body\":");
    let start = out.len();
    if structures.write(&encoding, &bytes, depth, out).is_none() {
        out.truncate(start);
        base64_of(&bytes, out);
    }
    out.push(b'}');
    Some(())
}
