//! What a panic tells: its place alone. Its text may hold what a client or a file said (contract `access`).
//!
//! Called once by every command, and again by `tieline run` and `tieline demo` after the log is there. Neither way can fail or
//! wait: a panic inside of a panic would end the process.

use crate::print;
use std::io::Write;
use std::panic::PanicHookInfo;
use tieline_model::{Safe, safe};
use tieline_telemetry::events::Panicked;

/// From now on every panic of the process is an event with its place, and nothing else.
pub fn quiet() {
    std::panic::set_hook(Box::new(|panic| {
        Panicked { at: place(panic) }.emit();
    }));
}

/// From now on every panic of the process is a line of talk with its place.
pub(crate) fn plain() {
    std::panic::set_hook(Box::new(|panic| {
        let line = format!("error: a mistake of the program at {}; please report the place\n", place(panic));
        let _ = print::stderr().lines().write_all(line.as_bytes());
    }));
}

fn place(panic: &PanicHookInfo<'_>) -> Safe {
    panic.location().map_or(Safe::from("an unknown place"), |place| safe!("{}", *place))
}
