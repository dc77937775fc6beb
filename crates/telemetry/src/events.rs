//! The list. `tieline config reference` prints it, `/metrics` serves its numbers.

use crate::telemetry;
use std::net::SocketAddr;
use tieline_model::{Safe, SessionId};

telemetry! {
    events {
        /// A listener is ready for clients.
        ListenerOpened: INFO "listening", "tieline_listeners_opened_total" by { dialect } with { address: SocketAddr }

        /// A client's handshake was accepted.
        SessionOpened: DEBUG "session opened", "tieline_sessions_opened_total" by { dialect }
            with { session: SessionId, peer: SocketAddr }

        /// A session has ended; `reason` is why: `client` it closed, `lost` its socket broke, `idle`, `slow` it did not
        /// read, `violation` it broke the protocol, `refused` the dialect ended it, `stopping`.
        SessionClosed: DEBUG "session closed", "tieline_sessions_closed_total" by { dialect, reason }
            with { session: SessionId, code: u16, detail: Safe }

        /// A connection was turned away before it became a session; `reason` is the kind, `detail` names the key to
        /// change if it should be allowed.
        HandshakeRefused: WARN "handshake refused", "tieline_handshakes_refused_total" by { dialect, reason }
            with { peer: SocketAddr, status: u16, detail: Safe }

        /// What a client asked for was not done; it was told so in its product's words.
        Refused: INFO "refused", "tieline_refusals_total" by { dialect, reason }
            with { session: SessionId, detail: Safe }

        /// A limit was reached; `limit` is its key under `access.limits` (or the listener's own `limits`).
        LimitReached: WARN "limit reached", "tieline_limits_reached_total" by { dialect, limit }
            with { peer: SocketAddr, detail: Safe }

        /// Messages a client did not take in time were dropped; `reason` is the policy: `disconnect`, `drop_oldest`,
        /// `drop_newest`. The number of messages is in `messages`.
        MessagesLost: WARN "messages lost", "tieline_losses_total" by { dialect, reason }
            with { session: SessionId, topics: Safe, messages: u64, queued_bytes: u64 }

        /// More was kept for those who come later than there is room for; the oldest of it went. `messages` is how many.
        KeptDropped: WARN "kept messages dropped", "tieline_kept_drops_total" by { dialect } with { messages: u64 }

        /// The operating system would not accept another connection, most often for want of file descriptors.
        AcceptFailed: ERROR "cannot accept connections", "tieline_accept_failures_total" by { dialect }
            with { detail: Safe }

        /// The console cannot serve any more; the dialects go on.
        ConsoleFailed: ERROR "the console has ended", "tieline_console_failures_total" by {} with { detail: Safe }

        /// A simulated client of the demo was cut off; it connects again.
        InstrumentCutOff: DEBUG "simulated client cut off", "tieline_instruments_cut_off_total" by { instrument } with {}

        /// The configuration was read again on SIGHUP; `result` is `applied`, `refused` (it has problems and the one
        /// before stays) or `partly` (some changed keys need a restart).
        Reloaded: INFO "configuration read again", "tieline_reloads_total" by { result } with {}

        /// The gateway has begun to stop.
        Stopping: INFO "stopping", "tieline_stops_total" by {} with { sessions: u64 }

        /// The gateway has stopped: how many sessions said goodbye in time, and how many were cut off.
        Stopped: INFO "stopped", "tieline_stopped_total" by {} with { sessions: u64, cut: u64 }
    }
    tallies {
        /// Messages heard from clients.
        Heard: counter "tieline_messages_heard_total" by { dialect }

        /// Messages that the hub was given to publish.
        Publishes: counter "tieline_messages_published_total" by { dialect }

        /// Messages handed to clients' sockets or queues, each receiver counted.
        Delivered: counter "tieline_messages_delivered_total" by { dialect }

        /// Messages that a client did not get, each receiver counted, by the policy that dropped them.
        Lost: counter "tieline_messages_lost_total" by { dialect, reason }

        /// Messages that somebody watching (`/api/tail`) did not take in time; the watcher is told how many, too.
        TailLost: counter "tieline_tail_messages_lost_total" by {}

        /// Bytes in queues, waiting for clients to read.
        QueuedBytes: gauge "tieline_queued_bytes" by { dialect }

        /// Sessions open now.
        SessionsOpen: gauge "tieline_sessions_open" by { dialect }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_one_style_and_unique() {
        let mut seen = std::collections::HashSet::new();
        for row in ROWS {
            assert!(seen.insert(row.metric), "{} twice", row.metric);
            assert!(row.metric.starts_with("tieline_"), "{}", row.metric);
            assert_eq!(row.kind == "counter", row.metric.ends_with("_total"), "{}", row.metric);
            assert!(row.doc.trim().ends_with('.'), "{}", row.metric);
        }
    }
}
