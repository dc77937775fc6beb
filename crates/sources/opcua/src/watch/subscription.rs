//! The requests about a subscription and its items.
//!
//! Promises: our own numbers for items, from 1 (0 would let the library choose, which may hit one of ours). Each answer is
//! an item's number or why the server does not watch it.

use super::silence::Silence;
use super::sink::{Reports, Sink};
use crate::link::Established;
use crate::settings::ServerSettings;
use opcua::client::UARequest;
use opcua::client::services::{CreateMonitoredItems, DeleteMonitoredItems};
use opcua::types::{
    ExtensionObject, MonitoredItemCreateRequest, MonitoringMode, MonitoringParameters, NodeId, StatusCode,
    TimestampsToReturn,
};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A server with nothing to report says so at least this often.
const KEEP_ALIVE: Duration = Duration::from_secs(2);
/// So many times nobody may ask for reports before the server drops the subscription: a minute.
const LIVES: u32 = 30;

/// A subscription there is.
pub(super) struct Made {
    pub(super) id: u32,
    /// The number of the session it was made in.
    pub(super) session: u64,
    pub(super) reports: Arc<Reports>,
    pub(super) silence: Silence,
    /// It said nothing for too long.
    pub(super) was_silent: bool,
}

/// Makes a subscription; `is_second`: because the one before was silent.
pub(super) async fn make(
    established: &Established,
    settings: &ServerSettings,
    reports: Arc<Reports>,
    is_second: bool,
) -> Result<Made, StatusCode> {
    let session = &established.session;
    let every = settings.publishing.max(Duration::from_millis(1));
    let count = u32::try_from(KEEP_ALIVE.as_millis().div_ceil(every.as_millis())).unwrap_or(1).max(1);
    let sink = Sink(reports.clone());
    let id = session.create_subscription(every, count.saturating_mul(LIVES), count, 0, 0, true, sink).await;
    let id = id.map_err(|error| error.status())?;
    // What the server made of the wishes.
    let state = session.subscription_state().lock();
    let kept = state.get(id).map(|made| made.publishing_interval().saturating_mul(made.max_keep_alive_count()));
    drop(state);
    let keep_alive = kept.unwrap_or(KEEP_ALIVE).min(Duration::from_secs(600));
    let silence = Silence::new(keep_alive, Instant::now(), is_second);
    Ok(Made { id, session: established.number, reports, silence, was_silent: false })
}

/// Drops every subscription the session has for variables. The library forgets them even when the server does not answer.
pub(super) async fn drop_all(established: &Established) {
    let session = &established.session;
    let apart = *established.events.lock().unwrap_or_else(PoisonError::into_inner);
    let ids = session.subscription_state().lock().subscription_ids().unwrap_or_default();
    let ids: Vec<u32> = ids.into_iter().filter(|id| Some(*id) != apart).collect();
    if !ids.is_empty() {
        let _ = session.delete_subscriptions(&ids).await;
    }
}

/// Has these variables watched.
pub(super) async fn add(
    established: &Established,
    settings: &ServerSettings,
    id: u32,
    variables: &[usize],
) -> Result<Vec<Result<u32, StatusCode>>, StatusCode> {
    let node = |at: usize| established.node(at);
    let asked: Vec<_> = variables.iter().filter_map(|at| Some(request(settings, *at, node(*at)?))).collect();
    let mut answers = Vec::new().into_iter();
    if !asked.is_empty() {
        let create = CreateMonitoredItems::new(id, &established.session).timestamps_to_return(TimestampsToReturn::Both);
        let answer = create.items_to_create(asked).send(established.session.channel()).await;
        answers = answer.map_err(|error| error.status())?.results.into_iter();
    }
    let made = variables.iter().map(|at| match node(*at) {
        // Its namespace is not there.
        None => Err(StatusCode::BadNodeIdInvalid),
        Some(_) => match answers.next().map(|answer| answer.result) {
            Some(made) if !made.status_code.is_bad() => Ok(made.monitored_item_id),
            refused => Err(refused.map_or(StatusCode::BadUnexpectedError, |refused| refused.status_code)),
        },
    });
    Ok(made.collect())
}

/// Has these items watched no more.
pub(super) async fn remove(established: &Established, id: u32, items: &[u32]) -> Result<(), StatusCode> {
    let delete = DeleteMonitoredItems::new(id, &established.session).items_to_delete(items.to_vec());
    delete.send(established.session.channel()).await.map(|_| ()).map_err(|error| error.status())
}

fn request(settings: &ServerSettings, at: usize, node: NodeId) -> MonitoredItemCreateRequest {
    MonitoredItemCreateRequest {
        item_to_monitor: crate::link::value_of(node),
        monitoring_mode: MonitoringMode::Reporting,
        requested_parameters: MonitoringParameters {
            client_handle: u32::try_from(at + 1).unwrap_or(u32::MAX),
            sampling_interval: settings.sampling.as_secs_f64() * 1000.0,
            filter: ExtensionObject::null(),
            queue_size: u32::try_from(settings.queue).unwrap_or(u32::MAX).max(1),
            discard_oldest: true,
        },
    }
}
