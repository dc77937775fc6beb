//! What the walk has found so far, and what it makes of it in the end.
//!
//! Promises: keeps one value for each key, the first, so that memory is bounded; CSA headers are read where they lie and
//! not kept. Texts wait for the end of the walk, when their character set is known for certain.

use super::kind::{SeriesKind, Signs};
use super::text::Charset;
use super::wanted::{self, Group, Key, Scope};
use super::{Header, StudyNames, csa, protocol, value};
use crate::{Parameter, Parameters, Value};
use dicom_core::{Tag, VR};
use std::ops::Range;
use tieline_model::Patient;

/// SOP classes whose functional groups are read: Enhanced MR Image, Enhanced MR Color Image, Legacy Converted Enhanced
/// MR Image Storage.
const ENHANCED: [&[u8]; 3] =
    [b"1.2.840.10008.5.1.4.1.1.4.1", b"1.2.840.10008.5.1.4.1.1.4.3", b"1.2.840.10008.5.1.4.1.1.4.4"];

/// What is to be done with an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// Skip it.
    Nothing,
    /// Keep its value.
    Value(Key),
    /// Enter the first item of this sequence.
    Inside(Scope),
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// The kept values, one behind the other.
    bytes: Vec<u8>,
    kept: Vec<(Key, VR, Range<usize>)>,
    /// For each private group: whether it has creators at all, and which block is Siemens'.
    creators: [(bool, Option<u8>); 3],
    is_enhanced: bool,
    /// From the CSA headers.
    parameters: Parameters,
    has: [bool; 2],
}

impl Found {
    /// What to do with the element that was met here.
    pub(super) fn wants(&self, scope: Scope, tag: Tag) -> Want {
        let key = match scope {
            Scope::Passing => None,
            Scope::Data if self.is_enhanced && wanted::holds_groups(tag) => return Want::Inside(Scope::Groups),
            Scope::Data => match Group::of(tag.group()) {
                Some(group) => self.private(group, tag.element()),
                None => wanted::at_the_top(tag),
            },
            Scope::Groups if wanted::is_group(tag) => return Want::Inside(Scope::Group(tag)),
            Scope::Groups => None,
            Scope::Group(group) => wanted::in_a_group(group, tag),
        };
        key.map_or(Want::Nothing, Want::Value)
    }

    /// An element of a private group: a creator, or something in the block that is Siemens'. Where no creator says whose
    /// the blocks are, the ordinary place counts.
    fn private(&self, group: Group, element: u16) -> Option<Key> {
        let [block, within] = element.to_be_bytes();
        if block == 0 {
            return (within >= 0x10).then_some(Key::Creator(group, within));
        }
        let (any, ours) = self.creators[group as usize];
        let is_ours = if any { ours == Some(block) } else { block == 0x10 };
        if is_ours { group.element(within) } else { None }
    }

    /// Keeps a value, or what it says.
    pub(super) fn keep(&mut self, key: Key, vr: Option<VR>, bytes: &[u8]) {
        match key {
            Key::Creator(group, block) => {
                let (any, ours) = &mut self.creators[group as usize];
                let creator = trim(bytes);
                // One that is empty was made so, to hide who was here; it says nothing.
                *any |= !creator.is_empty();
                if creator == group.creator() {
                    ours.get_or_insert(block);
                }
            }
            Key::Class => self.is_enhanced = ENHANCED.contains(&trim(bytes)),
            Key::ImageCsa if !std::mem::replace(&mut self.has[0], true) => self.image(bytes),
            Key::SeriesCsa if !std::mem::replace(&mut self.has[1], true) => self.series(bytes),
            Key::ImageCsa | Key::SeriesCsa => {}
            key if self.kept.iter().any(|(known, ..)| *known == key) => {}
            key => {
                let from = self.bytes.len();
                self.bytes.extend_from_slice(bytes);
                let vr = vr.filter(|vr| *vr != VR::UN).unwrap_or_else(|| key.vr());
                self.kept.push((key, vr, from..self.bytes.len()));
            }
        }
    }

    fn image(&mut self, bytes: &[u8]) {
        let Some([phase, ipat]) = csa::find(bytes, ["PhaseEncodingDirectionPositive", "ImaPATModeText"]) else {
            return;
        };
        self.parameters.set(Parameter::Phase, phase.map_or(Value::Absent, |item| item.value()));
        self.parameters.set(Parameter::Ipat, ipat.map_or(Value::Absent, |item| item.value()));
    }

    fn series(&mut self, bytes: &[u8]) {
        let Some([Some(text)]) = csa::find(bytes, ["MrPhoenixProtocol"]) else { return };
        let protocol = protocol::read(text.bytes());
        self.parameters.set(Parameter::Shims, protocol.shims.map_or(Value::Absent, Value::Text));
        self.parameters.set(Parameter::SequenceFile, protocol.sequence_file.map_or(Value::Absent, Value::Text));
    }

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
            if let Some((vr, bytes)) = classic.or_else(|| self.get(Key::Enhanced(parameter))) {
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

/// Without the padding.
fn trim(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default().trim_ascii_start()
}
