//! The header that everything the walk has found makes.
//!
//! Promises: a parameter has the value of the classic element, else of Siemens' header, else of the functional groups; texts
//! are in the character set of the file; nothing fails. Called once, at the end of the walk.

use super::found::{Found, trim};
use super::kind::{SeriesKind, Signs};
use super::text::Charset;
use super::wanted::Key;
use super::{Header, StudyNames, value};
use crate::{Parameter, Parameters, Value};
use dicom_core::VR;
use tieline_model::Patient;

impl Found {
    fn get(&self, key: Key) -> Option<(VR, &[u8])> {
        let (_, vr, range) = self.kept.iter().find(|(known, ..)| *known == key)?;
        Some((*vr, self.bytes.get(range.clone())?))
    }

    /// The header that all of it makes.
    pub(super) fn header(mut self, big: bool, complete: bool) -> Header {
        let charset = Charset::new(self.get(Key::Charset).map_or(b"", |(_, bytes)| bytes));
        let mut parameters = std::mem::take(&mut self.parameters);
        for parameter in Parameter::ALL.iter().copied() {
            let classic = self.get(Key::Of(parameter));
            let other = || self.get(Key::Enhanced(parameter)).or_else(|| self.get(Key::Xa(parameter)));
            // From a CSA header there may be a value already.
            let may_be_other = self.has_other && *parameters.get(parameter) == Value::Absent;
            let found = classic.or_else(|| if may_be_other { other() } else { None });
            if let Some((vr, bytes)) = found {
                parameters.set(parameter, value::read(parameter, vr, big, bytes, &charset));
            }
        }
        self.fill_from_enhanced(&mut parameters, big);
        let kind = self.kind(&parameters);
        Header {
            study: self.uid(Key::Study),
            series: self.uid(Key::Series),
            image: self.uid(Key::Image),
            instance: self.get(Key::Instance).and_then(|(vr, bytes)| value::integer(vr, big, bytes)),
            kind,
            study_names: self.study_names(&charset),
            parameters,
            complete,
        }
    }

    /// A unique identifier, empty where it is not there.
    fn uid(&self, key: Key) -> Patient<String> {
        let uid = self.get(key).map_or(b"".as_slice(), |(_, bytes)| trim(bytes));
        Patient::new(String::from_utf8_lossy(uid).into_owned())
    }

    fn kind(&self, parameters: &Parameters) -> SeriesKind {
        let bytes = |key| self.get(key).map_or(b"".as_slice(), |(_, bytes)| bytes);
        let text = |parameter| match parameters.get(parameter) {
            Value::Text(text) => text.as_str(),
            _ => "",
        };
        let signs = Signs {
            image_type: bytes(Key::ImageType),
            frame_type: bytes(Key::FrameType),
            component: bytes(Key::Component),
            series: text(Parameter::SequenceName),
            comments: text(Parameter::Comments),
        };
        signs.kind()
    }

    fn study_names(&self, charset: &Charset) -> StudyNames {
        let text = |key| self.get(key).map(|(_, bytes)| Patient::new(value::text(bytes, charset)));
        StudyNames {
            protocol_name: text(Key::ProtocolName),
            requested_procedure: text(Key::RequestedProcedure),
            body_part: text(Key::BodyPart),
        }
    }

    /// What enhanced images say in another shape: the matrix as two numbers of steps, date and time as one.
    fn fill_from_enhanced(&self, parameters: &mut Parameters, big: bool) {
        if !self.is_enhanced {
            return;
        }
        let steps = |key| self.get(key).and_then(|(vr, bytes)| value::integer(vr, big, bytes));
        if *parameters.get(Parameter::Matrix) == Value::Absent
            && let (Some(frequency), Some(phase)) = (steps(Key::FrequencySteps), steps(Key::PhaseSteps))
        {
            // The classic layout: frequency rows, frequency columns, phase rows, phase columns.
            let matrix = match parameters.get(Parameter::PedMajor) {
                Value::Text(text) if text.starts_with("COL") => Some([frequency, 0, 0, phase]),
                Value::Text(text) if text == "ROW" => Some([0, frequency, phase, 0]),
                _ => None,
            };
            parameters.set(Parameter::Matrix, matrix.map_or(Value::Absent, |matrix| Value::Integers(matrix.to_vec())));
        }
        let moment = self.get(Key::Moment).map_or(b"".as_slice(), |(_, bytes)| trim(bytes));
        let [date, time] = value::moment(moment);
        for (parameter, text) in [(Parameter::AcqDate, date), (Parameter::AcqTime, time)] {
            if let (Value::Absent, Some(text)) = (parameters.get(parameter), text) {
                parameters.set(parameter, Value::Text(text.to_owned()));
            }
        }
    }
}
