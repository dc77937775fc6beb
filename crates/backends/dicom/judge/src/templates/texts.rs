//! Parameters as the texts that templates are kept as: written the way the reference writes its own, so that either
//! database compares alike.

use tieline_dicom_read::{Header, Parameter, Parameters, Value};
use tieline_store::Key;
use tieline_store::templates::{Acquisition, EchoTimes, Texts, Values};

/// The compared parameters, in the contract's order.
pub const COMPARED: [Parameter; 17] = [
    Parameter::Project,
    Parameter::SequenceName,
    Parameter::Ipat,
    Parameter::Comments,
    Parameter::SequenceType,
    Parameter::PedMajor,
    Parameter::Phase,
    Parameter::Tr,
    Parameter::Te,
    Parameter::Matrix,
    Parameter::PixelResol,
    Parameter::Bwp,
    Parameter::BwpPe,
    Parameter::Fa,
    Parameter::Ta,
    Parameter::FoV,
    Parameter::SequenceFile,
];

/// A value as the reference prints it: `1300.0`, `[0, 96, 96, 0]`; `None` for absent and for an empty number.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::Absent | Value::Nothing => None,
        Value::Text(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Number(number) => Some(format!("{number:?}")),
        Value::Integers(numbers) => Some(format!("{numbers:?}")),
        Value::Numbers(numbers) => Some(format!("{numbers:?}")),
    }
}

/// The compared parameters as texts.
pub fn texts(parameters: &Parameters) -> Texts {
    COMPARED.map(|parameter| text(parameters.get(parameter)))
}

/// What one file says about its acquisition; `None` when its study or its sequence has no name to find a template by.
pub fn acquisition(key: Key, header: &Header) -> Option<Acquisition> {
    let parameters = &header.parameters;
    let read = |parameter| text(parameters.get(parameter));
    let (project, sequence) = (read(Parameter::Project)?, read(Parameter::SequenceName)?);
    let (date, time) = (read(Parameter::AcqDate), read(Parameter::AcqTime));
    let series = read(Parameter::SeriesNumber).unwrap_or_default();
    if project.trim().is_empty() {
        return None;
    }
    // A file without a study's number is at least told from other days and people.
    let person = read(Parameter::SubId).unwrap_or_default();
    let study = header.study.reveal();
    let day = date.clone().unwrap_or_default();
    let session: [&str; 3] = match study.is_empty() {
        false => [study, "", ""],
        true => [&project, &person, &day],
    };
    let kind = header.kind.as_str();
    let hash = |more: &[&str]| key.hash(session.iter().chain(more).map(|part| part.as_bytes()));
    let echo_times = match parameters.get(Parameter::Te) {
        Value::Number(time) => EchoTimes::from_iter([*time]),
        Value::Numbers(times) => times.iter().copied().collect(),
        _ => EchoTimes::default(),
    };
    Some(Acquisition {
        identity: hash(&[&series, &sequence, kind]),
        without_kind: hash(&[&series, &sequence]),
        session: hash(&[]),
        kind,
        began: format!("{day} {}", time.unwrap_or_default()),
        values: Values::of(texts(parameters), &echo_times),
        date,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_and_we_mean_the_same_parameters() {
        assert_eq!(COMPARED.map(Parameter::name), tieline_store::templates::COMPARED);
    }

    #[test]
    fn values_are_written_as_the_reference_prints_them() {
        let cases = [
            (Value::Number(1300.0), Some("1300.0")),
            (Value::Integer(1), Some("1")),
            (Value::Integers(vec![0, 96, 96, 0]), Some("[0, 96, 96, 0]")),
            (Value::Numbers(vec![2.0, 2.25]), Some("[2.0, 2.25]")),
            (Value::Text(String::new()), Some("")),
            (Value::Absent, None),
            (Value::Nothing, None),
        ];
        for (value, expected) in cases {
            assert_eq!(text(&value).as_deref(), expected);
        }
    }
}
