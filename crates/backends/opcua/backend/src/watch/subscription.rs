//! The requests about a subscription and its items.
//!
//! Promises: our own numbers for items, from 1 (0 would let the library choose, which may hit one of ours). Each answer is
//! an item's number or why the server does not watch it.

use super::silence::Silence;
use super::sink::{Reports, Sink};
use futures_util::TryFutureExt;
use opcua::client::services::{CreateMonitoredItems, DeleteMonitoredItems};
use opcua::types::{
    DataChangeFilter, DataChangeTrigger, DeadbandType, ExtensionObject, MonitoredItemCreateRequest, MonitoringMode,
    MonitoringParameters, NodeId, StatusCode, TimestampsToReturn,
};
use std::sync::Arc;
use std::time::Duration;
use tieline_opcua_client::{Apart, Established, Link, Parts, ServerPlan, Watching, is_too_much};
use tieline_opcua_settings::{Deadband, Trigger};
use tokio::time::Instant;

/// A server with nothing to report says so at least this often.
const KEEP_ALIVE: Duration = Duration::from_secs(2);
/// So many times nobody may ask for reports before the server drops the subscription: a minute.
const LIVES: u32 = 30;
/// What an item takes in a request beside its node, at most.
pub(super) const ITEM: usize = 80;

/// A subscription there is.
pub(super) struct Made {
    pub(super) id: u32,
    pub(super) reports: Arc<Reports>,
    pub(super) silence: Silence,
    /// The server takes no more items for it.
    pub(super) is_full: bool,
    /// As many items as it has.
    pub(super) items: usize,
}

/// Makes a subscription; at most `most` values in one of its reports, 0 is no bound; `is_second`: because one before was
/// silent.
pub(super) async fn make(
    established: &Established,
    plan: &ServerPlan,
    reports: Arc<Reports>,
    most: u32,
    is_second: bool,
) -> Result<Made, StatusCode> {
    let session = &established.asking.session;
    let every = plan.settings.publishing.max(Duration::from_millis(1));
    let count = u32::try_from(KEEP_ALIVE.as_millis().div_ceil(every.as_millis())).unwrap_or(1).max(1);
    let sink = Sink(reports.clone());
    let making = session.create_subscription(every, count.saturating_mul(LIVES), count, most, 0, true, sink);
    let id = established.asking.altering(making.map_err(|error| error.status())).await?;
    // What the server made of the wishes.
    let state = session.subscription_state().lock();
    let kept = state.get(id).map(|made| made.publishing_interval().saturating_mul(made.max_keep_alive_count()));
    drop(state);
    let keep_alive = kept.unwrap_or(KEEP_ALIVE).min(Duration::from_secs(600));
    // Asking for a report takes as long as any request.
    let silence = Silence::new(keep_alive + established.asking.patience / 4, Instant::now(), is_second);
    Ok(Made { id, reports, silence, is_full: false, items: 0 })
}

/// Drops every subscription the session has for variables. The library forgets them even when the server does not answer.
pub(super) async fn drop_all(established: &Established) {
    let session = &established.asking.session;
    let apart = established.apart().await;
    let ids = session.subscription_state().lock().subscription_ids().unwrap_or_default();
    let ids: Vec<u32> = ids.into_iter().filter(|id| Apart::Made(*id) != apart).collect();
    if !ids.is_empty() {
        let deleting = session.delete_subscriptions(&ids).map_err(|error| error.status());
        let _ = established.asking.altering(deleting).await;
    }
}

/// Gives up the subscription that is not for variables: those come first. Whether there was one.
pub(super) async fn make_room(established: &Established) -> bool {
    let apart = established.apart().await;
    established.events.send_replace(Apart::NoRoom);
    let Apart::Made(id) = apart else { return false };
    let deleting = established.asking.session.delete_subscription(id).map_err(|error| error.status());
    let _ = established.asking.altering(deleting).await;
    true
}

