//! The ranges of variables with a deadband in percent, where a server is polled: otherwise it looks at them itself.
//!
//! Promises: as many answers as were asked for; a variable without a range (property `EURange`, OPC 10000-8, 5.3.2) has
//! none, and then every change of it counts. Called by the keeper of the items, once for each variable in a session.

use opcua::types::{
    BrowseDescription, BrowseDirection, BrowseResult, BrowseResultMask, DataValue, NodeId, QualifiedName, Range,
    ReferenceTypeId, StatusCode, Variant,
};
use tieline_opcua_client::{Established, value_of};

/// A variable has few properties.
const PAGE: u32 = 100;

/// From the lowest to the highest value of each of these variables, if that is known.
pub(super) async fn spans(established: &Established, variables: &[usize]) -> Result<Vec<Option<f64>>, StatusCode> {
    let node = |at: &usize| established.node(*at).unwrap_or_else(NodeId::null);
    let asked: Vec<BrowseDescription> = variables.iter().map(|at| properties(node(at))).collect();
    let found = established.asking.browse(&asked, PAGE).await?;
    let ranges: Vec<Option<NodeId>> = found.iter().map(range_among).collect();
    let nodes: Vec<_> = ranges.iter().flatten().cloned().map(value_of).collect();
    let mut values = established.asking.read(&nodes, established.limits.read).await?.into_iter();
    Ok(ranges.into_iter().map(|range| range.and_then(|_| values.next()).and_then(|value| span(&value))).collect())
}

fn properties(node_id: NodeId) -> BrowseDescription {
    BrowseDescription {
        node_id,
        browse_direction: BrowseDirection::Forward,
        reference_type_id: ReferenceTypeId::HasProperty.into(),
        include_subtypes: true,
        node_class_mask: 0,
        result_mask: BrowseResultMask::BrowseName as u32,
    }
}

fn range_among(found: &BrowseResult) -> Option<NodeId> {
    let is_range = QualifiedName::new(0, "EURange");
    let mut all = found.references.iter().flatten();
    all.find(|property| property.browse_name == is_range).map(|property| property.node_id.node_id.clone())
}

fn span(value: &DataValue) -> Option<f64> {
    let Some(Variant::ExtensionObject(object)) = &value.value else { return None };
    let range = object.inner_as::<Range>()?;
    Some(range.high - range.low).filter(|span| span.is_finite() && *span > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use opcua::types::{ExtensionObject, ReferenceDescription};

    #[test]
    fn a_range_is_what_its_property_says() {
        let of = |low, high| {
            let object = ExtensionObject::from_message(Range { low, high });
            span(&DataValue { value: Some(Variant::from(object)), ..DataValue::null() })
        };
        assert_eq!(of(-20.0, 80.0), Some(100.0));
        assert_eq!((of(5.0, 5.0), of(0.0, f64::INFINITY), span(&DataValue::null())), (None, None, None));
        let property = |name: &str, number: u32| ReferenceDescription {
            browse_name: QualifiedName::new(0, name),
            node_id: NodeId::new(1, number).into(),
            ..Default::default()
        };
        let references = Some(vec![property("EngineeringUnits", 1), property("EURange", 2)]);
        let found = BrowseResult { references, ..Default::default() };
        assert_eq!(range_among(&found), Some(NodeId::new(1, 2)));
        assert_eq!(range_among(&BrowseResult::default()), None);
    }
}
