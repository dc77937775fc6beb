//! What is wrong with a configuration, and where: as data, for people (`render`) and for programs (`check --json`).
//!
//! Promises: a problem in the file has its line and column, and every problem says what to do next.

use serde_json::{Value as Json, json};
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

/// Where something in the configuration comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The file.
    File(Place),
    /// This environment variable.
    Variable(String),
    /// This `--set KEY=VALUE`.
    Flag(String),
}

/// A stretch of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as the person named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The bytes.
    pub span: Range<usize>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(place) => write!(f, "{}:{}", place.file, place.line),
            Origin::Variable(name) => write!(f, "environment {name}"),
            Origin::Flag(flag) => write!(f, "--set {flag}"),
        }
    }
}

/// What kind of problem, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A file cannot be read.
    Unreadable,
    /// It is not TOML.
    Syntax,
    /// There is no such section or key.
    Unknown,
    /// There will be, in another version.
    Later,
    /// A value of another type, or one that does not fit its type.
    WrongType,
    /// A number beyond what is allowed.
    OutOfRange,
    /// A value that does not go together with another.
    Conflict,
    /// It works, but deserves a look.
    Warning,
}

impl Fault {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::Unreadable => "unreadable",
            Fault::Syntax => "syntax",
            Fault::Unknown => "unknown",
            Fault::Later => "later",
            Fault::WrongType => "wrong_type",
            Fault::OutOfRange => "out_of_range",
            Fault::Conflict => "conflict",
            Fault::Warning => "warning",
        }
    }
}

/// One thing that is wrong, or deserves a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind.
    pub fault: Fault,
    /// The key, `section.key`, or the section; empty when it is about the whole.
    pub key: String,
    /// The value as it was given, shortened; empty when there is none.
    pub value: String,
    /// What is wrong, one line.
    pub message: String,
    /// A few words beside the place.
    pub label: String,
    /// Where.
    pub origin: Origin,
    /// What to do next, one line.
    pub hint: String,
}

impl Problem {
    /// A problem with this key, without value and label.
    pub fn new(fault: Fault, key: impl Into<String>, message: String, origin: Origin, hint: String) -> Problem {
        let (value, label) = (String::new(), String::new());
        Problem { fault, key: key.into(), value, message, label, origin, hint }
    }

    /// The same with a value and a few words beside the place.
    pub fn with(self, value: &str, label: impl Into<String>) -> Problem {
        Problem { value: shortened(value), label: label.into(), ..self }
    }

    /// For programs.
    pub fn to_json(&self) -> Json {
        let place = match &self.origin {
            Origin::File(place) => Some(place),
            _ => None,
        };
        let filled = |text: &String| (!text.is_empty()).then(|| text.clone());
        json!({
            "fault": self.fault.as_str(),
            "message": self.message,
            "key": filled(&self.key),
            "value": filled(&self.value),
            "origin": self.origin.to_string(),
            "file": place.map(|place| &place.file),
            "line": place.map(|place| place.line),
            "column": place.map(|place| place.column),
            "hint": self.hint,
        })
    }
}

/// The file that was read, for places in it and for showing its lines.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The file as the person named it.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Where each line begins, once it was asked for: a long file has many places.
    lines: OnceLock<Vec<usize>>,
}

impl Source {
    /// A file of this name with this text in it.
    pub fn new(path: String, text: String) -> Source {
        Source { path, text, lines: OnceLock::new() }
    }

    /// The place of these bytes.
    pub fn at(&self, span: Range<usize>) -> Origin {
        let start = (0..=span.start.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let (line, begin) = self.line(start);
        let column = self.text[begin..start].chars().count() + 1;
        Origin::File(Place { file: self.path.clone(), line, column, span })
    }

    /// The line on which a byte is, from 1, and where that begins.
    pub(super) fn line(&self, at: usize) -> (usize, usize) {
        let ends = || self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(end, _)| end + 1);
        let begins = self.lines.get_or_init(|| std::iter::once(0).chain(ends()).collect());
        let line = begins.partition_point(|begin| *begin <= at);
        (line, begins.get(line.saturating_sub(1)).copied().unwrap_or(0))
    }
}

/// Everything that is wrong, with the file it is about.
#[derive(Debug, Clone)]
pub struct Problems {
    /// The file.
    pub source: Source,
    /// The problems, in the order of the file.
    pub list: Vec<Problem>,
}

/// Text that fits on a line.
pub(super) fn shortened(text: &str) -> String {
    let mut kept: String = text.chars().take(80).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    kept
}
