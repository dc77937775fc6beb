//! What the walk has found so far, and what else it wants.
//!
//! Promises: keeps one value for each key, the first, so that memory is bounded; CSA headers are read where they lie and
//! not kept. Texts wait for the end of the walk ([`super::made`]), when their character set is known for certain.

use super::private::{Creators, Group};
use super::wanted::{self, Key, Scope};
use super::{csa, protocol};
use crate::{Parameter, Parameters, Value};
use dicom_core::{Tag, VR};
use std::ops::Range;

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
    pub(super) bytes: Vec<u8>,
    pub(super) kept: Vec<(Key, VR, Range<usize>)>,
    /// For each private group.
    creators: [Creators; 4],
    pub(super) is_enhanced: bool,
    /// The last element at the top of the data set that was met in order.
    reached: Option<Tag>,
    /// Whether everything that is compared came before what comes now.
    is_enough: bool,
    /// Whether anything was kept that counts where no classic element is.
    pub(super) has_other: bool,
    /// From the CSA headers.
    pub(super) parameters: Parameters,
    has: [bool; 3],
}

impl Found {
    /// What to do with the element that was met here.
    pub(super) fn wants(&self, scope: Scope, tag: Tag) -> Want {
        let key = match scope {
            Scope::Passing => None,
            Scope::Data if self.is_enhanced && wanted::holds_groups(tag) => return Want::Inside(Scope::Groups),
            Scope::Data => match Group::of(tag.group()) {
                Some(group @ Group::Xa) if let Some(inside) = self.creators[group as usize].inside(tag.element()) => {
                    return Want::Inside(inside);
                }
                Some(group) => self.creators[group as usize].key(group, tag.element()),
                None => wanted::at_the_top(tag),
            },
            Scope::Groups if wanted::is_group(tag) => return Want::Inside(Scope::Group(tag)),
            Scope::Groups | Scope::Xa if tag.group() == 0x0021 => {
                let xa = &self.creators[Group::Xa as usize];
                match xa.inside(tag.element()) {
                    Some(inside) if scope == Scope::Groups => return Want::Inside(inside),
                    _ => xa.key(Group::Xa, tag.element()),
                }
            }
            Scope::Groups | Scope::Xa => None,
            Scope::Group(group) => wanted::in_a_group(group, tag),
        };
        key.map_or(Want::Nothing, Want::Value)
    }

    /// Keeps a value, or what it says.
    pub(super) fn keep(&mut self, key: Key, vr: Option<VR>, bytes: &[u8]) {
        match key {
            Key::Creator(group, block) => self.creators[group as usize].note(group, block, trim(bytes)),
            Key::Class => self.is_enhanced = ENHANCED.contains(&trim(bytes)),
            Key::ImageCsa | Key::PerhapsImageCsa => {
                if !std::mem::replace(&mut self.has[0], true) {
                    self.image(bytes);
                }
            }
            Key::SeriesCsa | Key::PerhapsSeriesCsa => {
                if !std::mem::replace(&mut self.has[1], true) {
                    self.series(bytes);
                }
            }
            Key::XaProtocol => {
                if !std::mem::replace(&mut self.has[2], true) {
                    self.protocol(bytes);
                }
            }
            key if self.kept.iter().any(|(known, ..)| *known == key) => {}
            key => {
                self.has_other |= matches!(key, Key::Enhanced(_) | Key::Xa(_));
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
        // Software before VB13 has the second only.
        if let Some([phoenix, old]) = csa::find(bytes, ["MrPhoenixProtocol", "MrProtocol"])
            && let Some(text) = phoenix.or(old)
        {
            self.protocol(text.bytes());
        }
    }

    /// What a protocol's text says, where none before said anything.
    fn protocol(&mut self, text: &[u8]) {
        let protocol = protocol::read(text);
        for (parameter, text) in [(Parameter::Shims, protocol.shims), (Parameter::SequenceFile, protocol.sequence_file)]
        {
            if let (Value::Absent, Some(text)) = (self.parameters.get(parameter), text) {
                self.parameters.set(parameter, Value::Text(text));
            }
        }
    }

    /// Notes that the walk has come to this element at the top of the data set; `sure` when it has a representation.
    pub(super) fn reached(&mut self, tag: Tag, sure: bool) {
        let before = self.reached.map_or(0, |reached| reached.group());
        let in_order = self.reached.is_none_or(|reached| tag > reached);
        if in_order {
            self.reached = Some(tag);
        }
        // The last that is compared is the field of view, or what the first frame has of its own. Groups in the thousands
        // may be texts that something damaged lets look like an element; and every image has a group 0028 before.
        let is_behind = match tag.group() {
            0x0052..=0x0400 => !self.is_enhanced,
            0x5400 | 0x7FE0 => true,
            _ => false,
        };
        self.is_enough |= in_order && sure && is_behind && before >= 0x0028;
    }

    /// Notes that an item of this kind has been passed.
    pub(super) fn passed(&mut self, scope: Scope) {
        self.is_enough |= scope == Scope::Groups && self.reached.is_some_and(|tag| tag.element() == 0x9230);
    }

    /// Whether everything that is compared came before what comes now.
    pub(super) fn is_enough(&self) -> bool {
        self.is_enough
    }
}

/// Without the padding.
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default().trim_ascii_start()
}
