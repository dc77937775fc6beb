//! What meets a client's words and files here, for the fuzz targets: nobody else calls it.

use crate::elements::read;
use crate::files::Files;
use crate::project;
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
    read(bytes.to_vec()).map_err(|error| error.to_string())
}

/// What is seen of an image.
#[derive(Debug)]
pub struct Image {
    /// The name of its kind.
    pub format: &'static str,
    /// As it is stored.
    pub width: u32,
    /// As it is stored.
    pub height: u32,
    /// The camera's name, when EXIF tells it.
    pub camera: Option<String>,
    /// In millimetres, when EXIF tells it.
    pub focal_length: Option<f64>,
    /// The small picture, a file of its own.
    pub thumbnail: Vec<u8>,
}

/// What is seen of an image file with these bytes, whose decoded form has at most `most`; or why it is none, in one line.
pub fn image(bytes: &[u8], most: u64) -> Result<Image, String> {
    project::image_of(bytes, most)
}
