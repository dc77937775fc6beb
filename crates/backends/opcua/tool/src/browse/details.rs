//! Looks closely at variables: type, access, value, unit and limits.
//!
//! Promises: as few requests as the server allows; what it does not tell stays open and stops nothing. Called by
//! `tieline opcua browse`, for what will be printed.

use super::found::{Found, Variable};
use crate::reach::Connected;
use crate::types_failed;
use opcua::types::{AttributeId, DataValue, EUInformation, NodeClass, NodeId, Range, ReadValueId, Variant};
use tieline_commandline::Failure;
use tieline_opcua_client::folders::Types;
use tieline_opcua_values::data_type_name;

const ATTRIBUTES: [AttributeId; 4] =
    [AttributeId::DataType, AttributeId::ValueRank, AttributeId::UserAccessLevel, AttributeId::Value];
/// The standard's properties of analog variables (OPC UA part 8).
const UNIT: &str = "EngineeringUnits";
const LIMITS: [&str; 2] = ["EURange", "InstrumentRange"];
/// Bits of an access level.
const ACCESS: [u8; 3] = [1, 2, 4];
/// The type where the server names none and has no value.
const ANY: &str = "Variant";

/// Fills in the variables among the nodes that are wanted.
pub(super) async fn describe(connected: &Connected, found: &mut Found, wanted: &[bool]) -> Result<(), Failure> {
    let is_wanted = |at: &usize| {
        wanted.get(*at) == Some(&true) && found.nodes.get(*at).is_some_and(|node| node.class == NodeClass::Variable)
    };
    let places: Vec<usize> = (0..found.nodes.len()).filter(is_wanted).collect();
    let asked: Vec<ReadValueId> = places
        .iter()
        .filter_map(|at| found.nodes.get(*at))
        .flat_map(|node| ATTRIBUTES.map(|attribute| attribute_of(&node.id, attribute)))
        .collect();
    let answers = connected.read(&asked).await?;
    connected.learn(&answers).await;
    let mut types = Types::default();
    for (at, answer) in places.iter().zip(answers.chunks(ATTRIBUTES.len())) {
        let variable = variable(connected, &mut types, answer).await?;
        if let Some(node) = found.nodes.get_mut(*at) {
            node.variable = Some(variable);
        }
    }
    ranges(connected, found, &places).await
}

async fn variable(connected: &Connected, types: &mut Types, answer: &[DataValue]) -> Result<Variable, Failure> {
    let [data_type, rank, access, value] = answer else { return Ok(Variable::default()) };
    let built_in = match &data_type.value {
        Some(Variant::NodeId(data_type)) => types.built_in(&connected.asking, data_type).await.map_err(types_failed)?,
        _ => None,
    };
    let present = value.value.as_ref();
    let built_in = built_in.or_else(|| present.and_then(Variant::scalar_type_id).map(|present| present as u8));
    let is_array = match rank.value {
        Some(Variant::Int32(rank)) if rank >= 0 => true,
        Some(Variant::Int32(-1)) => false,
        // One or the other: what is there now.
        _ => present.is_some_and(Variant::is_array),
    };
    let bits = match access.value {
        Some(Variant::Byte(bits)) => bits,
        _ => 0,
    };
    Ok(Variable {
        data_type: built_in.and_then(data_type_name).unwrap_or(ANY).to_owned(),
        is_array,
        access: ACCESS.map(|bit| bits & bit != 0),
        value: value.clone(),
        unit: None,
        limits: None,
    })
}

/// Units and limits, where there are properties for them.
async fn ranges(connected: &Connected, found: &mut Found, places: &[usize]) -> Result<(), Failure> {
    let (mut owners, mut asked) = (Vec::new(), Vec::new());
    for at in places {
        let Some(node) = found.nodes.get(*at) else { continue };
        for (name, property) in &node.properties {
            if name == UNIT || LIMITS.contains(&name.as_str()) {
                owners.push((*at, name.clone()));
                asked.push(attribute_of(property, AttributeId::Value));
            }
        }
    }
    for ((at, name), answer) in owners.into_iter().zip(connected.read(&asked).await?) {
        let Some(variable) = found.nodes.get_mut(at).and_then(|node| node.variable.as_mut()) else { continue };
        let Some(Variant::ExtensionObject(object)) = answer.value else { continue };
        if name == UNIT {
            variable.unit = object.inner_as::<EUInformation>().map(|unit| unit.display_name.text.as_ref().to_owned());
        } else if name == LIMITS[0] || variable.limits.is_none() {
            let range = object.inner_as::<Range>().map(|range| (range.low, range.high));
            variable.limits = range.or(variable.limits);
        }
    }
    Ok(())
}

fn attribute_of(node: &NodeId, attribute: AttributeId) -> ReadValueId {
    ReadValueId { attribute_id: attribute as u32, ..node.clone().into() }
}
