//! Much at once, the ways that make scripts lose files: how many no frame tells of.
//!
//! Promises: every file is a series of its own, so that a frame names it; one that is told twice is an error. What only a
//! later scan of the folder would find counts as lost. Called by `steps`.

use super::files::{Pattern, write};
use super::listener::Told;
use super::watched::Watched;
use anyhow::{Result, bail, ensure};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// Silence after which nothing more will come; a scan of Tieline's comes once a minute.
const SILENCE: Duration = Duration::from_secs(5);
/// Longer than any server takes for all.
const LONGEST: Duration = Duration::from_secs(180);
/// Folders, and files in each.
const FOLDERS: u32 = 200;
const IN_FOLDER: u32 = 5;
/// Writers of folders.
const WRITERS: u32 = 4;
/// Tiny files.
const TINY: u32 = 20_000;

/// What happens at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Burst {
    /// Files of less than 1 kB in one folder.
    Tiny,
    /// Folders that are made and filled by several writers.
    NewFolders,
    /// Full folders that are renamed into place.
    Renamed,
}

impl Burst {
    /// What it is called.
    pub(crate) fn label(self) -> String {
        match self {
            Burst::Tiny => format!("{TINY} tiny files at once"),
            Burst::NewFolders => format!("{FOLDERS} new folders with {IN_FOLDER} files each at once"),
            Burst::Renamed => format!("{FOLDERS} full folders renamed into place"),
        }
    }
}

/// Makes it happen; gives how many files were not told of.
pub(crate) fn lost(watched: &Watched, pattern: &Pattern, burst: Burst) -> Result<f64> {
    let mut missing: HashSet<String> = HashSet::new();
    let mut expect = |paths: Vec<PathBuf>| missing.extend(paths.iter().map(|path| path.display().to_string()));
    let before = watched.counts()?;
    match burst {
        Burst::Tiny => expect(tiny(&watched.folder, pattern.clone())?),
        Burst::NewFolders => expect(folders(&watched.folder, pattern, 0..FOLDERS)?),
        Burst::Renamed => {
            for path in folders(&watched.aside, pattern, 0..FOLDERS)? {
                expect(vec![watched.folder.join(path.strip_prefix(&watched.aside)?)]);
            }
            for folder in 0..FOLDERS {
                fs::rename(watched.aside.join(name(folder)), watched.folder.join(name(folder)))?;
            }
        }
    }
    let (started, all) = (Instant::now(), missing.len() as u64);
    while !missing.is_empty() && started.elapsed() < LONGEST {
        let Some((_, told)) = watched.next(SILENCE)? else { break };
        match told {
            Told::New(path) => ensure!(missing.remove(&path), "{path} was told of twice, or never written"),
            Told::Update(count) => bail!("a file was told of {} times", count + 1),
        }
    }
    if missing.is_empty() {
        watched.all_counted(before, all)?;
    }
    Ok(missing.len() as f64)
}

fn tiny(folder: &Path, mut pattern: Pattern) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for number in 0..TINY {
        let path = folder.join(format!("MR.{number:05}"));
        write(&path, pattern.with(number, number))?;
        paths.push(path);
    }
    Ok(paths)
}

/// Makes folders and fills them, each as soon as it is there, with several writers.
fn folders(parent: &Path, pattern: &Pattern, numbers: std::ops::Range<u32>) -> Result<Vec<PathBuf>> {
    thread::scope(|scope| {
        let start = |writer: u32| {
            let (mut pattern, numbers) = (pattern.clone(), numbers.clone());
            scope.spawn(move || {
                let mut paths = Vec::new();
                for number in numbers.filter(|number| number % WRITERS == writer) {
                    fs::create_dir(parent.join(name(number)))?;
                    for file in number * IN_FOLDER..(number + 1) * IN_FOLDER {
                        let path = parent.join(name(number)).join(format!("{file}.IMA"));
                        write(&path, pattern.with(file, file))?;
                        paths.push(path);
                    }
                }
                anyhow::Ok(paths)
            })
        };
        let writers: Vec<_> = (0..WRITERS).map(start).collect();
        let written = writers.into_iter().map(|w| w.join().unwrap_or_else(|_| bail!("a writer panicked")));
        Ok(written.collect::<Result<Vec<_>>>()?.concat())
    })
}

fn name(folder: u32) -> String {
    format!("exam-{folder:03}")
}
