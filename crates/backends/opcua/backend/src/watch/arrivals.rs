//! Values as they come, by a report or because they were read: counted, recorded, written as JSON, handed over.
//!
//! Promises: never waits; the times that clients and the record get are those of the clock that is configured; a clock that
//! is more than a day off is said once. Called by reports, by polling, and after a return.

use super::feed::Feed;
use crate::history::Recorder;
use opcua::types::{DataValue, DateTime};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tieline_model::{Safe, safe};
use tieline_opcua_client::{Established, Link};
use tieline_opcua_settings::Clock;
use tieline_opcua_values::Structures;
use tieline_opcua_values::write_data_value;
use tieline_telemetry::Tally;
use tieline_telemetry::events::{ClockOff, ValueLoss, ValuesLost, ValuesReceived};

/// Steps of 100 ns in a day.
const DAY: i64 = 24 * 3600 * 10_000_000;

/// The way of one server's values.
pub(super) struct Arrivals {
    link: Arc<Link>,
    feed: Arc<Feed>,
    recorder: Option<Arc<Recorder>>,
    received: Tally,
    overflowed: Tally,
    is_clock_said: AtomicBool,
    /// For what is still reported when the session is lost.
    unknown: Structures,
}

/// A value ready to be told.
pub(super) struct Told {
    pub(super) json: Arc<str>,
    /// As much of it says what was measured and when; what follows says when it was sent.
    pub(super) said: usize,
    /// The source's own time, in its steps of 100 ns.
    pub(super) at: Option<i64>,
}

impl Told {
    pub(super) fn said(&self) -> &str {
        self.json.get(..self.said).unwrap_or(&self.json)
    }
}

impl Arrivals {
    pub(super) fn new(link: Arc<Link>, feed: Arc<Feed>, recorder: Option<Arc<Recorder>>) -> Arc<Arrivals> {
        Arc::new(Arrivals {
            link,
            feed,
            recorder,
            received: ValuesReceived { source: crate::NAME }.handle(),
            overflowed: ValuesLost { source: crate::NAME, reason: "server" }.handle(),
            is_clock_said: AtomicBool::new(false),
            unknown: Structures::default(),
        })
    }

    /// Changes of the variables at these places.
    pub(super) fn changes<'v>(
        &self,
        established: Option<&Established>,
        values: impl IntoIterator<Item = (usize, &'v DataValue)>,
    ) {
        let structures = established.map_or(&self.unknown, |established| &established.structures);
        values.into_iter().for_each(|(at, value)| self.change(at, value, structures));
        if established.is_some() && structures.has_wanted() {
            self.link.met.notify_one();
        }
    }

    fn change(&self, at: usize, value: &DataValue, structures: &Structures) {
        let Some(variable) = self.link.plan.variable(at) else { return };
        self.received.add(1);
        if value.status.is_some_and(|status| status.overflow()) {
            self.overflowed.add(1);
            let detail = Safe::from("more changes than `queue` between two reports");
            ValueLoss { source: crate::NAME, reason: "server", topic: variable.topic.clone(), detail }.emit();
        }
        self.look_at_clock(value);
        let clock = self.link.plan.settings.timestamps;
        let Some((value, told)) = tell(value, structures, clock) else { return };
        if let Some(recorder) = self.recorder.as_ref().filter(|_| variable.history) {
            recorder.record(&variable.name, &value, told.json.as_bytes());
        }
        self.feed.value(self.link.plan.first + at, told);
    }

    /// What the variable holds now that the server is back with its memory: told unless a report has it.
    pub(super) fn present(&self, established: &Established, at: usize, value: &DataValue) {
        if let Some((_, told)) = tell(value, &established.structures, self.link.plan.settings.timestamps) {
            self.feed.present(self.link.plan.first + at, told);
        }
    }

    fn look_at_clock(&self, value: &DataValue) {
        if self.is_clock_said.load(Ordering::Relaxed) {
            return;
        }
        let Some(off) = off(value, DateTime::now().checked_ticks()) else { return };
        if !self.is_clock_said.swap(true, Ordering::Relaxed) {
            let detail = safe!("about {} days {}", off.unsigned_abs(), if off < 0 { "behind" } else { "ahead" });
            ClockOff { source: crate::NAME, server: self.link.plan.topic.clone(), detail }.emit();
        }
    }
}

/// How many days a value's clock is off, if that is more than one. A value may be as old as its last change, so a source's
/// time in the past says nothing by itself.
fn off(value: &DataValue, now: i64) -> Option<i64> {
    let ticks = |time: Option<DateTime>| time.filter(|time| !time.is_null()).map(|time| time.checked_ticks() - now);
    let server = ticks(value.server_timestamp).filter(|off| off.abs() > DAY);
    let source = ticks(value.source_timestamp).filter(|off| *off > DAY);
    server.or(source).map(|off| off / DAY)
}

