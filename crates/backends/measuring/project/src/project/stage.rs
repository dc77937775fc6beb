//! `elements`: what a file holds becomes the clipboard or a new stage.

use super::{Failure, Limits, now};
use crate::elements::read;
use crate::files::Opened;
use std::fmt;
use tieline_store::Store;
use tieline_store::project::StageKept;

/// Where elements go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// Into the clipboard, in place of what was there.
    Clipboard,
    /// Into a stage of their own.
    NewStage,
}

impl ImportMode {
    /// The mode of this name; any other name is an import error.
    pub fn named(name: &str) -> Result<ImportMode, Failure> {
        match name {
            "clipboard" => Ok(ImportMode::Clipboard),
            "new_stage" => Ok(ImportMode::NewStage),
            _ => Err(Failure::Import("the import mode is neither `clipboard` nor `new_stage`".into())),
        }
    }
}

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementsImported {
    /// What became of them.
    pub kept: StageKept,
    /// How many there are of each kind, the most frequent first.
    pub kinds: Vec<(String, u64)>,
}

impl fmt::Display for ElementsImported {
    /// One line for the record of jobs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kept.number {
            0 => f.write_str("clipboard: ")?,
            number => write!(f, "stage {number}: ")?,
        }
        for (at, (kind, count)) in self.kinds.iter().enumerate() {
            write!(f, "{}{count} × {kind}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// Imports the file's elements.
pub fn elements(
    store: &mut Store,
    opened: Opened,
    mode: ImportMode,
    limits: &Limits,
) -> Result<ElementsImported, Failure> {
    let file = opened.name.clone();
    let found = read(opened.bytes()?)?;
    let mut kinds: Vec<(String, u64)> = Vec::new();
    for element in &found {
        match kinds.iter_mut().find(|(kind, _)| *kind == element.kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((element.kind.clone(), 1)),
        }
    }
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut project = store.project();
    let kept = match mode {
        ImportMode::Clipboard => project.set_clipboard(&file, &found, now(), limits.project),
        ImportMode::NewStage => project.add_stage(&file, &found, now(), limits.project),
    }?;
    Ok(ElementsImported { kept, kinds })
}
