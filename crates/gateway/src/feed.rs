//! Where a backend's messages join the road: composed by its dialect, published to the hub.
//!
//! Promises: a backend waits when the hub asks publishers to wait, like any client's session; nothing of it is lost there.
//! Called by backends, from threads of their own.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tieline_hub::{Hub, LastOf, Pressure, Sink};
use tieline_model::{Dialect, Interest, InterestChanged, Published, Publisher, Refusal, Remembers, SessionId, Topic};
use tieline_transport::{Memory, publish};

/// A backend looks again after this long, should nobody have woken it.
const LOOK: Duration = Duration::from_millis(100);

/// The hub as a backend asks who hears its dialect.
pub(crate) struct HubInterest {
    hub: Arc<Hub>,
    dialect: &'static str,
}

impl HubInterest {
    pub(crate) fn new(hub: &Arc<Hub>, dialect: &'static str) -> HubInterest {
        HubInterest { hub: hub.clone(), dialect }
    }
}

impl Interest for HubInterest {
    fn watch(&self, told: InterestChanged) {
        self.hub.watch(self.dialect, told);
    }
}

/// What a backend said last, as the hub asks for it.
pub(crate) fn last_of(backend: Arc<dyn Remembers>, dialect: Arc<dyn Dialect>) -> LastOf {
    Box::new(move |topic, ago| {
        let json = backend.last(topic, ago)?;
        let message = dialect.compose(topic, &json).ok()?;
        Some(Published { at: SystemTime::now(), dialect: dialect.name(), origin: SessionId::NONE, message })
    })
}

/// One backend's way into the hub.
pub(crate) struct Feed {
    hub: Arc<Hub>,
    memory: Arc<Memory>,
    dialect: Arc<dyn Dialect>,
    gate: Arc<Gate>,
    /// Hears nothing; it is there to be woken when the hub has room again.
    _sink: Sink,
}

#[derive(Default)]
struct Gate {
    turn: Mutex<()>,
    opened: Condvar,
}

impl Feed {
    pub(crate) fn new(hub: &Arc<Hub>, memory: &Arc<Memory>, dialect: &Arc<dyn Dialect>) -> Feed {
        let gate = Arc::new(Gate::default());
        let opened = gate.clone();
        let sink = hub.sink(Pressure::Lose, move || opened.opened.notify_all());
        Feed { hub: hub.clone(), memory: memory.clone(), dialect: dialect.clone(), gate, _sink: sink }
    }
}

impl Publisher for Feed {
    fn publish(&self, tokens: &[&str], json: &str) -> Result<(), Refusal> {
        let topic = Topic::new([self.dialect.name()].iter().chain(tokens).copied());
        let message = self.dialect.compose(&topic, json)?;
        let mut turn = self.gate.turn.lock().unwrap_or_else(PoisonError::into_inner);
        while self.hub.pressed() {
            turn = self.gate.opened.wait_timeout(turn, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(turn);
        publish(&self.hub, &self.memory, &*self.dialect, SessionId::NONE, message);
        Ok(())
    }

    fn note(&self, tokens: &[&str], json: &str) {
        self.dialect.note(&Topic::new([self.dialect.name()].iter().chain(tokens).copied()), json);
    }

    fn forget(&self, tokens: &[&str]) {
        self.hub.forget(&Topic::new([self.dialect.name()].iter().chain(tokens).copied()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::DIALECTS;
    use std::sync::mpsc::sync_channel;
    use tieline_hub::{Change, HubLimits, Subscription};
    use tieline_model::settings::Values;
    use tieline_model::{DialectLimits, Encoding, Filter, Framing, Reason, Recall, Representation, Variant};

    fn feed(hub: &Arc<Hub>) -> Feed {
        let entry = DIALECTS.iter().find(|entry| entry.name == "fme").unwrap();
        Feed::new(hub, &Memory::new(0), &(entry.build)(&Values::default(), DialectLimits::default()))
    }

    #[test]
    fn a_backend_waits_until_the_hub_has_room() {
        let hub = Hub::new(HubLimits { inbox_bytes: 1 });
        let sink = hub.sink(Pressure::HoldBack, || ());
        let encoding = Encoding { representation: Representation::Wire(Variant::default()), framing: Framing::Bare };
        let change = Change::to(vec![Subscription { filter: Filter::parse("fme.*").unwrap(), encoding }]);
        let mut inbox = Vec::new();
        let (session, peer) = (SessionId::new(sink.id(), 1), ([127, 0, 0, 1], 1).into());
        sink.subscribe(session, peer, change, Recall::Never, &mut inbox);
        let feed = feed(&hub);
        feed.publish(&["a"], "1").unwrap();
        assert!(hub.pressed());
        let (told, done) = sync_channel(1);
        let second = std::thread::spawn(move || {
            feed.publish(&["a"], "2").unwrap();
            told.send(()).unwrap();
        });
        assert!(done.recv_timeout(LOOK).is_err(), "it did not wait");
        sink.take(&mut inbox);
        sink.served(inbox.iter().map(tieline_hub::Delivery::size).sum());
        done.recv().unwrap();
        second.join().unwrap();
        sink.take(&mut inbox);
        assert_eq!(inbox.iter().map(|one| &one.frame[..]).collect::<Vec<_>>(), [b"1", b"2"]);
    }

    #[test]
    fn what_the_dialect_cannot_read_is_refused() {
        let feed = feed(&Hub::new(HubLimits::default()));
        assert_eq!(feed.publish(&["a"], "{").unwrap_err().reason, Reason::Malformed);
        assert_eq!(feed.publish(&["a", "b"], "1").unwrap_err().reason, Reason::BadField);
    }
}
