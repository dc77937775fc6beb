//! Reading the configuration for a command, and telling what is wrong with it.
//!
//! Promises: what is wrong goes to standard error in full, and the command then ends with exit code 2.

use super::World;
use std::path::Path;
use tieline_commandline::Given;
use tieline_config::{self as config, Config, Input, Problem, Problems, Source};

/// The file that is read when none is named.
const FILE: &str = "tieline.toml";

/// What is told when there is no file.
const NO_FILE: &str = "error: there is no tieline.toml in this folder

To see Tieline work, with simulated instruments and nothing to configure:
    tieline demo
To write a configuration, then start with it:
    tieline config example > tieline.toml
    tieline run
To use a file elsewhere:
    tieline run --config /etc/tieline.toml
";

/// The configuration with its warnings told; `None` after telling what is wrong.
pub(super) fn load(given: &Given, world: &mut World<'_>) -> anyhow::Result<Option<Config>> {
    match read(given, world) {
        Ok(Ok(config)) => {
            tell(&config.source, &config.warnings, world)?;
            Ok(Some(config))
        }
        Ok(Err(problems)) => {
            tell(&problems.source, &problems.list, world)?;
            let (count, file) = (problems.list.len(), &problems.source.path);
            let noun = if count == 1 { "problem" } else { "problems" };
            writeln!(world.diagnostics, "{count} {noun} in the configuration; {file} was not used")?;
            Ok(None)
        }
        Err(NoFile) => {
            world.diagnostics.write_all(NO_FILE.as_bytes())?;
            Ok(None)
        }
    }
}

/// Nobody named a file, and there is none under the usual name.
pub(super) struct NoFile;

/// The configuration or its problems, silently.
pub(super) fn read(given: &Given, world: &World<'_>) -> Result<Result<Config, Problems>, NoFile> {
    let path = match &given.config {
        Some(path) => path.as_path(),
        None if Path::new(FILE).exists() => Path::new(FILE),
        None => return Err(NoFile),
    };
    let input = Input::open(path, world.variables.clone(), given.set.clone());
    Ok(input.and_then(|input| config::load(&input, world.entries)))
}

pub(super) fn tell(source: &Source, problems: &[Problem], world: &mut World<'_>) -> std::io::Result<()> {
    let text = config::render(source, problems, world.colour);
    world.diagnostics.write_all(text.as_bytes())
}
