//! What reads foreign bytes here, for the fuzz targets: nobody else calls it.

use crate::import;

/// Reads the bytes of a configuration file of the reference: its server as TOML, and what was told of it. `None`: it was
/// refused.
pub fn import(bytes: &[u8]) -> Option<(Option<String>, Vec<String>)> {
    let import = import::read_client(bytes)?;
    let told = import.told.into_iter().map(|bad| format!("{} {}", bad.message, bad.hint)).collect();
    Some((import.servers.first().map(import::to_toml), told))
}