/// A value with the times of this clock, and its JSON.
fn tell(value: &DataValue, structures: &Structures, clock: Clock) -> Option<(DataValue, Told)> {
    let at = value.source_timestamp.filter(|time| !time.is_null()).map(|time| time.checked_ticks());
    let value = clocked(value.clone(), clock);
    let mut json = Vec::with_capacity(160);
    write_data_value(&value, structures, &mut json);
    let json: Arc<str> = std::str::from_utf8(&json).ok()?.into();
    // When it arrived says nothing of what was measured.
    let (sent, key) = match clock {
        Clock::Gateway => (value.source_timestamp, r#","SourceTimestamp":""#),
        Clock::Source | Clock::Server => (value.server_timestamp, r#","ServerTimestamp":""#),
    };
    // Without one of its own the last time in the text would be a field of a structure.
    let sent = sent.filter(|time| !time.is_null()).and_then(|_| json.rfind(key));
    let said = sent.unwrap_or(json.len());
    Some((value, Told { json, said, at }))
}

/// The value with the times that clients get.
pub(crate) fn clocked(mut value: DataValue, clock: Clock) -> DataValue {
    let is_none = |time: Option<DateTime>| time.is_none_or(|time| time.is_null());
    match clock {
        Clock::Source if is_none(value.source_timestamp) => value.source_timestamp = value.server_timestamp,
        Clock::Source => {}
        Clock::Server => value.source_timestamp = value.server_timestamp,
        Clock::Gateway => {
            let now = Some(DateTime::now());
            (value.source_timestamp, value.server_timestamp) = (now, now);
            (value.source_picoseconds, value.server_picoseconds) = (None, None);
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use opcua::types::{ByteStringBody, ExtensionObject, NodeId, Variant};
    use tieline_opcua_values::plain_field;

    fn value(source: Option<i64>, server: Option<i64>) -> DataValue {
        DataValue {
            value: Some(Variant::from(1i32)),
            source_timestamp: source.map(DateTime::from),
            server_timestamp: server.map(DateTime::from),
            ..DataValue::null()
        }
    }

    #[test]
    fn the_times_are_those_of_the_clock_that_is_wanted() {
        let times = |value: &DataValue| {
            let ticks = |time: Option<DateTime>| time.map(|time| time.ticks());
            (ticks(value.source_timestamp), ticks(value.server_timestamp))
        };
        assert_eq!(times(&clocked(value(Some(5), Some(7)), Clock::Source)), (Some(5), Some(7)));
        assert_eq!(times(&clocked(value(None, Some(7)), Clock::Source)), (Some(7), Some(7)));
        assert_eq!(times(&clocked(value(Some(5), Some(7)), Clock::Server)), (Some(7), Some(7)));
        assert_eq!(times(&clocked(value(Some(5), None), Clock::Server)), (None, None));
        let before = DateTime::now().ticks();
        let (source, server) = times(&clocked(value(Some(5), None), Clock::Gateway));
        assert!(source >= Some(before) && source == server);
    }

    #[test]
    fn what_was_sent_when_is_not_what_was_measured() {
        let said = |clock| {
            let (_, told) = tell(&value(Some(10_000_000), Some(20_000_000)), &Structures::default(), clock).unwrap();
            told.json[..told.said].to_owned()
        };
        assert!(
            said(Clock::Source).ends_with(r#""SourceTimestamp":"1601-01-01T00:00:01Z""#),
            "{}",
            said(Clock::Source)
        );
        assert!(said(Clock::Gateway).ends_with(r#""Body":1}"#), "{}", said(Clock::Gateway));
    }

    #[test]
    fn a_structures_own_times_are_what_was_measured() {
        let encoding = NodeId::new(1, 5);
        let field = |name: &str, id: u32| plain_field(name.to_owned(), &NodeId::new(0, id), -1);
        let structures = Structures::with(encoding.clone(), vec![field("Flag", 1), field("ServerTimestamp", 13)]);
        let object = |hour: u8| {
            let body = [&[1, 0, 0, 0, 0, 0, 0][..], &[hour, 1]].concat();
            ExtensionObject::new(ByteStringBody::new(body.into(), encoding.clone()))
        };
        let said = |hour, server: Option<i64>| {
            let value = DataValue { value: Some(Variant::from(object(hour))), ..value(None, server) };
            let (_, told) = tell(&value, &structures, Clock::Server).unwrap();
            assert!(told.json.contains(r#","ServerTimestamp":"1"#), "{}", told.json);
            told.said().to_owned()
        };
        assert_ne!(said(1, None), said(2, None));
        assert_ne!(said(1, Some(10_000_000)), said(2, Some(10_000_000)));
        // What came later, but was measured as before.
        let source = |server| {
            let value = DataValue { value: Some(Variant::from(object(1))), ..value(Some(5), Some(server)) };
            tell(&value, &structures, Clock::Source).unwrap().1.said().to_owned()
        };
        assert_eq!(source(10_000_000), source(20_000_000));
    }

    #[test]
    fn a_clock_is_off_when_the_servers_is_or_the_future_is_told() {
        let now = 1000 * DAY;
        let off = |source: i64, server: Option<i64>| super::off(&value(Some(source), server), now);
        assert_eq!(off(now, Some(now)), None);
        assert_eq!(off(now - 30 * DAY, Some(now)), None, "it has not changed for a month");
        assert_eq!(off(now + 3 * DAY, Some(now)), Some(3));
        assert_eq!(off(now, Some(now - 400 * DAY)), Some(-400));
        assert_eq!(off(now - 2 * DAY, None), None);
    }
}
