//! What the plant's server remembers of some variables, and gives out page by page.
//!
//! Promises: never more than a fixed number of values of each; a page begins where the one before ended, also when old
//! values have gone in between. Filled by the plant's thread, read by its server.

use opcua::types::{DataValue, DateTime, ReadRawModifiedDetails};
use std::collections::VecDeque;

/// How many values of one variable are kept: some hours, one each second.
pub(super) const MOST: usize = 20_000;
/// How many values a page has at most.
pub(super) const PAGE: usize = 1000;

/// The values of one variable, oldest first, each with a source time of its own.
#[derive(Debug, Default)]
pub(super) struct Series(VecDeque<DataValue>);

/// What is asked for, and from where on: what a continuation point holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Request {
    low: i64,
    high: i64,
    is_backward: bool,
    /// Values still wanted; `None` is all.
    left: Option<usize>,
}

impl Request {
    /// What a client asks for (OPC UA part 11, reading raw data): from start to end, backward when the end comes first or
    /// there is no start.
    pub(super) fn new(details: &ReadRawModifiedDetails) -> Request {
        let (start, end) = (details.start_time, details.end_time);
        let is_backward = start.is_null() || (!end.is_null() && start > end);
        let (low, high) = match is_backward {
            true => (ticks(end, i64::MIN), ticks(start, ticks(end, i64::MAX))),
            false => (ticks(start, i64::MIN), ticks(end, i64::MAX)),
        };
        // Without a start the end is the newest that is wanted, and only the number bounds how far back it goes.
        let low = if start.is_null() { i64::MIN } else { low };
        let wanted = details.num_values_per_node as usize;
        Request { low, high, is_backward, left: (wanted > 0 && (start.is_null() || end.is_null())).then_some(wanted) }
    }
}

fn ticks(time: DateTime, none: i64) -> i64 {
    if time.is_null() { none } else { time.ticks() }
}

impl Series {
    /// Adds a value; the oldest goes when there are too many.
    pub(super) fn push(&mut self, value: DataValue) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(value);
    }

    /// One page of at most `most` values (0: as many as a page has), and what to ask for next when there are more.
    pub(super) fn page(&self, mut request: Request, most: usize) -> (Vec<DataValue>, Option<Request>) {
        let most = if most == 0 { PAGE } else { most.min(PAGE) };
        let fits = |value: &&DataValue| (request.low..=request.high).contains(&at(value));
        let take = request.left.map_or(most, |left| left.min(most));
        let found: Vec<&DataValue> = match request.is_backward {
            true => self.0.iter().rev().filter(fits).take(take + 1).collect(),
            false => self.0.iter().filter(fits).take(take + 1).collect(),
        };
        let page = found.iter().take(take).map(|value| (*value).clone()).collect();
        request.left = request.left.map(|left| left - take);
        let next = found.get(take).filter(|_| request.left != Some(0)).map(|first| match request.is_backward {
            true => Request { high: at(first), ..request },
            false => Request { low: at(first), ..request },
        });
        (page, next)
    }
}

fn at(value: &DataValue) -> i64 {
    value.source_timestamp.map_or(0, |time| time.ticks())
}

#[cfg(test)]
mod tests {
    use super::*;
    use opcua::types::Variant;

    const SECOND: i64 = 10_000_000;
    const BASE: i64 = 133_000_000_000_000_000;

    fn time(second: i64) -> DateTime {
        DateTime::from(BASE + second * SECOND)
    }

    fn series(values: i64) -> Series {
        let mut series = Series::default();
        for second in 0..values {
            let value = DataValue { source_timestamp: Some(time(second)), ..DataValue::value_only(second) };
            series.push(value);
        }
        series
    }

    fn seconds(values: &[DataValue]) -> Vec<i64> {
        let second = |value: &DataValue| match value.value {
            Some(Variant::Int64(second)) => second,
            ref other => panic!("{other:?}"),
        };
        values.iter().map(second).collect()
    }

    fn all(series: &Series, start: DateTime, end: DateTime, wanted: u32, most: usize) -> (Vec<i64>, usize) {
        let details = ReadRawModifiedDetails {
            start_time: start,
            end_time: end,
            num_values_per_node: wanted,
            ..Default::default()
        };
        let (mut found, mut pages, mut next) = (Vec::new(), 0, Some(Request::new(&details)));
        while let Some(request) = next {
            let (page, more) = series.page(request, most);
            found.extend(seconds(&page));
            pages += 1;
            next = more;
        }
        (found, pages)
    }

    #[test]
    fn pages_join_without_gap_or_repetition_in_both_directions() {
        let series = series(2500);
        assert_eq!(all(&series, time(0), time(9999), 0, 0), ((0..2500).collect(), 3));
        assert_eq!(all(&series, time(9999), time(0), 300, 300), ((0..2500).rev().collect(), 9));
        assert_eq!(all(&series, time(10), time(12), 0, 2), (vec![10, 11, 12], 2));
        assert_eq!(all(&series, time(5000), time(6000), 0, 0), (vec![], 1));
    }

    #[test]
    fn without_a_start_or_an_end_the_number_is_the_bound() {
        let series = series(50);
        assert_eq!(all(&series, DateTime::null(), time(40), 3, 3).0, [40, 39, 38]);
        assert_eq!(all(&series, time(40), DateTime::null(), 3, 3).0, [40, 41, 42]);
        assert_eq!(all(&series, time(45), DateTime::null(), 0, 0).0, [45, 46, 47, 48, 49]);
    }

    #[test]
    fn the_oldest_go_also_between_two_pages() {
        let mut series = series(MOST as i64);
        let details = ReadRawModifiedDetails { start_time: time(0), end_time: time(99_999), ..Default::default() };
        let (_, next) = series.page(Request::new(&details), 10);
        for second in 0..100 {
            let at = MOST as i64 + second;
            series.push(DataValue { source_timestamp: Some(time(at)), ..DataValue::value_only(at) });
        }
        assert_eq!(series.0.len(), MOST);
        assert_eq!(seconds(&series.page(next.unwrap(), 2).0), [100, 101]);
    }
}
