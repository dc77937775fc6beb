//! From an element's bytes to a parameter's value, with the types of the contract.
//!
//! Promises: numbers are finite; what is no number where one should be keeps its text, so that it is seen (contract
//! `mr-verdicts`, "What is compared with what"); nothing fails. Called at the end of the walk.

use super::csa::Item;
use super::text::Charset;
use crate::{Parameter, Value};
use dicom_core::VR;

/// The value of a parameter that has this element.
pub(super) fn read(parameter: Parameter, vr: VR, big: bool, bytes: &[u8], charset: &Charset) -> Value {
    match parameter {
        Parameter::Tr
        | Parameter::Te
        | Parameter::Bwp
        | Parameter::BwpPe
        | Parameter::Fa
        | Parameter::PixelResol
        | Parameter::Matrix
        | Parameter::Phase
        | Parameter::SeriesNumber => number_of(parameter, vr, big, bytes),
        // No character set is for these (PS3.5, 6.1.2.2).
        Parameter::AcqDate | Parameter::AcqTime | Parameter::PedMajor => Value::Text(plain(texts(latin(trim(bytes))))),
        // A backslash is a backslash there.
        Parameter::Comments => Value::Text(plain(charset.decode(trim(bytes)))),
        // Of a name's three spellings those that are empty at the end are left out, with what would part them.
        Parameter::SubId | Parameter::Operator => {
            let mut name = texts(charset.decode(trim(bytes)));
            name.truncate(name.trim_end_matches('=').len());
            Value::Text(plain(name))
        }
        _ => Value::Text(text(bytes, charset)),
    }
}

/// A text, or several with a backslash between them.
pub(super) fn text(bytes: &[u8], charset: &Charset) -> String {
    plain(texts(charset.decode(trim(bytes))))
}

/// One whole number; none when it is something else.
pub(super) fn integer(vr: VR, big: bool, bytes: &[u8]) -> Option<i64> {
    match numbers(vr, big, bytes)?.as_slice() {
        [number] => whole(*number),
        _ => None,
    }
}

/// Date and time of a moment, `YYYYMMDDHHMMSS.FFFFFF&ZZXX`, as the classic elements have them.
pub(super) fn moment(bytes: &[u8]) -> [Option<&str>; 2] {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii()).unwrap_or_default();
    let text = text.split(['+', '-']).next().unwrap_or_default();
    let Some((date, time)) = text.split_at_checked(8) else { return [None, None] };
    [Some(date), Some(time).filter(|time| !time.is_empty())]
}

/// A number, or several, in the parameter's own shape; else the text of all of them.
fn number_of(parameter: Parameter, vr: VR, big: bool, bytes: &[u8]) -> Value {
    let numbers = numbers(vr, big, bytes);
    let shaped = numbers.as_deref().and_then(|numbers| shaped(parameter, numbers));
    shaped.unwrap_or_else(|| match numbers {
        // In binary: as they are commonly written, with an exponent where there would be many digits.
        Some(numbers) if is_binary(vr) => {
            let each: Vec<String> = numbers.iter().map(|number| format!("{number:?}")).collect();
            Value::Text(each.join("\\"))
        }
        _ if is_binary(vr) => Value::Nothing,
        _ => Value::Text(plain(latin(trim(bytes)))),
    })
}

fn is_binary(vr: VR) -> bool {
    matches!(vr, VR::US | VR::SS | VR::UL | VR::SL | VR::FL | VR::FD)
}

/// All numbers of an element; none when one of them is none. They may be infinite.
fn numbers(vr: VR, big: bool, bytes: &[u8]) -> Option<Vec<f64>> {
    match vr {
        VR::US => words(bytes, big, u16::from_le_bytes),
        VR::SS => words(bytes, big, i16::from_le_bytes),
        VR::UL => words(bytes, big, u32::from_le_bytes),
        VR::SL => words(bytes, big, i32::from_le_bytes),
        VR::FL => words(bytes, big, f32::from_le_bytes),
        VR::FD => words(bytes, big, f64::from_le_bytes),
        _ if trim(bytes).is_empty() => Some(Vec::new()),
        _ => trim(bytes).split(|byte| *byte == b'\\').map(number).collect(),
    }
}

/// A number's text, blanks around it or not.
fn number(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(trim(text).trim_ascii()).ok()?.parse().ok()
}

fn words<const N: usize, T: Into<f64>>(bytes: &[u8], big: bool, word: fn([u8; N]) -> T) -> Option<Vec<f64>> {
    let (words, rest) = bytes.as_chunks();
    let number = |bytes: &[u8; N]| {
        let mut bytes = *bytes;
        if big {
            bytes.reverse();
        }
        word(bytes).into()
    };
    rest.is_empty().then(|| words.iter().map(number).collect())
}

/// The numbers in the parameter's own shape; none when they do not have it or are infinite.
fn shaped(parameter: Parameter, numbers: &[f64]) -> Option<Value> {
    let integers = || numbers.iter().copied().map(whole).collect::<Option<Vec<i64>>>();
    match (parameter, numbers) {
        (_, []) => Some(Value::Nothing),
        (Parameter::SeriesNumber | Parameter::Phase, [number]) => whole(*number).map(Value::Integer),
        (Parameter::SeriesNumber | Parameter::Phase | Parameter::Matrix, _) => integers().map(Value::Integers),
        (_, numbers) if !numbers.iter().all(|number| number.is_finite()) => None,
        (_, [number]) => Some(Value::Number(*number)),
        (_, numbers) => Some(Value::Numbers(numbers.to_vec())),
    }
}

/// A number without a fraction that an integer of 64 bits holds exactly.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

impl Item<'_> {
    /// What it says, by its value representation.
    pub(super) fn value(&self) -> Value {
        let text = self.bytes();
        let as_text = || Value::Text(plain(latin(text)));
        match &self.vr {
            b"FL" | b"FD" | b"DS" if text.is_empty() => Value::Absent,
            b"IS" | b"SS" | b"US" | b"SL" | b"UL" if text.is_empty() => Value::Absent,
            b"FL" | b"FD" | b"DS" => {
                number(text).filter(|number| number.is_finite()).map_or_else(as_text, Value::Number)
            }
            b"IS" | b"SS" | b"US" | b"SL" | b"UL" => number(text).and_then(whole).map_or_else(as_text, Value::Integer),
            _ => as_text(),
        }
    }
}

/// Latin-1.
pub(super) fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Each of several texts without its padding.
fn texts(text: String) -> String {
    if !text.contains('\\') {
        return text;
    }
    let each: Vec<&str> = text.split('\\').map(|text| text.trim_end_matches(['\0', ' '])).collect();
    each.join("\\")
}

/// With a blank for every tabulator and line feed.
fn plain(text: String) -> String {
    if text.contains(['\t', '\n']) { text.replace(['\t', '\n'], " ") } else { text }
}

/// Without the padding at its end.
fn trim(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}
