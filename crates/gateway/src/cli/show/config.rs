//! `tieline config`: the configuration as data for people, editors and the documentation.

use super::{example, metrics, reference, schema};
use crate::cli::arguments::{ConfigArguments, ConfigCommand};
use crate::cli::load::load;
use crate::cli::{USAGE, WELL, World};
use tieline_config::Catalog;

/// Prints what was asked for and returns the exit code.
pub(in crate::cli) fn config(arguments: ConfigArguments, world: &mut World<'_>) -> anyhow::Result<u8> {
    let text = match arguments.what {
        ConfigCommand::Show(given) => match load(&given, world)? {
            Some(config) => config.effective.to_toml(),
            None => return Ok(USAGE),
        },
        ConfigCommand::Example => example::example(&Catalog::new(world.entries)),
        ConfigCommand::Schema => format!("{:#}\n", schema::schema(&Catalog::new(world.entries))),
        ConfigCommand::Metrics => metrics::metrics(tieline_telemetry::events::ROWS),
        ConfigCommand::Reference => reference::reference(&Catalog::new(world.entries)),
    };
    world.out.write_all(text.as_bytes())?;
    Ok(WELL)
}
