//! `tieline run`: the gateway with a configuration that was checked, until it is told to stop.

use crate::config::Config;

/// Runs until SIGTERM or Ctrl-C; `shards` is the number of threads, one per core when nothing is said.
pub(super) fn run(config: Config, shards: Option<u16>) -> anyhow::Result<()> {
    let _ = (config, shards);
    anyhow::bail!("this build cannot run a gateway yet: the start of its parts is being written")
}
