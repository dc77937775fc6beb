//! A table of whatever a person likes, from TOML to JSON.
//!
//! Promises: nothing is lost and the order is the file's. What JSON has no word for becomes a text: dates and times, and
//! the numbers `inf` and `nan`. Deeper than [`DEEPEST`] nothing is followed, and a number that would not come out as it
//! was written is a problem. Called by `tables`.

use super::fit::{self, For};
use super::tables::in_order;
use crate::problem::{Fault, Problem, Source};
use serde_json::{Map, Number, Value as Json};
use std::ops::Range;
use tieline_model::settings::Value;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

/// How deep tables and lists may stand in each other, the outermost table counted.
const DEEPEST: usize = 32;

/// The value of a key that is such a table; `None` after telling everything that is wrong with it.
pub(crate) fn read(
    wanted: For<'_>,
    value: &Spanned<DeValue<'_>>,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Option<Value> {
    let before = problems.len();
    let mut reader = Reader { wanted, source, problems };
    let read = match value.get_ref() {
        DeValue::Table(table) => Some(reader.table(table, 1)),
        other => {
            reader.problems.push(fit::no_table(wanted, other, value.span(), source));
            None
        }
    };
    read.filter(|_| problems.len() == before).map(Value::Free)
}

struct Reader<'a> {
    wanted: For<'a>,
    source: &'a Source,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Map<String, Json> {
        let mut map = Map::new();
        for (key, value) in in_order(table) {
            if let Some(value) = self.value(value, depth) {
                map.insert(key.get_ref().to_string(), value);
            }
        }
        map
    }

    /// The value, in something that is `depth` deep; `None` after telling what is wrong.
    fn value(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Option<Json> {
        let span = value.span();
        match value.get_ref() {
            DeValue::String(text) => Some(Json::from(text.as_ref())),
            DeValue::Boolean(truth) => Some(Json::from(*truth)),
            DeValue::Datetime(time) => Some(Json::from(time.to_string())),
            DeValue::Integer(number) => whole(number).or_else(|| self.beyond(&number.to_string(), span)),
            DeValue::Float(number) => fraction(number.as_str()).or_else(|| self.beyond(number.as_str(), span)),
            DeValue::Array(_) | DeValue::Table(_) if depth == DEEPEST => self.too_deep(span),
            DeValue::Array(list) => {
                let mut values = Vec::with_capacity(list.len());
                for value in list.iter() {
                    values.extend(self.value(value, depth + 1));
                }
                Some(Json::Array(values))
            }
            DeValue::Table(table) => Some(Json::Object(self.table(table, depth + 1))),
        }
    }

    fn too_deep(&mut self, span: Range<usize>) -> Option<Json> {
        let message = format!("{} is more than {DEEPEST} tables or lists deep", self.wanted.path);
        let (at, hint) = (self.source.at(span), "write what is in here further out".to_owned());
        let problem = Problem::new(Fault::OutOfRange, self.wanted.place, message, at, hint);
        self.problems.push(problem.with("", "too deep"));
        None
    }

    fn beyond(&mut self, shown: &str, span: Range<usize>) -> Option<Json> {
        let message = format!("{} has a number that is out of range", self.wanted.path);
        let (at, hint) = (self.source.at(span), format!("a number of at most 64 bits, or a text: \"{shown}\""));
        let problem = Problem::new(Fault::OutOfRange, self.wanted.place, message, at, hint);
        self.problems.push(problem.with(shown, "out of range"));
        None
    }
}

fn whole(number: &DeInteger<'_>) -> Option<Json> {
    let (text, radix) = (number.as_str(), number.radix());
    let signed = i64::from_str_radix(text, radix).ok().map(Json::from);
    signed.or_else(|| u64::from_str_radix(text, radix).ok().map(Json::from))
}

fn fraction(text: &str) -> Option<Json> {
    let number: f64 = text.parse().ok()?;
    match Number::from_f64(number) {
        Some(number) => Some(Json::Number(number)),
        // A number too large for its bits is infinite as well, which nobody wrote.
        None if text.contains(['n', 'N']) => Some(Json::from(text.trim_start_matches('+'))),
        None => None,
    }
}