/// Has these variables watched; all of them have nodes.
pub(super) async fn add(
    established: &Established,
    plan: &ServerPlan,
    id: u32,
    variables: &[usize],
) -> Result<Vec<Result<u32, StatusCode>>, StatusCode> {
    let asked: Vec<_> = variables
        .iter()
        .filter_map(|at| Some(request(plan.variable(*at)?.watching, *at, established.node(*at)?)))
        .collect();
    let create =
        CreateMonitoredItems::new(id, &established.asking.session).timestamps_to_return(TimestampsToReturn::Both);
    let answer = established.asking.ask(create.items_to_create(asked)).await?;
    if answer.results.len() != variables.len() {
        return Err(StatusCode::BadUnknownResponse);
    }
    let made = answer.results.into_iter().map(|made| match made.result.status_code {
        status if status.is_bad() => Err(status),
        _ => Ok(made.result.monitored_item_id),
    });
    Ok(made.collect())
}

/// Has these items watched no more. Whatever the server says of one, it is not ours any longer.
pub(super) async fn remove(link: &Link, established: &Established, id: u32, items: &[u32]) -> Result<(), StatusCode> {
    let asking = &established.asking;
    let most = link.learned.delete.most(established.limits.items);
    let mut parts = Parts::new(items.len(), most, asking.room(), |_| size_of::<u32>());
    while let Some(part) = parts.next() {
        let (count, losses) = (part.len(), link.losses());
        let some = items.get(part.clone()).unwrap_or_default().to_vec();
        let answer = asking.ask(DeleteMonitoredItems::new(id, &asking.session).items_to_delete(some)).await;
        let came = answer.map(|_| ());
        link.learned.delete.note(count, losses, came);
        match came {
            Err(status) if is_too_much(status) && parts.halve(part) => {}
            came => came?,
        }
    }
    Ok(())
}

fn request(watching: Watching, at: usize, node: NodeId) -> MonitoredItemCreateRequest {
    MonitoredItemCreateRequest {
        item_to_monitor: tieline_opcua_client::value_of(node),
        monitoring_mode: MonitoringMode::Reporting,
        requested_parameters: MonitoringParameters {
            client_handle: u32::try_from(at + 1).unwrap_or(u32::MAX),
            sampling_interval: watching.sampling.as_secs_f64() * 1000.0,
            filter: filter(watching),
            queue_size: watching.queue,
            discard_oldest: true,
        },
    }
}

/// None where it would say what holds anyhow: some servers take no filter at all.
fn filter(watching: Watching) -> ExtensionObject {
    let (kind, value) = match watching.deadband {
        None => (DeadbandType::None, 0.0),
        Some(Deadband::Absolute(value)) => (DeadbandType::Absolute, value),
        Some(Deadband::Percent(value)) => (DeadbandType::Percent, value),
    };
    if watching.trigger == Trigger::Value && watching.deadband.is_none() {
        return ExtensionObject::null();
    }
    let trigger = match watching.trigger {
        Trigger::Status => DataChangeTrigger::Status,
        Trigger::Value => DataChangeTrigger::StatusValue,
        Trigger::Timestamp => DataChangeTrigger::StatusValueTimestamp,
    };
    ExtensionObject::from_message(DataChangeFilter { trigger, deadband_type: kind as u32, deadband_value: value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_asked_for_as_it_is_configured() {
        let plain =
            Watching { sampling: Duration::from_millis(250), queue: 10, deadband: None, trigger: Trigger::Value };
        let asked = request(plain, 4, NodeId::new(1, 7)).requested_parameters;
        assert_eq!((asked.client_handle, asked.sampling_interval, asked.queue_size), (5, 250.0, 10));
        assert!(asked.filter.is_null());
        let told = |watching| {
            let filter = filter(watching).into_inner_as::<DataChangeFilter>().unwrap();
            (filter.trigger, filter.deadband_type, filter.deadband_value)
        };
        let absolute = Watching { deadband: Some(Deadband::Absolute(0.5)), ..plain };
        assert_eq!(told(absolute), (DataChangeTrigger::StatusValue, 1, 0.5));
        let percent = Watching { deadband: Some(Deadband::Percent(1.0)), trigger: Trigger::Timestamp, ..plain };
        assert_eq!(told(percent), (DataChangeTrigger::StatusValueTimestamp, 2, 1.0));
        assert_eq!(told(Watching { trigger: Trigger::Status, ..plain }), (DataChangeTrigger::Status, 0, 0.0));
    }
}
