//! Times as JSON texts: UTC, with a fraction when there is one, down to 100 ns.
//!
//! Promises: a time of OPC UA (from 1601 to the last second of 9999) is written and read back without loss; what is later
//! is the standard's "end of time", as it is on the wire.

use chrono::{DateTime as Civil, Datelike, Timelike, Utc};
use opcua::types::DateTime;
use std::sync::LazyLock;

/// From 1601 to 1970.
const SECONDS_TO_1970: i64 = 11_644_473_600;
const TICKS_PER_SECOND: i64 = 10_000_000;
/// The standard's end of time, which the library works out anew each time.
static END: LazyLock<i64> = LazyLock::new(DateTime::endtimes_ticks);

/// Writes a time as it stands between quotes, without them: `2020-01-02T03:04:05.1234567Z`.
pub fn write_time(time: &DateTime, out: &mut Vec<u8>) {
    let ticks = time.ticks().clamp(0, *END);
    let (seconds, fraction) = (ticks / TICKS_PER_SECOND - SECONDS_TO_1970, ticks % TICKS_PER_SECOND);
    let civil = Civil::<Utc>::from_timestamp(seconds, 0).unwrap_or_default();
    let mut text = *b"0000-00-00T00:00:00";
    digits(civil.year().unsigned_abs(), &mut text[..4]);
    digits(civil.month(), &mut text[5..7]);
    digits(civil.day(), &mut text[8..10]);
    digits(civil.hour(), &mut text[11..13]);
    digits(civil.minute(), &mut text[14..16]);
    digits(civil.second(), &mut text[17..]);
    out.extend_from_slice(&text);
    if fraction != 0 {
        let mut text = *b".0000000";
        digits(u32::try_from(fraction).unwrap_or_default(), &mut text[1..]);
        out.extend_from_slice(&text);
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
    out.push(b'Z');
}

/// Reads an RFC 3339 text. `None`: it is none, or before the standard's first moment. What is finer than 100 ns is cut.
pub fn read_time(text: &str) -> Option<DateTime> {
    let civil = Civil::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    let seconds = civil.timestamp().checked_add(SECONDS_TO_1970).filter(|seconds| *seconds >= 0)?;
    // A leap second, which OPC UA does not know, is the second after it.
    let ticks = seconds.checked_mul(TICKS_PER_SECOND)?.checked_add(i64::from(civil.timestamp_subsec_nanos() / 100))?;
    Some(DateTime::from(ticks.min(*END)))
}

/// The last digits of a number, as many as there are places.
fn digits(mut number: u32, places: &mut [u8]) {
    for place in places.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(time: DateTime) -> String {
        let mut out = Vec::new();
        write_time(&time, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_fraction_is_written_when_there_is_one() {
        let at = |ticks: i64| text(DateTime::from(DateTime::ymd_hms(2020, 1, 2, 3, 4, 5).ticks() + ticks));
        assert_eq!(at(0), "2020-01-02T03:04:05Z");
        assert_eq!(at(1_234_567), "2020-01-02T03:04:05.1234567Z");
        assert_eq!(at(5_000_000), "2020-01-02T03:04:05.5Z");
        assert_eq!(at(1), "2020-01-02T03:04:05.0000001Z");
    }

    #[test]
    fn the_ends_of_time_are_told_as_such() {
        assert_eq!(text(DateTime::null()), "1601-01-01T00:00:00Z");
        assert_eq!(text(DateTime::from(i64::MAX)), "9999-12-31T23:59:59Z");
        assert_eq!(text(DateTime::from(i64::MAX - 1)), "9999-12-31T23:59:59Z");
        assert_eq!(text(DateTime::from(-1)), "1601-01-01T00:00:00Z");
        assert_eq!(read_time("9999-12-31T23:59:59.9Z"), Some(DateTime::endtimes()));
        assert_eq!(read_time("1600-12-31T23:59:59Z"), None);
    }

    #[test]
    fn other_zones_and_leap_seconds_are_read() {
        let same = |one, other| assert_eq!(read_time(one).map(text), Some(String::from(other)));
        same("2020-01-02T05:04:05+02:00", "2020-01-02T03:04:05Z");
        same("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z");
        same("2020-01-02T03:04:05.123456789Z", "2020-01-02T03:04:05.1234567Z");
        for wrong in ["", "now", "2020-01-02", "2020-02-30T00:00:00Z", "2020-01-02T03:04:05", "+10000-01-01T00:00:00Z"]
        {
            assert_eq!(read_time(wrong), None, "{wrong}");
        }
    }
}
