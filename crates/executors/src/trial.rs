//! What meets a client's words and files here, for the fuzz targets: nobody else calls it.

use crate::elements;
use crate::files::Files;
use std::fs::File;
use std::path::PathBuf;
use tieline_store::project::Element;

/// Opens the file that a client calls `text`, as the jobs do. `None`: it is not opened.
pub fn open(allow_paths: Vec<PathBuf>, path_map: Vec<(String, PathBuf)>, text: &str) -> Option<File> {
    let files = Files::new(allow_paths, path_map, 1 << 20).ok()?;
    files.open(text).ok().map(|opened| opened.file)
}

/// The elements of a file with these bytes; or why it has none, in one line.
pub fn elements(bytes: &[u8]) -> Result<Vec<Element>, String> {
    elements::read(bytes.to_vec()).map_err(|error| error.to_string())
}
