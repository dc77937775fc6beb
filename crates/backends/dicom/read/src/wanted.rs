//! Which elements are wanted, and where: at the top of the data set, in Siemens' private blocks, and in the functional
//! groups of enhanced images.
//!
//! Promises: what is not named here is skipped. Called by [`super::found::Found`] for every element the walk meets.
//!
//! Of enhanced MR images these are read where no classic element is: repetition time, flip angle, echo time, pixel
//! spacing, bandwidth, phase encoding direction and, when that is a row or a column, the matrix; from the shared groups,
//! else from those of the first frame; besides them the sequence's name, date and time of the acquisition. What Siemens'
//! software XA has there in private elements is read as well (contract `mr-verdicts`, "Reading more"): Phase, iPAT, BWPPE,
//! Shims and SequenceFile; of its enhanced images only TA and FoV are absent. Not read are the reduction factors of
//! parallel imaging, which say something else than Siemens' text `iPAT`.

use super::private::Group;
use crate::Parameter;
use dicom_core::{Tag, VR};

/// What an element is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// A parameter.
    Of(Parameter),
    /// A parameter of an enhanced image, when the classic element is not there.
    Enhanced(Parameter),
    /// Specific Character Set.
    Charset,
    /// Study Instance UID.
    Study,
    /// Series Instance UID.
    Series,
    /// SOP Instance UID.
    Image,
    /// Instance Number.
    Instance,
    /// Image Type.
    ImageType,
    /// Frame Type of the first frame of an enhanced image.
    FrameType,
    /// Complex Image Component.
    Component,
    /// Protocol Name.
    ProtocolName,
    /// Requested Procedure Description.
    RequestedProcedure,
    /// Body Part Examined.
    BodyPart,
    /// SOP Class UID.
    Class,
    /// Acquisition DateTime, which enhanced images have in place of date and time.
    Moment,
    /// MR Acquisition Frequency Encoding Steps.
    FrequencySteps,
    /// MR Acquisition Phase Encoding Steps in-plane.
    PhaseSteps,
    /// The owner of this block of a private group.
    Creator(Group, u8),
    /// Siemens' image header.
    ImageCsa,
    /// Siemens' series header.
    SeriesCsa,
    /// The same in a block that nobody owns, when it begins as such a header of the second version does.
    PerhapsImageCsa,
    /// Likewise.
    PerhapsSeriesCsa,
    /// A parameter of Siemens' software XA, when no other element has it.
    Xa(Parameter),
    /// The protocol text of Siemens' software XA.
    XaProtocol,
}

/// Where the walk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// At the top of the data set.
    Data,
    /// In an item of the shared or of the per-frame functional groups.
    Groups,
    /// In an item of this sequence there.
    Group(Tag),
    /// In an item of Siemens' private sequence there.
    Xa,
    /// In what is walked only to find its end.
    Passing,
}

impl Key {
    /// How its value is written when the file does not say so: the dictionary's value representation, as far as it
    /// makes a difference.
    pub(super) fn vr(self) -> VR {
        match self {
            Key::Of(Parameter::SeriesNumber) | Key::Instance | Key::Xa(Parameter::Phase) => VR::IS,
            Key::Of(Parameter::Matrix) | Key::FrequencySteps | Key::PhaseSteps => VR::US,
            Key::Of(Parameter::BwpPe) | Key::Xa(Parameter::BwpPe) | Key::Enhanced(Parameter::Te) => VR::FD,
            Key::Of(Parameter::Tr | Parameter::Te | Parameter::PixelResol | Parameter::Bwp | Parameter::Fa) => VR::DS,
            Key::Enhanced(Parameter::Tr | Parameter::PixelResol | Parameter::Bwp | Parameter::Fa) => VR::DS,
            _ => VR::LO,
        }
    }

    /// Whether it is one of Siemens' two headers, or a protocol text, which may be large.
    pub(super) fn may_be_large(self) -> bool {
        matches!(self, Key::ImageCsa | Key::SeriesCsa | Key::XaProtocol) || self.is_guess()
    }

    /// Whether it counts only when it begins as Siemens' headers do.
    pub(super) fn is_guess(self) -> bool {
        matches!(self, Key::PerhapsImageCsa | Key::PerhapsSeriesCsa)
    }

