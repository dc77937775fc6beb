//! What a panic tells: its place alone. Its text may hold what a client or a file said (contract `access`).
//!
//! Called once by `tieline run` and `tieline demo`, after the log is there.

use tieline_model::{Safe, safe};
use tieline_telemetry::events::Panicked;

/// From now on every panic of the process is an event with its place, and nothing else.
pub fn quiet() {
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map_or(Safe::from("an unknown place"), |place| safe!("{}", *place));
        Panicked { at }.emit();
    }));
}
