//! What a method takes and gives, as its server describes it.
//!
//! Promises: asked for once in a session. Called before a method is called.

use crate::link::{Established, value_of};
use crate::structures;
use opcua::types::{
    Argument, BrowseDescription, BrowseDirection, BrowseResultMaskFlags, DataValue, NodeId, ReferenceTypeId,
    StatusCode, Variant,
};
use std::sync::{Arc, PoisonError};
use tieline_opcua_values::Field;

/// What a method takes and gives.
pub struct Signature {
    /// Its arguments, in their order; their types are known to the session.
    pub inputs: Vec<Field>,
    /// Names alone: their values say what they are.
    pub outputs: Vec<String>,
}

/// What the server says of the method that the variable at a place is. The error is why that cannot be had.
pub async fn signature(established: &Established, at: usize, method: &NodeId) -> Result<Arc<Signature>, StatusCode> {
    let known = established.signatures.lock().unwrap_or_else(PoisonError::into_inner).get(&at).cloned();
    if let Some(known) = known {
        return Ok(known);
    }
    let asking = &established.asking;
    let asked = BrowseDescription {
        node_id: method.clone(),
        browse_direction: BrowseDirection::Forward,
        reference_type_id: ReferenceTypeId::HasProperty.into(),
        include_subtypes: true,
        node_class_mask: 0,
        result_mask: BrowseResultMaskFlags::all().bits(),
    };
    let found = asking.browse(&[asked], 0).await?.into_iter().next();
    let found = found.ok_or(StatusCode::BadUnknownResponse)?;
    if found.status_code.is_bad() {
        return Err(found.status_code);
    }
    let references = found.references.unwrap_or_default();
    let property = |name: &str| references.iter().find(|one| one.browse_name.name.as_ref() == name);
    let mut described: Vec<Vec<Argument>> = Vec::new();
    for name in ["InputArguments", "OutputArguments"] {
        // A method without arguments has no property for them.
        described.push(match property(name) {
            Some(property) => {
                let asked = [value_of(property.node_id.node_id.clone())];
                listed(asking.read(&asked, 1).await?.into_iter().next())
            }
            None => Vec::new(),
        });
    }
    let outputs = described.pop().unwrap_or_default().into_iter().map(|one| one.name.to_string()).collect();
    let inputs = described.pop().unwrap_or_default().into_iter();
    let inputs = inputs.map(|one| (one.name.to_string(), one.data_type, one.value_rank)).collect();
    let inputs = structures::fields(established, inputs).await.ok_or(StatusCode::BadDataTypeIdUnknown)?;
    let signature = Arc::new(Signature { inputs, outputs });
    established.signatures.lock().unwrap_or_else(PoisonError::into_inner).insert(at, signature.clone());
    Ok(signature)
}

fn listed(value: Option<DataValue>) -> Vec<Argument> {
    let Some(Variant::Array(array)) = value.and_then(|value| value.value) else { return Vec::new() };
    let object = |value: Variant| match value {
        Variant::ExtensionObject(object) => object.into_inner_as::<Argument>().map(|argument| *argument),
        _ => None,
    };
    array.values.into_iter().filter_map(object).collect()
}
