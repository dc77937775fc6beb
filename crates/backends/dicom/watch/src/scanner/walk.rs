//! Reading folders and all below them, a step at a time.
//!
//! Promises: each folder once, by its identity, so links in a ring end; folders first by their own paths, links to
//! folders at the end; no deeper than a bound; what cannot be read is told, and then the walk does not count as whole. A
//! folder is told before it is read, so that it can be watched first. Driven by the scanner.

use super::filter::Rule;
use crate::Patterns;
use crate::stamp::{Place, Stamp, Thing};
use std::collections::{HashSet, VecDeque};
use std::fs::{DirEntry, ReadDir};
use std::path::PathBuf;

/// Folders within each other, counted from the watched one.
pub(crate) const DEEPEST: usize = 64;

/// Links to folders that a walk keeps for its end.
const LINKS: usize = 10_000;

/// A folder that is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ahead {
    pub(crate) path: PathBuf,
    /// The number of the watched folder it is below.
    pub(crate) root: usize,
    pub(crate) depth: usize,
    /// It was reached by a link.
    pub(crate) linked: bool,
    pub(crate) rule: Rule,
}

/// What a step has met.
#[derive(Debug)]
pub(crate) enum Met {
    /// A file whose name is one to judge.
    File(PathBuf, Thing, Rule),
    /// A folder: watch it, then [`Walk::enter`] it, or leave it.
    Folder(Ahead),
    /// A folder below this root that is left out, and why.
    Skipped(usize, &'static str),
    /// A file below this root whose name is none to judge.
    Passed(usize, PathBuf, Rule),
    /// Nothing of interest.
    Nothing,
    /// Everything was read.
    End,
}

/// A walk.
#[derive(Debug)]
pub(crate) struct Walk {
    ahead: VecDeque<Ahead>,
    links: VecDeque<Ahead>,
    levels: Vec<Level>,
    entered: HashSet<Place>,
    /// Everything was read that is there.
    pub(crate) whole: bool,
    /// When it began, in nanoseconds since 1970.
    pub(crate) begun: i64,
    /// Folders below those ahead are read only if they are new.
    pub(crate) shallow: bool,
}

#[derive(Debug)]
struct Level {
    entries: ReadDir,
    folder: Ahead,
}

impl Walk {
    /// A walk through these folders.
    pub(crate) fn through(ahead: impl IntoIterator<Item = Ahead>, begun: i64) -> Walk {
        Walk {
            ahead: ahead.into_iter().collect(),
            links: VecDeque::new(),
            levels: Vec::new(),
            entered: HashSet::new(),
            whole: true,
            begun,
            shallow: false,
        }
    }

    /// A walk through these folders, and through those below them that are new.
    pub(crate) fn shallow(ahead: impl IntoIterator<Item = Ahead>, begun: i64) -> Walk {
        Walk { shallow: true, ..Walk::through(ahead, begun) }
    }

    /// One step.
    pub(crate) fn step(&mut self, names: &Patterns) -> Met {
        let Some(level) = self.levels.last_mut() else {
            return self.ahead.pop_front().or_else(|| self.links.pop_front()).map_or(Met::End, Met::Folder);
        };
        match level.entries.next() {
            Some(Ok(entry)) => self.meet(&entry, names),
            Some(Err(_)) => self.leave_out("unreadable"),
            None => {
                self.levels.pop();
                Met::Nothing
            }
        }
    }

    /// Whether a folder that was met is still there and was not entered yet. `start`: when watching began; a folder that was
    /// moved since (its own time is later, its content's is not) has arrived with all that is in it.
    pub(crate) fn admits(&mut self, folder: &mut Ahead, start: i64) -> bool {
        match Thing::at(&folder.path) {
            Thing::Folder(place, stamp) => {
                if folder.rule == Rule::Before && folder.depth > 0 && stamp.mtime <= start && stamp.ctime > start {
                    folder.rule = Rule::Arrived;
                }
                self.entered.insert(place)
            }
            Thing::Unknown => {
                self.whole = false;
                true
            }
            _ => false,
        }
    }

    /// Goes on with what is in the folder. `false`: it cannot be read.
    pub(crate) fn enter(&mut self, folder: Ahead) -> bool {
        match std::fs::read_dir(&folder.path) {
            Ok(entries) => {
                self.levels.push(Level { entries, folder });
                true
            }
            Err(error) => {
                let gone = matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory);
                self.whole &= gone;
                gone
            }
        }
    }

    /// Whether the last folder met is inside another, and not one the walk was to begin with.
    pub(crate) fn is_inside(&self) -> bool {
        !self.levels.is_empty()
    }

