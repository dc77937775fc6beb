//! Siemens' private groups: which blocks of them are whose, and what in them is wanted (contracts `mr`, "Siemens CSA", and
//! `mr-verdicts`, "Reading more").
//!
//! Promises: a block is whose its creator says (PS3.5, 7.8.1); where no creator says anything, the ordinary place counts.
//! Called by [`super::found::Found`] for the elements of these groups.

use super::wanted::{Key, Scope};
use crate::Parameter;

/// The private groups with something of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// (0019,xx28).
    Measurement,
    /// (0021,xx09), (0021,xx19) of the series and (0021,xx1C), (0021,xx53) of the image: software XA.
    Xa,
    /// (0029,xx10) and (0029,xx20).
    Csa,
    /// (0051,xx0A) and (0051,xx0C).
    Texts,
}

/// Who owns a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// `SIEMENS MR HEADER`.
    Mr,
    /// `SIEMENS CSA HEADER`.
    Csa,
    /// `SIEMENS MR SDS 01`: what the images of a series share.
    Series,
    /// `SIEMENS MR SDI 02`: what is an image's own.
    Image,
    Other,
}

/// The creators of one group.
#[derive(Debug, Default)]
pub(super) struct Creators {
    /// By block, in the order of the file.
    known: Vec<(u8, Owner)>,
    /// The blocks that have a creator, empty or not.
    named: Vec<u8>,
}

impl Group {
    pub(super) fn of(group: u16) -> Option<Group> {
        match group {
            0x0019 => Some(Group::Measurement),
            0x0021 => Some(Group::Xa),
            0x0029 => Some(Group::Csa),
            0x0051 => Some(Group::Texts),
            _ => None,
        }
    }

    /// What this element of a block of this owner is wanted for.
    fn element(self, owner: Owner, element: u8) -> Option<Key> {
        match (self, owner, element) {
            (Group::Measurement, Owner::Mr, 0x28) => Some(Key::Of(Parameter::BwpPe)),
            (Group::Csa, Owner::Csa, 0x10) => Some(Key::ImageCsa),
            (Group::Csa, Owner::Csa, 0x20) => Some(Key::SeriesCsa),
            (Group::Texts, Owner::Mr, 0x0A) => Some(Key::Of(Parameter::Ta)),
            (Group::Texts, Owner::Mr, 0x0C) => Some(Key::Of(Parameter::FoV)),
            (Group::Xa, Owner::Series, 0x09) => Some(Key::Xa(Parameter::Ipat)),
            (Group::Xa, Owner::Series, 0x19) => Some(Key::XaProtocol),
            (Group::Xa, Owner::Image, 0x1C) => Some(Key::Xa(Parameter::Phase)),
            (Group::Xa, Owner::Image, 0x53) => Some(Key::Xa(Parameter::BwpPe)),
            _ => None,
        }
    }

    /// Whose a block is where no creator of the group says anything: as Siemens writes them.
    fn ordinary(self, block: u8) -> Owner {
        match (self, block) {
            (Group::Measurement | Group::Texts, 0x10) => Owner::Mr,
            (Group::Csa, 0x10) => Owner::Csa,
            (Group::Xa, 0x10) => Owner::Series,
            (Group::Xa, 0x11) => Owner::Image,
            _ => Owner::Other,
        }
    }
}

impl Creators {
    /// What an element of this group is wanted for.
    pub(super) fn key(&self, group: Group, element: u16) -> Option<Key> {
        let [block, within] = element.to_be_bytes();
        if block == 0 {
            return (within >= 0x10).then_some(Key::Creator(group, within));
        }
        let key = group.element(self.owner(group, block), within);
        let is_nobodys = group == Group::Csa && !self.named.contains(&block);
        match within {
            0x10 if key.is_none() && is_nobodys => Some(Key::PerhapsImageCsa),
            0x20 if key.is_none() && is_nobodys => Some(Key::PerhapsSeriesCsa),
            _ => key,
        }
    }

    /// Whether this element of a functional group holds more of them: (0021,xxFE).
    pub(super) fn inside(&self, element: u16) -> Option<Scope> {
        let [block, within] = element.to_be_bytes();
        let is_ours = matches!(self.owner(Group::Xa, block), Owner::Series | Owner::Image);
        (is_ours && within == 0xFE).then_some(Scope::Xa)
    }

    fn owner(&self, group: Group, block: u8) -> Owner {
        match self.known.iter().find(|(known, _)| *known == block) {
            Some((_, owner)) => *owner,
            None if self.known.is_empty() => group.ordinary(block),
            None => Owner::Other,
        }
    }

    /// Notes whose a block is. Of the classic groups the first block of an owner counts; those of software XA are told in
    /// each item anew.
    pub(super) fn note(&mut self, group: Group, block: u8, creator: &[u8]) {
        if !self.named.contains(&block) {
            self.named.push(block);
        }
        let owner = match creator {
            // One that is empty was made so, to hide who was here; it says nothing.
            b"" => return,
            b"SIEMENS MR HEADER" => Owner::Mr,
            b"SIEMENS CSA HEADER" => Owner::Csa,
            b"SIEMENS MR SDS 01" => Owner::Series,
            b"SIEMENS MR SDI 02" => Owner::Image,
            _ => Owner::Other,
        };
        let is_second =
            group != Group::Xa && owner != Owner::Other && self.known.iter().any(|(_, known)| *known == owner);
        let owner = if is_second { Owner::Other } else { owner };
        match self.known.iter_mut().find(|(known, _)| *known == block) {
            Some(known) if group == Group::Xa => known.1 = owner,
            Some(_) => {}
            None => self.known.push((block, owner)),
        }
    }
}
