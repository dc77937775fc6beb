//! Dates with times: ISO 8601 in, extended or basic, and one strict form out (contract `opcua`, `HISTORICALREAD_REQUEST`).
//!
//! Promises: what comes out is UTC with `Z`, to 100 nanoseconds, between the years 1601 and 9999: what OPC UA can say.

use super::text;
use crate::wire::fields::Unreadable;
use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike};
use serde_json::value::RawValue;

/// The first and last year that OPC UA's own clock counts.
const YEARS: std::ops::RangeInclusive<i32> = 1601..=9999;
const NO_TIME: Unreadable = "a date and time in ISO 8601 is expected, as in 2020-01-02T03:04:05Z";

/// Appends a time of either form as a JSON text.
pub(super) fn value(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    let time = read(text(raw)?.trim_ascii()).ok_or(NO_TIME)?;
    write(time, out);
    Ok(())
}

/// One end of a period: the same, or `NOW`.
pub(crate) fn bound(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    if text(raw)?.trim_ascii().eq_ignore_ascii_case("now") {
        out.extend_from_slice(br#""NOW""#);
        return Ok(());
    }
    value(raw, out)
}

/// `2020-01-02T03:04:05.1234567+01:00` or `20200102T030405`: with or without seconds, fraction and zone (none is UTC).
fn read(text: &str) -> Option<NaiveDateTime> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let (clock, zone) = rest.split_at(rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len()));
    let (clock, fraction) = clock.split_once(['.', ',']).map_or((clock, None), |(clock, rest)| (clock, Some(rest)));
    let date = match date.as_bytes() {
        [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] | [y0, y1, y2, y3, m0, m1, d0, d1] => NaiveDate::from_ymd_opt(
            i32::try_from(number(&[*y0, *y1, *y2, *y3])?).ok()?,
            number(&[*m0, *m1])?,
            number(&[*d0, *d1])?,
        )?,
        _ => return None,
    };
    let (hour, minute, second) = match clock.as_bytes() {
        [h0, h1, b':', m0, m1, b':', s0, s1] | [h0, h1, m0, m1, s0, s1] => {
            (number(&[*h0, *h1])?, number(&[*m0, *m1])?, number(&[*s0, *s1])?)
        }
        [h0, h1, b':', m0, m1] | [h0, h1, m0, m1] if fraction.is_none() => {
            (number(&[*h0, *h1])?, number(&[*m0, *m1])?, 0)
        }
        _ => return None,
    };
    let nanoseconds = fraction.map_or(Some(0), nanoseconds)?;
    let local = date.and_hms_nano_opt(hour, minute, second, nanoseconds)?;
    let time = local.checked_sub_signed(TimeDelta::minutes(offset(zone)?))?;
    YEARS.contains(&time.year()).then_some(time)
}

/// Minutes east of Greenwich.
fn offset(zone: &str) -> Option<i64> {
    let (sign, hours, minutes) = match zone.as_bytes() {
        [] | [b'Z' | b'z'] => return Some(0),
        [sign, h0, h1] => (*sign, [*h0, *h1], [b'0', b'0']),
        [sign, h0, h1, b':', m0, m1] | [sign, h0, h1, m0, m1] => (*sign, [*h0, *h1], [*m0, *m1]),
        _ => return None,
    };
    let (hours, minutes) = (number(&hours).filter(|hours| *hours < 24)?, number(&minutes).filter(|m| *m < 60)?);
    let offset = i64::from(hours * 60 + minutes);
    match sign {
        b'+' => Some(offset),
        b'-' => Some(-offset),
        _ => None,
    }
}

/// A fraction of a second; what is finer than 100 nanoseconds is cut off.
fn nanoseconds(fraction: &str) -> Option<u32> {
    let digits = fraction.as_bytes();
    if digits.is_empty() {
        return None;
    }
    let ticks = number(&digits[..digits.len().min(7)])?;
    let missing = 7 - digits.len().min(7);
    digits.iter().all(u8::is_ascii_digit).then(|| ticks * 10u32.pow(missing as u32) * 100)
}

/// Up to seven digits as a number; none is 0.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

fn write(time: NaiveDateTime, out: &mut Vec<u8>) {
    let seconds = format!(
        "\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    out.extend_from_slice(seconds.as_bytes());
    let ticks = time.nanosecond() / 100;
    if ticks > 0 {
        out.extend_from_slice(format!(".{ticks:07}").trim_end_matches('0').as_bytes());
    }
    out.extend_from_slice(b"Z\"");
}
