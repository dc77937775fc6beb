//! Names of nodes, and the structures that are named by them.

use super::plain::{bytes, guid, index, text_or_empty};
use super::{members, number, text};
use crate::wire::fields::{Unreadable, is_nothing};
use crate::wire::head::quote;
use serde_json::value::RawValue;

/// Appends a NodeId: `{"IdType"?,"Id","Namespace"?}`.
pub(super) fn node_id(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    let [kind, id, namespace] = members(raw, ["IdType", "Id", "Namespace"])?;
    out.push(b'{');
    identifier(kind, id, out)?;
    index("Namespace", namespace, u16::MAX.into(), out)?;
    out.push(b'}');
    Ok(())
}

/// Appends an ExpandedNodeId: the same, where `Namespace` may be a URI, and `ServerUri` counts the server's servers.
pub(super) fn expanded_node_id(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    let [kind, id, namespace, server] = members(raw, ["IdType", "Id", "Namespace", "ServerUri"])?;
    out.push(b'{');
    identifier(kind, id, out)?;
    match namespace.filter(|namespace| !is_nothing(namespace)) {
        Some(namespace) if is_uri(namespace) => {
            out.extend_from_slice(br#","Namespace":"#);
            quote(&text(namespace)?, out);
        }
        namespace => index("Namespace", namespace, u16::MAX.into(), out)?,
    }
    index("ServerUri", server, u32::MAX.into(), out)?;
    out.push(b'}');
    Ok(())
}

/// A text that is no number: an index comes as a text too, when every scalar is one.
fn is_uri(namespace: &RawValue) -> bool {
    namespace.get().starts_with('"') && number::whole(namespace).is_err()
}

/// `"IdType":…,"Id":…`, without the type of the most frequent, numbers.
fn identifier(kind: Option<&RawValue>, id: Option<&RawValue>, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    let kind = match kind.filter(|kind| !is_nothing(kind)) {
        Some(kind) => number::within(kind, 0..=3)?,
        None => 0,
    };
    let id = id.ok_or("a NodeId needs `Id`")?;
    if kind == 0 {
        let id = number::within(id, 0..=u32::MAX.into())?;
        out.extend_from_slice(format!(r#""Id":{id}"#).as_bytes());
        return Ok(());
    }
    out.extend_from_slice(format!(r#""IdType":{kind},"Id":"#).as_bytes());
    match kind {
        1 => text_or_empty(id, out),
        2 => guid(id, out),
        _ => bytes(id, out),
    }
}

/// Appends an ExtensionObject: `{"TypeId","Body"}`, whose body is bytes that only its type understands, or an object with the
/// structure's fields, which the backend reads by its definition; then `TypeId` may be left out for the variable's own, and
/// with it the object around the fields.
pub(super) fn extension_object(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    let [kind, body] = members(raw, ["TypeId", "Body"])?;
    let fields = match body {
        Some(body) if body.get().starts_with('{') => Some(body),
        None if kind.is_none() && has_members(raw) => Some(raw),
        _ => None,
    };
    out.push(b'{');
    match kind {
        Some(kind) => {
            out.extend_from_slice(br#""TypeId":"#);
            node_id(kind, out)?;
            out.extend_from_slice(br#","Body":"#);
        }
        None if fields.is_some() => out.extend_from_slice(br#""Body":"#),
        None => return Err("an ExtensionObject needs `TypeId`"),
    }
    match fields {
        Some(fields) => out.extend_from_slice(fields.get().as_bytes()),
        None => bytes(body.ok_or("an ExtensionObject needs `Body`")?, out)?,
    }
    out.push(b'}');
    Ok(())
}

fn has_members(object: &RawValue) -> bool {
    object.get().get(1..).is_some_and(|inside| !inside.trim_ascii_start().starts_with('}'))
}
