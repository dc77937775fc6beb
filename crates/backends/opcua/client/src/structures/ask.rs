//! Asking a server for the types of structures that are met.
//!
//! Promises: each is asked for once in a session, whatever comes of it; nobody waits longer than a while for a type.

use super::define::{data_type_of, define, shapes};
use crate::link::{Asking, Established, Link, ServerPlan, value_of};
use opcua::types::{AttributeId, DataValue, NodeId, ReadValueId, StatusCode, Variant};
use std::sync::Arc;
use std::time::Duration;
use tieline_model::{Topic, safe};
use tieline_opcua_values::{Field, Structure, Structures, Table, new_in};
use tieline_telemetry::events::TypeUnresolved;
use tokio::time::{sleep, timeout};

/// As long as a type is waited for, when a session begins and when a value has come.
const PATIENCE: Duration = Duration::from_secs(3);
/// The pause after a question that brought nothing.
const PAUSE: Duration = Duration::from_secs(1);
/// So many types of variables are asked for when a session begins.
const MOST: usize = 1000;
/// What a variable is configured as when its values are structures.
const CONFIGURED: &str = "ExtensionObject";

/// Asks for the types of the variables that hold structures, when a session begins: their first values are told as objects.
pub(crate) async fn prepare(asking: &Asking, plan: &ServerPlan, nodes: &[Option<NodeId>], structures: &Structures) {
    let holds = |at: &usize| plan.settings.variable.get(*at).is_some_and(|one| one.r#type == CONFIGURED);
    let nodes = (0..nodes.len()).filter(holds).filter_map(|at| nodes.get(at).cloned().flatten());
    let asked: Vec<ReadValueId> = nodes.take(MOST).map(data_type).collect();
    if asked.is_empty() {
        return;
    }
    let work = async {
        let mut types: Vec<NodeId> = Vec::new();
        for batch in asked.chunks(100) {
            let answers = asking.read(batch, usize::MAX).await.unwrap_or_default();
            types.extend(answers.into_iter().filter_map(|answer| match answer.value {
                Some(Variant::NodeId(id)) => Some(*id),
                _ => None,
            }));
        }
        if let Ok(table) = define(asking, &types, &structures.table()).await {
            structures.add(table, Vec::new());
        }
    };
    let _ = timeout(PATIENCE, work).await;
}

fn data_type(node: NodeId) -> ReadValueId {
    ReadValueId { attribute_id: AttributeId::DataType as u32, ..value_of(node) }
}

/// Asks for what is not known in these values, before they are written.
pub async fn learn(established: &Established, values: &[DataValue], plan: &ServerPlan) {
    learn_in(&established.asking, &established.structures, values, &plan.topic).await;
}

/// The same for whoever has no link: the server's topic is what it is called in the log.
pub async fn learn_in(asking: &Asking, structures: &Structures, values: &[DataValue], server: &Topic) {
    let mut found = Vec::new();
    for value in values.iter().filter_map(|value| value.value.as_ref()) {
        new_in(structures, value, &mut found);
    }
    if !found.is_empty() {
        let _ = timeout(PATIENCE, ask(asking, structures, found, server)).await;
    }
}

/// The structure of a node, by the data type that it has.
pub async fn of_node(established: &Established, node: NodeId) -> Option<Arc<Structure>> {
    let work = async {
        let asked = [data_type(node)];
        let answer = established.asking.read(&asked, usize::MAX).await.ok()?;
        let Some(Variant::NodeId(id)) = answer.into_iter().next()?.value else { return None };
        of_type(established, &id).await
    };
    timeout(PATIENCE, work).await.ok().flatten()
}

/// The structure with this data type or encoding.
pub async fn of_type(established: &Established, id: &NodeId) -> Option<Arc<Structure>> {
    let structures = &established.structures;
    if let Some(known) = structures.table().named(id) {
        return Some(known);
    }
    let asking = &established.asking;
    let work = async {
        let data_type = data_type_of(asking, id).await.ok()?.unwrap_or_else(|| id.clone());
        structures.add(define(asking, &[data_type], &structures.table()).await.ok()?, Vec::new());
        structures.table().named(id)
    };
    timeout(PATIENCE, work).await.ok().flatten()
}

/// Fields of these names, types and ranks; the types are learned. `None`: one of them cannot be had.
pub(crate) async fn fields(established: &Established, asked: Vec<(String, NodeId, i32)>) -> Option<Vec<Field>> {
    let types: Vec<NodeId> = asked.iter().map(|(_, data_type, _)| data_type.clone()).collect();
    let structures = &established.structures;
    let known = structures.table();
    let (table, shapes) = timeout(PATIENCE, shapes(&established.asking, &types, &known)).await.ok()?.ok()?;
    structures.add(table, Vec::new());
    let fields = asked.into_iter().zip(shapes).map(|((name, _, rank), shape)| Some(Field::new(name, shape?, rank)));
    fields.collect()
}

/// Asks for these data types, as far as they are not known.
pub async fn learn_types(established: &Established, types: &[NodeId]) {
    let structures = &established.structures;
    let known = structures.table();
    let wanted: Vec<NodeId> = types.iter().filter(|one| known.by_type(one).is_none()).take(MOST).cloned().collect();
    if let Ok(Ok(table)) = timeout(PATIENCE, define(&established.asking, &wanted, &known)).await {
        structures.add(table, Vec::new());
    }
}

async fn ask(asking: &Asking, structures: &Structures, encodings: Vec<NodeId>, server: &Topic) -> bool {
    let (mut table, mut in_vain) = (Table::default(), Vec::new());
    for encoding in encodings {
        match defined(asking, structures, &encoding).await {
            Ok(Some(more)) => table.extend(more),
            Ok(None) => {
                let id = encoding.as_u32().unwrap_or(0);
                let detail = safe!("encoding ns={};i={} (0: it is no number)", encoding.namespace, id);
                TypeUnresolved { source: crate::NAME, server: server.clone(), detail }.emit();
                in_vain.push(encoding);
            }
            // Another time, perhaps.
            Err(_) => {}
        }
    }
    let is_news = !table.is_empty();
    structures.add(table, in_vain);
    is_news
}

async fn defined(asking: &Asking, structures: &Structures, encoding: &NodeId) -> Result<Option<Table>, StatusCode> {
    let Some(data_type) = data_type_of(asking, encoding).await? else { return Ok(None) };
    let table = define(asking, &[data_type], &structures.table()).await?;
    Ok(table.by_encoding(encoding).is_some().then_some(table))
}

/// Asks for the types that were met in what a server reported, and has the variables told again once they are known.
pub async fn keep(link: Arc<Link>) {
    let mut state = link.state();
    loop {
        tokio::select! {
            _ = link.met.notified() => {}
            changed = state.changed() => if changed.is_err() { return },
        }
        let now = link.now();
        let Some(established) = now.established() else { continue };
        let wanted = established.structures.take_wanted();
        if wanted.is_empty() {
            continue;
        }
        let asked = ask(&established.asking, &established.structures, wanted, &link.plan.topic);
        match crate::link::caught(timeout(PATIENCE, asked)).await {
            Some(Ok(true)) => link.remake.notify_one(),
            // What the server did not answer is asked again when it is met again, and not at the pace of values.
            _ => sleep(PAUSE).await,
        }
    }
}
