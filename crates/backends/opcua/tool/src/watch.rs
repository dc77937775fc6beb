//! `tieline opcua watch`: a line for every change.
//!
//! Promises: changes of one variable are printed in the order they came; what could not be printed fast enough is counted;
//! Ctrl-C ends it well, with a goodbye to the servers.

use super::arguments::Watch;
use super::reach::{Connected, connect};
use super::read::nodes;
use super::variable::{Group, groups};
use super::{status, text};
use opcua::client::{MonitoredItem, OnSubscriptionNotification};
use opcua::types::{
    AttributeId, DataValue, ExtensionObject, MonitoredItemCreateRequest, MonitoringMode, MonitoringParameters, NodeId,
    ReadValueId, TimestampsToReturn,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tieline_commandline::{FAILED, Failure, WELL};
use tieline_model::{ToolContext, Topic};
use tieline_opcua_client::Asking;
use tieline_opcua_client::structures::learn_in;
use tieline_opcua_values::Structures;
use tokio::sync::mpsc;

/// How many changes may wait to be printed.
const WAITING: usize = 10_000;
/// An empty answer at least every so many publishing intervals, and how many of them a server keeps a silent client.
const KEEP_ALIVE: u32 = 20;
const LIFETIME: u32 = KEEP_ALIVE * 30;

/// A change of one variable.
struct Change {
    /// The place of the variable among all that are watched.
    at: usize,
    value: DataValue,
}

/// One variable that is watched.
struct Watched<'a> {
    group: &'a Group,
    name: &'a str,
    node: NodeId,
    /// How its server is asked for structures, and what is known of them.
    asking: Asking,
    structures: Arc<Structures>,
    topic: Topic,
}

/// Takes what a server reports to where it is printed.
struct Taker {
    /// The place of this server's first variable.
    first: usize,
    changes: mpsc::Sender<Change>,
    lost: Arc<AtomicU64>,
}

