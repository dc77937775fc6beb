//! The cases: a quirk, the servers that have it, and what a READ, WRITE, MONITORSTART, HISTORICALREAD and `tieline opcua
//! browse` come to while it lasts.
//!
//! Promises: says what the contract says, of no server and no gateway as they are. Read by `main.rs`.

use tieline_opcua_tests::Library::{self, NodeOpcua, Open62541, Quirky};

/// One line of the table.
pub(crate) struct Case {
    /// What is odd.
    pub(crate) name: &'static str,
    /// Who has it.
    pub(crate) servers: &'static [Library],
    /// Each quirk with its value as JSON, see `tests/opcua/quirk_server.py`; `image` is how many bytes `Image` has.
    pub(crate) quirks: &'static [(&'static str, &'static str)],
    /// What happens once the quirks are there.
    pub(crate) then: Then,
    pub(crate) read: Expect,
    pub(crate) write: Expect,
    pub(crate) monitor: Expect,
    pub(crate) history: Expect,
    pub(crate) browse: Expect,
}

/// How the quirk meets the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// In the middle of its session.
    Goes,
    /// The connection is cut: the server still has the session.
    Cut,
    /// The server forgets its sessions: there has to be a new one.
    Forgets,
    /// Each connection ends at once, until the case is over.
    Refuses,
    /// The network swallows all, until the case is over.
    Holds,
    /// The server stands still, until the case is over.
    Freezes,
}

impl Then {
    /// Whether the server cannot be reached before the case is over.
    pub(crate) fn lasts(self) -> bool {
        matches!(self, Then::Refuses | Then::Holds | Then::Freezes)
    }
}

/// What requests come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// To a value, the true one; to a write that is done.
    Served,
    /// The same in the end: over how much the server takes the connection may be lost before that is known.
    Learned,
    /// The same, and what is asked says that it polls.
    Polled,
    /// To one of these codes.
    Told(&'static [&'static str]),
    /// To a true value, to what says that the server is away or slow, or to one of these codes.
    Answered(&'static [&'static str]),
    /// It is not asked: the same as elsewhere, and slow.
    Left,
}

use Expect::{Answered, Learned, Left, Polled, Served, Told};

/// What is told of a server that is not to be reached, or does not answer.
pub(crate) const AWAY: &[&str] = &["BadNotConnected", "BadSessionClosed", "BadTimeout"];

const NOWHERE: Expect = Told(&["BadNodeIdInvalid"]);
const LATE: Expect = Told(&["BadTimeout"]);
const EVERYBODY: &[Library] = &[Quirky, NodeOpcua, Open62541];
const BOTH: &[Library] = &[Quirky, Open62541];

type Quirks = &'static [(&'static str, &'static str)];

/// A case in which all is served, however odd the server.
const fn served(name: &'static str, servers: &'static [Library], quirks: Quirks, then: Then) -> Case {
    Case { name, servers, quirks, then, read: Served, write: Served, monitor: Served, history: Served, browse: Served }
}

/// A case in which nothing can be had.
const fn away(name: &'static str, servers: &'static [Library], quirks: Quirks, then: Then) -> Case {
    let away = Told(AWAY);
    Case { name, servers, quirks, then, read: away, write: away, monitor: away, history: away, browse: Left }
}

/// How much a server takes.
#[rustfmt::skip]
pub(crate) const LIMITS: &[Case] = &[
    served("one node a Read", EVERYBODY, &[("read", "1")], Then::Forgets),
    served("one node a Read, from now on", EVERYBODY, &[("read", "1")], Then::Goes),
    served("two nodes a Read, untold", &[Quirky], &[("read", "2"), ("untold", "true")], Then::Forgets),
    served("three nodes a Read, untold, from now on", &[Quirky], &[("read", "3"), ("untold", "true")], Then::Goes),
    served("one node a Write", EVERYBODY, &[("write", "1")], Then::Forgets),
    served("one node a Write, untold", &[Quirky], &[("write", "1"), ("untold", "true")], Then::Goes),
    served("two items a call", EVERYBODY, &[("items", "2")], Then::Forgets),
    served("two items a call, untold", &[Quirky], &[("items", "2"), ("untold", "true")], Then::Forgets),
    served("two items a call, from now on", BOTH, &[("items", "2")], Then::Goes),
    // One library says that an answer is too large, another ends the connection over it.
    Case { read: Learned, ..served("messages of 64 KiB", BOTH, &[("message", "65536")], Then::Forgets) },
    Case { read: Learned, ..served("messages of 64 KiB, with the session kept", BOTH, &[("message", "65536")], Then::Cut) },
    served("an image of 1.1 MB", EVERYBODY, &[("image", "1100000")], Then::Goes),
    Case {
        read: Learned,
        ..served("an image of 1.1 MB and messages of 64 KiB", BOTH, &[("message", "65536"), ("image", "1100000")], Then::Cut)
    },
    served("four items a subscription", EVERYBODY, &[("subscription_items", "4")], Then::Forgets),
    Case {
        monitor: Answered(&["BadTooManyMonitoredItems", "BadTooManySubscriptions"]),
        ..served("four items in all", BOTH, &[("subscription_items", "4"), ("subscriptions", "1")], Then::Forgets)
    },
    Case {
        browse: Told(&["BadTooManySessions"]),
        ..served("one session", &[Quirky], &[("sessions", "1")], Then::Cut)
    },
    served("two sessions", &[NodeOpcua, Open62541], &[("sessions", "2")], Then::Forgets),
    Case { read: Learned, ..served("one chunk a message", &[Open62541], &[("chunks", "1")], Then::Forgets) },
];

