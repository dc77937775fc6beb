//! Tests of the comparison.

use super::*;
use proptest::prelude::*;
use tieline_store::templates::{COMPARED as NAMES, EchoTimes, Texts, Values};

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
    let found = compare(&of(parameter, expect), &parameters, &Applied::default()).differences;
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
        compare(template, &parameters, &Applied::default()).differences
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
    assert!(compare(&Template::default(), &parameters, &Applied::default()).differences.is_empty());
    let recorded = template(Texts::default());
    let names: Vec<_> =
        compare(&recorded, &parameters, &Applied::default()).differences.iter().map(|one| one.parameter).collect();
    assert_eq!(names, [Parameter::SequenceFile]);
}

#[test]
fn differences_come_in_the_contracts_order() {
    let mut parameters = Parameters::default();
    Parameter::ALL.iter().for_each(|parameter| parameters.set(*parameter, words("x")));
    let found: Vec<_> = compare(&template(Texts::default()), &parameters, &Applied::default())
        .differences
        .iter()
        .map(|one| one.parameter)
        .collect();
    let expected: Vec<_> = COMPARED.into_iter().filter(|one| !matches!(one.name(), "FoV" | "TA" | "BWPPE")).collect();
    assert_eq!(found, expected);
}

#[test]
fn no_formatting_shows_a_value() {
    let mut parameters = Parameters::default();
    parameters.set(Parameter::Comments, words("MARKER"));
    let found = compare(&of(Parameter::Comments, "MARKER 2"), &parameters, &Applied::default()).differences;
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
        prop_assert_eq!(compare(&own, &parameters, &Applied::default()).differences, Vec::new());
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

fn acquisition(images: &[&[(Parameter, Value)]]) -> Template {
    let mut values = Values::default();
    for image in images {
        let mut parameters = Parameters::default();
        image.iter().for_each(|(parameter, value)| parameters.set(*parameter, value.clone()));
        let (texts, echo_times) = (crate::templates::texts(&parameters), EchoTimes::default());
        values.absorb(Values::of(texts, &echo_times));
    }
    let mut template = Template { planes: values.planes().to_vec(), ..Template::default() };
    if template.planes.len() < 2 {
        template.planes.clear();
    }
    for (at, expected) in template.expected.iter_mut().enumerate() {
        *expected = match values.slot(at) {
            tieline_store::templates::Slot::Free(why) => Expected::Free(why),
            tieline_store::templates::Slot::Set(mut values) if values.len() == 1 => values.remove(0).into(),
            tieline_store::templates::Slot::Set(values) => Expected::OneOf(values),
        };
    }
    template
}

fn differing(template: &Template, image: &[(Parameter, Value)]) -> Vec<Parameter> {
    let mut parameters = Parameters::default();
    image.iter().for_each(|(parameter, value)| parameters.set(*parameter, value.clone()));
    compare(template, &parameters, &Applied::default()).differences.iter().map(|one| one.parameter).collect()
}

#[test]
fn a_value_of_the_set_conforms_and_another_does_not() {
    let of = |text: &str| [(Parameter::SequenceType, words(text))];
    let template = acquisition(&[&of("ep_b0"), &of("ep_b1000#1"), &[]]);
    for right in ["ep_b0", "EP_b1000#1 "] {
        assert_eq!(differing(&template, &of(right)), []);
    }
    assert_eq!(differing(&template, &[]), [], "absent is one of them");
    assert_eq!(differing(&template, &of("ep_b2000#1")), [Parameter::SequenceType]);
}

#[test]
fn planes_are_compared_together() {
    let plane = |major: &str, rows: i64| {
        [(Parameter::PedMajor, words(major)), (Parameter::Matrix, Value::Integers(vec![rows, 0]))]
    };
    let template = acquisition(&[&plane("ROW", 1), &plane("COL", 2)]);
    assert_eq!(differing(&template, &plane("COL", 2)), []);
    // Each value occurs, but not together.
    assert_eq!(differing(&template, &plane("ROW", 2)).len(), 1);
    assert_eq!(differing(&template, &plane("COL", 9)), [Parameter::Matrix]);
}

#[test]
fn a_decimal_comma_is_not_a_point() {
    for (parameter, expect, have) in
        [(Parameter::Tr, "2000.5", "2000,5"), (Parameter::Te, "30.0", "30,5"), (Parameter::Te, "4.92", "4,92")]
    {
        assert!(!conforms(parameter, expect, words(have)), "{have}");
    }
    assert!(conforms(Parameter::Te, "\"4,92\"", words("4,92")) && conforms(Parameter::Tr, "2000.0", words("2000")));
}

#[test]
fn rules_of_the_site_say_otherwise() {
    use crate::rules::{Allowed, Tolerance};
    use Parameter::{Bwp, Comments, Fa, FoV, Ipat, Shims, Te, Tr};
    let check = |rules: &Applied, parameter, expect: &str, have: Value| {
        let mut parameters = Parameters::default();
        parameters.set(parameter, have);
        compare(&of(parameter, expect), &parameters, rules)
    };
    let rules = Applied {
        ignore: vec![(Comments, 2)],
        tolerance: vec![(Te, Tolerance::Amount(0.05)), (Tr, Tolerance::Amount(0.1)), (Bwp, Tolerance::Part(0.01))],
        allow: vec![(Fa, Allowed::Between(50.0, 60.0))],
        ..Applied::default()
    };
    let right = |parameter, expect: &str, have| check(&rules, parameter, expect, have).differences.is_empty();
    assert!(right(Te, "14,30", Value::Number(30.04)) && !right(Te, "14,30", Value::Number(30.06)));
    assert!(right(Bwp, "1000", Value::Number(1009.0)) && !right(Bwp, "1000", Value::Number(1011.0)));
    assert!(!right(Tr, "1300.0", Value::Number(1300.7)), "a site may be stricter than whole milliseconds");
    assert!(right(Fa, "90", Value::Number(55.0)) && right(Fa, "90", Value::Number(90.0)));
    assert!(!right(Fa, "90", Value::Number(61.0)));
    let ignored = check(&rules, Comments, "a", words("b"));
    assert!(ignored.not_compared.contains(&(Comments, NotCompared::Ignored(2))) && ignored.differences.is_empty());
    let rules = Applied { require: vec![Ipat, FoV, Shims], ..Applied::default() };
    let template = template(Texts::default());
    let missing = compare(&template, &Parameters::default(), &rules).differences;
    let told: Vec<_> = missing.iter().map(|one| (one.parameter, one.expect.reveal().as_str())).collect();
    assert_eq!(told, [(Ipat, "required"), (FoV, "required"), (Shims, "required")]);
}

#[test]
fn what_is_not_compared_says_why() {
    let mut template = of(Parameter::FoV, "FoV 220*220");
    template.expected[2] = Expected::Absent;
    template.expected[3] = Expected::Free(Free::Differs);
    let found = compare(&template, &Parameters::default(), &Applied::default()).not_compared;
    let why = |parameter| found.iter().find(|one| one.0 == parameter).unwrap().1;
    assert_eq!(why(Parameter::Ipat), NotCompared::Absent);
    assert_eq!(why(Parameter::Comments), NotCompared::Free(Free::Differs));
    assert_eq!(why(Parameter::FoV), NotCompared::MayBeAbsent);
    assert_eq!(why(Parameter::Tr), NotCompared::NotRecorded);
    assert_eq!(NotCompared::Ignored(2).reason(), "ignored by [[mr.rule]] 2");
}