impl OnSubscriptionNotification for Taker {
    // Called where the library reads the connection, so it must not wait.
    fn on_data_value(&mut self, value: DataValue, item: &MonitoredItem) {
        let Some(at) = (item.client_handle() as usize).checked_sub(1) else { return };
        if self.changes.try_send(Change { at: self.first + at, value }).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Prints changes until time, count, Ctrl-C or a lost server ends it.
pub(super) async fn watch(arguments: &Watch, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let asked = &arguments.asked;
    let (groups, store) = groups(&asked.which, &asked.way, &asked.given, context)?;
    let (changes, mut arriving) = mpsc::channel(WAITING);
    let lost = Arc::new(AtomicU64::new(0));
    let (mut open, mut watched) = (Vec::new(), Vec::new());
    let mut begun = Ok(());
    for group in &groups {
        begun = begin(group, &store, &mut open, &mut watched, (&changes, &lost), context).await;
        if begun.is_err() {
            break;
        }
    }
    drop(changes);
    let printed = match begun {
        Ok(()) => print(arguments, &watched, &mut arriving, &mut open, context).await,
        Err(failure) => Err(failure),
    };
    for connected in open {
        connected.close().await;
    }
    let lost = lost.load(Ordering::Relaxed);
    if lost > 0 {
        writeln!(context.diagnostics, "{lost} changes came faster than they could be printed, and are missing")?;
    }
    printed
}

async fn begin<'a>(
    group: &'a Group,
    store: &std::path::Path,
    open: &mut Vec<Connected>,
    watched: &mut Vec<Watched<'a>>,
    (changes, lost): (&mpsc::Sender<Change>, &Arc<AtomicU64>),
    context: &mut ToolContext<'_>,
) -> Result<(), Failure> {
    let connected = connect(&group.target, store).await?;
    let (first, taken) = (watched.len(), nodes(group, &connected));
    let taker = Taker { first, changes: changes.clone(), lost: lost.clone() };
    open.push(connected);
    let Some(connected) = open.last() else { return Ok(()) };
    let nodes = taken?;
    for (wanted, node) in group.wanted.iter().zip(&nodes) {
        let (asking, structures) = (connected.asking.clone(), connected.structures.clone());
        let (node, topic) = (node.clone(), connected.topic.clone());
        watched.push(Watched { group, name: &wanted.name, node, asking, structures, topic });
    }
    for (at, refused) in subscribe(group, connected, &nodes, taker).await? {
        let name = group.wanted.get(at).map_or("", |wanted| wanted.name.as_str());
        writeln!(context.diagnostics, "warning: {name} cannot be watched: {refused}")?;
    }
    Ok(())
}

/// Subscribes to all of them, and tells those that the server refused.
async fn subscribe(
    group: &Group,
    connected: &Connected,
    nodes: &[NodeId],
    taker: Taker,
) -> Result<Vec<(usize, String)>, Failure> {
    let server = &group.target.server;
    let failed = |error: opcua::types::Error| Failure::Failed(format!("the server cannot be watched: {error}"));
    let session = &connected.session;
    let made = session.create_subscription(server.publishing, LIFETIME, KEEP_ALIVE, 0, 0, true, taker).await;
    let subscription = made.map_err(failed)?;
    let mut refused = Vec::new();
    for (chunk, start) in nodes.chunks(connected.most_items).zip((0..).step_by(connected.most_items)) {
        let items = chunk.iter().enumerate().map(|(at, node)| item(start + at, node, group)).collect();
        let made =
            session.create_monitored_items(subscription, TimestampsToReturn::Both, items).await.map_err(failed)?;
        let bad = made.iter().enumerate().filter(|(_, made)| made.result.status_code.is_bad());
        refused.extend(bad.map(|(at, made)| (start + at, status::name(made.result.status_code))));
    }
    Ok(refused)
}

fn item(at: usize, node: &NodeId, group: &Group) -> MonitoredItemCreateRequest {
    let server = &group.target.server;
    let parameters = MonitoringParameters {
        // Handles count from 1: 0 asks the library for one of its own.
        client_handle: u32::try_from(at + 1).unwrap_or(u32::MAX),
        sampling_interval: server.sampling.as_secs_f64() * 1000.0,
        filter: ExtensionObject::null(),
        queue_size: u32::try_from(server.queue).unwrap_or(u32::MAX),
        discard_oldest: true,
    };
    MonitoredItemCreateRequest {
        item_to_monitor: ReadValueId { attribute_id: AttributeId::Value as u32, ..node.clone().into() },
        monitoring_mode: MonitoringMode::Reporting,
        requested_parameters: parameters,
    }
}

async fn print(
    arguments: &Watch,
    watched: &[Watched<'_>],
    arriving: &mut mpsc::Receiver<Change>,
    open: &mut [Connected],
    context: &mut ToolContext<'_>,
) -> Result<u8, Failure> {
    let widest = watched.iter().map(|one| one.name.chars().count()).max().unwrap_or(0);
    let end = tokio::time::sleep(arguments.length.unwrap_or(Duration::MAX));
    let gone = futures_util::future::select_all(open.iter_mut().map(|connected| &mut connected.lost));
    tokio::pin!(end, gone);
    let mut count = 0;
    while arguments.count.is_none_or(|most| count < most) {
        let change = tokio::select! {
            biased;
            change = arriving.recv() => change,
            () = &mut end => return Ok(WELL),
            interrupt = tokio::signal::ctrl_c() => {
                interrupt?;
                return Ok(WELL);
            }
            _ = &mut gone => {
                writeln!(context.diagnostics, "error: the connection was lost after {count} changes")?;
                return Ok(FAILED);
            }
        };
        let Some(Change { at, value }) = change else { break };
        let Some(one) = watched.get(at) else { continue };
        count += 1;
        learn_in(&one.asking, &one.structures, std::slice::from_ref(&value), &one.topic).await;
        match arguments.asked.json {
            true => writeln!(context.out, "{}", text::line(one.group, one.name, &one.node, &value, &one.structures))?,
            false => writeln!(context.out, "{}", shown(one.name, widest, &value, &one.structures))?,
        }
        context.out.flush()?;
    }
    Ok(WELL)
}

fn shown(name: &str, widest: usize, value: &DataValue, structures: &Structures) -> String {
    let line = format!(
        "{:<27} {name:<widest$}  {}  {}",
        text::time_of(value),
        text::shown(value, structures),
        text::status_of(value)
    );
    tieline_commandline::printable(line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use opcua::types::{DateTime, StatusCode};

    #[test]
    fn a_change_is_a_line() {
        let mut value = DataValue::value_only(21.5f64);
        value.source_timestamp = Some(DateTime::ymd_hms(2020, 1, 2, 3, 4, 5));
        assert_eq!(shown("Oven", 6, &value, &Structures::default()), "2020-01-02T03:04:05Z        Oven    21.5");
        value.status = Some(StatusCode::UncertainLastUsableValue);
        assert_eq!(
            shown("Oven", 6, &value, &Structures::default()),
            "2020-01-02T03:04:05Z        Oven    21.5  UncertainLastUsableValue"
        );
        let gone = DataValue { status: Some(StatusCode::BadNotConnected), ..DataValue::null() };
        assert_eq!(
            shown("Oven", 6, &gone, &Structures::default()),
            "                            Oven      BadNotConnected"
        );
    }
}
