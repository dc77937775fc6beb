//! The table of attacks. A new one is an entry here, and bytes in `bytes` if it sends others than those there are.
//!
//! Promises: every name is its own, every port is attacked, and beside each attack a dialect is left for the well-behaved
//! clients. Names of limits and metrics stand here and nowhere else. Read by `run` and `attacker`.

use super::attack::{Attack, Bytes, Counted, Ended, Flood, Hold, Port, Requests, Shake, Talk, Work};
use super::bytes;

const fn metric(metric: &'static str, labels: &'static [(&'static str, &'static str)]) -> Counted {
    Counted { metric, labels }
}

/// A limit was reached, and told with its key.
const fn limit(labels: &'static [(&'static str, &'static str)]) -> Counted {
    metric("tieline_limits_reached_total", labels)
}

const fn refusal(labels: &'static [(&'static str, &'static str)]) -> Counted {
    metric("tieline_refusals_total", labels)
}

const fn handshake(labels: &'static [(&'static str, &'static str)]) -> Counted {
    metric("tieline_handshakes_refused_total", labels)
}

const fn heard(labels: &'static [(&'static str, &'static str)]) -> Counted {
    metric("tieline_messages_heard_total", labels)
}

/// Clients that read what they are told.
const fn flood(connections: usize, shake: Shake, opening: Bytes, burst: Bytes) -> Work {
    Work::Flood(Flood { connections, shake, opening, burst, reads: true })
}

/// Clients that do not.
const fn deaf(connections: usize, shake: Shake, opening: Bytes, burst: Bytes) -> Work {
    Work::Flood(Flood { connections, shake, opening, burst, reads: false })
}

const fn hold(connections: usize, shake: Shake, first: Bytes, trickle: Option<u64>, ended: Ended) -> Work {
    Work::Hold(Hold { connections, shake, first, trickle, ended })
}

const fn requests(connections: usize, texts: fn() -> Vec<Vec<u8>>) -> Work {
    Work::Requests(Requests { connections, texts, patience: 5000 })
}

const fn attack(name: &'static str, what: &'static str, ports: &'static [Port], work: Work) -> Attack {
    Attack::new(name, what, ports, work)
}

/// The listeners of all dialects but that of the well-behaved clients.
const LISTENERS: &[Port] = &[Port::Vxvue, Port::Inspect, Port::Opcua, Port::Mr];
/// The ports that speak HTTP only.
const PAGES: &[Port] = &[Port::Console, Port::MrHttp];

