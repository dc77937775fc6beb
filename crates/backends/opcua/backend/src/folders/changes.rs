//! Whether a server tells that its nodes have changed: events of its own, where it has them.
//!
//! Promises: a subscription apart from those of the variables, made again when it is gone, unless the server has no room for
//! both; a server without such events is asked once in a session.

use futures_util::TryFutureExt;
use opcua::client::{MonitoredItem, OnSubscriptionNotification};
use opcua::types::{
    AttributeId, ContentFilter, EventFilter, ExtensionObject, MonitoredItemCreateRequest, MonitoringMode,
    MonitoringParameters, NodeId, NumericRange, ObjectId, ObjectTypeId, QualifiedName, ReadValueId,
    SimpleAttributeOperand, TimestampsToReturn, Variant,
};
use std::sync::Arc;
use std::time::Duration;
use tieline_opcua_client::{Apart, Established};
use tokio::sync::{Notify, watch};

/// How often the server reports events, and how many times it may have none to report.
const EVERY: Duration = Duration::from_secs(1);
const KEEP_ALIVE: u32 = 30;
const LIVES: u32 = 300;
const QUEUE: u32 = 10;
/// The library's numbers of other items begin at 1. Not the largest there is: node-opcua reports that one as 0.
const HANDLE: u32 = u32::MAX / 2;

/// Listens to one session's server.
#[derive(Default)]
pub(super) struct Changes {
    /// The session's number, and that of the subscription; `None`: it has no such events.
    made: Option<(u64, Option<u32>)>,
    pub(super) told: Arc<Notify>,
}

struct Listener(Arc<Notify>);

impl OnSubscriptionNotification for Listener {
    fn on_event(&mut self, fields: Option<Vec<Variant>>, _item: &MonitoredItem) {
        let kinds =
            [ObjectTypeId::BaseModelChangeEventType, ObjectTypeId::GeneralModelChangeEventType].map(NodeId::from);
        let kind = fields.into_iter().flatten().next();
        if matches!(kind, Some(Variant::NodeId(kind)) if kinds.contains(&kind)) {
            self.0.notify_one();
        }
    }
}

/// The subscription is being made as long as this is there; then it is what it says.
struct Making<'e>(Apart, &'e watch::Sender<Apart>);

impl Making<'_> {
    fn begin(events: &watch::Sender<Apart>) -> Making<'_> {
        events.send_replace(Apart::Making);
        Making(Apart::None, events)
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        self.1.send_replace(self.0);
    }
}

impl Changes {
    /// Listens, unless it does so already; whether it begins anew, so that something may have been missed.
    pub(super) async fn listen(&mut self, established: &Established) -> bool {
        let session = &established.asking.session;
        if *established.events.borrow() == Apart::NoRoom {
            return false;
        }
        match self.made {
            Some((number, None)) if number == established.number => return false,
            Some((number, Some(id))) if number == established.number => {
                let ids = session.subscription_state().lock().subscription_ids().unwrap_or_default();
                if ids.contains(&id) {
                    return false;
                }
            }
            _ => {}
        }
        let mut making = Making::begin(&established.events);
        let made = self.subscribe(established).await;
        making.0 = made.map_or(Apart::None, Apart::Made);
        self.made = Some((established.number, made));
        made.is_some()
    }

    async fn subscribe(&self, established: &Established) -> Option<u32> {
        let session = &established.asking.session;
        let listener = Listener(self.told.clone());
        let making = session.create_subscription(EVERY, LIVES, KEEP_ALIVE, 0, 0, true, listener);
        let id = established.asking.altering(making.map_err(|error| error.status())).await.ok()?;
        let select = SimpleAttributeOperand {
            type_definition_id: ObjectTypeId::BaseEventType.into(),
            browse_path: Some(vec![QualifiedName::new(0, "EventType")]),
            attribute_id: AttributeId::Value as u32,
            index_range: NumericRange::None,
        };
        let filter = EventFilter { select_clauses: Some(vec![select]), where_clause: ContentFilter::default() };
        let item = MonitoredItemCreateRequest {
            item_to_monitor: ReadValueId {
                attribute_id: AttributeId::EventNotifier as u32,
                ..NodeId::from(ObjectId::Server).into()
            },
            monitoring_mode: MonitoringMode::Reporting,
            requested_parameters: MonitoringParameters {
                client_handle: HANDLE,
                sampling_interval: 0.0,
                filter: ExtensionObject::from_message(filter),
                queue_size: QUEUE,
                discard_oldest: true,
            },
        };
        let made = session.create_monitored_items(id, TimestampsToReturn::Neither, vec![item]).await.ok();
        if made.into_iter().flatten().any(|made| made.result.status_code.is_good()) {
            return Some(id);
        }
        let deleting = session.delete_subscription(id).map_err(|error| error.status());
        let _ = established.asking.altering(deleting).await;
        None
    }
}
