//! Asking for type dictionaries, as servers had them before data types had definitions: the description of an encoding names
//! a type in an XML text that the server holds.
//!
//! Promises: a server without one is asked no more than where it would be.

use super::define::{description, first};
use crate::link::Asking;
use opcua::types::{BrowseDirection, NodeId, ReadValueId, ReferenceTypeId, StatusCode, Variant};
use tieline_opcua_values::{Table, in_dictionary};

/// The structure with this encoding and those in it, where a dictionary has them.
pub(super) async fn define(asking: &Asking, encoding: &NodeId) -> Result<Option<Table>, StatusCode> {
    let follow = async |node: &NodeId, kind, direction| {
        let asked = [description(node, kind, direction)];
        let found = asking.browse(&asked, 0).await?;
        Ok::<_, StatusCode>(first(found.into_iter().next()))
    };
    let described = follow(encoding, ReferenceTypeId::HasDescription, BrowseDirection::Forward).await?;
    let Some(described) = described else { return Ok(None) };
    let Some(dictionary) = follow(&described, ReferenceTypeId::HasComponent, BrowseDirection::Inverse).await? else {
        return Ok(None);
    };
    let asked = [ReadValueId::from(described), ReadValueId::from(dictionary)];
    let read = asking.read(&asked, usize::MAX).await?;
    let mut values = read.into_iter().map(|value| value.value);
    let (Some(Some(Variant::String(name))), Some(Some(Variant::ByteString(text)))) = (values.next(), values.next())
    else {
        return Ok(None);
    };
    Ok(in_dictionary(&text.value.unwrap_or_default(), name.as_ref(), encoding))
}
