//! `tieline opcua import`: the reference's files as a part of tieline.toml.
//!
//! Promises: the text can be pasted behind the line `[opcua]`; what is odd in a file is told and does not stop it.

use super::arguments::Import;
use tieline_commandline::{FAILED, Failure, WELL};
use tieline_model::ToolContext;
use tieline_opcua_settings::import;

/// Prints every server of every file; the exit code says whether each file had one.
pub(super) fn import(arguments: &Import, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let mut code = WELL;
    for path in &arguments.files {
        let read = import::read(path);
        for oddity in &read.told {
            let word = if oddity.is_usable { "warning" } else { "error" };
            writeln!(context.diagnostics, "{word}: {}\n  {}", oddity.message, oddity.hint)?;
            if !oddity.is_usable {
                code = FAILED;
            }
        }
        for server in &read.servers {
            writeln!(context.out, "{}", import::to_toml(server).trim_end())?;
            writeln!(context.out)?;
        }
    }
    Ok(code)
}
