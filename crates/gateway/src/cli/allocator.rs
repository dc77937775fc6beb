//! Has the C library's allocator give large blocks back to the system at once (decision 0007).
//!
//! Left alone, glibc learns from the first large block that is freed to keep those of its size, and after a wave of large messages
//! hundreds of megabytes stay. Its tunables for that are read before `main`, so the program starts itself once more with them set.
//! Promises: same process, same arguments, nothing read before; who has set tunables keeps them; when it cannot be done the program
//! runs as it is. Called by `main`, before anything else.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;

const TUNABLES: &str = "GLIBC_TUNABLES";
/// Blocks from this size on are mapped by themselves, and unmapped when they are freed. More than what frames are joined to. And
/// so much stays free at the end of a thread's heap: with the 128 KiB of the default what one file takes went back to the system after
/// each, and came as fresh pages for the next.
const SETTLED: &str = "glibc.malloc.mmap_threshold=262144:glibc.malloc.trim_threshold=1048576";

/// Starts the program again in its place, if it is to serve.
pub(super) fn settle(arguments: &[OsString]) {
    let serves = arguments.get(1).is_some_and(|word| word == "run" || word == "demo");
    if !cfg!(target_env = "gnu") || !serves || std::env::var_os(TUNABLES).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut command = std::process::Command::new(program);
    command.args(&arguments[1..]).env(TUNABLES, SETTLED);
    if let Some(name) = arguments.first() {
        command.arg0(name);
    }
    // It comes back only when that failed.
    let _ = command.exec();
}
