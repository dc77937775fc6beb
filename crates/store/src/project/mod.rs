//! The project: what measuring programs had imported, and who asked for it. Measurement series with their images, stages
//! with their elements, and the jobs.
//!
//! Promises: an import is kept whole or not at all; the same content is one image of a series and one picture of the
//! project; what may be kept is bounded in bytes; lists are read in pages. What an element's `body` says is not looked
//! at here. Called by executors, the command line and the pages.

mod import;
mod jobs;
mod read;
#[cfg(test)]
mod tests;

pub use import::{ImageKept, StageKept};
pub use jobs::{Job, JobRecord};

use crate::{Store, StoreError};

/// SHA-256 of a file's content.
pub type ContentHash = [u8; 32];

/// What a row takes besides its texts, about, for the bound in bytes.
const ROW: usize = 128;

/// What an image file is, wherever it lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// SHA-256 of its content.
    pub hash: ContentHash,
    /// `jpeg`, `png`, `tiff`, `bmp` or `webp`.
    pub format: String,
    /// Pixels in a row, as they are stored.
    pub width: u32,
    /// Rows of pixels.
    pub height: u32,
    /// Bits of one pixel's one colour: 8, 16 or 32.
    pub bits: u8,
    /// The file's size in bytes.
    pub size: u64,
    /// Maker and model as EXIF says.
    pub camera: Option<String>,
    /// Focal length in millimetres as EXIF says.
    pub focal_length: Option<f64>,
}

/// A small picture for people to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// `image/jpeg` or `image/png`.
    pub media_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// A measurement series.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its number: what to read its images by.
    pub id: i64,
    /// Its name; it may be empty.
    pub name: String,
    /// The focal length in millimetres that it was made with.
    pub focal_length: f64,
    /// When it was made, in milliseconds since 1970.
    pub at: i64,
    /// How many images it has.
    pub images: u64,
}

/// An image of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Its number; larger is later.
    pub id: i64,
    /// The file's name when it was imported first, without its folder.
    pub file: String,
    /// The focal length in millimetres that its import asked for.
    pub focal_length: f64,
    /// When it was imported first, in milliseconds since 1970.
    pub at: i64,
    /// What the file is.
    pub picture: Picture,
}

/// Elements that were imported together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its number among stages, from 1; 0 is the clipboard.
    pub number: i64,
    /// The file's name, without its folder.
    pub file: String,
    /// When it was imported, in milliseconds since 1970.
    pub at: i64,
    /// How many elements it has.
    pub elements: u64,
}

impl Stage {
    /// What it is called: `Clipboard`, or `Stage 1` and so on.
    pub fn name(&self) -> String {
        if self.number == 0 { "Clipboard".to_owned() } else { format!("Stage {}", self.number) }
    }
}

/// One measured element.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Element {
    /// What it is: `point`, `plane`, `slotted hole` and so on.
    pub kind: String,
    /// Its name.
    pub name: Option<String>,
    /// What identifies it in its file.
    pub identity: Option<String>,
    /// Where it is: x, y and z in the file's unit.
    pub position: Option<[f64; 3]>,
    /// All that its file says of it, as JSON.
    pub body: String,
}

/// What there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Measurement series.
    pub series: u64,
    /// Images of all series.
    pub images: u64,
    /// Stages, the clipboard among them.
    pub stages: u64,
    /// Elements of all stages.
    pub elements: u64,
    /// The bytes they take, about.
    pub bytes: u64,
}

/// Why an import was not kept; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// The bound in bytes would be passed.
    #[error("the project is full: {bytes} bytes are kept, at most {most}; export it, then clear it")]
    Full {
        /// What is kept now.
        bytes: u64,
        /// The bound.
        most: u64,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The project in a store.
pub struct Project<'a> {
    store: &'a mut Store,
}

impl Store {
    /// Its project.
    pub fn project(&mut self) -> Project<'_> {
        Project { store: self }
    }
}
