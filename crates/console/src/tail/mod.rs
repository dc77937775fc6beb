//! Live messages as Server-Sent Events: `/api/tail?topic=FILTER`, several times for several filters.
//!
//! All tails together are one sink of the hub and read from one bounded ring; what a tail does not read in time is counted
//! and told to it as a `lost` event. Messages come in their event form, patient data redacted; every five seconds
//! there is a `beat`, so that a page knows that silence is silence.

mod ring;

use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use ring::{Line, Ring};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tieline_hub::{Change, Delivery, Hub, Pressure, Sink, Subscription};
use tieline_model::{Encoding, Filter, Framing, Recall, Representation, SessionId, Sight};
use tieline_telemetry::events::TailLost;
use tieline_transport::Guest;
use tokio::sync::Notify;
use tokio::time::{Instant, interval_at};

/// How often a tail that hears nothing is told so.
const BEAT: Duration = Duration::from_secs(5);
/// Tails at a time, and filters of one.
const TAILS: usize = 100;
const FILTERS: usize = 32;

/// Everybody who tails.
pub(crate) struct Tails {
    sink: Sink,
    state: Mutex<Everybody>,
    /// Woken when there is more to read, or no more to come.
    news: Notify,
}

#[derive(Default)]
struct Everybody {
    ring: Ring,
    count: u64,
    open: usize,
    ended: bool,
}

impl Tails {
    /// Adds the sink and the task that empties it; call within the console's runtime.
    pub(crate) fn start(hub: &Arc<Hub>) -> Arc<Tails> {
        let wake = Arc::new(Notify::new());
        let woken = wake.clone();
        let sink = hub.sink(Pressure::Lose, move || woken.notify_one());
        let tails = Arc::new(Tails { sink, state: Mutex::default(), news: Notify::new() });
        let pump = tails.clone();
        tokio::spawn(async move {
            let mut inbox = Vec::new();
            loop {
                wake.notified().await;
                let lost = pump.sink.take(&mut inbox);
                pump.hand_out(&mut pump.lock(), &mut inbox, lost);
            }
        });
        tails
    }

    /// Ends every tail, and lets none begin.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
        self.news.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Everybody> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands what the hub had to those who listen, and tells the hub that it is done with.
    fn hand_out(&self, state: &mut Everybody, inbox: &mut Vec<Delivery>, lost: u64) {
        let (mut served, mut unread) = (0, state.ring.leave_out(lost));
        for delivery in inbox.drain(..) {
            served += delivery.size();
            unread += state.ring.push(delivery);
        }
        if unread > 0 {
            TailLost {}.handle().add(unread);
        }
        if served > 0 {
            self.sink.served(served);
        }
        self.news.notify_waiters();
    }

    /// Adds a tail; `None` when there are too many.
    fn open(self: &Arc<Tails>, peer: SocketAddr, filters: Vec<Filter>) -> Option<Open> {
        let mut state = self.lock();
        if state.open >= TAILS || state.ended {
            return None;
        }
        state.open += 1;
        state.count += 1;
        let number = state.count;
        let session = SessionId::new(self.sink.id(), number);
        let encoding = Encoding { representation: Representation::Event(Sight::Redacted), framing: Framing::Bare };
        let change = Change::to(filters.into_iter().map(|filter| Subscription { filter, encoding }).collect());
        let mut inbox = Vec::new();
        let joined = self.sink.subscribe(session, peer, change, Recall::Never, &mut inbox);
        self.hand_out(&mut state, &mut inbox, joined.lost);
        state.ring.join(number, joined.group.unwrap_or_default());
        Some(Open { tails: self.clone(), session, number, peer })
    }
}

/// A tail as its HTTP answer holds it; dropped when the page goes away.
struct Open {
    tails: Arc<Tails>,
    session: SessionId,
    number: u64,
    peer: SocketAddr,
}

impl Open {
    /// What is to be told next; `None` when all tails are to end.
    async fn next(&self) -> Option<Line> {
        loop {
            let mut news = pin!(self.tails.news.notified());
            // Before it looks: what comes while it looks wakes it.
            news.as_mut().enable();
            let found = {
                let mut state = self.tails.lock();
                if state.ended {
                    return None;
                }
                state.ring.next(self.number)
            };
            if found.is_some() {
                return found;
            }
            news.await;
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.tails.lock();
        state.open -= 1;
        state.ring.leave(self.number);
        let mut inbox = Vec::new();
        let joined = self.tails.sink.subscribe(self.session, self.peer, Change::leave(), Recall::Never, &mut inbox);
        self.tails.hand_out(&mut state, &mut inbox, joined.lost);
    }
}

pub(crate) async fn tail(
    State(tails): State<Arc<Tails>>,
    Extension(guest): Extension<Guest>,
    RawQuery(query): RawQuery,
) -> Response {
    let filters = match filters(query.as_deref().unwrap_or_default()) {
        Ok(filters) => filters,
        Err(what) => return (StatusCode::BAD_REQUEST, format!("Tieline: {what}\n")).into_response(),
    };
    let Some(open) = tails.open(guest.caller.address, filters) else {
        let text = format!("Tieline: {TAILS} tails are open already, or the gateway is stopping\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    let beat = interval_at(Instant::now() + BEAT, BEAT);
    // At once something comes, so that a page knows it is connected.
    let first = stream::iter([Ok::<Event, Infallible>(Event::default().event("beat").data("{}"))]);
    let rest = stream::unfold((open, beat), |(open, mut beat)| async move {
        let event = tokio::select! {
            line = open.next() => line?.event(),
            _ = beat.tick() => Event::default().event("beat").data("{}"),
        };
        Some((Ok(event), (open, beat)))
    });
    guest.stays();
    // nginx keeps answers back until it has a few kilobytes, unless it is told not to.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"))];
    (unbuffered, Sse::new(stream::StreamExt::chain(first, rest))).into_response()
}

impl Line {
    fn event(self) -> Event {
        match self {
            Line::Message(delivery) => {
                // The hub's number goes in front of what the dialect wrote.
                let rest = String::from_utf8_lossy(delivery.frame.get(1..).unwrap_or_default());
                let data = format!("{{\"sequence\":{},{rest}", delivery.sequence);
                Event::default().event("message").id(delivery.sequence.to_string()).data(data)
            }
            Line::Lost(count) => Event::default().event("lost").data(format!("{{\"count\":{count}}}")),
        }
    }
}

/// The filters of a query; none means everything.
fn filters(query: &str) -> Result<Vec<Filter>, String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(|error| error.to_string())?;
    let mut filters = Vec::new();
    for (key, value) in pairs {
        match key.as_str() {
            "topic" => filters.push(Filter::parse(&value).map_err(|error| error.to_string())?),
            _ => return Err("the only parameter is topic; it may come several times".to_owned()),
        }
    }
    match filters.len() {
        0 => Ok(Filter::parse(">").into_iter().collect()),
        1..=FILTERS => Ok(filters),
        _ => Err(format!("at most {FILTERS} filters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_filters_or_a_plain_refusal() {
        let texts = |query: &str| {
            filters(query).map(|filters| filters.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(texts(""), Ok(">".into()));
        assert_eq!(texts("topic=a.%3E&topic=b"), Ok("a.> b".into()));
        assert!(texts("topic=a..b").is_err());
        assert!(texts("other=a").is_err());
        assert!(texts(&"topic=a&".repeat(40)).is_err());
    }
}
