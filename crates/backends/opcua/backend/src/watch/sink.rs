//! Where the library's notifications land: put in order, and passed on.
//!
//! Promises: never waits, since the library calls it from within its event loop. Made by the keeper of the items, once for
//! each subscription.

use super::arrivals::Arrivals;
use super::sequence::{Arrival, Sequence};
use opcua::client::{MonitoredItemMap, OnSubscriptionNotificationCore};
use opcua::types::{DataChangeNotification, NotificationMessage, StatusChangeNotification};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tieline_opcua_client::Link;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The reports of one subscription.
pub(super) struct Reports {
    link: Arc<Link>,
    arrivals: Arc<Arrivals>,
    order: Mutex<Order>,
    /// Something is missing.
    gap: Arc<Notify>,
}

struct Order {
    sequence: Sequence<NotificationMessage>,
    /// The number of an empty report that showed that something is missing.
    until: Option<u32>,
    /// The server's numbers make no sense, or what is missing cannot be had: every report is passed on as it comes.
    is_ignored: bool,
    /// Something may be missing that will not come: what holds has to be read.
    is_doubtful: bool,
    /// It was given up: others have taken its place.
    is_over: bool,
    /// When it last reported, if only that there is nothing.
    last: Option<Instant>,
}

impl Reports {
    /// `gap` is told when something is missing.
    pub(super) fn new(link: Arc<Link>, arrivals: Arc<Arrivals>, gap: Arc<Notify>, is_ignored: bool) -> Arc<Reports> {
        let order = Order {
            sequence: Sequence::new(),
            until: None,
            is_ignored,
            is_doubtful: false,
            is_over: false,
            last: None,
        };
        Arc::new(Reports { link, arrivals, order: Mutex::new(order), gap })
    }

    /// When it last reported.
    pub(super) fn last(&self) -> Option<Instant> {
        self.order().last
    }

    /// A report came, by itself or because it was asked for again.
    pub(super) fn arrived(&self, message: NotificationMessage) {
        let (number, is_empty) =
            (message.sequence_number, message.notification_data.as_ref().is_none_or(Vec::is_empty));
        let mut order = self.order();
        if order.is_over {
            return;
        }
        order.last = Some(Instant::now());
        let ready = match is_empty {
            _ if order.is_ignored => {
                if order.sequence.jumped(number, is_empty) {
                    order.is_doubtful = true;
                    self.gap.notify_one();
                }
                vec![message]
            }
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

    /// It was given up: what it still says is told to nobody.
    pub(super) fn end(&self) {
        self.order().is_over = true;
    }

    /// The numbers of the reports that are missing.
    pub(super) fn missing(&self) -> Vec<u32> {
        let order = self.order();
        order.sequence.missing(order.until)
    }

    /// Whether something may be missing that will not come.
    pub(super) fn is_doubtful(&self) -> bool {
        self.order().is_doubtful
    }

    /// What holds is about to be read.
    pub(super) fn looked_at(&self) {
        self.order().is_doubtful = false;
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
        let state = self.link.now();
        for object in messages.into_iter().flat_map(|message| message.notification_data.unwrap_or_default()) {
            if let Some(change) = object.inner_as::<DataChangeNotification>() {
                let items = change.monitored_items.iter().flatten();
                // Our numbers count from 1.
                let places =
                    items.filter_map(|item| Some(((item.client_handle as usize).checked_sub(1)?, &item.value)));
                self.arrivals.changes(state.established().map(|up| &**up), places);
            } else if object.inner_as::<StatusChangeNotification>().is_some_and(|change| change.status.is_bad()) {
                self.link.remake.notify_one();
            }
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
