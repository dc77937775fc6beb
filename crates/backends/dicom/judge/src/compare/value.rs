//! Whether one value is what one text of a template says.

use crate::rules::{Applied, Tolerance};
use tieline_dicom_read::{Parameter, Value};
use tieline_store::templates::{EchoTimes, alike, fold};

/// Neither database tells `null` the text from null the lack of one.
pub(super) fn is_nothing(text: &str) -> bool {
    matches!(text.trim(), "null" | "None")
}

/// Whether `have`, which is written `have_text`, is what `expect` says.
pub(crate) fn conforms(parameter: Parameter, expect: &str, have: &Value, have_text: &str, rules: &Applied) -> bool {
    let tolerance = rules.tolerance(parameter);
    if let Value::Text(text) = have {
        // What should be a number and is a text is compared as one, so that a decimal comma is seen: `2000,5` is no list.
        let number = if parameter.is_number() {
            text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
        } else {
            None
        };
        return match number {
            Some(number) => conforms(parameter, expect, &Value::Number(number), have_text, rules),
            None if parameter == Parameter::Ipat => expect == text,
            // An echo time that is no number is kept in quotes.
            None if parameter == Parameter::Te => {
                [expect, expect.trim_matches('"')].iter().any(|one| fold(one) == fold(text))
            }
            None => fold(expect) == fold(text),
        };
    }
    match parameter {
        Parameter::Tr => numbers(expect, have_text, |a, b| match tolerance {
            Some(tolerance) => tolerance.holds(a, b),
            None => a.trunc() == b.trunc() || alike(a, b),
        }),
        Parameter::Te => match (EchoTimes::parse(expect), EchoTimes::parse(have_text), tolerance) {
            (Some(allowed), Some(have), None) => allowed.has_any_of(&have),
            (Some(_), Some(_), Some(tolerance)) => any_within(expect, have_text, tolerance),
            _ => fold(expect) == fold(have_text),
        },
        parameter if parameter.is_number() => numbers(expect, have_text, |a, b| match tolerance {
            Some(tolerance) => tolerance.holds(a, b),
            None => alike(a, b),
        }),
        _ => fold(expect) == fold(have_text),
    }
}

fn any_within(expect: &str, have: &str, tolerance: Tolerance) -> bool {
    let (expect, have) = (list(expect).unwrap_or_default(), list(have).unwrap_or_default());
    expect.iter().any(|expect| have.iter().any(|have| tolerance.holds(*expect, *have)))
}

/// Compares numbers or lists of them; texts that are no numbers are compared as texts.
fn numbers(expect: &str, have: &str, equal: impl Fn(f64, f64) -> bool) -> bool {
    match (list(expect), list(have)) {
        (Some(expect), Some(have)) => {
            expect.len() == have.len() && expect.iter().zip(&have).all(|(expect, have)| equal(*expect, *have))
        }
        _ => fold(expect) == fold(have),
    }
}

/// The numbers of `78`, `78.0` or `[2.0, 2.0]`.
fn list(text: &str) -> Option<Vec<f64>> {
    let inner = text.trim().trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
    let numbers = inner.split(',').map(|part| part.trim().parse().ok().filter(|number: &f64| number.is_finite()));
    numbers.collect()
}
