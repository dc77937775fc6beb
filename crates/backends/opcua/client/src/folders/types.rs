//! From a variable's data type to the built-in type that its values are sent as.
//!
//! Promises: each type is looked up once, and no chain of types is followed for ever. Called where variables are described
//! and written.

use crate::link::Asking;
use opcua::types::{BrowseDescription, BrowseDirection, BrowseResultMaskFlags, NodeId, ReferenceTypeId, StatusCode};
use std::collections::HashMap;

/// Enumerations are sent as Int32, which no subtype says.
const ENUMERATION: u32 = 29;
const INT32: u8 = 6;
/// Any value at all: what is there decides.
const ANY: u8 = 24;
/// The standard's own types are not this deep.
const DEEPEST: usize = 32;

/// The types that were looked up already.
#[derive(Debug, Default)]
pub struct Types {
    known: HashMap<NodeId, Option<u8>>,
}

impl Types {
    /// The number of the built-in type; `None` when values of several will do, as of `Number`.
    pub async fn built_in(&mut self, asking: &Asking, data_type: &NodeId) -> Result<Option<u8>, StatusCode> {
        let mut passed = Vec::new();
        let mut at = data_type.clone();
        let found = loop {
            if let Some(found) = own(&at) {
                break found;
            }
            if let Some(found) = self.known.get(&at) {
                break *found;
            }
            let Some(next) = supertype(asking, &at).await? else { break None };
            passed.push(std::mem::replace(&mut at, next));
            if passed.len() > DEEPEST {
                break None;
            }
        };
        self.known.extend(passed.into_iter().map(|one| (one, found)));
        self.known.insert(data_type.clone(), found);
        Ok(found)
    }
}

/// What the node itself says; `None` when its supertype has to.
fn own(data_type: &NodeId) -> Option<Option<u8>> {
    let id = data_type.as_u32().filter(|_| data_type.namespace == 0)?;
    match (id, u8::try_from(id)) {
        (ENUMERATION, _) => Some(Some(INT32)),
        (_, Ok(ANY)) => Some(None),
        // Number, Integer and UInteger.
        (26..=28, _) => Some(None),
        (_, Ok(id)) if (1..=25).contains(&id) => Some(Some(id)),
        _ => None,
    }
}

async fn supertype(asking: &Asking, data_type: &NodeId) -> Result<Option<NodeId>, StatusCode> {
    let asked = BrowseDescription {
        node_id: data_type.clone(),
        browse_direction: BrowseDirection::Inverse,
        reference_type_id: ReferenceTypeId::HasSubtype.into(),
        include_subtypes: true,
        node_class_mask: 0,
        result_mask: BrowseResultMaskFlags::all().bits(),
    };
    let answer = asking.browse(&[asked], 1).await?;
    let found = answer.into_iter().next().and_then(|answer| answer.references).unwrap_or_default();
    Ok(found.into_iter().next().map(|found| found.node_id.node_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_own_types_speak_for_themselves() {
        let said = |id: u32| own(&NodeId::new(0, id));
        assert_eq!((said(11), said(29), said(22)), (Some(Some(11)), Some(Some(6)), Some(Some(22))));
        assert_eq!((said(24), said(26)), (Some(None), Some(None)), "several will do");
        assert_eq!((said(290), own(&NodeId::new(2, 11u32))), (None, None), "their supertypes know");
    }
}
