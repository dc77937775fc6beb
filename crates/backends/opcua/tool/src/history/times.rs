//! Points in time as people type them.
//!
//! Promises: reads no clock; the moment of asking comes from whoever asks. Called by `tieline opcua history`.

use opcua::types::DateTime;
use tieline_model::settings::{Kind, Value};
use tieline_opcua_values::read_time;

const TICKS_PER_MILLISECOND: i64 = 10_000;

/// The moment: `now`, how long before it as in `2h`, a day, or a time of RFC 3339; without a zone it is UTC.
pub(super) fn moment(text: &str, now: DateTime) -> Result<DateTime, String> {
    if text.eq_ignore_ascii_case("now") {
        return Ok(now);
    }
    if let Some(Value::Duration(ago)) = Kind::Duration.read(text) {
        let ticks = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX).saturating_mul(TICKS_PER_MILLISECOND);
        return Ok(DateTime::from(now.ticks().saturating_sub(ticks).max(0)));
    }
    let forms = [text.to_owned(), format!("{text}Z"), format!("{text}T00:00:00Z")];
    forms.iter().find_map(|form| read_time(form)).ok_or_else(|| {
        format!("`{text}` is no time: write 2020-01-02T03:04:05Z, 2020-01-02, how long ago as in 2h, or now")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read() {
        let now = DateTime::ymd_hms(2020, 1, 2, 3, 4, 5);
        let read = |text| moment(text, now).unwrap();
        assert_eq!(read("now"), now);
        assert_eq!(read("2h"), DateTime::ymd_hms(2020, 1, 2, 1, 4, 5));
        assert_eq!(read("2019-12-31"), DateTime::ymd_hms(2019, 12, 31, 0, 0, 0));
        assert_eq!(read("2019-12-31T01:02:03"), DateTime::ymd_hms(2019, 12, 31, 1, 2, 3));
        assert_eq!(read("2019-12-31T01:02:03+01:00"), DateTime::ymd_hms(2019, 12, 31, 0, 2, 3));
        assert_eq!(read("99999999d"), DateTime::from(0));
        assert!(moment("soon", now).unwrap_err().contains("2h"));
    }
}
