//! The comparison of a header with a template, parameter by parameter (contract `mr`, "Comparison").
//!
//! Promises: pure, no panic whatever the texts are; a set conforms to a template made of itself; how a number is written
//! makes no difference. Called by the judge.

use crate::parameters::{Parameter, Parameters, Value};
use crate::templates::{COMPARED, text};
use tieline_model::Patient;
use tieline_store::templates::{EchoTimes, Expected, Template, alike, fold};

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

/// Every compared parameter that differs, in the contract's order; empty when the header conforms.
pub fn compare(template: &Template, parameters: &Parameters) -> Vec<Difference> {
    let differs = |(parameter, expected): (Parameter, &Expected)| {
        let have = parameters.get(parameter);
        // What the database has no place for is not compared.
        if *expected == Expected::NotRecorded {
            return None;
        }
        let expect = template.allowed(parameter.name());
        if conforms(parameter, expect, have) {
            return None;
        }
        let expect = Patient::new(expect.unwrap_or(NULL).to_owned());
        Some(Difference { parameter, expect, have: have.clone() })
    };
    COMPARED.into_iter().zip(&template.expected).filter_map(differs).collect()
}

fn conforms(parameter: Parameter, expect: Option<&str>, have: &Value) -> bool {
    let have = text(have);
    let (expect, have) = match (expect.filter(is_something), have.as_deref().filter(is_something)) {
        (None, None) => return true,
        (Some(expect), Some(have)) => (expect, have),
        // Real-time export leaves these out, and a template may come from there as well.
        _ => return matches!(parameter, Parameter::FoV | Parameter::Ta | Parameter::BwpPe),
    };
    match parameter {
        Parameter::Ipat => expect == have,
        Parameter::Tr => numbers(expect, have, |a, b| a.trunc() == b.trunc() || alike(a, b)),
        Parameter::Te => match (EchoTimes::parse(expect), EchoTimes::parse(have)) {
            (Some(allowed), Some(have)) => allowed.has_any_of(&have),
            _ => fold(expect) == fold(have),
        },
        Parameter::Matrix
        | Parameter::PixelResol
        | Parameter::Bwp
        | Parameter::BwpPe
        | Parameter::Fa
        | Parameter::Phase => numbers(expect, have, alike),
        _ => fold(expect) == fold(have),
    }
}

