//! Requests to a server, as they go out.
//!
//! Promises: as many answers as were asked for, or one reason for all; what a server finds too much at once is asked for in
//! parts.

use super::types;
use super::writes::Write;
use opcua::client::services::Write as WriteRequest;
use opcua::types::{AttributeId, DataValue, NodeId, StatusCode, WriteValue};
use tieline_opcua_client::structures;
use tieline_opcua_client::{Established, Link, Parts, is_too_much, too_large, value_of};
use tieline_opcua_values::{fill, has_fields, named_in};
use tokio::time::{Instant, timeout_at};

/// Reads the values of these variables, which are few enough for one request.
pub(super) async fn read(
    link: &Link,
    established: &Established,
    variables: &[usize],
) -> Result<Vec<DataValue>, StatusCode> {
    let nodes = variables.iter().map(|at| node(established, *at).map(value_of)).collect::<Option<Vec<_>>>();
    let nodes = nodes.ok_or(StatusCode::BadNodeIdInvalid)?;
    let asking = &established.asking;
    let losses = link.losses();
    let parts = Parts::new(nodes.len(), usize::MAX, usize::MAX, |_| 0);
    let read = timeout_at(
        Instant::now() + asking.patience,
        asking.read_parts(&nodes, parts, |count, came| {
            link.learned.read.note(count, losses, came);
        }),
    );
    read.await.unwrap_or(Err(StatusCode::BadTimeout))
}

/// Writes these values; what a server refuses for its type is written again as the node's own, when nothing is lost by it.
pub(super) async fn write(
    link: &Link,
    established: &Established,
    writes: &[Write],
) -> Vec<Result<StatusCode, StatusCode>> {
    let until = Instant::now() + established.asking.patience;
    let all = |status| writes.iter().map(|_| Err(status)).collect();
    match timeout_at(until, fitting(link, established, writes)).await {
        Ok(Ok(results)) => results.into_iter().map(Ok).collect(),
        Ok(Err(status)) => all(status),
        Err(_) => all(StatusCode::BadTimeout),
    }
}

async fn fitting(link: &Link, established: &Established, writes: &[Write]) -> Result<Vec<StatusCode>, StatusCode> {
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
        for (at, status) in places.into_iter().zip(write_values(link, established, asked).await?) {
            results[at] = status;
        }
    }
    let refused = writes.iter().enumerate().filter(|(at, write)| {
        // A structure is of the node's own type already, or did not fit it.
        let is_object = write.value.value.as_ref().is_some_and(has_fields);
        results.get(*at) == Some(&StatusCode::BadTypeMismatch) && !is_object
    });
    let mut again = Vec::new();
    for (at, write) in refused {
        if let Some(value) = types::fitted(established, write.variable, &write.value).await {
            again.push((at, (write.variable, value)));
        }
    }
    if !again.is_empty() {
        let (places, asked): (Vec<usize>, Vec<(usize, DataValue)>) = again.into_iter().unzip();
        let second = write_values(link, established, asked).await?;
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
    let Some(inner) = value.value.as_mut().filter(|value| has_fields(value)) else { return Some(value) };
    let own = match node(established, write.variable) {
        Some(node) => structures::of_node(established, node).await,
        None => None,
    };
    for id in named_in(inner) {
        structures::of_type(established, &id).await;
    }
    fill(&established.structures.table(), own.as_deref(), inner).ok()?;
    Some(value)
}

async fn write_values(
    link: &Link,
    established: &Established,
    asked: Vec<(usize, DataValue)>,
) -> Result<Vec<StatusCode>, StatusCode> {
    let asking = &established.asking;
    let values = asked.into_iter().map(|(at, value)| {
        let attribute_id = AttributeId::Value as u32;
        Some(WriteValue { node_id: node(established, at)?, attribute_id, value, ..Default::default() })
    });
    let values = values.collect::<Option<Vec<_>>>().ok_or(StatusCode::BadNodeIdInvalid)?;
    let size = |at: usize| values.get(at).map_or(0, |value| asking.size(value));
    let mut parts = Parts::new(values.len(), usize::MAX, asking.room(), size);
    let mut results = Vec::with_capacity(values.len());
    while let Some(part) = parts.next() {
        let (count, losses) = (part.len(), link.losses());
        let some = values.get(part.clone()).unwrap_or_default().to_vec();
        let write = WriteRequest::new(&asking.session).timeout(asking.patience).nodes_to_write(some);
        let answer = asking.ask(write).await;
        link.learned.write.note(count, losses, answer.as_ref().map(|_| ()).map_err(|status| *status));
        match answer {
            Ok(answer) => {
                let some = answer.results.filter(|results| results.len() == count);
                results.extend(some.ok_or(StatusCode::BadUnknownResponse)?);
            }
            // The server did nothing of it.
            Err(status) if is_too_much(status) => {
                if !parts.halve(part) {
                    results.push(too_large(status));
                }
            }
            Err(status) => return Err(status),
        }
    }
    Ok(results)
}

pub(super) fn node(established: &Established, at: usize) -> Option<NodeId> {
    established.node(at)
}
