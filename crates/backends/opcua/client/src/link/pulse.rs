//! Whether a server that is connected still lives.
//!
//! Promises: a server that has sent nothing at all within the time it has for one answer, and eight seconds at least, is dead;
//! one that is slow with one answer but sends others is not. A server that says that it does not know our session is as good as dead.

use super::Link;
use super::ask::Asking;
use super::setup::value_of;
use opcua::client::services::Read;
use opcua::types::{NodeId, StatusCode, VariableId};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const EVERY: Duration = Duration::from_secs(2);
/// Who wants short answers does not want the connection given up for one.
const LEAST: Duration = Duration::from_secs(8);

/// Asks again and again; back when the session is of no use any more, with why.
pub(super) async fn pulse(asking: Asking, link: Arc<Link>) -> StatusCode {
    loop {
        sleep(EVERY).await;
        let asked = Instant::now();
        let state = value_of(NodeId::from(VariableId::Server_ServerStatus_State));
        let read = Read::new(&asking.session).timeout(asking.patience.max(LEAST)).node(state);
        let status = asking.ask(read).await.map_or_else(|status| status, |_| StatusCode::Good);
        if is_dead(status, link.last_word() > asked) {
            return status;
        }
    }
}

/// By what came of asking, and whether the server has said anything since.
fn is_dead(status: StatusCode, has_spoken: bool) -> bool {
    match status {
        StatusCode::BadSessionIdInvalid
        | StatusCode::BadSessionClosed
        | StatusCode::BadSessionNotActivated
        | StatusCode::BadSecureChannelIdInvalid => true,
        status => status.is_bad() && !has_spoken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_speaks_lives_unless_it_does_not_know_us() {
        assert!(!is_dead(StatusCode::Good, true));
        assert!(!is_dead(StatusCode::BadTimeout, true));
        assert!(is_dead(StatusCode::BadTimeout, false));
        assert!(is_dead(StatusCode::BadSessionIdInvalid, true));
    }
}
