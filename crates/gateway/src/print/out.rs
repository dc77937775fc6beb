//! Standard output, and how a command ends that could not write there.
//!
//! Promises: nothing that was to be printed is missing from an output whose command ended with 0, unless its reader has
//! gone. Called by the program's `main`.

use crate::cli::{FAILED, WELL};
use std::io::{self, ErrorKind, Write};

/// Passes data on, and remembers the first failure.
pub(crate) struct Out<W> {
    to: W,
    failed: Option<(ErrorKind, String)>,
}

impl<W: Write> Out<W> {
    pub(crate) fn new(to: W) -> Out<W> {
        Out { to, failed: None }
    }

    /// Writes what is left, and gives the exit code of a command that has ended with `code`; what is wrong goes to `diagnostics`
    /// unless the command has failed, and told so, by itself.
    pub(crate) fn finish(mut self, code: u8, diagnostics: &mut dyn Write) -> u8 {
        // The failure is remembered.
        let _ = self.flush();
        match self.failed {
            Some((kind, what)) if code == WELL && kind != ErrorKind::BrokenPipe => {
                let _ = writeln!(diagnostics, "error: cannot write the output: {what}");
                FAILED
            }
            _ => code,
        }
    }

    fn noted<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &done
            && error.kind() != ErrorKind::Interrupted
        {
            self.failed.get_or_insert_with(|| (error.kind(), error.to_string()));
        }
        done
    }
}

impl<W: Write> Write for Out<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.to.write(bytes);
        self.noted(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.to.flush();
        self.noted(done)
    }
}
