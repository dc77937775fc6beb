//! Whether a server that is connected still lives.
//!
//! Promises: a server that has sent nothing at all while it was asked twice is dead; one that is slow with one answer but
//! sends others is not. A server that says that it does not know our session is as good as dead.

use super::Link;
use super::setup::value_of;
use opcua::client::services::Read;
use opcua::client::{Session, UARequest};
use opcua::types::{NodeId, StatusCode, VariableId};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const EVERY: Duration = Duration::from_secs(2);
/// A server with one slow answer in its way does not get here twice within five seconds.
const WAIT: Duration = Duration::from_secs(3);
const MOST_MISSED: u32 = 2;

/// Asks again and again; back when the session is of no use any more, with why.
pub(super) async fn pulse(session: Arc<Session>, link: Arc<Link>) -> StatusCode {
    let mut pulse = Pulse::default();
    loop {
        sleep(pulse.pause()).await;
        let asked = Instant::now();
        let state = value_of(NodeId::from(VariableId::Server_ServerStatus_State));
        let read = Read::new(&session).timeout(WAIT).node(state);
        let answer = read.send(session.channel()).await;
        let status = answer.map_or_else(|error| error.status(), |_| StatusCode::Good);
        if let Some(why) = pulse.felt(status, link.last_word() > asked) {
            return why;
        }
    }
}

#[derive(Default)]
struct Pulse {
    missed: u32,
}

impl Pulse {
    fn pause(&self) -> Duration {
        if self.missed == 0 { EVERY } else { Duration::ZERO }
    }

    /// What came of asking, and whether the server has said anything since. `Some`: it is dead.
    fn felt(&mut self, status: StatusCode, has_spoken: bool) -> Option<StatusCode> {
        match status {
            StatusCode::BadSessionIdInvalid
            | StatusCode::BadSessionClosed
            | StatusCode::BadSessionNotActivated
            | StatusCode::BadSecureChannelIdInvalid => return Some(status),
            status if status.is_good() || has_spoken => self.missed = 0,
            _ => self.missed += 1,
        }
        (self.missed >= MOST_MISSED).then_some(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_missed_answers_in_a_row_are_death() {
        let mut pulse = Pulse::default();
        assert_eq!(pulse.felt(StatusCode::Good, true), None);
        assert_eq!(pulse.pause(), EVERY);
        assert_eq!(pulse.felt(StatusCode::BadTimeout, false), None);
        assert_eq!(pulse.pause(), Duration::ZERO);
        assert_eq!(pulse.felt(StatusCode::Good, true), None);
        assert_eq!(pulse.felt(StatusCode::BadTimeout, false), None);
        assert_eq!(pulse.felt(StatusCode::BadTimeout, false), Some(StatusCode::BadTimeout));
    }

    #[test]
    fn a_server_that_speaks_lives_unless_it_does_not_know_us() {
        let mut pulse = Pulse::default();
        assert!((0..10).all(|_| pulse.felt(StatusCode::BadTimeout, true).is_none()));
        assert_eq!(pulse.felt(StatusCode::BadSessionIdInvalid, true), Some(StatusCode::BadSessionIdInvalid));
    }
}
