//! File descriptors: as many as the system allows, some of them kept for the program itself.
//!
//! Promises: what the ports may use for connections never is what files, backends and programs need; a limit of the system
//! that is too low for the configured ones is told at start, with both numbers. Called when the gateway starts.

use tieline_config::Config;
use tieline_telemetry::events::DescriptorsLow;
use tieline_transport::{Descriptors, MOST_TURNED_AWAY};

/// Kept for what is opened later: files that are read and written, servers of backends, programs that are started.
const OWN: u64 = 192;

/// Raises the soft limit to the hard one, so that the usual 1024, which nobody chose for a gateway, holds for nothing.
pub(crate) fn raise() {
    // Where it cannot be raised, the one in force counts.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
}

/// Shares what is left among the ports; everything that stays open has to be open by now.
pub(crate) fn share(config: &Config, descriptors: &Descriptors) {
    // Without the numbers there is no bound but the system's own.
    let Ok((allowed, _)) = rlimit::Resource::NOFILE.get() else { return };
    let open = std::fs::read_dir("/proc/self/fd").map_or(0, |files| files.count() as u64);
    let own = (open + OWN + MOST_TURNED_AWAY as u64).min(allowed / 2 + open / 2);
    let needed = own.saturating_add(connections(config));
    if allowed < needed {
        DescriptorsLow { allowed, needed }.emit();
    }
    descriptors.set_total(usize::try_from(allowed.saturating_sub(own)).unwrap_or(usize::MAX));
}

/// How many connections the limits allow on all ports together; those without a limit do not count.
fn connections(config: &Config) -> u64 {
    let listeners =
        config.listeners.iter().map(|one| one.limits.connections.saturating_mul(1 + usize::from(one.http.is_some())));
    let console = config.console.iter().map(|_| config.limits.connections);
    listeners.chain(console).fold(0, |all, count| all.saturating_add(count as u64))
}
