//! Where the library's notifications land: put in order, written as JSON, handed over.
//!
//! Promises: never waits, since the library calls it from within its event loop. Made by the keeper of the items, once for
//! each subscription.

use super::sequence::{Arrival, Sequence};
use crate::history::Recorder;
use crate::link::Link;
use crate::structures::Structures;
use crate::value::write_data_value;
use opcua::client::{MonitoredItemMap, OnSubscriptionNotificationCore};
use opcua::types::{DataChangeNotification, DataValue, NotificationMessage, StatusChangeNotification};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tieline_model::Safe;
use tieline_telemetry::Tally;
use tieline_telemetry::events::{ValueLoss, ValuesLost, ValuesReceived};
use tokio::sync::Notify;

/// The reports of one subscription.
pub(super) struct Reports {
    link: Arc<Link>,
    recorder: Option<Arc<Recorder>>,
    order: Mutex<Order>,
    /// Something is missing.
    pub(super) gap: Notify,
    received: Tally,
    overflowed: Tally,
    /// For what is still reported when the session is lost.
    unknown: Structures,
}

struct Order {
    sequence: Sequence<NotificationMessage>,
    /// The number of an empty report that showed that something is missing.
    until: Option<u32>,
    /// The server's numbers make no sense: they are not looked at.
    is_ignored: bool,
}

impl Reports {
    pub(super) fn new(link: Arc<Link>, recorder: Option<Arc<Recorder>>, is_ignored: bool) -> Arc<Reports> {
        Arc::new(Reports {
            link,
            recorder,
            order: Mutex::new(Order { sequence: Sequence::new(), until: None, is_ignored }),
            gap: Notify::new(),
            received: ValuesReceived { source: crate::NAME }.handle(),
            overflowed: ValuesLost { source: crate::NAME, reason: "server" }.handle(),
            unknown: Structures::default(),
        })
    }

    /// A report came, by itself or because it was asked for again.
    pub(super) fn arrived(&self, message: NotificationMessage) {
        let (number, is_empty) =
            (message.sequence_number, message.notification_data.as_ref().is_none_or(Vec::is_empty));
        let mut order = self.order();
        let ready = match is_empty {
            _ if order.is_ignored => vec![message],
            true if order.sequence.empty(number) => {
                order.until = Some(number);
                drop(order);
                return self.gap.notify_one();
            }
            true => return,
            false => match order.sequence.arrived(number, message) {
                Arrival::Now(ready) => ready,
                Arrival::Early => {
                    let ready = if order.sequence.is_full() { order.sequence.give_up(None) } else { Vec::new() };
                    drop(order);
                    self.gap.notify_one();
                    return self.pass(ready);
                }
                Arrival::Known => return,
            },
        };
        drop(order);
        self.pass(ready);
    }

    /// The numbers of the reports that are missing.
    pub(super) fn missing(&self) -> Vec<u32> {
        let order = self.order();
        order.sequence.missing(order.until)
    }

    /// The missing ones cannot be had.
    pub(super) fn give_up(&self) {
        let mut order = self.order();
        let until = order.until.take();
        let ready = order.sequence.give_up(until);
        drop(order);
        self.pass(ready);
    }

    /// The missing ones have come.
    pub(super) fn mended(&self) {
        self.order().until = None;
    }

    fn pass(&self, messages: Vec<NotificationMessage>) {
        let mut json = Vec::new();
        let state = self.link.now();
        let structures = state.established().map(|established| &established.structures);
        for object in messages.into_iter().flat_map(|message| message.notification_data.unwrap_or_default()) {
            if let Some(change) = object.inner_as::<DataChangeNotification>() {
                for item in change.monitored_items.iter().flatten() {
                    self.value(item.client_handle, &item.value, structures.unwrap_or(&self.unknown), &mut json);
                }
                if structures.is_some_and(Structures::has_wanted) {
                    self.link.met.notify_one();
                }
            } else if object.inner_as::<StatusChangeNotification>().is_some_and(|change| change.status.is_bad()) {
                self.link.remake.notify_one();
            }
        }
    }

    fn value(&self, handle: u32, value: &DataValue, structures: &Structures, json: &mut Vec<u8>) {
        let Some(at) = (handle as usize).checked_sub(1) else { return };
        let Some(variable) = self.link.plan.variable(at) else { return };
        self.received.add(1);
        json.clear();
        write_data_value(value, structures, json);
        if value.status.is_some_and(|status| status.overflow()) {
            self.overflowed.add(1);
            let detail = Safe::from("more changes than `queue` between two reports");
            ValueLoss { source: crate::NAME, reason: "server", topic: variable.topic.clone(), detail }.emit();
        }
        if let Some(recorder) = self.recorder.as_ref().filter(|_| variable.history) {
            recorder.record(&variable.name, value, json);
        }
        if let Ok(text) = std::str::from_utf8(json) {
            self.link.feed.value(self.link.plan.first + at, text.into());
        }
    }

    fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The library's end of it.
pub(super) struct Sink(pub(super) Arc<Reports>);

impl OnSubscriptionNotificationCore for Sink {
    fn on_subscription_notification(&mut self, message: NotificationMessage, _items: MonitoredItemMap<'_>) {
        self.0.arrived(message);
    }
}
