//! Requests to a server, as they go out.
//!
//! Promises: as many answers as were asked for, or one reason for all; what a server finds too much at once is asked for in
//! parts.

use super::types;
use super::writes::Write;
use crate::link::{Established, value_of};
use crate::structures;
use opcua::client::UARequest;
use opcua::client::services::{Read, Write as WriteRequest};
use opcua::types::{AttributeId, DataValue, NodeId, ReadValueId, StatusCode, TimestampsToReturn, WriteValue};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Reads the values of these variables.
pub(super) async fn read(
    established: &Established,
    variables: &[usize],
    patience: Duration,
) -> Result<Vec<DataValue>, StatusCode> {
    let nodes = variables.iter().map(|at| node(established, *at).map(value_of)).collect::<Option<Vec<_>>>();
    let nodes = nodes.ok_or(StatusCode::BadNodeIdInvalid)?;
    let until = Instant::now() + patience;
    timeout_at(until, in_parts(established, &nodes, patience)).await.unwrap_or(Err(StatusCode::BadTimeout))
}

async fn in_parts(
    established: &Established,
    nodes: &[ReadValueId],
    patience: Duration,
) -> Result<Vec<DataValue>, StatusCode> {
    let mut parts = vec![nodes];
    let mut values = Vec::with_capacity(nodes.len());
    while let Some(part) = parts.pop() {
        match read_nodes(established, part.to_vec(), patience).await {
            Ok(some) => values.extend(some),
            Err(status) if is_too_much(status) && part.len() > 1 => {
                let (one, other) = part.split_at(part.len() / 2);
                parts.extend([other, one]);
            }
            Err(status) => return Err(status),
        }
    }
    Ok(values)
}

pub(super) async fn read_nodes(
    established: &Established,
    nodes: Vec<ReadValueId>,
    patience: Duration,
) -> Result<Vec<DataValue>, StatusCode> {
    let count = nodes.len();
    let read = Read::new(&established.session).timeout(patience).timestamps_to_return(TimestampsToReturn::Both);
    let answer = read.nodes_to_read(nodes).send(established.session.channel()).await.map_err(|error| error.status())?;
    answer.results.filter(|values| values.len() == count).ok_or(StatusCode::BadUnknownResponse)
}

/// Writes these values; what a server refuses for its type is written again as the node's own, when nothing is lost by it.
pub(super) async fn write(
    established: &Established,
    writes: &[Write],
    patience: Duration,
) -> Vec<Result<StatusCode, StatusCode>> {
    let until = Instant::now() + patience;
    let all = |status| writes.iter().map(|_| Err(status)).collect();
    match timeout_at(until, fitting(established, writes, patience)).await {
        Ok(Ok(results)) => results.into_iter().map(Ok).collect(),
        Ok(Err(status)) => all(status),
        Err(_) => all(StatusCode::BadTimeout),
    }
}

async fn fitting(
    established: &Established,
    writes: &[Write],
    patience: Duration,
) -> Result<Vec<StatusCode>, StatusCode> {
    let mut asked = Vec::with_capacity(writes.len());
    let mut results = vec![StatusCode::BadTypeMismatch; writes.len()];
    let mut places = Vec::with_capacity(writes.len());
    for (at, write) in writes.iter().enumerate() {
        // A structure that does not fit its type goes nowhere.
        if let Some(value) = filled(established, write).await {
            asked.push((write.variable, value));
            places.push(at);
        }
    }
    if !asked.is_empty() {
        for (at, status) in places.into_iter().zip(write_values(established, asked, patience).await?) {
            results[at] = status;
        }
    }
    let refused = writes.iter().enumerate().filter(|(at, write)| {
        // A structure is of the node's own type already, or did not fit it.
        let is_object = write.value.value.as_ref().is_some_and(structures::has_fields);
        results.get(*at) == Some(&StatusCode::BadTypeMismatch) && !is_object
    });
    let mut again = Vec::new();
    for (at, write) in refused {
        if let Some(value) = types::fitted(established, write.variable, &write.value, patience).await {
            again.push((at, (write.variable, value)));
        }
    }
    if !again.is_empty() {
        let (places, asked): (Vec<usize>, Vec<(usize, DataValue)>) = again.into_iter().unzip();
        let second = write_values(established, asked, patience).await?;
        for (at, status) in places.into_iter().zip(second) {
            results[at] = status;
        }
    }
    Ok(results)
}

/// The value with bytes in the place of structures that were written as objects. `None`: they do not fit their type, or it
/// is not known.
async fn filled(established: &Established, write: &Write) -> Option<DataValue> {
    let mut value = write.value.clone();
    let Some(inner) = value.value.as_mut().filter(|value| structures::has_fields(value)) else { return Some(value) };
    let own = match node(established, write.variable) {
        Some(node) => structures::of_node(established, node).await,
        None => None,
    };
    for id in structures::named_in(inner) {
        structures::of_type(established, &id).await;
    }
    structures::fill(&established.structures.table(), own.as_deref(), inner).ok()?;
    Some(value)
}

async fn write_values(
    established: &Established,
    asked: Vec<(usize, DataValue)>,
    patience: Duration,
) -> Result<Vec<StatusCode>, StatusCode> {
    let count = asked.len();
    let values = asked.into_iter().map(|(at, value)| {
        let attribute_id = AttributeId::Value as u32;
        Some(WriteValue { node_id: node(established, at)?, attribute_id, value, ..Default::default() })
    });
    let values = values.collect::<Option<Vec<_>>>().ok_or(StatusCode::BadNodeIdInvalid)?;
    let write = WriteRequest::new(&established.session).timeout(patience).nodes_to_write(values);
    let answer = write.send(established.session.channel()).await.map_err(|error| error.status())?;
    answer.results.filter(|results| results.len() == count).ok_or(StatusCode::BadUnknownResponse)
}

pub(super) fn node(established: &Established, at: usize) -> Option<NodeId> {
    established.node(at)
}

fn is_too_much(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadTooManyOperations
            | StatusCode::BadEncodingLimitsExceeded
            | StatusCode::BadResponseTooLarge
            | StatusCode::BadRequestTooLarge
    )
}
