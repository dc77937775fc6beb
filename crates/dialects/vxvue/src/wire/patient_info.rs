//! 101 `sendPatientInfo`: which patient the console is at.
//!
//! Promises: what it reads of a patient leaves as [`Patient`], and no refusal repeats any of it.

use super::fields::{is_null, put, text};
use serde_json::value::RawValue;
use std::borrow::Cow;
use tieline_model::json::members;
use tieline_model::{Patient, Reason, Refusal, safe};

/// Checks the `data` of a 101 and gives the patient's id. Fields the contract does not name pass unread.
pub(crate) fn check(data: Option<&RawValue>) -> Result<Patient<Cow<'_, str>>, Refusal> {
    let mut fields = Fields::default();
    let mut placed = Ok(());
    if let Some(data) = data {
        members(data.get(), |key, raw| {
            let now = fields.take(key, raw);
            if placed.is_ok() {
                placed = now;
            }
        })
        .map_err(|_| Refusal::new(Reason::BadField, "`data` cannot be read"))?;
    }
    placed?;
    optional_text("patientName", fields.name)?;
    agree("patientBirth", "patientBirthDate", birth(&fields)?)?;
    let id = [optional_text("patientId", fields.id)?, optional_text("patientID", fields.id_other)?];
    if id.iter().flatten().any(|id| id.is_empty()) {
        return Err(Refusal::new(Reason::BadField, "`patientId` must not be empty"));
    }
    match agree("patientId", "patientID", id)? {
        Some(id) => Ok(Patient::new(id)),
        None => Err(Refusal::new(Reason::BadField, "`patientId` is missing; command 101 needs it in `data`")),
    }
}

/// The fields the contract names; consoles spell two of them in two ways.
#[derive(Default)]
struct Fields<'a> {
    id: Option<&'a RawValue>,
    id_other: Option<&'a RawValue>,
    name: Option<&'a RawValue>,
    birth: Option<&'a RawValue>,
    birth_other: Option<&'a RawValue>,
}

impl<'a> Fields<'a> {
    fn take(&mut self, key: &str, raw: &'a RawValue) -> Result<(), Refusal> {
        match key {
            "patientId" => put(&mut self.id, "patientId", raw),
            "patientID" => put(&mut self.id_other, "patientID", raw),
            "patientName" => put(&mut self.name, "patientName", raw),
            "patientBirth" => put(&mut self.birth, "patientBirth", raw),
            "patientBirthDate" => put(&mut self.birth_other, "patientBirthDate", raw),
            _ => Ok(()),
        }
    }
}

fn optional_text<'a>(key: &'static str, raw: Option<&'a RawValue>) -> Result<Option<Cow<'a, str>>, Refusal> {
    match raw.filter(|raw| !is_null(raw)) {
        None => Ok(None),
        Some(raw) => match text(raw) {
            Some(text) => Ok(Some(text)),
            None => Err(Refusal::new(Reason::BadField, safe!("`{}` must be a text", key))),
        },
    }
}

/// Two spellings of one field must not say two things: displays would disagree about who is on the table.
fn agree<T: PartialEq>(key: &'static str, other: &'static str, values: [Option<T>; 2]) -> Result<Option<T>, Refusal> {
    match values {
        [Some(one), Some(two)] if one != two => {
            Err(Refusal::new(Reason::BadField, safe!("`{}` and `{}` differ; send one of them", key, other)))
        }
        [one, two] => Ok(one.or(two)),
    }
}

/// Year, month, day.
type Date = (u32, u32, u32);

/// The birth date in both spellings.
fn birth(fields: &Fields<'_>) -> Result<[Option<Date>; 2], Refusal> {
    let date = |key: &'static str, raw, short: bool| match optional_text(key, raw)? {
        None => Ok(None),
        Some(text) => match real_date(&text, short) {
            Some(date) => Ok(Some(date)),
            None if short => {
                Err(Refusal::new(Reason::BadField, safe!("`{}` must be a real date, YYYY-MM-DD or YYYYMMDD", key)))
            }
            None => Err(Refusal::new(Reason::BadField, safe!("`{}` must be a real date, YYYY-MM-DD", key))),
        },
    };
    Ok([date("patientBirth", fields.birth, false)?, date("patientBirthDate", fields.birth_other, true)?])
}

fn real_date(text: &str, short: bool) -> Option<Date> {
    let digits = |part: &str| match part.bytes().all(|byte| byte.is_ascii_digit()) {
        true => part.parse::<u32>().ok(),
        false => None,
    };
    let bytes = text.as_bytes();
    let (year, month, day) = match bytes.len() {
        _ if !text.is_ascii() => return None,
        10 if bytes[4] == b'-' && bytes[7] == b'-' => (&text[..4], &text[5..7], &text[8..]),
        8 if short => (&text[..4], &text[4..6], &text[6..]),
        _ => return None,
    };
    let (year, month, day) = (digits(year)?, digits(month)?, digits(day)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (year >= 1 && (1..=days).contains(&day)).then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use super::real_date;

    #[test]
    fn dates_are_real_dates() {
        let cases = [
            ("1971-03-02", false, true),
            ("2000-02-29", false, true),
            ("2024-02-29", false, true),
            ("1900-02-29", false, false),
            ("2023-02-29", false, false),
            ("1971-04-31", false, false),
            ("1971-13-01", false, false),
            ("1971-00-01", false, false),
            ("1971-01-00", false, false),
            ("0000-01-01", false, false),
            ("1971-3-2", false, false),
            ("+971-03-02", false, false),
            ("1971/03/02", false, false),
            ("1971-03-02 ", false, false),
            ("19710302", false, false),
            ("19710302", true, true),
            ("19710332", true, false),
            ("1971-03-02", true, true),
            ("１９７１", true, false),
            ("", true, false),
        ];
        for (text, short, expected) in cases {
            assert_eq!(real_date(text, short).is_some(), expected, "{text} {short}");
        }
    }
}
