//! From a file's bytes to what is kept of an image: its kind, its measures, what EXIF says and a thumbnail.
//!
//! Promises: the whole image is decoded, since only that shows that it is whole; nothing is allocated for it before its
//! header was found to be within the limit; a decoder that panics is an unreadable image. What is refused is named, in
//! words of our own.

use super::exif::{self, Exif};
use super::{container, raw, tiff, whole};
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tieline_model::Safe;
use tieline_store::project::Thumbnail;

/// The longer side of a thumbnail, in pixels.
const THUMBNAIL: u32 = 256;
/// How good a thumbnail is, of 100.
const QUALITY: u8 = 80;

/// What is imported besides TIFF files, by the name the project has for it.
const FORMATS: [(ImageFormat, &str); 4] =
    [(ImageFormat::Jpeg, "jpeg"), (ImageFormat::Png, "png"), (ImageFormat::Bmp, "bmp"), (ImageFormat::WebP, "webp")];

/// An image that was looked at.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) format: &'static str,
    /// As they are stored, whichever way EXIF turns the image.
    pub(super) width: u32,
    pub(super) height: u32,
    /// Of one pixel's one colour.
    pub(super) bits: u8,
    pub(super) exif: Exif,
    /// Turned as EXIF says.
    pub(super) thumbnail: Thumbnail,
}

/// Looks at an image whose decoded form has at most `most` bytes; or why it is none.
pub(super) fn decode(bytes: &[u8], most: u64) -> Result<Seen, Safe> {
    // What a decoder leaves behind when it panics is its own and goes with it.
    catch_unwind(AssertUnwindSafe(|| look(bytes, most))).unwrap_or_else(|_| Err("its decoder gave up on it".into()))
}

fn look(bytes: &[u8], most: u64) -> Result<Seen, Safe> {
    if let Some(refused) = raw::camera_raw(bytes) {
        return Err(refused);
    }
    if tiff::is_tiff(bytes) {
        let tiff::Picture { width, height, bits, exif, small } = tiff::look(bytes, most, THUMBNAIL)?;
        let thumbnail = thumbnail(small, exif.orientation)?;
        return Ok(Seen { format: "tiff", width, height, bits, exif, thumbnail });
    }
    let guessed = image::guess_format(bytes).map_err(|_| raw::stranger(bytes))?;
    let known = FORMATS.into_iter().find(|(known, _)| *known == guessed);
    let (kind, format) = known.ok_or_else(|| raw::stranger(bytes))?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), kind);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(most.saturating_mul(2));
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|_| "its header cannot be read, or asks for too much memory")?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err("it has no pixels".into());
    }
    if decoder.total_bytes() > most {
        return Err("its header says that it is larger than any image that is imported".into());
    }
    whole::check(bytes, kind, u64::from(width) * u64::from(height))?;
    let colour = decoder.original_color_type();
    let bits = u8::try_from(colour.bits_per_pixel() / u16::from(colour.channel_count().max(1))).unwrap_or(0);
    let exif = container::exif(bytes, kind).map(|block| exif::of_block(&block)).unwrap_or_default();
    let whole =
        DynamicImage::from_decoder(decoder).map_err(|_| "it is damaged, cut short, or of a kind not supported")?;
    let thumbnail = thumbnail(shrunk(whole), exif.orientation)?;
    Ok(Seen { format, width, height, bits, exif, thumbnail })
}

/// The small picture as it is shown: turned as EXIF says.
fn thumbnail(mut small: DynamicImage, orientation: Orientation) -> Result<Thumbnail, Safe> {
    small.apply_orientation(orientation);
    Ok(encoded(&small).map_err(|_| "no thumbnail can be made of it")?)
}

/// Not larger than a thumbnail; a small image stays as it is.
fn shrunk(image: DynamicImage) -> DynamicImage {
    let is_large = image.width() > THUMBNAIL || image.height() > THUMBNAIL;
    if is_large { image.thumbnail(THUMBNAIL, THUMBNAIL) } else { image }
}

/// JPEG, or PNG when there is something to see through.
fn encoded(small: &DynamicImage) -> image::ImageResult<Thumbnail> {
    let mut bytes = Cursor::new(Vec::new());
    let media_type = if small.color().has_alpha() {
        small.to_rgba8().write_to(&mut bytes, ImageFormat::Png)?;
        "image/png"
    } else {
        small.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))?;
        "image/jpeg"
    };
    Ok(Thumbnail { media_type: media_type.to_owned(), bytes: bytes.into_inner() })
}
