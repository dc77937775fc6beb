//! What a rule has to say about one place. Made by the rules, printed by `tidy::run`.

use std::fmt;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// The promise is broken: the run fails.
    Broken,
    /// A question to the reader: the run goes on.
    Ask,
}

/// One place and what is wrong there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// How much it matters.
    pub(crate) level: Level,
    /// The file, from the top of the checkout.
    pub(crate) path: String,
    /// The line, from 1; 0 for the file as a whole.
    pub(crate) line: usize,
    /// What is wrong and what to do.
    pub(crate) what: String,
}

impl Finding {
    /// A broken promise.
    pub(crate) fn broken(path: &str, line: usize, what: impl Into<String>) -> Finding {
        Finding { level: Level::Broken, path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}

/// The texts of what a rule found in a tree of these files: for the rules' tests.
#[cfg(test)]
pub(crate) fn told(rule: fn(&super::Tree) -> Vec<Finding>, files: &[(&str, &str)]) -> Vec<String> {
    rule(&super::Tree::of(files)).iter().map(Finding::to_string).collect()
}
