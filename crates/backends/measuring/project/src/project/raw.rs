//! Camera raw files, and images of other kinds than are imported, told by their marks: a refusal names what a file is.
//!
//! A camera raw file holds what the sensor saw, which only its maker's program or one like it makes a picture of; what
//! such a file holds besides are previews, small and corrected, which must not be measured in.
//!
//! Promises: a few bytes, and of a TIFF file its directories, are looked at, bounded; no word of the file is repeated.
//! Called by `decode`.

use super::tags::Tags;
use tieline_model::{Safe, safe};
use tiff::Directory;

/// The marks of camera raw files that are no TIFF files, or not quite, each with where it stands.
const RAW: [(usize, &[u8], &str); 12] = [
    (0, b"FUJIFILMCCD-RAW", "RAF"),
    (0, b"IIRO", "ORF"),
    (0, b"IIRS", "ORF"),
    (0, b"MMOR", "ORF"),
    (0, b"IIU\0", "RW2"),
    (4, b"ftypcrx ", "CR3"),
    (0, b"II\x1A\0\0\0HEAPCCDR", "CRW"),
    (0, b"FOVb", "X3F"),
    (0, b"\0MRM", "MRW"),
    (8, b"CR\x02", "CR2"),
    (8, b"IIII", "IIQ"),
    (0, b"\x00\x00\x00\x1CftypARRI", "ARI"),
];

/// The marks of images that are not imported.
const OTHERS: [(usize, &[u8], &str); 30] = [
    (0, b"GIF8", "GIF"),
    (0, b"\0\0\0\x0CjP  ", "JPEG 2000"),
    (0, b"\xFF\x4F\xFF\x51", "JPEG 2000"),
    (0, b"\xFF\x0A", "JPEG XL"),
    (0, b"\0\0\0\x0CJXL ", "JPEG XL"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    (4, b"ftyphei", "HEIF"),
    (4, b"ftypmif1", "HEIF"),
    (0, b"\0\0\x01\0", "ICO"),
    (0, b"\0\0\x02\0", "CUR"),
    (0, b"icns", "ICNS"),
    (0, b"8BPS", "PSD"),
    (0, b"gimp xcf", "XCF"),
    (0, b"\x76\x2F\x31\x01", "OpenEXR"),
    (0, b"DDS ", "DDS"),
    (0, b"#?RADIANCE", "HDR"),
    (0, b"qoif", "QOI"),
    (0, b"SIMPLE  =", "FITS"),
    (0, b"%PDF", "PDF"),
    (0, b"%!PS", "PostScript"),
    (0, b"\xC5\xD0\xD3\xC6", "PostScript"),
    (0, b"\xD7\xCD\xC6\x9A", "WMF"),
    (40, b" EMF", "EMF"),
    (0, b"\x01\xDA", "SGI"),
    (0, b"\x59\xA6\x6A\x95", "Sun raster"),
    (0, b"\xD0\xCF\x11\xE0", "OLE compound"),
    (0, b"II\xBC\x01", "JPEG XR"),
    (128, b"DICM", "DICOM"),
    (0, b"\x0A\x05\x01", "PCX"),
];

/// What is inside of camera raw files and nothing else: the mosaic of a sensor, or what became of one.
const RAW_COLOURS: [u64; 2] = [32803, 34892];
/// How makers pack it.
const RAW_COMPRESSIONS: [(u64, &str); 6] =
    [(34713, "NEF"), (32767, "ARW"), (32769, "NEF"), (32770, "SRW"), (65000, "KDC"), (65535, "PEF")];
const DNG_VERSION: u16 = 50706;

/// The name of what begins with one of these marks.
fn marked(bytes: &[u8], marks: &[(usize, &[u8], &'static str)]) -> Option<&'static str> {
    let is_there = |(at, mark, _): &&(usize, &[u8], &str)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(mark));
    marks.iter().find(is_there).map(|(.., name)| *name)
}

/// Why a camera raw file that its first bytes tell is not imported.
pub(super) fn camera_raw(bytes: &[u8]) -> Option<Safe> {
    marked(bytes, &RAW).map(refused)
}

/// Why a file of no kind that is imported is not.
pub(super) fn stranger(bytes: &[u8]) -> Safe {
    let name = marked(bytes, &OTHERS).or(match bytes {
        [b'P', b'1'..=b'7' | b'F' | b'f', b' ' | b'\n' | b'\r' | b'\t', ..] => Some("PNM"),
        _ => None,
    });
    match name {
        Some(name) => safe!("it is a {} file; JPEG, PNG, TIFF, BMP and WebP files are read", name),
        None => "it is not a JPEG, PNG, TIFF, BMP or WebP file".into(),
    }
}

/// Why a TIFF file is not imported, when one of its directories is a camera's raw picture.
pub(super) fn camera_raw_tiff(tags: &mut Tags<'_>, directories: &[&Directory]) -> Option<Safe> {
    let maker = directories.iter().find_map(|one| tags.value(one, 271, 4096)?.into_string().ok()).unwrap_or_default();
    if directories.iter().any(|one| tags.value(one, DNG_VERSION, 4).is_some()) {
        return Some(refused("DNG"));
    }
    let numbers =
        |tags: &mut Tags<'_>, tag| -> Vec<u64> { directories.iter().filter_map(|one| tags.number(one, tag)).collect() };
    let colours = numbers(tags, 262);
    let packed = numbers(tags, 259)
        .into_iter()
        .find_map(|one| RAW_COMPRESSIONS.iter().find(|(number, _)| *number == one).map(|(_, name)| *name));
    if !colours.iter().any(|one| RAW_COLOURS.contains(one)) && packed.is_none() {
        return None;
    }
    let by_maker = [("NIKON", "NEF"), ("SONY", "ARW"), ("PENTAX", "PEF"), ("SAMSUNG", "SRW"), ("HASSELBLAD", "3FR")];
    let maker = maker.to_uppercase();
    let name = by_maker.iter().find(|(begins, _)| maker.starts_with(begins)).map(|(_, name)| *name);
    Some(name.or(packed).map_or_else(|| "it is a camera raw file, which is not read".into(), refused))
}

fn refused(name: &'static str) -> Safe {
    safe!("it is a camera raw file ({}), which is not read; export it as TIFF or JPEG first", name)
}
