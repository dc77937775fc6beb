//! Everything that the program prints goes through here: the log, panics and talk to standard error, data to standard
//! output. Called by the command line.
//!
//! Promises: nobody who has something to say to standard error waits for its reader or learns of its end; data is never
//! dropped in silence: a reader that has read enough ends a command well, any other failure ends it with a reason.

mod out;
mod printer;
#[cfg(test)]
mod tests;

pub(crate) use out::Out;
pub(crate) use printer::Printer;

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::OnceLock;

/// The one printer for standard error.
pub(crate) fn stderr() -> &'static Printer {
    static STDERR: OnceLock<Printer> = OnceLock::new();
    STDERR.get_or_init(|| {
        // A descriptor of its own: the standard library's handle has a lock that a stalled write would hold.
        match io::stderr().as_fd().try_clone_to_owned() {
            Ok(descriptor) => Printer::to(File::from(descriptor)),
            Err(_) => Printer::to(io::sink()),
        }
    })
}
