//! Reading again and again, where a server reports nothing by itself.
//!
//! Promises: each variable is read about every `sampling`, many in one request, and a server that takes long is not asked
//! for more at once; only what has changed is passed on, in the sense of `trigger` and an absolute deadband; a reading that
//! fails is told like a value. Owned by the keeper of the items.

use super::items::TOO_LARGE;
use crate::link::Watching;
use crate::settings::{Deadband, Trigger};
use opcua::types::{DataValue, StatusCode, Variant, VariantScalarTypeId};
use std::time::Duration;
use tokio::time::Instant;

/// Nothing is read more often.
const LEAST: Duration = Duration::from_millis(50);

/// What is known of polled variables.
pub(super) struct Poller {
    known: Vec<Known>,
}

#[derive(Clone, Default)]
struct Known {
    due: Option<Instant>,
    last: Option<DataValue>,
}

impl Poller {
    pub(super) fn new(variables: usize) -> Poller {
        Poller { known: vec![Known::default(); variables] }
    }

    /// Those of the wanted that are due, and when the next is.
    pub(super) fn due(&self, wanted: impl Iterator<Item = usize>, now: Instant) -> (Vec<usize>, Option<Instant>) {
        let (mut due, mut next) = (Vec::new(), None);
        for at in wanted {
            match self.known.get(at).and_then(|known| known.due) {
                Some(when) if when > now => next = Some(next.map_or(when, |next: Instant| next.min(when))),
                _ => due.push(at),
            }
        }
        (due, next)
    }

    /// A variable was asked for at `begun` and this came `now`. Whether it is a change.
    pub(super) fn came(
        &mut self,
        at: usize,
        watching: Watching,
        value: &DataValue,
        begun: Instant,
        now: Instant,
    ) -> bool {
        let Some(known) = self.known.get_mut(at) else { return false };
        let every = watching.sampling.max(LEAST);
        let every = if value.status == Some(StatusCode::BadEncodingLimitsExceeded) { TOO_LARGE } else { every };
        // Half of the time a slow server is left alone.
        known.due = Some((begun + every).max(now + (now - begun)));
        let is_change = known.last.as_ref().is_none_or(|last| is_change(last, value, watching));
        if is_change {
            known.last = Some(value.clone());
        }
        is_change
    }

    /// It is wanted no more.
    pub(super) fn forget(&mut self, at: usize) {
        if let Some(known) = self.known.get_mut(at) {
            *known = Known::default();
        }
    }

    /// Whatever is read next is news.
    pub(super) fn begin(&mut self) {
        self.known.fill(Known::default());
    }
}

fn is_change(last: &DataValue, value: &DataValue, watching: Watching) -> bool {
    let status = |value: &DataValue| value.status.unwrap_or(StatusCode::Good);
    if status(last) != status(value) {
        return true;
    }
    match watching.trigger {
        Trigger::Status => false,
        Trigger::Value => is_other(last, value, watching.deadband),
        Trigger::Timestamp => {
            last.source_timestamp != value.source_timestamp || is_other(last, value, watching.deadband)
        }
    }
}

fn is_other(last: &DataValue, value: &DataValue, deadband: Option<Deadband>) -> bool {
    let number = |value: &DataValue| match value.value.as_ref()? {
        Variant::Array(_) => None,
        scalar => match scalar.cast(VariantScalarTypeId::Double) {
            Variant::Double(number) => Some(number),
            _ => None,
        },
    };
    match (deadband, number(last), number(value)) {
        (Some(Deadband::Absolute(band)), Some(one), Some(other)) => (one - other).abs() > band,
        // No NaN is equal to itself.
        (_, Some(one), Some(other)) if one.is_nan() && other.is_nan() => false,
        _ => last.value != value.value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opcua::types::DateTime;

    const PLAIN: Watching =
        Watching { sampling: Duration::from_millis(250), queue: 10, deadband: None, trigger: Trigger::Value };

    fn value(number: f64, second: i64) -> DataValue {
        let source_timestamp = Some(DateTime::from(second * 10_000_000));
        DataValue { value: Some(Variant::from(number)), source_timestamp, ..DataValue::null() }
    }

    #[test]
    fn a_change_is_what_the_configuration_calls_one() {
        let changes = |watching, one: (f64, i64), other: (f64, i64)| {
            is_change(&value(one.0, one.1), &value(other.0, other.1), watching)
        };
        assert!(!changes(PLAIN, (1.0, 1), (1.0, 2)) && changes(PLAIN, (1.0, 1), (1.1, 1)));
        assert!(!changes(PLAIN, (f64::NAN, 1), (f64::NAN, 1)) && changes(PLAIN, (f64::NAN, 1), (1.0, 1)));
        let banded = Watching { deadband: Some(Deadband::Absolute(0.5)), ..PLAIN };
        assert!(!changes(banded, (1.0, 1), (1.5, 1)) && changes(banded, (1.0, 1), (1.6, 1)));
        assert!(changes(Watching { trigger: Trigger::Timestamp, ..PLAIN }, (1.0, 1), (1.0, 2)));
        assert!(!changes(Watching { trigger: Trigger::Status, ..PLAIN }, (1.0, 1), (9.0, 2)));
        let bad = DataValue { status: Some(StatusCode::BadSensorFailure), ..value(1.0, 1) };
        assert!(is_change(&value(1.0, 1), &bad, Watching { trigger: Trigger::Status, ..PLAIN }));
    }

    #[test]
    fn a_variable_is_due_after_its_sampling_and_a_slow_server_later() {
        let (start, mut poller) = (Instant::now(), Poller::new(2));
        assert_eq!(poller.due([0, 1].into_iter(), start), (vec![0, 1], None));
        let soon = start + Duration::from_millis(10);
        assert!(poller.came(0, PLAIN, &value(1.0, 1), start, soon));
        assert!(!poller.came(0, PLAIN, &value(1.0, 2), start, soon));
        let late = start + Duration::from_millis(3000);
        poller.came(1, PLAIN, &value(1.0, 1), start, late);
        let next = start + PLAIN.sampling;
        assert_eq!(poller.due([0, 1].into_iter(), soon), (vec![], Some(next)));
        assert_eq!(poller.due([0, 1].into_iter(), next), (vec![0], Some(late + (late - start))));
        poller.begin();
        assert!(poller.came(0, PLAIN, &value(1.0, 2), soon, soon), "after a loss everything is news");
    }
}
