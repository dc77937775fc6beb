//! What is a JSON object: ids, names, texts with a language, structures. `None`: the JSON is no value of that type.

use super::plain::{bytes, guid};
use crate::structures::Fields;
use opcua::types::{
    ByteString, ByteStringBody, ExpandedNodeId, ExtensionObject, Identifier, LocalizedText, NodeId, QualifiedName,
    StatusCode, UAString, Variant,
};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct WrittenId<'a> {
    #[serde(rename = "IdType")]
    kind: Option<u8>,
    #[serde(rename = "Id", borrow)]
    id: &'a RawValue,
    #[serde(rename = "Namespace", borrow)]
    namespace: Option<&'a RawValue>,
    #[serde(rename = "ServerUri")]
    server: Option<u32>,
}

#[derive(Deserialize)]
struct WrittenName {
    #[serde(rename = "Name")]
    name: Option<String>,
    #[serde(rename = "Uri")]
    namespace: Option<u16>,
}

#[derive(Deserialize)]
struct WrittenText {
    #[serde(rename = "Locale")]
    locale: Option<String>,
    #[serde(rename = "Text")]
    text: Option<String>,
}

#[derive(Deserialize)]
struct WrittenStructure<'a> {
    #[serde(rename = "TypeId", borrow)]
    type_id: Option<WrittenId<'a>>,
    #[serde(rename = "Body", borrow)]
    body: Option<&'a RawValue>,
}

/// The types 17 to 22.
pub(super) fn object(data_type: u8, raw: &RawValue) -> Option<Variant> {
    let json = raw.get();
    let value = match data_type {
        17 => Variant::NodeId(Box::new(node_id(serde_json::from_str(json).ok()?)?)),
        18 => Variant::ExpandedNodeId(Box::new(expanded_node_id(serde_json::from_str(json).ok()?)?)),
        19 => Variant::StatusCode(StatusCode::from(serde_json::from_str::<u32>(json).ok()?)),
        20 => {
            let written: WrittenName = serde_json::from_str(json).ok()?;
            let name = UAString::from(written.name);
            Variant::QualifiedName(Box::new(QualifiedName { namespace_index: written.namespace.unwrap_or(0), name }))
        }
        21 => {
            let written: WrittenText = serde_json::from_str(json).ok()?;
            // An empty text and none are one and the same on the wire.
            let text = |text: Option<String>| UAString::from(text.filter(|text| !text.is_empty()));
            let (locale, text) = (text(written.locale), text(written.text));
            Variant::LocalizedText(Box::new(LocalizedText { locale, text }))
        }
        22 => Variant::ExtensionObject(structure(serde_json::from_str(json).ok()?)?),
        _ => return None,
    };
    Some(value)
}

fn identifier(kind: Option<u8>, id: &RawValue) -> Option<Identifier> {
    let text = || serde_json::from_str::<Option<String>>(id.get()).ok();
    Some(match kind {
        None | Some(0) => Identifier::Numeric(id.get().parse().ok()?),
        Some(1) => Identifier::String(UAString::from(text()?)),
        Some(2) => Identifier::Guid(guid(&text()??)?),
        Some(3) => Identifier::ByteString(bytes(text()?)?),
        Some(_) => return None,
    })
}

fn index(namespace: Option<&RawValue>) -> Option<u16> {
    namespace.map_or(Some(0), |index| index.get().parse().ok())
}

fn node_id(written: WrittenId<'_>) -> Option<NodeId> {
    let identifier = identifier(written.kind, written.id)?;
    Some(NodeId { namespace: index(written.namespace)?, identifier })
}

fn expanded_node_id(written: WrittenId<'_>) -> Option<ExpandedNodeId> {
    let server_index = written.server.unwrap_or(0);
    let uri = written.namespace.filter(|namespace| namespace.get().starts_with('"'));
    let (namespace, namespace_uri) = match uri {
        Some(uri) => (0, UAString::from(serde_json::from_str::<String>(uri.get()).ok()?)),
        None => (index(written.namespace)?, UAString::null()),
    };
    let identifier = identifier(written.kind, written.id)?;
    Some(ExpandedNodeId { node_id: NodeId { namespace, identifier }, namespace_uri, server_index })
}

/// Bytes are not looked into, and an object waits for its bytes until the type is known: the server knows what they mean.
fn structure(written: WrittenStructure<'_>) -> Option<ExtensionObject> {
    let type_id = match written.type_id {
        Some(id) => Some(node_id(id)?),
        None => None,
    };
    let body = written.body.map_or("null", RawValue::get);
    if body.starts_with('{') {
        return Some(ExtensionObject::new(Fields { type_id, json: body.to_owned() }));
    }
    let (type_id, body): (NodeId, Option<String>) = (type_id?, serde_json::from_str(body).ok()?);
    if body.is_none() && type_id.is_null() {
        return Some(ExtensionObject::null());
    }
    // None of a known type and an empty one are one and the same on the wire.
    let raw: ByteString = bytes(Some(body.unwrap_or_default()))?;
    Some(ExtensionObject::new(ByteStringBody::new(raw, type_id)))
}