    fn meet(&mut self, entry: &DirEntry, names: &Patterns) -> Met {
        let Some(level) = self.levels.last() else { return Met::Nothing };
        let (root, rule, depth) = (level.folder.root, level.folder.rule, level.folder.depth + 1);
        let Ok(kind) = entry.file_type() else { return Met::Nothing }; // gone meanwhile
        let named = || names.matches(&entry.file_name());
        if kind.is_file() {
            return match named() {
                true => Met::File(entry.path(), Thing::read(entry.metadata()), rule),
                false => Met::Passed(root, entry.path(), rule),
            };
        }
        if !kind.is_dir() && !kind.is_symlink() {
            return Met::Nothing;
        }
        let path = entry.path();
        let linked = kind.is_symlink();
        if linked {
            match Thing::at(&path) {
                Thing::Folder(..) => {}
                Thing::File(stamp, names) if named() => {
                    // A link that was put here now has brought its file now.
                    let own = match Thing::read(entry.metadata()) {
                        Thing::Link(own) => own.ctime,
                        _ => stamp.ctime,
                    };
                    let stamp = Stamp { ctime: stamp.ctime.max(own), ..stamp };
                    return Met::File(path, Thing::File(stamp, names), rule);
                }
                Thing::Unknown if named() => return Met::File(path, Thing::Unknown, rule),
                _ => return Met::Nothing,
            }
        }
        if depth > DEEPEST {
            return Met::Skipped(root, "deep");
        }
        let ahead = Ahead { path, root, depth, linked, rule };
        if !linked {
            return Met::Folder(ahead);
        }
        if self.links.len() >= LINKS {
            return Met::Skipped(root, "links");
        }
        self.links.push_back(ahead);
        Met::Nothing
    }

    fn leave_out(&mut self, why: &'static str) -> Met {
        self.whole = false;
        self.levels.pop().map_or(Met::Nothing, |level| Met::Skipped(level.folder.root, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    /// The files and the folders of a walk, as it meets them.
    fn walk(top: &Path, rule: Rule, start: i64) -> (Vec<String>, Vec<(String, Rule)>) {
        let ahead = Ahead { path: top.to_owned(), root: 0, depth: 0, linked: false, rule };
        let mut walk = Walk::through([ahead], 0);
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        let name = |path: &Path| path.strip_prefix(top).unwrap().display().to_string();
        loop {
            match walk.step(&Patterns::default()) {
                Met::File(path, ..) => files.push(name(&path)),
                Met::Folder(mut ahead) => {
                    if walk.admits(&mut ahead, start) {
                        folders.push((name(&ahead.path), ahead.rule));
                        assert!(walk.enter(ahead));
                    }
                }
                Met::Skipped(_, why) => folders.push((why.to_owned(), rule)),
                Met::Passed(..) | Met::Nothing => {}
                Met::End => break,
            }
        }
        assert!(walk.whole);
        files.sort();
        (files, folders)
    }

    #[test]
    fn links_are_followed_once_and_rings_end() {
        let (top, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let at = |name: &str| top.path().join(name);
        std::fs::create_dir_all(at("a/b")).unwrap();
        std::fs::create_dir(away.path().join("c")).unwrap();
        for file in [at("1.dcm"), at("a/2.dcm"), at("a/b/3.dcm"), at("a/no.txt"), away.path().join("c/4.dcm")] {
            std::fs::write(file, b"x").unwrap();
        }
        symlink(top.path(), at("a/b/ring")).unwrap();
        symlink("b", at("a/same")).unwrap();
        symlink(away.path(), at("away")).unwrap();
        symlink(away.path(), at("away2")).unwrap();
        symlink("../1.dcm", at("a/l.dcm")).unwrap();
        symlink("nothing", at("a/n.dcm")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("s.dcm")).unwrap();
        let (mut files, folders) = walk(top.path(), Rule::New, 0);
        let linked = files.remove(4);
        assert_eq!(files, ["1.dcm", "a/2.dcm", "a/b/3.dcm", "a/l.dcm"]);
        assert!(linked == "away/c/4.dcm" || linked == "away2/c/4.dcm", "{linked}");
        assert_eq!(folders.len(), 5);
    }

    #[test]
    fn it_does_not_go_deeper_than_the_bound() {
        let top = tempfile::tempdir().unwrap();
        let deep: PathBuf = (0..DEEPEST + 3).map(|_| "d").collect();
        std::fs::create_dir_all(top.path().join(&deep)).unwrap();
        let (_, folders) = walk(top.path(), Rule::New, 0);
        assert_eq!(folders.len(), DEEPEST + 2);
        assert_eq!(folders.last().unwrap().0, "deep");
    }

    #[test]
    fn a_folder_that_was_moved_since_the_start_has_arrived() {
        let (top, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::create_dir(top.path().join("old")).unwrap();
        std::fs::create_dir_all(away.path().join("moved/below")).unwrap();
        let time = |path: &Path| match Thing::at(path) {
            Thing::Folder(_, stamp) => stamp,
            other => panic!("{other:?}"),
        };
        let start = time(&away.path().join("moved")).changed();
        // The file system's clock may stand still for some milliseconds.
        while time(&away.path().join("moved")).ctime <= start {
            std::fs::rename(away.path().join("moved"), away.path().join("again")).unwrap();
            std::fs::rename(away.path().join("again"), away.path().join("moved")).unwrap();
        }
        std::fs::rename(away.path().join("moved"), top.path().join("moved")).unwrap();
        let (_, mut folders) = walk(top.path(), Rule::Before, start);
        folders.sort_by(|a, b| a.0.cmp(&b.0));
        let rules = [Rule::Before, Rule::Arrived, Rule::Arrived, Rule::Before];
        let names = ["", "moved", "moved/below", "old"];
        assert_eq!(folders, names.map(str::to_owned).into_iter().zip(rules).collect::<Vec<_>>());
    }
}
