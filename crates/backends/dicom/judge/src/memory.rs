//! What is kept of a series so that another life goes on with it: all that is known of it, in a form of our own.
//!
//! Promises: what was written is read back the same; what cannot be read (of another version, damaged) is as if the series had
//! not been known. It holds what headers say, so it is [`Patient`] data. Called by the judge.

use super::compare::Difference;
use super::missing::Missing;
use super::series::{Known, OfSession};
use super::{NULL, Verdict};
use crate::templates::Templates;
use serde_json::{Value as Json, json};
use std::time::Duration;
use tieline_dicom_read::{Parameter, SeriesKind, Value};
use tieline_model::Patient;

/// The newest form. An older one that is not read any more costs the counts of the series under way at an update.
const FORM: u64 = 1;

/// What is kept beside a message that says something new of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The series: a keyed hash.
    pub uid: u64,
    /// The object that frames have.
    pub series: Patient<String>,
}

/// All that is known of a series.
pub(super) fn write(known: &Known) -> Vec<u8> {
    let differences: Vec<_> = known.differences.iter().map(difference).collect();
    let OfSession { study, kind, project } = &known.session;
    let all = json!({
        "form": FORM, "number": value(&known.number), "name": value(&known.name), "verdict": known.verdict.as_str(),
        "station": known.station, "differences": differences, "images": known.images, "differing": known.differing,
        "first_differing": known.first_differing, "came": known.missing.write(), "ended": known.ended,
        "followed": known.is_followed, "study": study, "kind": kind.as_str(), "project": project.reveal(),
    });
    all.to_string().into_bytes()
}

/// Reads it back; its last image was judged at `last`.
pub(super) fn read(memory: &[u8], uid: u64, last: Duration, templates: &mut Templates) -> Option<Known> {
    let all: Json = serde_json::from_slice(memory).ok()?;
    if all["form"] != FORM {
        return None;
    }
    let verdict = [Verdict::Conforms, Verdict::Differs, Verdict::NoTemplate];
    let verdict = verdict.into_iter().find(|verdict| all["verdict"] == verdict.as_str())?;
    let differences = all["differences"].as_array()?.iter().map(read_difference).collect::<Option<_>>()?;
    let session = OfSession {
        study: all["study"].as_u64()?,
        kind: SeriesKind::parse(all["kind"].as_str()?)?,
        project: Patient::new(all["project"].as_str()?.to_owned()),
    };
    Some(Known {
        station: all["station"].as_str().map(str::to_owned),
        number: read_value(&all["number"])?,
        name: read_value(&all["name"])?,
        uid,
        verdict,
        differences,
        images: all["images"].as_u64()?,
        differing: all["differing"].as_u64()?,
        first_differing: all["first_differing"].as_i64(),
        missing: Missing::read(&all["came"], templates),
        ended: all["ended"].as_bool()?,
        is_followed: all["followed"].as_bool()?,
        is_recalled: true,
        session,
        last,
    })
}

fn difference(difference: &Difference) -> Json {
    json!([difference.parameter.name(), difference.expect.reveal(), value(&difference.have)])
}

fn read_difference(json: &Json) -> Option<Difference> {
    Some(Difference {
        parameter: Parameter::named(json[0].as_str()?)?,
        expect: Patient::new(json[1].as_str()?.to_owned()),
        have: read_value(&json[2])?,
    })
}

/// A value with its kind, which JSON alone would not tell: a list may be one of whole numbers or of others.
fn value(value: &Value) -> Json {
    match value {
        Value::Absent => json!(NULL),
        Value::Text(text) => json!({"text": text}),
        Value::Integer(number) => json!({"integer": number}),
        // As texts: JSON's own reading may be off in the last place.
        Value::Number(number) => json!({"number": format!("{number:?}")}),
        Value::Integers(numbers) => json!({"integers": numbers}),
        Value::Numbers(numbers) => {
            json!({"numbers": numbers.iter().map(|number| format!("{number:?}")).collect::<Vec<_>>()})
        }
        Value::Nothing => Json::Null,
    }
}

fn read_value(json: &Json) -> Option<Value> {
    match json {
        Json::Null => return Some(Value::Nothing),
        Json::String(_) => return Some(Value::Absent),
        _ => {}
    }
    let (kind, value) = json.as_object()?.iter().next()?;
    let number = |text: &Json| text.as_str()?.parse::<f64>().ok();
    Some(match kind.as_str() {
        "text" => Value::Text(value.as_str()?.to_owned()),
        "integer" => Value::Integer(value.as_i64()?),
        "number" => Value::Number(number(value)?),
        "integers" => Value::Integers(value.as_array()?.iter().map(Json::as_i64).collect::<Option<_>>()?),
        "numbers" => Value::Numbers(value.as_array()?.iter().map(number).collect::<Option<_>>()?),
        _ => return None,
    })
}
