//! Numbers and truths, from their decimal text: whole ones exactly, in the full range of 64 bits, and floating ones as the
//! nearest of their type.

use super::text;
use crate::wire::fields::Unreadable;
use serde_json::value::RawValue;
use std::ops::RangeInclusive;

const NO_NUMBER: Unreadable = "a number is expected";
const OUT_OF_RANGE: Unreadable = "a number is out of its type's range";

/// A decimal number, taken apart: `-12.5e3`.
struct Decimal<'a> {
    is_negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: i64,
}

impl Decimal<'_> {
    /// Reads JSON's form of a number; leading zeros are fine too, as programs other than JSON write them.
    fn read(text: &str) -> Option<Decimal<'_>> {
        let (is_negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = rest.split_once(['e', 'E']).map_or((rest, None), |(m, e)| (m, Some(e)));
        let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let exponent = match exponent {
            None => 0,
            Some(text) => {
                let (is_small, digits) =
                    text.strip_prefix('-').map_or((false, text.strip_prefix('+').unwrap_or(text)), |rest| (true, rest));
                // Beyond 18 digits it is beyond everything, whatever it is.
                let size = is_digits(digits).then(|| digits.parse().unwrap_or(i64::MAX / 4).min(i64::MAX / 4))?;
                if is_small { -size } else { size }
            }
        };
        let is_number = is_digits(whole) && fraction.is_none_or(is_digits);
        is_number.then(|| Decimal { is_negative, whole, fraction: fraction.unwrap_or_default(), exponent })
    }

    /// Its value when it is whole and has at most 20 digits.
    fn whole(&self) -> Result<i128, Unreadable> {
        let mut digits = [self.whole, self.fraction].concat();
        let mut exponent = self.exponent - self.fraction.len() as i64;
        let kept = digits.trim_end_matches('0').len();
        exponent += (digits.len() - kept) as i64;
        digits.truncate(kept);
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Ok(0);
        }
        if exponent < 0 {
            return Err("a whole number is expected");
        }
        let length = usize::try_from(exponent).unwrap_or(usize::MAX).saturating_add(digits.len());
        if length > 20 {
            return Err(OUT_OF_RANGE);
        }
        let size: i128 = digits.parse().map_err(|_| OUT_OF_RANGE)?;
        let size = size * 10i128.pow((length - digits.len()) as u32);
        Ok(if self.is_negative { -size } else { size })
    }
}

/// A whole number of either form: `5`, `"5"`, `1e2`.
pub(crate) fn whole(raw: &RawValue) -> Result<i128, Unreadable> {
    let text = text(raw)?;
    Decimal::read(text.trim_ascii()).ok_or(NO_NUMBER)?.whole()
}

/// The same, in a range.
pub(super) fn within(raw: &RawValue, range: RangeInclusive<i128>) -> Result<i128, Unreadable> {
    let number = whole(raw)?;
    if range.contains(&number) { Ok(number) } else { Err(OUT_OF_RANGE) }
}

/// Appends a Double; texts stand for what is no number in JSON.
pub(super) fn double(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    float(raw, |text| text.parse::<f64>().ok().filter(|number| number.is_finite()), out)
}

/// Appends a Float.
pub(super) fn single(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    float(raw, |text| text.parse::<f32>().ok().filter(|number| number.is_finite()), out)
}

fn float<T: std::fmt::Debug>(
    raw: &RawValue,
    read: impl Fn(&str) -> Option<T>,
    out: &mut Vec<u8>,
) -> Result<(), Unreadable> {
    let text = text(raw)?;
    let text = text.trim_ascii();
    let (sign, name) = text.strip_prefix('-').map_or(("", text.strip_prefix('+').unwrap_or(text)), |name| ("-", name));
    if name.eq_ignore_ascii_case("nan") {
        out.extend_from_slice(br#""nan""#);
        return Ok(());
    }
    if name.eq_ignore_ascii_case("inf") || name.eq_ignore_ascii_case("infinity") {
        out.extend_from_slice(format!(r#""{sign}inf""#).as_bytes());
        return Ok(());
    }
    Decimal::read(text).ok_or(NO_NUMBER)?;
    let number = read(text).ok_or(OUT_OF_RANGE)?;
    // The shortest text that reads back the same; large and small ones with an exponent, `1e300`.
    let text = format!("{number:?}");
    out.extend_from_slice(text.strip_suffix(".0").unwrap_or(&text).as_bytes());
    Ok(())
}

/// Appends a truth, in any letter case.
pub(super) fn boolean(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    let truth: &[u8] = match text(raw)?.trim_ascii() {
        "1" => b"true",
        "0" => b"false",
        text if text.eq_ignore_ascii_case("true") => b"true",
        text if text.eq_ignore_ascii_case("false") => b"false",
        _ => return Err("true or false is expected"),
    };
    out.extend_from_slice(truth);
    Ok(())
}
