//! The comparison of a header with a template, parameter by parameter (contract `mr`, "Comparison", and `mr-verdicts`).
//!
//! Promises: pure, no panic whatever the texts are; an image conforms to a template made of its acquisition; how a number is
//! written makes no difference; what is not compared says why. Called by the judge.

mod value;

use crate::rules::Applied;
use crate::templates::{COMPARED, text};
use std::borrow::Cow;
use tieline_dicom_read::{Parameter, Parameters, Value};
use tieline_model::Patient;
use tieline_store::templates::{Expected, Free, PLANE, Plane, Template};
pub(super) use value::conforms as value_conforms;

/// How "nothing" is written, by the reference and on the wire.
pub const NULL: &str = "null";

/// A parameter that is not what the template says.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Which.
    pub parameter: Parameter,
    /// The template's text.
    pub expect: Patient<String>,
    /// What the header has.
    pub have: Value,
}

/// Why a parameter was not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCompared {
    /// Neither header nor template have it.
    Absent,
    /// One of the two does not have it, as in real-time export.
    MayBeAbsent,
    /// The template's database has no place for it.
    NotRecorded,
    /// The template says that it may be anything.
    Free(Free),
    /// The rule of this number says so.
    Ignored(usize),
}

impl NotCompared {
    /// The reason as a person reads it.
    pub fn reason(self) -> Cow<'static, str> {
        match self {
            NotCompared::Absent => "absent on both sides".into(),
            NotCompared::MayBeAbsent => "absent on one side, as in real-time export".into(),
            NotCompared::NotRecorded => "not recorded in the template database".into(),
            NotCompared::Free(why) => why.reason().into(),
            NotCompared::Ignored(rule) => format!("ignored by [[mr.rule]] {rule}").into(),
        }
    }
}

/// What came out of comparing.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Comparison {
    /// What differs, in the contract's order.
    pub differences: Vec<Difference>,
    /// What was not compared, in the contract's order.
    pub not_compared: Vec<(Parameter, NotCompared)>,
}

/// What came out about one parameter.
enum Outcome {
    Conforms,
    Differs,
    Not(NotCompared),
}

/// Compares every parameter by the template and by the rules that apply.
pub(super) fn compare(template: &Template, parameters: &Parameters, rules: &Applied) -> Comparison {
    let mut all = Comparison::default();
    let plane = (!template.planes.is_empty()).then(|| plane(template, parameters, rules));
    for (at, (parameter, expected)) in COMPARED.into_iter().zip(&template.expected).enumerate() {
        let have = parameters.get(parameter);
        let echoes = match (parameter, expected, &template.echo_times) {
            (Parameter::Te, Expected::Text(_), Some(all)) => Some(Expected::Text(all.clone())),
            _ => None,
        };
        let expected = echoes.as_ref().unwrap_or(expected);
        let outcome = match (rules.ignored_by(parameter), PLANE.iter().position(|place| *place == at), &plane) {
            (Some(rule), ..) => Outcome::Not(NotCompared::Ignored(rule)),
            (None, Some(place), Some(differs)) => {
                if differs[place] {
                    Outcome::Differs
                } else {
                    Outcome::Conforms
                }
            }
            _ => one(parameter, expected, have, rules),
        };
        let outcome = match outcome {
            Outcome::Conforms => continue,
            Outcome::Differs if rules.allowed(parameter).any(|allowed| allowed.has(have)) => continue,
            // A rule that asks for it counts more than that nobody has it.
            Outcome::Not(_) if rules.require.contains(&parameter) && is_nothing(have) => Outcome::Differs,
            outcome => outcome,
        };
        match outcome {
            Outcome::Not(why) => all.not_compared.push((parameter, why)),
            _ => all.differences.push(difference(parameter, template.allowed(parameter.name()), have)),
        }
    }
    // What is required may be something that is not compared otherwise.
    for parameter in rules.require.iter().filter(|parameter| !COMPARED.contains(parameter)) {
        let have = parameters.get(*parameter);
        if is_nothing(have) {
            all.differences.push(difference(*parameter, None, have));
        }
    }
    all
}

fn difference(parameter: Parameter, expect: Option<Cow<'_, str>>, have: &Value) -> Difference {
    let expect = expect.unwrap_or(Cow::Borrowed(NULL));
    // Nothing expected and nothing there, and a difference all the same: it is required.
    let expect = if expect == NULL && is_nothing(have) { "required".to_owned() } else { expect.into_owned() };
    Difference { parameter, expect: Patient::new(expect), have: have.clone() }
}

fn is_nothing(have: &Value) -> bool {
    text(have).as_deref().is_none_or(value::is_nothing)
}

fn one(parameter: Parameter, expected: &Expected, have: &Value, rules: &Applied) -> Outcome {
    let have_text = text(have).filter(|text| !value::is_nothing(text));
    let may = matches!(parameter, Parameter::FoV | Parameter::Ta | Parameter::BwpPe);
    let expect = match expected {
        Expected::NotRecorded => return Outcome::Not(NotCompared::NotRecorded),
        Expected::Free(why) => return Outcome::Not(NotCompared::Free(*why)),
        Expected::OneOf(values) => {
            let same = values.binary_search_by(|value| value.as_deref().cmp(&have_text.as_deref())).is_ok();
            let is_one =
                |value: &Option<String>| match (value.as_deref().filter(|text| !value::is_nothing(text)), &have_text) {
                    (None, None) => true,
                    (Some(expect), Some(have_text)) => value::conforms(parameter, expect, have, have_text, rules),
                    _ => false,
                };
            return match same || values.iter().any(is_one) {
                true => Outcome::Conforms,
                false if may && have_text.is_none() => Outcome::Not(NotCompared::MayBeAbsent),
                false => Outcome::Differs,
            };
        }
        Expected::Absent => None,
        Expected::Text(text) => Some(text.as_str()).filter(|text| !value::is_nothing(text)),
    };
    match (expect, &have_text) {
        (None, None) => Outcome::Not(NotCompared::Absent),
        (Some(expect), Some(text)) => match value::conforms(parameter, expect, have, text, rules) {
            true => Outcome::Conforms,
            false => Outcome::Differs,
        },
        // A template may come from real-time export as well.
        _ if may => Outcome::Not(NotCompared::MayBeAbsent),
        _ => Outcome::Differs,
    }
}

/// Which of [`PLANE`] differ from the nearest plane, the first among equals.
fn plane(template: &Template, parameters: &Parameters, rules: &Applied) -> [bool; PLANE.len()] {
    let differing = |plane: &Plane| {
        let mut differs = [false; PLANE.len()];
        for (place, at) in PLANE.into_iter().enumerate() {
            let parameter = COMPARED[at];
            let have = parameters.get(parameter);
            let expected = Expected::from(plane[place].clone());
            differs[place] = rules.ignored_by(parameter).is_none()
                && matches!(one(parameter, &expected, have, rules), Outcome::Differs)
                && !rules.allowed(parameter).any(|allowed| allowed.has(have));
        }
        differs
    };
    let count = |differs: &[bool; PLANE.len()]| differs.iter().filter(|one| **one).count();
    template.planes.iter().map(differing).min_by_key(count).unwrap_or_default()
}

#[cfg(test)]
mod tests;
