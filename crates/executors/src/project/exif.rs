//! Camera and focal length from EXIF, which is a TIFF file without an image: the library that reads TIFF files reads it.
//!
//! Promises: two directories and values of at most 4 KiB are looked at, each once, however they point at each other;
//! what cannot be read is absent, and never a reason to refuse the image.

use std::io::{Cursor, Read, Seek};
use tiff::decoder::Decoder;
use tiff::decoder::ifd::Value;
use tiff::tags::{IfdPointer, Tag};

/// The largest EXIF block that is looked at. In a JPEG it cannot have more than 64 KiB.
const LARGEST: usize = 1 << 20;
/// The longest value.
const VALUE: usize = 4096;
/// The longest camera, in characters.
const CAMERA: usize = 128;
/// The focal length in millimetres.
const FOCAL_LENGTH: Tag = Tag::Unknown(0x920A);

/// What EXIF says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Exif {
    /// Maker and model.
    pub(super) camera: Option<String>,
    /// In millimetres, above 0.
    pub(super) focal_length: Option<f64>,
}

/// Of a TIFF file: its first directory is the image's own.
pub(super) fn of_tiff(file: &[u8]) -> Exif {
    let decoder = Decoder::new(Cursor::new(file)).ok();
    let exif = decoder.and_then(|mut decoder| {
        let first = decoder.ifd_pointer()?;
        Some(read(&mut decoder, first))
    });
    exif.unwrap_or_default()
}

/// Of the block that other files hold, with or without the mark before it.
pub(super) fn of_block(block: &[u8]) -> Exif {
    let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    let exif = with_an_image(block).and_then(|(file, first)| {
        let mut decoder = Decoder::new(Cursor::new(file)).ok()?;
        Some(read(&mut decoder, first))
    });
    exif.unwrap_or_default()
}

/// The block as a TIFF file that the library opens: it asks for an image, so one of a single pixel is put behind the block
/// and made its first directory. With where the first directory was.
fn with_an_image(block: &[u8]) -> Option<(Vec<u8>, IfdPointer)> {
    if block.len() > LARGEST {
        return None;
    }
    let is_little = block.starts_with(b"II*\0");
    if !is_little && !block.starts_with(b"MM\0*") {
        return None;
    }
    let order = |number: u32| if is_little { number.to_le_bytes() } else { number.to_be_bytes() };
    let (&[a, b, c, d], _) = block.get(4..)?.split_first_chunk()?;
    let first = if is_little { u32::from_le_bytes([a, b, c, d]) } else { u32::from_be_bytes([a, b, c, d]) };
    let mut file = block.to_vec();
    file.resize(file.len().next_multiple_of(2), 0);
    let image = u32::try_from(file.len()).ok()?;
    // Width, height, bits, no compression, black is 0; its one byte, wherever; samples, rows, bytes.
    let entries = [(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 0), (277, 1), (278, 1), (279, 1)];
    let short = |number: u32| {
        if is_little { [order(number)[0], order(number)[1]] } else { [order(number)[2], order(number)[3]] }
    };
    file.extend(short(9));
    for (tag, value) in entries {
        // One number of 32 bits.
        file.extend([short(tag), short(4)].concat());
        file.extend([order(1), order(value)].concat());
    }
    file.extend(order(0));
    file.get_mut(4..8)?.copy_from_slice(&order(image));
    Some((file, IfdPointer(u64::from(first))))
}

fn read<R: Read + Seek>(decoder: &mut Decoder<R>, first: IfdPointer) -> Exif {
    let mut exif = Exif::default();
    let Ok(main) = decoder.read_directory(first) else { return exif };
    let mut value = |directory, tag| find(decoder, directory, tag);
    let maker = value(&main, Tag::Make).and_then(text);
    let model = value(&main, Tag::Model).and_then(text);
    exif.camera = camera(maker, model);
    let pointer = value(&main, Tag::ExifDirectory).and_then(|value| value.into_ifd_pointer().ok());
    let details = pointer.and_then(|pointer| decoder.read_directory(pointer).ok());
    // Some writers put it beside the camera.
    let found = details.and_then(|details| find(decoder, &details, FOCAL_LENGTH));
    exif.focal_length = found.or_else(|| find(decoder, &main, FOCAL_LENGTH)).and_then(millimetres);
    exif
}

fn find<R: Read + Seek>(decoder: &mut Decoder<R>, directory: &tiff::Directory, tag: Tag) -> Option<Value> {
    let entry = directory.get(tag)?;
    if entry.count() > VALUE as u64 {
        return None;
    }
    decoder.read_directory_tags(directory).find_tag(tag).ok().flatten()
}

fn text(value: Value) -> Option<String> {
    let text = value.into_string().ok()?;
    let text: String = text.trim_matches(['\0', ' ']).chars().filter(|c| !c.is_control()).take(CAMERA).collect();
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

fn millimetres(value: Value) -> Option<f64> {
    let number = match value {
        Value::Rational(a, b) => f64::from(a) / f64::from(b),
        Value::SRational(a, b) => f64::from(a) / f64::from(b),
        // The standard asks for a rational; not every program that rewrites a file knows that.
        Value::Double(number) => number,
        Value::Float(number) => f64::from(number),
        Value::Short(number) => f64::from(number),
        _ => return None,
    };
    Some(number).filter(|number| number.is_finite() && *number > 0.0)
}
