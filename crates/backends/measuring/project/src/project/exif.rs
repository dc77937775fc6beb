//! Camera, focal length and orientation from EXIF, which is a TIFF file without an image.
//!
//! Promises: two directories and values of at most 4 KiB are looked at, each once, however they point at each other;
//! what cannot be read is absent, and never a reason to refuse the image.

use super::tags::Tags;
use image::metadata::Orientation;
use tiff::Directory;
use tiff::decoder::ifd::Value;

/// The largest EXIF block that is looked at. In a JPEG it hardly ever has more than 64 KiB.
pub(super) const LARGEST: usize = 1 << 20;
/// The longest value.
const VALUE: u64 = 4096;
/// The longest camera, in characters.
const CAMERA: usize = 128;

/// The tags that are looked at.
const MAKE: u16 = 271;
const MODEL: u16 = 272;
const ORIENTATION: u16 = 274;
const EXIF: u16 = 0x8769;
const FOCAL_LENGTH: u16 = 0x920A;

/// What EXIF says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Exif {
    /// Maker and model.
    pub(super) camera: Option<String>,
    /// In millimetres, above 0.
    pub(super) focal_length: Option<f64>,
    /// How the image is to be turned.
    pub(super) orientation: Orientation,
}

impl Default for Exif {
    fn default() -> Exif {
        Exif { camera: None, focal_length: None, orientation: Orientation::NoTransforms }
    }
}

/// Of the block that other files hold, with or without the mark before it.
pub(super) fn of_block(block: &[u8]) -> Exif {
    let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    if block.len() > LARGEST {
        return Exif::default();
    }
    let read = Tags::of(block).and_then(|mut tags| {
        let main = tags.directory(tags.first)?;
        Some(of_directories(&mut tags, &[&main]))
    });
    read.unwrap_or_default()
}

/// Of directories: what the first of them does not say, the next may.
pub(super) fn of_directories(tags: &mut Tags<'_>, directories: &[&Directory]) -> Exif {
    let mut exif = Exif::default();
    let mut turned = None;
    for main in directories {
        if exif.camera.is_none() {
            let maker = tags.value(main, MAKE, VALUE).and_then(text);
            let model = tags.value(main, MODEL, VALUE).and_then(text);
            exif.camera = camera(maker, model);
        }
        turned = turned.or_else(|| tags.number(main, ORIENTATION).and_then(|one| u8::try_from(one).ok()));
        if exif.focal_length.is_none() {
            let pointer = tags.pointers(main, EXIF, 1).first().copied();
            let details = pointer.and_then(|pointer| tags.directory(pointer));
            // Some writers put it beside the camera.
            let found = details.and_then(|details| tags.value(&details, FOCAL_LENGTH, 1));
            exif.focal_length = found.or_else(|| tags.value(main, FOCAL_LENGTH, 1)).and_then(millimetres);
        }
    }
    exif.orientation = turned.and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms);
    exif
}

fn text(value: Value) -> Option<String> {
    let text = match value {
        // Bytes that are no ASCII are what the camera meant, as far as they are UTF-8.
        Value::List(_) => String::from_utf8_lossy(&value.into_u8_vec().ok()?).into_owned(),
        value => value.into_string().ok()?,
    };
    let text = text.split('\0').next().unwrap_or_default();
    let text: String = text.trim().chars().filter(|c| !c.is_control()).take(CAMERA).collect();
    Some(text).filter(|text| !text.is_empty())
}

/// Maker and model, the maker not twice: many models begin with it.
fn camera(maker: Option<String>, model: Option<String>) -> Option<String> {
    match (maker, model) {
        (Some(maker), Some(model)) => {
            let has_maker = model.to_lowercase().starts_with(&maker.to_lowercase());
            Some(if has_maker { model } else { format!("{maker} {model}") })
        }
        (maker, model) => maker.or(model),
    }
}

/// The standard asks for a rational; not every program that rewrites a file knows that.
fn millimetres(value: Value) -> Option<f64> {
    let number = match value {
        Value::Rational(a, b) => f64::from(a) / f64::from(b),
        Value::SRational(a, b) => f64::from(a) / f64::from(b),
        Value::Double(number) => number,
        Value::Float(number) => f64::from(number),
        Value::Byte(number) => f64::from(number),
        Value::Short(number) => f64::from(number),
        Value::Unsigned(number) => f64::from(number),
        Value::SignedShort(number) => f64::from(number),
        Value::Signed(number) => f64::from(number),
        _ => return None,
    };
    Some(number).filter(|number| number.is_finite() && *number > 0.0)
}