/// How a server reports changes.
#[rustfmt::skip]
pub(crate) const REPORTS: &[Case] = &[
    Case {
        monitor: Polled,
        ..served("no subscriptions", &[Quirky], &[("refuse", r#"{"CreateSubscription": "BadServiceUnsupported"}"#)], Then::Forgets)
    },
    Case {
        monitor: Answered(&["BadTooManySubscriptions"]),
        ..served("no room for a subscription", &[Quirky], &[("refuse", r#"{"CreateSubscription": "BadTooManySubscriptions"}"#)], Then::Forgets)
    },
    Case {
        monitor: Answered(&["BadUnexpectedError"]),
        ..served("no monitored items", &[Quirky], &[("refuse", r#"{"CreateMonitoredItems": "BadUnexpectedError"}"#)], Then::Forgets)
    },
    served("one Publish at a time", &[Quirky], &[("one_publish", "true")], Then::Forgets),
    served("one Publish a session", &[Open62541], &[("publishes", "1")], Then::Forgets),
    served("one change a report", &[Open62541], &[("notifications", "1")], Then::Forgets),
    served("one report kept", &[Open62541], &[("kept_reports", "1")], Then::Cut),
    served("a queue of one", &[Open62541], &[("queue", "1")], Then::Forgets),
    served("a report a second", &[Open62541], &[("publishing", "1000")], Then::Forgets),
    served("reports counted from 0", &[Quirky], &[("number", "0")], Then::Forgets),
    served("reports counted up to the largest number", &[Quirky], &[("number", "4294967294")], Then::Forgets),
    served("reports are lost, Republish is empty", &[Quirky], &[("lose", "true")], Then::Goes),
    Case {
        monitor: Answered(&[]), history: Answered(&[]),
        ..served("Publish is never answered", &[Quirky], &[("mute", r#"["Publish"]"#)], Then::Forgets)
    },
    served("no history with both timestamps", &[Quirky], &[("both", "false")], Then::Goes),
];

/// How a server takes its time, and what it takes for the time.
#[rustfmt::skip]
pub(crate) const TIMES: &[Case] = &[
    Case { browse: Left, ..served("everything is slow", &[Quirky], &[("slow", r#"{"*": 0.25}"#)], Then::Goes) },
    Case {
        browse: Left,
        ..served("sessions are slow", &[Quirky], &[("slow", r#"{"CreateSession": 1.5, "ActivateSession": 1.5}"#)], Then::Forgets)
    },
    Case {
        read: LATE, write: Answered(&[]), monitor: Answered(&[]), history: Answered(&[]), browse: Left,
        ..served("Read is slow", &[Quirky], &[("slow", r#"{"Read": 7}"#)], Then::Goes)
    },
    Case {
        write: LATE, monitor: Answered(&[]), history: Answered(&[]), browse: Left,
        ..served("Write is slow", &[Quirky], &[("slow", r#"{"Write": 7}"#)], Then::Goes)
    },
    Case { history: LATE, browse: Left, ..served("history is slow", &[Quirky], &[("slow", r#"{"HistoryRead": 7}"#)], Then::Goes) },
    Case {
        // That it is lost is not known at once.
        monitor: Answered(&[]),
        ..away("no service is answered", &[Quirky], &[("slow", r#"{"*": 30}"#)], Then::Goes)
    },
    served("a channel lives for two seconds", &[Open62541], &[("token_time", "2000")], Then::Forgets),
    served("a session lives for five seconds", &[Open62541], &[("session_time", "5000")], Then::Forgets),
    served("a clock a day ahead", &[Quirky], &[("clock", "90000")], Then::Forgets),
    served("a clock that began in 1999", &[Quirky], &[("clock", "-850000000")], Then::Forgets),
    Case {
        read: NOWHERE, write: NOWHERE, monitor: NOWHERE, history: NOWHERE, browse: Left,
        ..served("a namespace that is not there yet", &[Quirky], &[("late", "true")], Then::Forgets)
    },
];

/// How a server goes.
#[rustfmt::skip]
pub(crate) const LOSSES: &[Case] = &[
    served("the connection is cut", EVERYBODY, &[], Then::Cut),
    served("the sessions are forgotten", EVERYBODY, &[], Then::Forgets),
    served("the kept session is refused for its signature", &[Quirky], &[("strange", "true")], Then::Cut),
    away("connections are refused", EVERYBODY, &[], Then::Refuses),
    away("the network swallows", BOTH, &[], Then::Holds),
    away("the server is frozen", EVERYBODY, &[], Then::Freezes),
    away("sessions are refused", &[Quirky], &[("refuse", r#"{"CreateSession": "BadTooManySessions"}"#)], Then::Forgets),
    away("nobody is let in", &[Quirky], &[("refuse", r#"{"ActivateSession": "BadInternalError"}"#)], Then::Forgets),
    Case {
        read: Answered(&[]), write: Answered(&[]), monitor: Answered(&[]), history: Answered(&[]), browse: Left,
        ..served("dropped with the eighth request", &[Quirky], &[("drop", "8")], Then::Cut)
    },
];
