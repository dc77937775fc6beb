//! How far a number may be off, and what else is right: the values of `tolerance` and `allow` in a rule.
//!
//! Promises: what is no such value is told in words, with an example.

use crate::templates::text;
use serde_json::Value as Json;
use tieline_dicom_read::Value;
use tieline_store::templates::{alike, fold};

/// How far a number may be off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// By so much.
    Amount(f64),
    /// By this part of what is expected.
    Part(f64),
}

impl Tolerance {
    /// Reads `0.05` or `"1%"`.
    pub fn read(json: &Json) -> Result<Tolerance, &'static str> {
        const WRONG: &str = "a tolerance is a number from 0, or a text such as \"1%\"";
        let (number, tolerance): (Option<f64>, fn(f64) -> Tolerance) = match json {
            Json::Number(number) => (number.as_f64(), Tolerance::Amount),
            Json::String(text) => match text.trim().strip_suffix('%') {
                Some(part) => (part.trim().parse().ok().map(|part: f64| part / 100.0), Tolerance::Part),
                None => (None, Tolerance::Amount),
            },
            _ => (None, Tolerance::Amount),
        };
        number.filter(|number| number.is_finite() && *number >= 0.0).map(tolerance).ok_or(WRONG)
    }

    /// Whether a number is near enough to what is expected.
    pub fn holds(self, expect: f64, have: f64) -> bool {
        let most = match self {
            Tolerance::Amount(most) => most,
            Tolerance::Part(part) => part * expect.abs(),
        };
        // What decimals cannot hold exactly must not decide at the edge.
        alike(expect, have) || (expect - have).abs() <= most * (1.0 + 1e-9)
    }
}

/// What else is right.
#[derive(Debug, Clone, PartialEq)]
pub enum Allowed {
    /// One of these; numbers are compared as numbers, texts folded.
    OneOf(Vec<Json>),
    /// Numbers from here to there, the ends included.
    Between(f64, f64),
}

impl Allowed {
    /// Reads `[52, 60]`, one value alone, or `{ min = 20, max = 40 }`.
    pub fn read(json: &Json) -> Result<Allowed, &'static str> {
        const WRONG: &str = "what is allowed is a list such as [52, 60], or a table such as { min = 20, max = 40 }";
        let is_plain = |value: &Json| value.is_number() || value.is_string();
        match json {
            Json::Array(values) if !values.is_empty() && values.iter().all(is_plain) => {
                Ok(Allowed::OneOf(values.clone()))
            }
            value if is_plain(value) => Ok(Allowed::OneOf(vec![value.clone()])),
            Json::Object(map) => {
                let known = map.iter().all(|(key, value)| matches!(key.as_str(), "min" | "max") && value.is_number());
                let end = |key: &str| map.get(key).and_then(Json::as_f64);
                let (min, max) = (end("min").unwrap_or(f64::NEG_INFINITY), end("max").unwrap_or(f64::INFINITY));
                match known && !map.is_empty() {
                    true if min <= max => Ok(Allowed::Between(min, max)),
                    true => Err("`min` is greater than `max`: no number is between them"),
                    false => Err(WRONG),
                }
            }
            _ => Err(WRONG),
        }
    }

    /// Whether this value is right by it; of several numbers each has to be.
    pub fn has(&self, value: &Value) -> bool {
        let numbers: Option<Vec<f64>> = match value {
            Value::Integer(number) => Some(vec![*number as f64]),
            Value::Number(number) => Some(vec![*number]),
            Value::Integers(numbers) => Some(numbers.iter().map(|number| *number as f64).collect()),
            Value::Numbers(numbers) => Some(numbers.clone()),
            Value::Absent | Value::Nothing | Value::Text(_) => None,
        };
        match (self, numbers) {
            (Allowed::Between(min, max), Some(numbers)) => numbers.iter().all(|number| min <= number && number <= max),
            (Allowed::Between(..), None) => false,
            (Allowed::OneOf(values), Some(numbers)) if numbers.len() == 1 && values.iter().any(Json::is_number) => {
                values.iter().filter_map(Json::as_f64).any(|allowed| numbers.iter().all(|have| alike(allowed, *have)))
            }
            (Allowed::OneOf(values), _) => {
                let have = text(value).map(|text| fold(&text));
                values.iter().filter_map(Json::as_str).any(|allowed| have.as_ref() == Some(&fold(allowed)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tolerances_are_amounts_or_parts() {
        let holds = |json: Json, expect, have| Tolerance::read(&json).unwrap().holds(expect, have);
        assert!(holds(json!(0.05), 30.0, 30.05) && !holds(json!(0.05), 30.0, 30.06));
        assert!(holds(json!("1%"), 2290.0, 2312.9) && !holds(json!(" 1 % "), 2290.0, 2313.0));
        assert!(holds(json!(0), 1.0, 1.0) && holds(json!("100%"), -5.0, 0.0));
        for wrong in [json!(-1), json!("1"), json!("x%"), json!([1]), json!("-1%"), json!("nan%")] {
            assert!(Tolerance::read(&wrong).unwrap_err().contains("1%"), "{wrong}");
        }
    }

    #[test]
    fn what_else_is_right() {
        let has = |json: Json, value: Value| Allowed::read(&json).unwrap().has(&value);
        assert!(has(json!([52, 60]), Value::Number(60.0)) && !has(json!([52, 60]), Value::Number(61.0)));
        assert!(has(json!(1), Value::Integer(1)) && has(json!(["P2", 3]), Value::Text("p2".to_owned())));
        assert!(has(json!({"min": 20, "max": 40}), Value::Numbers(vec![20.0, 40.0])));
        assert!(!has(json!({"min": 20}), Value::Numbers(vec![19.9, 40.0])) && !has(json!({"max": 4}), Value::Absent));
        assert!(!has(json!([52]), Value::Nothing) && !has(json!([2000]), Value::Text("2000,5".to_owned())));
        assert!(Allowed::read(&json!({"min": 2, "max": 1})).unwrap_err().contains("greater"));
        for wrong in [json!([]), json!({}), json!({"mn": 1}), json!(true), json!([[1]]), json!({"min": "1"})] {
            assert!(Allowed::read(&wrong).unwrap_err().contains("min = 20"), "{wrong}");
        }
    }
}
