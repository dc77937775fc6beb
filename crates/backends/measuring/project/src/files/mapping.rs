//! From a client's path to a local one: the longest beginning that is configured wins, whole names only.

use super::spelling::{self, Anchor, Spelled};
use super::{Denied, lookup};
use std::path::PathBuf;

/// The configured beginnings.
#[derive(Debug, Clone)]
pub(super) struct Mapping {
    /// Those with the most names first.
    rules: Vec<(Spelled, PathBuf)>,
}

impl Mapping {
    /// From pairs of a client's path and a local folder. `Err`: the place of the first that is no path, and why.
    pub(super) fn new(pairs: Vec<(String, PathBuf)>) -> Result<Mapping, (usize, Denied)> {
        let read = |(at, (from, to)): (usize, (String, PathBuf))| {
            spelling::read(&from).map(|from| (from, to)).map_err(|why| (at, why))
        };
        let mut rules = pairs.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        // Stable: of two alike the first one wins.
        rules.sort_by_key(|(from, _)| std::cmp::Reverse(from.names.len()));
        Ok(Mapping { rules })
    }

    /// Where the path lies on this machine: a folder, the names below it, and whether letter case counts in them. A path
    /// of this machine that no rule fits is local already.
    pub(super) fn local<'a>(&self, path: &'a Spelled) -> Result<Local<'a>, Denied> {
        let fitting = self.rules.iter().find(|(from, _)| begins_with(path, from));
        match fitting {
            Some((from, to)) => {
                Ok(Local { folder: to.clone(), names: &path.names[from.names.len()..], is_mapped: true })
            }
            None if path.anchor == Anchor::Root => {
                Ok(Local { folder: PathBuf::from("/"), names: &path.names, is_mapped: false })
            }
            None => Err(Denied::Unmapped),
        }
    }
}

/// A path on this machine.
pub(super) struct Local<'a> {
    pub(super) folder: PathBuf,
    pub(super) names: &'a [String],
    /// The folder is one of the clients'.
    pub(super) is_mapped: bool,
}

fn begins_with(path: &Spelled, from: &Spelled) -> bool {
    let same = |(a, b): (&String, &String)| match from.anchor {
        // Windows does not tell upper from lower case.
        Anchor::Drive(_) | Anchor::Server => lookup::folded(a) == lookup::folded(b),
        Anchor::Root => lookup::composed(a) == lookup::composed(b),
    };
    path.anchor == from.anchor && path.names.len() >= from.names.len() && path.names.iter().zip(&from.names).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(rules: &[(&str, &str)], text: &str) -> Result<String, Denied> {
        let rules = rules.iter().map(|(from, to)| ((*from).to_owned(), PathBuf::from(to))).collect();
        let mapping = Mapping::new(rules).unwrap();
        let spelled = spelling::read(text).unwrap();
        let local = mapping.local(&spelled)?;
        Ok(local.folder.join(local.names.join("/")).display().to_string())
    }

    #[test]
    fn the_longest_beginning_wins_and_names_are_whole() {
        let rules =
            [("C:\\Temp\\", "/t"), ("c:/temp/deep", "/d"), ("D:", "/drive"), ("//NAS/in", "/nas"), ("/mnt/x", "/y")];
        for (text, expected) in [
            ("C:/temp/a.jpg", "/t/a.jpg"),
            ("c:\\TEMP\\A.JPG", "/t/A.JPG"),
            ("C:/temp/DEEP/a", "/d/a"),
            ("C:/temp/deeper/a", "/t/deeper/a"),
            ("d:/a/b", "/drive/a/b"),
            ("\\\\nas\\IN\\a", "/nas/a"),
            ("/mnt/x/a", "/y/a"),
            ("/mnt/X/a", "/mnt/X/a"),
            ("/data/a", "/data/a"),
        ] {
            assert_eq!(local(&rules, text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["C:/temperature/a", "C:/a", "E:/temp/a", "//nas/inbox/a", "//other/in/a"] {
            assert_eq!(local(&rules, text), Err(Denied::Unmapped), "{text}");
        }
    }

    #[test]
    fn a_rule_that_is_no_path_is_told_by_its_place() {
        let rules = vec![("C:/a".to_owned(), PathBuf::from("/a")), ("temp".to_owned(), PathBuf::from("/b"))];
        assert_eq!(Mapping::new(rules).unwrap_err(), (1, Denied::Relative));
    }
}
