//! Reading again and again, where a server reports nothing by itself.
//!
//! Promises: each variable is read about every `sampling`, many in one request, and a server that takes long is not asked
//! for more at once; only what has changed is passed on, in the sense of `trigger` and `deadband`; a reading that fails is
//! told like a value. Owned by the keeper of the items.

use super::items::TOO_LARGE;
use opcua::types::{DataValue, StatusCode, Variant, VariantScalarTypeId};
use std::time::Duration;
use tieline_opcua_client::Watching;
use tieline_opcua_settings::{Deadband, Trigger};
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
    /// From its lowest to its highest value; the inner `None`: it has none.
    span: Option<Option<f64>>,
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

    /// Those of these variables whose range has to be known and was not asked for.
    pub(super) fn unranged(&self, of: &[usize], watching: impl Fn(usize) -> Option<Watching>) -> Vec<usize> {
        let is_unranged = |at: &usize| {
            let needs = matches!(watching(*at), Some(Watching { deadband: Some(Deadband::Percent(_)), .. }));
            needs && self.known.get(*at).is_some_and(|known| known.span.is_none())
        };
        of.iter().copied().filter(is_unranged).collect()
    }

    /// A variable has this range.
    pub(super) fn ranged(&mut self, at: usize, span: Option<f64>) {
        if let Some(known) = self.known.get_mut(at) {
            known.span = Some(span);
        }
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
        let band = match watching.deadband {
            Some(Deadband::Absolute(band)) => Some(band),
            Some(Deadband::Percent(percent)) => known.span.flatten().map(|span| span * percent / 100.0),
            None => None,
        };
        let is_change = known.last.as_ref().is_none_or(|last| is_change(last, value, watching.trigger, band));
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

fn is_change(last: &DataValue, value: &DataValue, trigger: Trigger, band: Option<f64>) -> bool {
    let status = |value: &DataValue| value.status.unwrap_or(StatusCode::Good);
    if status(last) != status(value) {
        return true;
    }
    match trigger {
        Trigger::Status => false,
        Trigger::Value => is_other(last, value, band),
        Trigger::Timestamp => last.source_timestamp != value.source_timestamp || is_other(last, value, band),
    }
}

fn is_other(last: &DataValue, value: &DataValue, band: Option<f64>) -> bool {
    let number = |value: &DataValue| match value.value.as_ref()? {
        Variant::Array(_) => None,
        scalar => match scalar.cast(VariantScalarTypeId::Double) {
            Variant::Double(number) => Some(number),
            _ => None,
        },
    };
    match (band, number(last), number(value)) {
        (Some(band), Some(one), Some(other)) => (one - other).abs() > band,
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
        let changes = |trigger, band, one: (f64, i64), other: (f64, i64)| {
            is_change(&value(one.0, one.1), &value(other.0, other.1), trigger, band)
        };
        let plain = |one, other| changes(Trigger::Value, None, one, other);
        assert!(!plain((1.0, 1), (1.0, 2)) && plain((1.0, 1), (1.1, 1)));
        assert!(!plain((f64::NAN, 1), (f64::NAN, 1)) && plain((f64::NAN, 1), (1.0, 1)));
        let banded = |one, other| changes(Trigger::Value, Some(0.5), one, other);
        assert!(!banded((1.0, 1), (1.5, 1)) && banded((1.0, 1), (1.6, 1)));
        assert!(changes(Trigger::Timestamp, None, (1.0, 1), (1.0, 2)));
        assert!(!changes(Trigger::Status, None, (1.0, 1), (9.0, 2)));
        let bad = DataValue { status: Some(StatusCode::BadSensorFailure), ..value(1.0, 1) };
        assert!(is_change(&value(1.0, 1), &bad, Trigger::Status, None));
    }

    #[test]
    fn percent_is_of_the_range_once_that_is_known() {
        let (now, mut poller) = (Instant::now(), Poller::new(2));
        let one_percent = Watching { deadband: Some(Deadband::Percent(1.0)), ..PLAIN };
        let watching = |at| [Some(one_percent), Some(PLAIN)].get(at).copied().flatten();
        assert_eq!(poller.unranged(&[0, 1], watching), [0]);
        let comes = |poller: &mut Poller, number| poller.came(0, one_percent, &value(number, 1), now, now);
        assert!(comes(&mut poller, 1.0) && comes(&mut poller, 1.1), "without a range every change counts");
        poller.ranged(0, Some(200.0));
        assert_eq!(poller.unranged(&[0, 1], watching), [0usize; 0]);
        assert!(!comes(&mut poller, 3.0) && comes(&mut poller, 3.2));
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
