//! `tieline demo`: everything, with simulated instruments and nothing to configure.

use super::arguments::DemoArguments;
use super::{FAILED, USAGE, World, load, run};
use tieline_config::{self as config, Input};

/// Runs until SIGTERM or Ctrl-C.
pub(super) fn demo(arguments: &DemoArguments, world: &mut World<'_>) -> anyhow::Result<u8> {
    let mut text = String::from("[console]\n");
    for entry in world.entries {
        text.push_str(&format!("[{}]\n", entry.name));
    }
    let input = Input {
        path: "(the demo's own configuration)".into(),
        bytes: text.into_bytes(),
        variables: world.variables.clone(),
        flags: arguments.set.clone(),
    };
    match config::load(&input, world.entries) {
        Ok(config) => {
            load::tell(&config.source, &config.warnings, world)?;
            let how = run::How { shards: arguments.shards, demo: true, reread: &mut |_| Ok(None) };
            run::run(&config, how, world.diagnostics)
        }
        Err(problems) => {
            load::tell(&problems.source, &problems.list, world)?;
            Ok(if problems.list.is_empty() { FAILED } else { USAGE })
        }
    }
}
