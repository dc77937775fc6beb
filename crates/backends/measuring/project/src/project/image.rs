//! `image`: a file becomes an image of a measurement series.

use super::{Failure, LONGEST_NAME, Limits, decode, now};
use crate::files::Opened;
use sha2::{Digest, Sha256};
use std::fmt;
use tieline_store::Store;
use tieline_store::project::{ImageKept, Picture};

/// What was imported.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageImported {
    /// What became of it.
    pub kept: ImageKept,
    /// What the file is.
    pub picture: Picture,
    /// The focal length in millimetres that was asked for.
    pub focal_length: f64,
}

impl fmt::Display for ImageImported {
    /// One line for the record of jobs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Picture { format, width, height, bits, .. } = &self.picture;
        write!(f, "{format}, {width} × {height}, {bits} bits")?;
        if self.kept.is_new_series {
            f.write_str("; a new series")?;
        }
        if !self.kept.is_new {
            f.write_str("; the series has this image already")?;
        }
        if self.kept.series_focal_length != self.focal_length {
            write!(f, "; the series keeps its focal length of {} mm", self.kept.series_focal_length)?;
        }
        Ok(())
    }
}

/// Imports the file into the series `name`, which is made with `focal_length` (millimetres) when there is none.
pub fn image(
    store: &mut Store,
    opened: Opened,
    name: &str,
    focal_length: f64,
    limits: &Limits,
) -> Result<ImageImported, Failure> {
    if name.len() > LONGEST_NAME {
        return Err(Failure::Import("the series' name is longer than 1024 bytes".into()));
    }
    if !focal_length.is_finite() || focal_length <= 0.0 {
        return Err(Failure::Import("the focal length is no number above 0".into()));
    }
    let file = opened.name.clone();
    let bytes = opened.bytes()?;
    let seen = decode::decode(&bytes, limits.decoded).map_err(Failure::Import)?;
    let picture = Picture {
        hash: Sha256::digest(&bytes).into(),
        format: seen.format.to_owned(),
        width: seen.width,
        height: seen.height,
        bits: seen.bits,
        size: bytes.len() as u64,
        camera: seen.exif.camera,
        focal_length: seen.exif.focal_length,
    };
    drop(bytes);
    let content = (&picture, &seen.thumbnail);
    let kept = store.project().add_image((name, focal_length), &file, content, now(), limits.project)?;
    Ok(ImageImported { kept, picture, focal_length })
}
