//! Methods as variables that are written to call them: an object with the arguments goes in, one with what comes out is the
//! answer.
//!
//! Promises: a method is called only when every argument that the server describes is there and fits; what does not is told
//! for each of them, in plain words, without any of the value. Nothing is called twice. Called by the dispatcher.

use crate::executor::{failed, said};
use bytes::Bytes;
use opcua::client::services::Call;
use opcua::types::{CallMethodRequest, CallMethodResult, DataValue, StatusCode, Variant};
use serde_json::value::RawValue;
use tieline_model::json::members;
use tieline_opcua_client::methods::{Signature, signature};
use tieline_opcua_client::structures;
use tieline_opcua_client::{Established, ServerPlan, is_lost};
use tieline_opcua_settings::NodeAddress;
use tieline_opcua_values::{Field, argument, flat, quoted, status_code, wanted};
use tokio::time::timeout;

#[cfg(test)]
mod tests;

/// An argument that does not fit, and what would.
type Wrong = (String, String);
/// What was written for each argument.
type Given<'a> = Vec<Option<&'a RawValue>>;

/// Calls a method: `{"Outputs":{…}}`, or why not.
pub(crate) async fn call(established: &Established, plan: &ServerPlan, variable: usize, body: &[u8]) -> Bytes {
    match timeout(established.asking.patience, answered(established, plan, variable, body)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(status)) => failed(status),
        Err(_) => said(StatusCode::BadTimeout),
    }
}

async fn answered(established: &Established, plan: &ServerPlan, at: usize, body: &[u8]) -> Result<Bytes, StatusCode> {
    let resolve = |address: &NodeAddress| address.resolve(&plan.settings.namespaces, &established.namespaces);
    let method = plan.variable(at).and_then(|known| known.method.as_ref()).and_then(resolve);
    let (Some(object), Some(method)) = (established.node(at), method) else {
        return Err(StatusCode::BadNodeIdInvalid);
    };
    let signature = signature(established, at, &method).await?;
    let body = std::str::from_utf8(body).unwrap_or_default();
    let arguments = match arguments(established, &signature, body) {
        Ok(arguments) => arguments,
        Err(wrong) => return Ok(refused(StatusCode::BadInvalidArgument, &wrong)),
    };
    let request = CallMethodRequest { object_id: object, method_id: method, input_arguments: Some(arguments) };
    let asking = &established.asking;
    let result = asking.ask(Call::new(&asking.session).timeout(asking.patience).method(request)).await;
    match result.map(|answer| answer.results.into_iter().flatten().next()) {
        Ok(Some(result)) if !result.status_code.is_bad() => Ok(outputs(established, plan, &signature, result).await),
        Ok(Some(result)) => Ok(refused(result.status_code, &by_server(&signature, &result))),
        Ok(None) => Err(StatusCode::BadUnknownResponse),
        Err(status) if is_lost(status) || status == StatusCode::BadTimeout => Err(status),
        Err(status) => Ok(refused(status, &[])),
    }
}

/// The arguments in their order: by their names in an object, or one after the other in a list.
fn arguments(established: &Established, signature: &Signature, json: &str) -> Result<Vec<Variant>, Vec<Wrong>> {
    let (given, mut wrong) = given(&signature.inputs, json)?;
    let table = established.structures.table();
    let mut arguments = Vec::with_capacity(given.len());
    for (field, value) in signature.inputs.iter().zip(given) {
        match value.map(|value| argument(&table, field, value.get())) {
            Some(Ok(value)) => arguments.push(value),
            Some(Err(misfit)) => wrong.push((misfit.path, format!("expected {}", misfit.expected))),
            None => wrong.push((field.name.clone(), format!("missing: expected {}", wanted(field)))),
        }
    }
    if wrong.is_empty() { Ok(arguments) } else { Err(wrong) }
}

fn given<'a>(inputs: &[Field], json: &'a str) -> Result<(Given<'a>, Vec<Wrong>), Vec<Wrong>> {
    let mut given = vec![None; inputs.len()];
    let mut wrong = Vec::new();
    let names = || inputs.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ");
    let takes = || if inputs.is_empty() { "it takes none".to_owned() } else { format!("it takes {}", names()) };
    match json.trim_ascii() {
        // Nothing, however it is written.
        "" | "null" | r#""""# => {}
        list if list.starts_with('[') => {
            let values: Vec<&RawValue> = serde_json::from_str(list).unwrap_or_default();
            if values.len() > inputs.len() {
                wrong.push((format!("[{}]", inputs.len()), format!("no such argument: {}", takes())));
            }
            given.iter_mut().zip(values).for_each(|(place, value)| *place = Some(value));
        }
        object => {
            let read = members(object, |name, value| match inputs.iter().position(|field| field.name == name) {
                Some(at) if given.get(at).is_some_and(Option::is_none) => given[at] = Some(value),
                Some(_) => wrong.push((name.to_owned(), "it is there twice".to_owned())),
                None => wrong.push((name.to_owned(), format!("no such argument: {}", takes()))),
            });
            if read.is_err() {
                return Err(vec![("Value".to_owned(), format!("expected an object with the arguments: {}", takes()))]);
            }
        }
    }
    Ok((given, wrong))
}

/// What the server says of each argument.
fn by_server(signature: &Signature, result: &CallMethodResult) -> Vec<Wrong> {
    let said = signature.inputs.iter().zip(result.input_argument_results.iter().flatten());
    let bad = said.filter(|(_, status)| status.is_bad());
    let told = bad.map(|(field, status)| {
        let what = match *status {
            StatusCode::BadTypeMismatch => format!("the server takes another type; it describes {}", wanted(field)),
            StatusCode::BadOutOfRange => "the server takes no such value: it is out of its range".to_owned(),
            status => format!("the server refuses it: {}", status.sub_code().name()),
        };
        (field.name.clone(), what)
    });
    told.collect()
}

async fn outputs(
    established: &Established,
    plan: &ServerPlan,
    signature: &Signature,
    result: CallMethodResult,
) -> Bytes {
    let values: Vec<DataValue> =
        result.output_arguments.unwrap_or_default().into_iter().map(DataValue::value_only).collect();
    structures::learn(established, &values, plan).await;
    let mut json = br#"{"Outputs":{"#.to_vec();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        match signature.outputs.get(at) {
            Some(name) => quoted(name, &mut json),
            None => quoted(&at.to_string(), &mut json),
        }
        json.push(b':');
        let start = json.len();
        let written = value.value.as_ref().and_then(|value| flat(value, &established.structures, &mut json));
        if written.is_none() {
            json.truncate(start);
            json.extend_from_slice(b"null");
        }
    }
    json.extend_from_slice(b"}}");
    json.into()
}

fn refused(status: StatusCode, wrong: &[Wrong]) -> Bytes {
    let mut json = Vec::new();
    status_code(status, &mut json);
    json.pop();
    if wrong.is_empty() {
        json.extend_from_slice(br#","By":"server"}"#);
        return json.into();
    }
    json.extend_from_slice(br#","Arguments":{"#);
    for (at, (name, what)) in wrong.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        quoted(name, &mut json);
        json.push(b':');
        quoted(what, &mut json);
    }
    json.extend_from_slice(b"}}");
    json.into()
}
