//! Where a source's messages join the road: composed by its dialect, published to the hub.
//!
//! Promises: a source waits when the hub asks publishers to wait, like any client's session; nothing of it is lost there.
//! Called by sources, from threads of their own.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use tieline_hub::{Hub, Outlet, Pressure};
use tieline_model::{Dialect, Publisher, Refusal, SessionId, Topic};
use tieline_transport::publish;

/// A source looks again after this long, should nobody have woken it.
const LOOK: Duration = Duration::from_millis(100);

/// One source's way into the hub.
pub(crate) struct Feed {
    hub: Arc<Hub>,
    dialect: Arc<dyn Dialect>,
    gate: Arc<Gate>,
    /// Hears nothing; it is there to be woken when the hub has room again.
    _outlet: Outlet,
}

#[derive(Default)]
struct Gate {
    turn: Mutex<()>,
    opened: Condvar,
}

impl Feed {
    pub(crate) fn new(hub: &Arc<Hub>, dialect: &Arc<dyn Dialect>) -> Feed {
        let gate = Arc::new(Gate::default());
        let opened = gate.clone();
        let outlet = hub.outlet(Pressure::Lose, move || opened.opened.notify_all());
        Feed { hub: hub.clone(), dialect: dialect.clone(), gate, _outlet: outlet }
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
        publish(&self.hub, &*self.dialect, SessionId::NONE, message);
        Ok(())
    }
}
