//! The smallest change that is reported, as the configuration writes it.
//!
//! Promises: read once; what cannot be read is said by the check, and is no deadband. Called by the check and by the plan.

use super::Notes;

/// The smallest change that is reported.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Deadband {
    /// In the variable's own unit.
    Absolute(f64),
    /// Of the variable's range, in percent.
    Percent(f64),
}

impl Deadband {
    /// Reads `{ absolute = 0.5 }` or `{ percent = 1 }`; an empty table is none. The error is what is wrong, as the end of a
    /// sentence.
    pub fn read(table: &Notes) -> Result<Option<Deadband>, &'static str> {
        let mut keys = table.iter();
        let Some((key, value)) = keys.next() else { return Ok(None) };
        if keys.next().is_some() {
            return Err("has more than one key");
        }
        let number = value.as_f64().filter(|number| number.is_finite() && *number >= 0.0);
        match (key.as_str(), number) {
            ("absolute", Some(number)) => Ok(Some(Deadband::Absolute(number))),
            ("percent", Some(number)) if number <= 100.0 => Ok(Some(Deadband::Percent(number))),
            ("absolute", None) => Err("is no number from 0"),
            ("percent", _) => Err("is no number from 0 to 100"),
            _ => Err("has a key that is neither `absolute` nor `percent`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_of_one_kind() {
        let read = |json: &str| Deadband::read(&serde_json::from_str(json).unwrap());
        assert_eq!(read("{}"), Ok(None));
        assert_eq!(read(r#"{"absolute": 0.5}"#), Ok(Some(Deadband::Absolute(0.5))));
        assert_eq!(read(r#"{"percent": 1}"#), Ok(Some(Deadband::Percent(1.0))));
        for wrong in [r#"{"absolute": -1}"#, r#"{"absolute": "a"}"#, r#"{"percent": 101}"#, r#"{"relative": 1}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read(r#"{"absolute": 1, "percent": 1}"#).is_err());
    }
}
