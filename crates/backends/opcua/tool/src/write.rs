//! `tieline opcua write`: one new value for one variable.
//!
//! Promises: the value goes out as the type that the server's variable has, or as the one that was named; nothing is
//! written that was not typed exactly so.

use super::arguments::{Which, Write};
use super::reach::{Connected, connect};
use super::variable::groups;
use super::{status, text, types_failed};
use opcua::types::{AttributeId, DataValue, NodeId, ReadValueId, StatusCode, Variant, WriteValue};
use tieline_commandline::{FAILED, Failure, WELL};
use tieline_model::ToolContext;
use tieline_opcua_client::folders::Types;
use tieline_opcua_values::{data_type_id, data_type_name, nearest_data_type};

/// Writes, and says so.
pub(super) async fn write(arguments: &Write, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let (which, typed) = words(arguments)?;
    let forced = arguments.r#type.as_deref().map(forced).transpose()?;
    let (groups, store) = groups(&which, &arguments.way, &arguments.given, context)?;
    let [group] = groups.as_slice() else { return Err(Failure::Usage("one variable is written at a time".to_owned())) };
    let [wanted] = group.wanted.as_slice() else {
        return Err(Failure::Usage("one node is written at a time".to_owned()));
    };
    let connected = connect(&group.target, &store).await?;
    let done = async {
        let node = wanted.node(&group.target, &connected.namespaces)?;
        send(&connected, &node, typed, forced).await
    };
    let done = done.await;
    connected.close().await;
    let (data_type, status) = done?;
    if status.is_bad() {
        let (name, hint) = (status::name(status), hint(status));
        writeln!(context.diagnostics, "error: the server refused to write {}: {name}{hint}", wanted.name)?;
        return Ok(FAILED);
    }
    writeln!(context.diagnostics, "{} is {typed} ({data_type}).", wanted.name)?;
    Ok(WELL)
}

/// NAME VALUE, or VALUE where a node is named.
fn words(arguments: &Write) -> Result<(Which, &str), Failure> {
    let usage = |text: &str| Err(Failure::Usage(text.to_owned()));
    match (arguments.words.as_slice(), arguments.nodes.node.len()) {
        ([name, value], 0) => Ok((Which { names: vec![name.clone()], ..Which::default() }, value)),
        ([value], 1) => Ok((Which { nodes: arguments.nodes.clone(), ..Which::default() }, value)),
        (_, 0) => usage("a name and a value are needed, as in: tieline opcua write Setpoint 21.5"),
        (_, 1) => usage("with --node only the value is needed; a text with blanks stands in quotes"),
        _ => usage("one node is written at a time"),
    }
}

fn forced(name: &str) -> Result<u8, Failure> {
    data_type_id(name).ok_or_else(|| {
        let near = nearest_data_type(name).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        Failure::Usage(format!("--type {name}: that is no built-in type{near}"))
    })
}

/// Writes as the type that is asked for, else the variable's own, and tells its name.
async fn send(
    connected: &Connected,
    node: &NodeId,
    typed: &str,
    forced: Option<u8>,
) -> Result<(String, StatusCode), Failure> {
    let attributes = [AttributeId::DataType, AttributeId::ValueRank, AttributeId::Value];
    let asked = attributes.map(|attribute| ReadValueId { attribute_id: attribute as u32, ..node.clone().into() });
    let answers = connected.read(&asked).await?;
    let value = |at: usize| answers.get(at).and_then(|answer: &DataValue| answer.value.clone());
    let (Some(Variant::NodeId(data_type)), rank) = (value(0), value(1)) else {
        let why = answers.first().map(DataValue::status).unwrap_or(StatusCode::BadNodeIdUnknown);
        return Err(Failure::Failed(format!("{node} is no variable of this server ({})", status::name(why))));
    };
    let present = value(2).unwrap_or(Variant::Empty);
    let own = match Types::default().built_in(&connected.asking, &data_type).await.map_err(types_failed)? {
        // Any type will do there: the one that it has now is the likeliest.
        None => present.scalar_type_id().map(|present| present as u8),
        own => own,
    };
    let Some(data_type) = forced.or(own) else {
        return Err(Failure::Usage(format!("{node} takes any type: say which with --type, as in --type Double")));
    };
    let is_array = match rank {
        Some(Variant::Int32(-1)) => false,
        Some(Variant::Int32(rank)) if rank >= 0 => true,
        // Either will do: what is there now, or what looks like a list.
        _ => present.is_array() || (present.is_empty() && typed.starts_with('[')),
    };
    let value = text::typed(typed, data_type, is_array).map_err(Failure::Usage)?;
    let name = data_type_name(data_type).unwrap_or("?");
    let written = WriteValue {
        node_id: node.clone(),
        attribute_id: AttributeId::Value as u32,
        value: DataValue { value: Some(value), ..DataValue::null() },
        ..WriteValue::default()
    };
    let answers = connected.session.write(&[written]).await;
    let answers = answers.map_err(|error| Failure::Failed(format!("the server cannot be written: {error}")))?;
    let status = answers.first().copied().unwrap_or(StatusCode::BadUnexpectedError);
    Ok((format!("{name}{}", if is_array { "[]" } else { "" }), status))
}

fn hint(status: StatusCode) -> &'static str {
    match status::name(status).as_str() {
        "BadUserAccessDenied" => ": this user may not; log in as another with --user",
        "BadNotWritable" => ": nobody may",
        "BadTypeMismatch" => ": the variable has another type; `tieline opcua browse` shows it, --type names one",
        "BadOutOfRange" => ": the value is outside of what the variable takes",
        "BadNodeIdUnknown" => ": there is no such node",
        _ => "",
    }
}
