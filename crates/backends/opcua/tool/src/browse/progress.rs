//! How far a walk is: one line that changes on a terminal, a line now and then elsewhere.

use std::io::Write;
use std::time::{Duration, Instant};
use tieline_commandline::Failure;

/// How often the line changes, and how often one is written where there is no terminal.
const CHANGE: Duration = Duration::from_millis(200);
const LINE: Duration = Duration::from_secs(10);

/// Shows progress.
pub(super) struct Progress {
    is_terminal: bool,
    is_shown: bool,
    last: Instant,
}

impl Progress {
    /// Progress of a walk that begins now.
    pub(super) fn new(is_terminal: bool) -> Progress {
        Progress { is_terminal, is_shown: false, last: Instant::now() }
    }

    /// Shows that so many nodes were found.
    pub(super) fn show(&mut self, count: usize, diagnostics: &mut dyn Write) -> Result<(), Failure> {
        let pause = if self.is_terminal { CHANGE } else { LINE };
        if self.last.elapsed() >= pause {
            self.last = Instant::now();
            self.is_shown |= self.is_terminal;
            let (begin, end) = if self.is_terminal { ("\r", "") } else { ("", "\n") };
            write!(diagnostics, "{begin}{count} nodes{end}")?;
            diagnostics.flush()?;
        }
        Ok(())
    }

    /// Takes the line away: the result follows.
    pub(super) fn stop(&self, diagnostics: &mut dyn Write) -> Result<(), Failure> {
        if self.is_shown {
            write!(diagnostics, "\r\x1b[K")?;
            diagnostics.flush()?;
        }
        Ok(())
    }
}
