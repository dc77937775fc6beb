//! Publishing: a thread that takes values from the hand-over and gives them to the hub, as fast as the hub takes them.
//!
//! Promises: one value after the other; what the dialect refuses is told and does not stop the rest. And the clock of first
//! values, which runs beside.

use super::{Feed, Targets};
use std::sync::Arc;
use tieline_model::Publisher;
use tieline_telemetry::events::ItemRefused;
use tokio::time::{Instant, sleep_until};

/// So many are taken at once.
const BATCH: usize = 256;

/// Publishes until the feed ends.
pub(crate) fn deliver(feed: &Feed, targets: &Targets, publish: &dyn Publisher) {
    let mut values = Vec::with_capacity(BATCH);
    while let Some(news) = feed.take(BATCH, &mut values) {
        for (first, is_polling) in news.deliveries {
            let Some(server) = targets.server(first) else { continue };
            let how = if is_polling { "polling" } else { "subscription" };
            publish.note(&[server], &format!(r#"{{"Delivery":"{how}"}}"#));
        }
        for variable in news.closed {
            let Some((server, plan)) = targets.get(variable) else { continue };
            publish.forget(&[server, &plan.name]);
        }
        for (variable, json) in values.drain(..) {
            let Some((server, plan)) = targets.get(variable) else { continue };
            if let Err(refusal) = publish.publish(&[server, &plan.name], &json) {
                ItemRefused { source: crate::NAME, topic: plan.topic.clone(), detail: refusal.detail }.emit();
            }
        }
    }
}

/// Lets first values go when their time has come; runs until it is dropped.
pub(crate) async fn release(feed: Arc<Feed>) {
    loop {
        let opened = feed.opened.notified();
        match feed.release(Instant::now()) {
            Some(due) => tokio::select! {
                _ = sleep_until(due) => {}
                _ = opened => {}
            },
            None => opened.await,
        }
    }
}
