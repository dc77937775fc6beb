//! What a node holds, asked for when it does not take what was written.
//!
//! Promises: asked once in a session; a value is changed to the node's own type only when nothing is lost by it.

use super::send::node;
use opcua::types::{AttributeId, DataValue, Identifier, NodeId, ReadValueId, Variant};
use std::sync::PoisonError;
use tieline_opcua_client::{Established, NodeType, value_of};
use tieline_opcua_values::fit;

/// The same value as the node's own type.
pub(super) async fn fitted(established: &Established, at: usize, value: &DataValue) -> Option<DataValue> {
    let held = of(established, at).await?;
    let written = value.value.as_ref()?;
    let is_array = held.is_array.unwrap_or(matches!(written, Variant::Array(_)));
    let fitting = fit(written, held.kind, is_array)?;
    Some(DataValue { value: Some(fitting), ..value.clone() })
}

async fn of(established: &Established, at: usize) -> Option<NodeType> {
    let known = established.types.lock().unwrap_or_else(PoisonError::into_inner).get(&at).copied();
    if known.is_some() {
        return known;
    }
    let node = node(established, at)?;
    let attribute = |attribute: AttributeId| ReadValueId { attribute_id: attribute as u32, ..value_of(node.clone()) };
    let asked = [attribute(AttributeId::DataType), attribute(AttributeId::ValueRank), attribute(AttributeId::Value)];
    let mut answers =
        established.asking.read(&asked, established.limits.read).await.ok()?.into_iter().map(|answer| answer.value);
    let (data_type, rank, value) = (answers.next()?, answers.next()?, answers.next()?);
    let held = NodeType { kind: kind(data_type.as_ref(), value.as_ref())?, is_array: is_array(rank.as_ref()) };
    established.types.lock().unwrap_or_else(PoisonError::into_inner).insert(at, held);
    Some(held)
}

/// The built-in type: as the node says, or, when that is one derived from it, as its value has it.
fn kind(data_type: Option<&Variant>, value: Option<&Variant>) -> Option<u8> {
    if let Some(Variant::NodeId(id)) = data_type
        && let NodeId { namespace: 0, identifier: Identifier::Numeric(number @ 1..=25) } = **id
    {
        return u8::try_from(number).ok();
    }
    value?.scalar_type_id().and_then(|kind| u8::try_from(kind as u32).ok())
}

fn is_array(rank: Option<&Variant>) -> Option<bool> {
    match rank {
        Some(Variant::Int32(-1)) => Some(false),
        Some(Variant::Int32(0..)) => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_what_it_says_or_what_its_value_is() {
        let id = |number: u32| Variant::from(NodeId::new(0, number));
        assert_eq!(kind(Some(&id(11)), None), Some(11));
        // A Duration, which is a Double.
        assert_eq!(kind(Some(&id(290)), Some(&Variant::Double(1.0))), Some(11));
        assert_eq!(kind(Some(&id(290)), Some(&Variant::from(vec![1.0f64]))), Some(11));
        assert_eq!(kind(Some(&Variant::from(NodeId::new(2, 11))), None), None);
        let ranks = [-3, -2, -1, 0, 1, 2].map(|rank| is_array(Some(&Variant::Int32(rank))));
        assert_eq!(ranks, [None, None, Some(false), Some(true), Some(true), Some(true)]);
    }
}