/// Neither database tells `null` the text from null the lack of one.
fn is_something(text: &&str) -> bool {
    !matches!(text.trim(), "null" | "None")
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tieline_store::templates::{COMPARED as NAMES, Texts};

    fn template(texts: Texts) -> Template {
        Template { expected: texts.map(Expected::from), ..Template::default() }
    }

    fn of(parameter: Parameter, expect: &str) -> Template {
        let mut template = Template::default();
        let at = NAMES.iter().position(|name| *name == parameter.name()).unwrap();
        template.expected[at] = Expected::Text(expect.to_owned());
        template
    }

    fn conforms(parameter: Parameter, expect: &str, have: Value) -> bool {
        let mut parameters = Parameters::default();
        parameters.set(parameter, have);
        let found = compare(&of(parameter, expect), &parameters);
        assert!(found.iter().all(|one| one.parameter == parameter && one.expect.reveal() == expect));
        found.is_empty()
    }

    fn words(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        use Parameter::{Bwp, BwpPe, Fa, Matrix, Phase, PixelResol};
        assert!(conforms(Fa, "78", Value::Number(78.0)) && conforms(Fa, "78.0", Value::Number(78.0)));
        assert!(conforms(Fa, "78.0", Value::Number(78.0004)) && !conforms(Fa, "78.0", Value::Number(78.001)));
        assert!(conforms(Bwp, "2290", Value::Number(2290.0)) && !conforms(Bwp, "2290", Value::Number(2291.0)));
        assert!(conforms(BwpPe, "3.1e1", Value::Number(31.0)));
        assert!(conforms(Phase, "1", Value::Integer(1)) && conforms(Phase, "1.0", Value::Integer(1)));
        assert!(!conforms(Phase, "1", Value::Integer(0)));
        assert!(conforms(Matrix, "[0, 96, 96, 0]", Value::Integers(vec![0, 96, 96, 0])));
        assert!(conforms(Matrix, "[0,96.0,96,0]", Value::Integers(vec![0, 96, 96, 0])));
        assert!(!conforms(Matrix, "[0, 96, 96]", Value::Integers(vec![0, 96, 96, 0])));
        assert!(conforms(PixelResol, "[2, 2]", Value::Numbers(vec![2.0, 2.0])));
        assert!(!conforms(PixelResol, "[2, 2.3]", Value::Numbers(vec![2.0, 2.0])));
        assert!(conforms(Fa, "what", words("What")) && !conforms(Fa, "nan", Value::Number(78.0)));
    }

    #[test]
    fn the_repetition_time_counts_whole_milliseconds() {
        use Parameter::Tr;
        assert!(conforms(Tr, "1300.0", Value::Number(1300.7)) && conforms(Tr, "1300", Value::Number(1300.0)));
        assert!(conforms(Tr, "1300", Value::Number(1299.9999)), "what decimals cannot hold is no difference");
        assert!(!conforms(Tr, "1300.0", Value::Number(1301.0)) && !conforms(Tr, "1300.9", Value::Number(1301.1)));
    }

    #[test]
    fn one_common_echo_time_is_enough() {
        let mut echoes = of(Parameter::Te, "14.0");
        echoes.echo_times = Some("14.0,30.0,46.0".to_owned());
        let check = |template: &Template, have| {
            let mut parameters = Parameters::default();
            parameters.set(Parameter::Te, have);
            compare(template, &parameters)
        };
        assert!(check(&echoes, Value::Number(46.0)).is_empty());
        assert!(check(&echoes, Value::Numbers(vec![99.0, 30.0])).is_empty());
        let wrong = check(&echoes, Value::Number(99.0));
        assert_eq!(wrong[0].expect.reveal(), "14.0,30.0,46.0");
        assert!(check(&of(Parameter::Te, "30"), Value::Number(30.0)).is_empty());
        assert!(!check(&of(Parameter::Te, "30"), Value::Absent).is_empty());
    }

    #[test]
    fn texts_are_folded_but_for_one() {
        assert!(conforms(Parameter::Comments, "Unaliased MB3/PE4 ", words(" unaliased\t MB3/PE4")));
        assert!(!conforms(Parameter::SequenceType, "epfid2d1_96", words("epfid2d1_64")));
        assert!(conforms(Parameter::Ipat, "p2", words("p2")) && !conforms(Parameter::Ipat, "p2", words("P2")));
    }

    #[test]
    fn what_may_be_absent() {
        for parameter in COMPARED {
            let may = matches!(parameter, Parameter::FoV | Parameter::Ta | Parameter::BwpPe);
            assert_eq!(conforms(parameter, "1", Value::Absent), may, "{parameter:?}");
            assert_eq!(conforms(parameter, "1", Value::Nothing), may, "{parameter:?}");
            assert_eq!(conforms(parameter, "null", Value::Number(1.0)), may, "{parameter:?}");
            for absent in ["null", "None"] {
                assert!(conforms(parameter, absent, Value::Absent), "{parameter:?}");
            }
        }
        assert!(!conforms(Parameter::FoV, "FoV 220*220", words("FoV 200*200")));
        assert!(!conforms(Parameter::Ta, "TA 1", words("")));
    }

    #[test]
    fn what_is_not_recorded_is_not_compared() {
        let mut parameters = Parameters::default();
        parameters.set(Parameter::SequenceFile, words("x"));
        assert!(compare(&Template::default(), &parameters).is_empty());
        let recorded = template(Texts::default());
        let names: Vec<_> = compare(&recorded, &parameters).iter().map(|one| one.parameter).collect();
        assert_eq!(names, [Parameter::SequenceFile]);
    }

    #[test]
    fn differences_come_in_the_contracts_order() {
        let mut parameters = Parameters::default();
        Parameter::ALL.iter().for_each(|parameter| parameters.set(*parameter, words("x")));
        let found: Vec<_> = compare(&template(Texts::default()), &parameters).iter().map(|one| one.parameter).collect();
        let expected: Vec<_> =
            COMPARED.into_iter().filter(|one| !matches!(one.name(), "FoV" | "TA" | "BWPPE")).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn no_formatting_shows_a_value() {
        let mut parameters = Parameters::default();
        parameters.set(Parameter::Comments, words("MARKER"));
        let found = compare(&of(Parameter::Comments, "MARKER 2"), &parameters);
        assert_eq!(found.len(), 1);
        assert!(!format!("{found:?}").contains("MARKER"));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Absent),
            Just(Value::Nothing),
            any::<String>().prop_map(Value::Text),
            any::<i32>().prop_map(|number| Value::Integer(number.into())),
            proptest::num::f64::NORMAL.prop_map(Value::Number),
            proptest::collection::vec(any::<i32>().prop_map(i64::from), 2..5).prop_map(Value::Integers),
            proptest::collection::vec(proptest::num::f64::NORMAL, 2..5).prop_map(Value::Numbers),
        ]
    }

    proptest! {
        #[test]
        fn a_set_conforms_to_a_template_made_of_itself(values in proptest::collection::vec(any_value(), 24)) {
            let mut parameters = Parameters::default();
            Parameter::ALL.iter().zip(values).for_each(|(parameter, value)| parameters.set(*parameter, value));
            let own = template(crate::templates::texts(&parameters));
            prop_assert_eq!(compare(&own, &parameters), Vec::new());
        }

        #[test]
        fn how_a_number_is_written_makes_no_difference(number in -1_000_000i32..1_000_000, zeros in 0..6usize) {
            let have = f64::from(number) / 1000.0;
            for parameter in [Parameter::Fa, Parameter::Bwp, Parameter::BwpPe, Parameter::Te, Parameter::Tr] {
                for written in [format!("{have:.3}{}", "0".repeat(zeros)), format!("{have:e}"), format!(" [{have}] ")] {
                    prop_assert!(conforms(parameter, &written, Value::Number(have)), "{}", written);
                }
            }
        }

        #[test]
        fn case_and_white_space_make_no_difference(words in proptest::collection::vec("[a-zäöüß0-9^_%-]{1,8}", 1..5)) {
            let plain = words.join(" ");
            let other = format!("\t{} ", words.join(" \n ").to_uppercase());
            prop_assert!(conforms(Parameter::Comments, &plain, Value::Text(other)));
        }
    }
}
