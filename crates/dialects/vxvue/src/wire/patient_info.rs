//! 101 `sendPatientInfo` and 102, its correction: which patient the console is at.
//!
//! Promises: what it reads of a patient leaves as [`Patient`], and no refusal repeats any of it.

use super::fields::{is_null, text};
use serde_json::value::RawValue;
use std::borrow::Cow;
use tieline_model::json::members;
use tieline_model::{Patient, Reason, Refusal};

/// What can be read of a patient; a field that is odd in any way is not known, and passes as it came.
pub(crate) struct PatientInfo<'a> {
    /// A text, or a number as it was written.
    id: Option<Patient<Cow<'a, str>>>,
    /// Whether an id is there at all that is neither missing nor empty.
    has_id: bool,
}

impl<'a> PatientInfo<'a> {
    /// The id, when it says something.
    pub(crate) fn named(self) -> Option<Patient<Cow<'a, str>>> {
        self.id.filter(|_| self.has_id)
    }
}

/// Checks the `data` of a 101 and gives what stands for the patient's id. All that is refused is a patient without one.
pub(crate) fn check(data: Option<&RawValue>) -> Result<Patient<Cow<'_, str>>, Refusal> {
    let info = read(data);
    match info.id {
        Some(id) if info.has_id => Ok(id),
        Some(_) => Err(Refusal::new(Reason::BadField, "`patientId` must not be empty")),
        None => Err(Refusal::new(Reason::BadField, "`patientId` is missing; command 101 needs it in `data`")),
    }
}

/// Reads the `data` of a 101 or 102. Of a key that is there twice the last one counts, as for the displays; of the two
/// spellings of the id, `patientId` as long as it says something.
pub(crate) fn read(data: Option<&RawValue>) -> PatientInfo<'_> {
    let (mut id, mut other) = (None, None);
    if let Some(data) = data {
        // It was part of a message that could be read, so this can be read too.
        let _ = members(data.get(), |key, raw| match key {
            "patientId" => id = Some(raw),
            "patientID" => other = Some(raw),
            _ => {}
        });
    }
    let ids = || [id, other].into_iter().flatten().filter(|raw| !is_null(raw)).map(as_id);
    match ids().find(|id| !id.is_empty()) {
        Some(id) => PatientInfo { id: Some(Patient::new(id)), has_id: true },
        None => PatientInfo { id: ids().next().map(Patient::new), has_id: false },
    }
}

/// A text's content; anything else stands for itself as it was written, so that numbers are taken as their text.
fn as_id(raw: &RawValue) -> Cow<'_, str> {
    text(raw).unwrap_or(Cow::Borrowed(raw.get()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_model::Safe;

    fn id(data: &str) -> Result<String, Safe> {
        let raw: &RawValue = serde_json::from_str(data).unwrap();
        check(Some(raw)).map(|id| id.reveal().to_string()).map_err(|refusal| refusal.detail)
    }

    #[test]
    fn an_id_is_a_text_or_a_number() {
        let cases = [
            (r#"{"patientId":"P1"}"#, "P1"),
            (r#"{"patientID":"P1"}"#, "P1"),
            (r#"{"patientId":4711}"#, "4711"),
            (r#"{"patientId":"","patientID":"P1"}"#, "P1"),
            (r#"{"patientId":null,"patientID":"P1"}"#, "P1"),
            (r#"{"patientId":"P1","patientID":"P2"}"#, "P1"),
            (r#"{"patientId":"P1","patientId":"P2"}"#, "P2"),
            (r#"{"patientId":" "}"#, " "),
            (r#"{"patientId":"\u0050"}"#, "P"),
            // What is no id to anybody still tells one patient from another.
            (r#"{"patientId":["P1"]}"#, r#"["P1"]"#),
            (r#"{"patientId":"\ud800"}"#, r#""\ud800""#),
        ];
        for (data, expected) in cases {
            assert_eq!(id(data).as_deref(), Ok(expected), "{data}");
        }
    }

    #[test]
    fn only_a_missing_or_empty_id_is_refused() {
        for data in ["{}", r#"{"patientId":null}"#, r#"{"patientName":"A"}"#] {
            assert!(id(data).unwrap_err().as_str().contains("is missing"), "{data}");
        }
        for data in [r#"{"patientId":""}"#, r#"{"patientID":""}"#, r#"{"patientId":"","patientID":null}"#] {
            assert!(id(data).unwrap_err().as_str().contains("must not be empty"), "{data}");
        }
        assert!(check(None).is_err());
    }

    #[test]
    fn a_correction_needs_no_id() {
        let raw: &RawValue = serde_json::from_str(r#"{"patientName":"A"}"#).unwrap();
        assert!(read(Some(raw)).named().is_none());
    }
}
