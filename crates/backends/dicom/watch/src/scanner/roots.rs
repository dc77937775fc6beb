//! A folder that the plan names: whether it is there, and under which rule it is read when it comes.
//!
//! Promises: coming and going is told once each; a share that is mounted again brings no old files as new ones, a folder
//! that is made or moved into place brings all it has. Looked at by the scanner once a second.

use super::filter::Rule;
use crate::Existing;
use crate::stamp::{Place, Thing};
use std::path::{Path, PathBuf};

/// A folder that the plan names.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) path: PathBuf,
    state: State,
    /// What it was before the last look.
    before: State,
    /// It was told that it is there but may not be read.
    refused: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not looked at yet.
    New,
    There(Place),
    /// `device`: the disk of the nearest folder above it (or its own, when it has just gone); a folder that comes from
    /// another disk was mounted. `last`: what it was.
    Missing {
        device: Option<u64>,
        last: Option<Place>,
    },
}

/// What a look has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// As before.
    None,
    /// It is not there, or not any more.
    Gone,
    /// It is there now, to be read under this rule; `true`: another was there until now.
    Come(Rule, bool),
}

impl Root {
    pub(crate) fn new(path: PathBuf) -> Root {
        Root { path, state: State::New, before: State::New, refused: false }
    }

    pub(crate) fn is_there(&self) -> bool {
        self.place().is_some()
    }

    /// Which folder it is, if it is there.
    pub(crate) fn place(&self) -> Option<Place> {
        match self.state {
            State::There(place) => Some(place),
            State::New | State::Missing { .. } => None,
        }
    }

    /// Takes in what stands at its path now.
    pub(crate) fn look(&mut self, thing: Thing, existing: Existing) -> Change {
        let before = self.state;
        self.before = before;
        let first = match existing {
            Existing::Ignore => Rule::Before,
            Existing::Check => Rule::New,
        };
        let Thing::Folder(place, _) = thing else {
            let last = match before {
                State::New => None,
                State::There(place) => Some(place),
                State::Missing { .. } => return Change::None,
            };
            self.state = State::Missing { device: device_above(&self.path), last };
            return Change::Gone;
        };
        self.state = State::There(place);
        match before {
            State::New => Change::Come(first, false),
            State::There(known) if known == place => Change::None,
            State::There(known) if known.device != place.device => Change::Come(first, true),
            State::There(_) => Change::Come(Rule::Arrived, true),
            // The same as before: what came meanwhile is new, the rest is known.
            State::Missing { last, .. } if last == Some(place) => Change::Come(Rule::New, false),
            State::Missing { device, .. } if device.is_some_and(|device| device != place.device) => {
                Change::Come(first, false)
            }
            State::Missing { .. } => Change::Come(Rule::Arrived, false),
        }
    }

    /// The kernel says that it is gone, whatever may be in its place by now. `false`: that was known.
    pub(crate) fn lost(&mut self) -> bool {
        let State::There(place) = self.state else { return false };
        // A new folder often gets the number of the one just removed, so what it was says nothing.
        self.state = State::Missing { device: Some(place.device), last: None };
        true
    }

    /// It has come, and is watched.
    pub(crate) fn accepted(&mut self) {
        self.refused = false;
    }

    /// It has come but cannot be watched: it is as if it had not come. `false`: that is known.
    pub(crate) fn refused(&mut self) -> bool {
        match self.before {
            State::There(_) => {
                self.lost();
            }
            State::New | State::Missing { .. } => self.state = self.before,
        }
        !std::mem::replace(&mut self.refused, true)
    }
}

fn device_above(path: &Path) -> Option<u64> {
    path.ancestors().skip(1).find_map(|above| match Thing::at(above) {
        Thing::Folder(place, _) => Some(place.device),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(path: &Path) -> Thing {
        Thing::at(path)
    }

    #[test]
    fn coming_and_going_is_told_once() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("w");
        let mut root = Root::new(path.clone());
        let mut look = || root.look(thing(&path), Existing::Ignore);
        assert_eq!((look(), look()), (Change::Gone, Change::None));
        std::fs::create_dir(&path).unwrap();
        assert_eq!((look(), look()), (Change::Come(Rule::Arrived, false), Change::None));
        std::fs::rename(&path, top.path().join("away")).unwrap();
        assert_eq!((look(), look()), (Change::Gone, Change::None));
        std::fs::rename(top.path().join("away"), &path).unwrap();
        assert_eq!((look(), look()), (Change::Come(Rule::New, false), Change::None));
        std::fs::create_dir(top.path().join("other")).unwrap();
        std::fs::rename(&path, top.path().join("away")).unwrap();
        std::fs::rename(top.path().join("other"), &path).unwrap();
        assert_eq!((look(), look()), (Change::Come(Rule::Arrived, true), Change::None));
    }

    #[test]
    fn what_is_there_at_the_start_goes_by_the_plan() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path();
        let first = |existing| Root::new(path.to_owned()).look(thing(path), existing);
        assert_eq!(first(Existing::Ignore), Change::Come(Rule::Before, false));
        assert_eq!(first(Existing::Check), Change::Come(Rule::New, false));
    }

    #[test]
    fn a_share_that_is_mounted_brings_no_old_files() {
        // Two disks of the system's own stand for the share and the folder it is mounted on.
        let (under, share) = (thing(Path::new("/")), thing(Path::new("/proc")));
        let mut root = Root::new("/proc".into());
        assert_eq!(root.look(under, Existing::Ignore), Change::Come(Rule::Before, false));
        assert_eq!(root.look(share, Existing::Ignore), Change::Come(Rule::Before, true));
        let mut root = Root::new("/proc".into());
        assert_eq!(root.look(Thing::Gone, Existing::Ignore), Change::Gone);
        assert_eq!(root.look(share, Existing::Ignore), Change::Come(Rule::Before, false));
        assert_eq!(root.look(Thing::Unknown, Existing::Ignore), Change::Gone);
        assert_eq!(root.look(share, Existing::Ignore), Change::Come(Rule::New, false));
    }

    #[test]
    fn one_that_may_not_be_read_comes_again_as_if_for_the_first_time() {
        let top = tempfile::tempdir().unwrap();
        let mut root = Root::new(top.path().to_owned());
        for first in [true, false, false] {
            assert_eq!(root.look(thing(top.path()), Existing::Ignore), Change::Come(Rule::Before, false));
            assert_eq!((root.refused(), root.is_there()), (first, false));
        }
        assert_eq!(root.look(thing(top.path()), Existing::Ignore), Change::Come(Rule::Before, false));
        root.accepted();
        assert_eq!(root.look(thing(top.path()), Existing::Ignore), Change::None);
    }

    #[test]
    fn what_the_kernel_lost_is_new_even_under_the_same_number() {
        let top = tempfile::tempdir().unwrap();
        let mut root = Root::new(top.path().to_owned());
        root.look(thing(top.path()), Existing::Ignore);
        assert!(root.lost() && !root.lost() && !root.is_there());
        assert_eq!(root.look(thing(top.path()), Existing::Ignore), Change::Come(Rule::Arrived, false));
    }
}