    /// Whether a verdict hangs on it.
    pub(super) fn is_compared(self) -> bool {
        matches!(self, Key::Of(_) | Key::Enhanced(_) | Key::Xa(_) | Key::ImageCsa | Key::SeriesCsa | Key::XaProtocol)
    }
}

/// What a standard element at the top is wanted for.
pub(super) fn at_the_top(tag: Tag) -> Option<Key> {
    Some(match (tag.group(), tag.element()) {
        (0x0008, 0x0005) => Key::Charset,
        (0x0008, 0x0008) => Key::ImageType,
        (0x0008, 0x0016) => Key::Class,
        (0x0008, 0x0018) => Key::Image,
        (0x0008, 0x0022) => Key::Of(Parameter::AcqDate),
        (0x0008, 0x002A) => Key::Moment,
        (0x0008, 0x0032) => Key::Of(Parameter::AcqTime),
        (0x0008, 0x1010) => Key::Of(Parameter::Station),
        (0x0008, 0x1030) => Key::Of(Parameter::Project),
        (0x0008, 0x103E) => Key::Of(Parameter::SequenceName),
        (0x0008, 0x1070) => Key::Of(Parameter::Operator),
        (0x0008, 0x9208) => Key::Component,
        (0x0010, 0x0010) => Key::Of(Parameter::SubId),
        (0x0018, 0x0015) => Key::BodyPart,
        (0x0018, 0x0024) => Key::Of(Parameter::SequenceType),
        (0x0018, 0x0080) => Key::Of(Parameter::Tr),
        (0x0018, 0x0081) => Key::Of(Parameter::Te),
        (0x0018, 0x0095) => Key::Of(Parameter::Bwp),
        (0x0018, 0x1030) => Key::ProtocolName,
        (0x0018, 0x1310) => Key::Of(Parameter::Matrix),
        (0x0018, 0x1312) => Key::Of(Parameter::PedMajor),
        (0x0018, 0x1314) => Key::Of(Parameter::Fa),
        (0x0018, 0x9005) => Key::Enhanced(Parameter::SequenceType),
        (0x0020, 0x000D) => Key::Study,
        (0x0020, 0x000E) => Key::Series,
        (0x0020, 0x0011) => Key::Of(Parameter::SeriesNumber),
        (0x0020, 0x0013) => Key::Instance,
        (0x0020, 0x4000) => Key::Of(Parameter::Comments),
        (0x0028, 0x0030) => Key::Of(Parameter::PixelResol),
        (0x0032, 0x1060) => Key::RequestedProcedure,
        _ => return None,
    })
}

/// Whether this holds functional groups: the shared ones, or those of each frame.
pub(super) fn holds_groups(tag: Tag) -> bool {
    matches!(tag, Tag(0x5200, 0x9229 | 0x9230))
}

/// Whether something in this functional group is wanted.
pub(super) fn is_group(tag: Tag) -> bool {
    matches!(tag, Tag(0x0018, 0x9006 | 0x9112 | 0x9114 | 0x9125 | 0x9226) | Tag(0x0028, 0x9110))
}

/// What this element of this functional group is wanted for.
pub(super) fn in_a_group(group: Tag, tag: Tag) -> Option<Key> {
    Some(match (group, tag) {
        (Tag(0x0018, 0x9006), Tag(0x0018, 0x0095)) => Key::Enhanced(Parameter::Bwp),
        (Tag(0x0018, 0x9112), Tag(0x0018, 0x0080)) => Key::Enhanced(Parameter::Tr),
        (Tag(0x0018, 0x9112), Tag(0x0018, 0x1314)) => Key::Enhanced(Parameter::Fa),
        (Tag(0x0018, 0x9114), Tag(0x0018, 0x9082)) => Key::Enhanced(Parameter::Te),
        (Tag(0x0018, 0x9125), Tag(0x0018, 0x1312)) => Key::Enhanced(Parameter::PedMajor),
        (Tag(0x0018, 0x9125), Tag(0x0018, 0x9058)) => Key::FrequencySteps,
        (Tag(0x0018, 0x9125), Tag(0x0018, 0x9231)) => Key::PhaseSteps,
        (Tag(0x0018, 0x9226), Tag(0x0008, 0x9007)) => Key::FrameType,
        (Tag(0x0018, 0x9226), Tag(0x0008, 0x9208)) => Key::Component,
        (Tag(0x0028, 0x9110), Tag(0x0028, 0x0030)) => Key::Enhanced(Parameter::PixelResol),
        _ => return None,
    })
}