/// All of them, in the order in which they are run.
pub(crate) const ATTACKS: &[Attack] = &[
    // Work for few bytes.
    attack(
        "deflate-bomb",
        "one connection sends 16 KB that inflate to 16 MB, over and over",
        &[Port::Vxvue],
        flood(1, Shake::Deflate, bytes::nothing, bytes::bomb),
    )
    .counted(&[refusal(&[("dialect", "vxvue"), ("reason", "malformed")])]),
    attack(
        "deflate-bombs",
        "twenty connections do",
        &[Port::Vxvue],
        flood(20, Shake::Deflate, bytes::nothing, bytes::bomb),
    )
    .counted(&[refusal(&[("dialect", "vxvue"), ("reason", "malformed")])]),
    attack(
        "deflate-beyond",
        "bombs that inflate to more than `inflated_bytes`, a new connection for each",
        &[Port::Inspect],
        flood(4, Shake::Deflate, bytes::nothing, bytes::bomb_beyond),
    )
    .counted(&[limit(&[("dialect", "inspect"), ("limit", "inflated_bytes")])]),
    attack(
        "deflate-empty-blocks",
        "a megabyte of deflate blocks that inflate to nothing, each with tables of its own",
        &[Port::Vxvue],
        flood(4, Shake::Deflate, bytes::nothing, bytes::empty_blocks),
    )
    .counted(&[refusal(&[("dialect", "vxvue")])]),
    attack(
        "json-nested",
        "JSON nested 100,000 deep",
        &[Port::Vxvue],
        flood(4, Shake::Plain, bytes::register, bytes::nested),
    )
    .counted(&[limit(&[("dialect", "vxvue"), ("limit", "json_depth")])]),
    attack(
        "json-wide",
        "a list of two million lists in one message",
        &[Port::Fme],
        flood(4, Shake::Plain, bytes::open_stream, bytes::wide_list),
    )
    .counted(&[heard(&[("dialect", "fme")])]),
    // Many messages.
    attack(
        "vxvue-garbage",
        "short texts that are no JSON",
        &[Port::Vxvue],
        flood(1, Shake::Plain, bytes::nothing, bytes::garbage),
    )
    .counted(&[refusal(&[("dialect", "vxvue"), ("reason", "malformed")])]),
    attack(
        "vxvue-forwards",
        "short messages to a display that is not there",
        &[Port::Vxvue],
        flood(4, Shake::Plain, bytes::register, bytes::forwards),
    )
    .counted(&[heard(&[("dialect", "vxvue")])]),
    attack(
        "inspect-tiny",
        "unknown requests of seven bytes",
        &[Port::Inspect],
        flood(1, Shake::Plain, bytes::nothing, bytes::requests_tiny),
    )
    .counted(&[refusal(&[("dialect", "inspect")])]),
    attack(
        "inspect-large",
        "unknown requests of a megabyte, each of which comes back in its answer",
        &[Port::Inspect],
        flood(4, Shake::Plain, bytes::nothing, bytes::request_large),
    )
    .counted(&[refusal(&[("dialect", "inspect")])]),
    attack(
        "inspect-unread",
        "the same, and the answers are not read",
        &[Port::Inspect],
        deaf(4, Shake::Plain, bytes::nothing, bytes::request_large),
    )
    .seconds(4)
    .counted(&[limit(&[("dialect", "inspect"), ("limit", "queue_bytes")])]),
    attack(
        "fme-sends",
        "short messages on a stream nobody else is on",
        &[Port::Fme],
        flood(1, Shake::Plain, bytes::open_stream, bytes::small_sends),
    )
    .counted(&[heard(&[("dialect", "fme")])]),
    attack(
        "fme-fan",
        "twenty connections on one stream, all of them sending",
        &[Port::Fme],
        flood(20, Shake::Plain, bytes::open_stream, bytes::small_sends),
    )
    .counted(&[heard(&[("dialect", "fme")])]),
    attack(
        "fme-rate",
        "more messages than `messages_per_second` lets pass",
        &[Port::Fme],
        flood(4, Shake::Plain, bytes::open_stream, bytes::small_sends),
    )
    .set(&[("fme.limits.messages_per_second", "100")])
    .counted(&[limit(&[("dialect", "fme"), ("limit", "messages_per_second")])]),
    attack(
        "fme-streams",
        "opens a thousand streams and one more, closes them, over and over",
        &[Port::Fme],
        flood(4, Shake::Plain, bytes::nothing, bytes::storms),
    )
    .counted(&[limit(&[("dialect", "fme"), ("limit", "streams")])]),
    attack(
        "fme-channels",
        "with thousands of streams open, asks for the list of channels over and over",
        &[Port::Fme],
        flood(4, Shake::Plain, bytes::thousand_streams, bytes::channel_info),
    )
    .counted(&[heard(&[("dialect", "fme")])]),
    attack(
        "opcua-monitors",
        "starts to watch a variable, reads it, stops, over and over",
        &[Port::Opcua],
        flood(4, Shake::Plain, bytes::nothing, bytes::monitors),
    )
    .counted(&[heard(&[("dialect", "opcua")]), metric("tieline_commands_total", &[("dialect", "opcua")])]),
    attack(
        "mr-messages",
        "messages to a side that hears nothing",
        &[Port::Mr],
        flood(4, Shake::Plain, bytes::nothing, bytes::anything),
    )
    .counted(&[heard(&[("dialect", "mr")])]),
    // Frames.
    attack("pings", "pings, every pong read", LISTENERS, flood(1, Shake::Plain, bytes::nothing, bytes::pings)),
    attack(
        "pings-unread",
        "pings, no pong read",
        &[Port::Vxvue],
        deaf(4, Shake::Plain, bytes::nothing, bytes::wide_pings),
    )
    .counted(&[limit(&[("dialect", "vxvue"), ("limit", "queue_bytes")])]),
    attack(
        "fragments",
        "messages in 100,001 fragments of one byte",
        &[Port::Opcua],
        flood(4, Shake::Plain, bytes::nothing, bytes::fragments),
    )
    .counted(&[limit(&[("dialect", "opcua"), ("limit", "fragments")])]),
    attack(
        "fragments-empty",
        "the same with nothing in them",
        &[Port::Opcua],
        flood(4, Shake::Plain, bytes::nothing, bytes::empty_fragments),
    )
    .counted(&[limit(&[("dialect", "opcua"), ("limit", "fragments")])]),
    attack(
        "claims",
        "frames that say they are larger than all memory",
        &[Port::Mr],
        flood(8, Shake::Plain, bytes::nothing, bytes::largest_claim),
    )
    .counted(&[limit(&[("dialect", "mr"), ("limit", "message_bytes")])]),
    attack(
        "violations",
        "every way to break the protocol, a connection for each",
        LISTENERS,
        requests(4, bytes::violations),
    )
    .counted(&[metric("tieline_sessions_closed_total", &[("reason", "violation")])]),
    // Memory.
    attack(
        "unfinished",
        "a hundred connections hold 15 MB of an unfinished message each",
        &[Port::Vxvue],
        hold(100, Shake::Plain, bytes::unfinished, None, Ended::Stay),
    )
    .seconds(6)
    .counted(&[limit(&[("limit", "memory")])]),
    attack(
        "trickle",
        "a thousand messages that go on by a byte a second",
        &[Port::Vxvue],
        hold(800, Shake::Plain, bytes::begun, Some(1000), Ended::Must),
    )
    .seconds(6)
    .set(&[("access.limits.message_time", "2s")])
    .counted(&[limit(&[("dialect", "vxvue"), ("limit", "message_time")])]),
    attack(
        "slow-readers",
        "twelve displays do not read what 64 clients send them; each of the 64 has to be read to its end",
        &[Port::Vxvue],
        Work::Displays { deaf: 12, displays: 12, senders: 64 },
    )
    .shards(6)
    .counted(&[limit(&[("dialect", "vxvue"), ("limit", "queue_bytes")])]),
    attack(
        "pressure",
        "twelve displays read what 64 clients send them, so that publishers have to wait; each of the 64 has to be read to its end",
        &[Port::Vxvue],
        Work::Displays { deaf: 0, displays: 12, senders: 64 },
    )
    .shards(6)
    .counted(&[metric("tieline_messages_delivered_total", &[("dialect", "vxvue")])]),
    attack(
        "tails",
        "a hundred tails of the console are not read while much is sent",
        &[Port::Console, Port::Vxvue],
        Work::Tails { tails: 100, senders: 4 },
    )
    .counted(&[metric("tieline_tail_messages_lost_total", &[])]),
    // Places.
    attack(
        "half-open",
        "peers that have vanished: no pong, no word, no end",
        LISTENERS,
        hold(50, Shake::Plain, bytes::nothing, None, Ended::Must),
    )
    .seconds(6)
    .set(&[("access.limits.ping", "500ms"), ("access.limits.pong", "500ms")])
    .counted(&[limit(&[("limit", "pong")])]),
    attack(
        "idle",
        "clients that say nothing for longer than `idle`",
        &[Port::Opcua],
        hold(200, Shake::Plain, bytes::nothing, None, Ended::Must),
    )
    .seconds(6)
    .set(&[("opcua.limits.idle", "1s"), ("opcua.limits.ping", "0")])
    .counted(&[limit(&[("dialect", "opcua"), ("limit", "idle")])]),
    attack(
        "crowd",
        "more connections from one address than `connections_per_address`",
        &[Port::Vxvue],
        hold(1200, Shake::Plain, bytes::nothing, None, Ended::Again),
    )
    .counted(&[limit(&[("dialect", "vxvue"), ("limit", "connections_per_address")])]),
    attack(
        "crowd-in-all",
        "more connections than `connections`",
        &[Port::Opcua],
        hold(300, Shake::Plain, bytes::nothing, None, Ended::Again),
    )
    .set(&[("opcua.limits.connections", "200")])
    .counted(&[limit(&[("dialect", "opcua"), ("limit", "connections")])]),
    attack(
        "no-handshake",
        "connections that never say anything",
        LISTENERS,
        hold(200, Shake::No, bytes::nothing, None, Ended::Must),
    )
    .seconds(6)
    .set(&[("access.limits.handshake", "2s")])
    .counted(&[limit(&[("limit", "handshake")])]),
    attack(
        "slowloris",
        "handshakes that come a byte every 100 ms",
        LISTENERS,
        hold(200, Shake::No, bytes::half_request, Some(100), Ended::Must),
    )
    .seconds(6)
    .set(&[("access.limits.handshake", "2s")])
    .counted(&[limit(&[("limit", "handshake")])]),
    attack(
        "slowloris-pages",
        "the same to the console and the MR pages",
        PAGES,
        hold(300, Shake::No, bytes::half_request, Some(100), Ended::Must),
    )
    .seconds(6)
    .set(&[("access.limits.handshake", "2s")])
    .counted(&[
        limit(&[("dialect", "console"), ("limit", "handshake")]),
        limit(&[("dialect", "mr"), ("limit", "handshake")]),
    ]),
    attack(
        "crowd-pages",
        "more connections to the console and the MR pages than `connections_per_address`",
        PAGES,
        hold(2400, Shake::No, bytes::half_request, None, Ended::Again),
    )
    // A thousand have to be in before one is too many.
    .seconds(6)
    .counted(&[limit(&[("dialect", "console"), ("limit", "connections_per_address")])]),
    attack(
        "descriptors",
        "more half requests to the pages than the gateway may have descriptors; the others have to get in all the same",
        PAGES,
        hold(300, Shake::No, bytes::half_request, None, Ended::Again),
    )
    .files(400)
    .counted(&[limit(&[("dialect", "console")])]),
    attack(
        "slow-bodies",
        "a message for the API whose body never ends",
        &[Port::Console],
        hold(200, Shake::No, bytes::slow_body, Some(500), Ended::Must),
    )
    .seconds(6)
    .set(&[("access.limits.body", "2s")])
    .counted(&[limit(&[("dialect", "console"), ("limit", "body")])]),
    attack(
        "slow-uploads",
        "files for the measuring program that never end",
        &[Port::Console],
        hold(200, Shake::No, bytes::slow_upload, Some(500), Ended::Must),
    )
    .seconds(6)
    .set(&[("access.limits.body", "2s")])
    .counted(&[limit(&[("dialect", "console"), ("limit", "body")])]),
    attack(
        "kept-alive",
        "connections to the console and the MR pages that are kept open after a request",
        PAGES,
        hold(300, Shake::No, bytes::kept_alive, None, Ended::Must),
    )
    .seconds(6)
    .set(&[("access.limits.keep_alive", "1s")]),
    attack("accepts", "connects and hangs up at once", &[Port::Vxvue], Work::Accepts(16))
        .set(&[("access.limits.accepts_per_second", "200")])
        .counted(&[limit(&[("dialect", "vxvue"), ("limit", "accepts_per_second")])]),
    attack("accepts-pages", "the same to the console and the MR pages", PAGES, Work::Accepts(16))
        .set(&[("access.limits.accepts_per_second", "200")])
        .counted(&[limit(&[("dialect", "console"), ("limit", "accepts_per_second")])]),
    // Requests.
    attack("headers", "requests with 64 KB of headers", LISTENERS, requests(4, bytes::wide_headers))
        .counted(&[limit(&[("limit", "header_bytes")])]),
    attack("tls", "what is no TLS, to a listener that speaks it", &[Port::Vxvue], requests(8, bytes::no_tls))
        .tls()
        .set(&[("access.limits.handshake", "1s")])
        .counted(&[handshake(&[("dialect", "vxvue"), ("reason", "tls")])]),
    attack(
        "bad-handshakes",
        "handshakes, each wrong in its own way: a storm of log lines",
        LISTENERS,
        requests(8, bytes::bad_handshakes),
    )
    .counted(&[
        handshake(&[("reason", "malformed")]),
        handshake(&[("reason", "unsupported")]),
        handshake(&[("reason", "not_permitted")]),
        handshake(&[("reason", "http")]),
    ]),
    attack("log-stalled", "the same, while nobody reads the log", LISTENERS, requests(8, bytes::bad_handshakes))
        .talk(Talk::Stalled)
        .counted(&[handshake(&[("reason", "malformed")])]),
    attack("log-full", "the same, while the log's disk is full", LISTENERS, requests(8, bytes::bad_handshakes))
        .talk(Talk::Full)
        .counted(&[handshake(&[("reason", "malformed")]), metric("tieline_log_lines_lost_total", &[])]),
    attack(
        "console-requests",
        "requests to the console's API and pages without end",
        &[Port::Console],
        flood(20, Shake::No, bytes::nothing, bytes::console_requests),
    ),
    attack(
        "page-requests",
        "requests to the MR pages without end",
        &[Port::MrHttp],
        flood(20, Shake::No, bytes::nothing, bytes::page_requests),
    ),
    // Signals.
    attack("hangups", "SIGHUP a hundred times a second while connections come and go", &[Port::Vxvue], Work::Hangups)
        .counted(&[metric("tieline_reloads_total", &[("result", "applied")])]),
];

/// The one called `name`.
pub(crate) fn named(name: &str) -> Option<&'static Attack> {
    ATTACKS.iter().find(|attack| attack.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_its_own() {
        for (index, attack) in ATTACKS.iter().enumerate() {
            assert!(ATTACKS[..index].iter().all(|other| other.name != attack.name), "{}", attack.name);
        }
    }

    #[test]
    fn every_port_is_attacked() {
        for port in Port::ALL {
            assert!(ATTACKS.iter().any(|attack| attack.ports.contains(&port)), "{}", port.name());
        }
    }

    #[test]
    fn the_well_behaved_speak_another_dialect() {
        for attack in ATTACKS {
            assert!(!attack.ports.contains(&attack.beside()), "{}", attack.name);
        }
    }

    #[test]
    fn only_what_is_served_as_asked_is_counted_nowhere() {
        let nowhere: Vec<_> = ATTACKS.iter().filter(|attack| attack.counted.is_empty()).map(|a| a.name).collect();
        assert_eq!(nowhere, ["pings", "kept-alive", "console-requests", "page-requests"]);
    }
}
