//! The embedded project: what the commands `image` and `elements` do with a file.
//!
//! Promises: an import is kept whole or not at all, in one transaction; a file that is no readable image or holds no
//! element is an import error and changes nothing; whatever it holds, it costs bounded memory and time (`Limits`). The
//! file's content is read once, so that what is hashed is what is decoded. Called by jobs on threads of their own.
//!
//! What the contract leaves open: a series keeps the focal length it was made with; an import into it that names another
//! one goes through, as with the reference, is kept with its own, and says so. The same content in one series is one
//! image. A stage is numbered behind the last one; every import into the clipboard replaces it.

mod container;
mod decode;
mod exif;
mod image;
mod raw;
mod stage;
mod tags;
#[cfg(test)]
mod tests;
mod tiff;
mod whole;

pub use image::{ImageImported, image};
pub use stage::{ElementsImported, ImportMode, elements};

use crate::elements::Unreadable;
use crate::files::Denied;
use std::time::{SystemTime, UNIX_EPOCH};
use tieline_model::{Loggable, Safe, safe};
use tieline_store::StoreError;
use tieline_store::project::NotKept;

/// What an import may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The decoded image in bytes. While it is decoded, up to three times this is in use, besides the file.
    pub decoded: u64,
    /// What the project may hold, in bytes.
    pub project: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { decoded: 512 << 20, project: 16 << 30 }
    }
}

/// The longest name of a series, in bytes.
const LONGEST_NAME: usize = 1024;

/// Why a file was not imported; nothing has changed then. The texts hold no word of the client's or the file's.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It cannot be read: the answer `read`.
    #[error(transparent)]
    Read(#[from] Denied),
    /// It is not what it should be: the answer `import`.
    #[error("{0}")]
    Import(Safe),
    /// It holds no elements: the answer `import`.
    #[error(transparent)]
    Elements(#[from] Unreadable),
    /// It was not kept: the answer `import`.
    #[error(transparent)]
    NotKept(#[from] NotKept),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::NotKept(error.into())
    }
}

impl Failure {
    /// Why, for the log and for clients; it holds no word of theirs, nor of the machine's.
    pub fn cause(&self) -> Safe {
        match self {
            Failure::Read(denied) => denied.cause(),
            Failure::Import(why) => why.clone(),
            Failure::Elements(why) => safe!("{}", *why),
            Failure::NotKept(NotKept::Full { .. }) => "the project is full; export it, then clear it".into(),
            Failure::NotKept(NotKept::Store(_)) => "the project cannot be written now".into(),
        }
    }
}

/// A literal with a number of our own in it.
impl Loggable for Unreadable {}

/// What is seen of an image file, for [`crate::trial`].
pub(crate) fn image_of(bytes: &[u8], most: u64) -> Result<crate::trial::Image, String> {
    let seen = decode::decode(bytes, most).map_err(|why| why.to_string())?;
    Ok(crate::trial::Image {
        format: seen.format,
        width: seen.width,
        height: seen.height,
        camera: seen.exif.camera,
        focal_length: seen.exif.focal_length,
        thumbnail: seen.thumbnail.bytes,
    })
}

/// Now, in milliseconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
