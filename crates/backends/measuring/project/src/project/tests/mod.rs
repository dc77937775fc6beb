//! Tests of imports: every kind of image, what is damaged, and what is kept.

use super::*;
use crate::files::{Files, Opened};
use ::image::codecs::{jpeg::JpegEncoder, png::PngEncoder};
use ::image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage};
use std::io::Cursor;
use std::path::Path;
use tieline_store::Store;
use tieline_store::project::Totals;

mod child;
mod images;
mod killed;
mod memory;
mod turned;

/// A folder with files, and a store beside it.
struct Place {
    folder: tempfile::TempDir,
    store: Store,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        Place { folder, store }
    }

    fn open(&self, name: &str, bytes: &[u8]) -> Opened {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
        open(self.folder.path(), name)
    }

    fn image(&mut self, bytes: &[u8]) -> Result<ImageImported, Failure> {
        let opened = self.open("a.jpg", bytes);
        image(&mut self.store, opened, "S", 50.0, &Limits::default())
    }

    fn totals(&mut self) -> Totals {
        self.store.project().totals().unwrap()
    }
}

fn open(folder: &Path, name: &str) -> Opened {
    let files = Files::new(vec![folder.to_owned()], vec![("C:".to_owned(), folder.to_owned())], 1 << 30).unwrap();
    files.open(&format!("C:/{name}")).unwrap()
}

/// A picture with something to see in it.
fn drawn(width: u32, height: u32) -> DynamicImage {
    let part = |at: u32, of: u32| u8::try_from(u64::from(at) * 255 / u64::from(of)).unwrap();
    let noise =
        |x: u32, y: u32| u8::try_from((x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 8 & 0xFF).unwrap();
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        Rgb([part(x, width), part(y, height), noise(x, y)])
    }))
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Every kind that is imported: its name, the bits of a colour, a file.
fn kinds() -> Vec<(&'static str, u8, Vec<u8>)> {
    let image = drawn(300, 200);
    let deep = DynamicImage::ImageRgb16(image.to_rgb16());
    let grey = DynamicImage::ImageLuma16(image.to_luma16());
    let clear = DynamicImage::ImageRgba8(image.to_rgba8());
    vec![
        ("jpeg", 8, encoded(&image, ImageFormat::Jpeg)),
        ("png", 8, encoded(&image, ImageFormat::Png)),
        ("png", 16, encoded(&grey, ImageFormat::Png)),
        ("png", 8, encoded(&clear, ImageFormat::Png)),
        ("tiff", 8, encoded(&image, ImageFormat::Tiff)),
        ("tiff", 16, encoded(&deep, ImageFormat::Tiff)),
        ("tiff", 16, encoded(&grey, ImageFormat::Tiff)),
        ("bmp", 8, encoded(&image, ImageFormat::Bmp)),
        ("webp", 8, encoded(&image, ImageFormat::WebP)),
    ]
}

#[test]
fn every_kind_is_imported_with_its_measures_and_a_thumbnail() {
    for (format, bits, bytes) in kinds() {
        let mut place = Place::new();
        let done = place.image(&bytes).unwrap_or_else(|error| panic!("{format} {bits}: {error}"));
        let picture = &done.picture;
        let told = (picture.format.as_str(), picture.width, picture.height, picture.bits, picture.size);
        assert_eq!(told, (format, 300, 200, bits, bytes.len() as u64));
        assert!(done.to_string().contains("300 × 200") && done.to_string().contains("a new series"), "{done}");
        let thumbnail = place.store.project().thumbnail(&picture.hash).unwrap().unwrap();
        let small = ::image::load_from_memory(&thumbnail.bytes).unwrap();
        assert_eq!((small.width(), small.height()), (256, 171), "{format}");
        // The right edge is redder than the left one.
        let rgb = small.to_rgb8();
        let is_grey = format != "jpeg" && bits == 16 && rgb.get_pixel(250, 100)[0] == rgb.get_pixel(250, 100)[2];
        assert!(is_grey || rgb.get_pixel(250, 100)[0] > rgb.get_pixel(5, 100)[0] + 150, "{format} {bits}");
    }
}

#[test]
fn a_small_image_is_its_own_thumbnail_and_a_thin_one_stays_visible() {
    for (width, height, expected) in [(20, 10, (20, 10)), (5000, 1, (256, 1)), (1, 3000, (1, 256))] {
        let mut place = Place::new();
        let done = place.image(&encoded(&drawn(width, height), ImageFormat::Png)).unwrap();
        let thumbnail = place.store.project().thumbnail(&done.picture.hash).unwrap().unwrap();
        let small = ::image::load_from_memory(&thumbnail.bytes).unwrap();
        assert_eq!((small.width(), small.height()), expected);
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_an_import_error_and_changes_nothing() {
    for (format, bits, bytes) in kinds() {
        let mut place = Place::new();
        let step = (bytes.len() / 60).max(1);
        let ends = (1..20).map(|less| bytes.len() - less);
        for length in (0..bytes.len()).step_by(step).chain(ends) {
            let refused = place.image(&bytes[..length]);
            assert!(
                matches!(refused, Err(Failure::Import(_))),
                "{format} {bits}: {length} of {}: {refused:?}",
                bytes.len()
            );
        }
        assert_eq!(place.totals(), Totals::default());
    }
}

#[test]
fn what_is_no_image_is_an_import_error() {
    let mut place = Place::new();
    let gif = b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x01D\0;";
    for bytes in [&b""[..], b"text", gif, b"\xFF\xD8\xFF", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\0", b"RIFF\0\0\0\0WEBP"] {
        let refused = place.image(bytes);
        assert!(matches!(refused, Err(Failure::Import(_))), "{bytes:?}: {refused:?}");
    }
    assert_eq!(place.totals(), Totals::default());
}

#[test]
fn what_the_request_asks_for_is_checked() {
    let mut place = Place::new();
    let png = encoded(&drawn(4, 4), ImageFormat::Png);
    for (name, focal_length) in
        [("S", 0.0), ("S", -1.0), ("S", f64::NAN), ("S", f64::INFINITY), (&"a".repeat(1025)[..], 1.0)]
    {
        let opened = place.open("a.png", &png);
        let refused = image(&mut place.store, opened, name, focal_length, &Limits::default());
        assert!(matches!(refused, Err(Failure::Import(_))), "{refused:?}");
    }
    assert_eq!(place.totals(), Totals::default());
    let opened = place.open("a.png", &png);
    let refused = image(&mut place.store, opened, "S", 1.0, &Limits { project: 10, ..Limits::default() });
    assert!(matches!(refused, Err(Failure::NotKept(NotKept::Full { .. }))), "{refused:?}");
    assert_eq!(place.totals(), Totals::default());
}

#[test]
fn the_same_content_is_one_image_and_a_series_keeps_its_focal_length() {
    let mut place = Place::new();
    let png = encoded(&drawn(4, 4), ImageFormat::Png);
    place.image(&png).unwrap();
    let opened = place.open("copy.png", &png);
    let again = image(&mut place.store, opened, "S", 60.0, &Limits::default()).unwrap();
    assert!(!again.kept.is_new && again.kept.series_focal_length == 50.0, "{again:?}");
    assert!(
        again.to_string().ends_with("has this image already; the series keeps its focal length of 50 mm"),
        "{again}"
    );
    assert_eq!(place.totals().images, 1);
}

/// An EXIF block: maker, model and focal length, in either order of bytes.
fn exif(is_little: bool, maker: &str, model: &str, focal_length: (u32, u32)) -> Vec<u8> {
    let order = |number: u32| if is_little { number.to_le_bytes() } else { number.to_be_bytes() };
    let short = |number: u16| if is_little { number.to_le_bytes() } else { number.to_be_bytes() };
    let entry = |tag: u16, kind: u16, count: usize, value: usize| {
        [&short(tag)[..], &short(kind), &order(u32::try_from(count).unwrap()), &order(u32::try_from(value).unwrap())]
            .concat()
    };
    let (maker, model) = (format!("{maker}\0...."), format!("{model}\0...."));
    let details = 8 + 2 + 3 * 12 + 4;
    let maker_at = details + 2 + 12 + 4;
    let model_at = maker_at + maker.len();
    let rational_at = model_at + model.len();
    let mark: &[u8] = if is_little { b"II*\0" } else { b"MM\0*" };
    [
        mark,
        &order(8),
        &short(3),
        &entry(0x10F, 2, maker.len() - 4, maker_at),
        &entry(0x110, 2, model.len() - 4, model_at),
        &entry(0x8769, 4, 1, details),
        &order(0),
        &short(1),
        &entry(0x920A, 5, 1, rational_at),
        &order(0),
        maker.as_bytes(),
        model.as_bytes(),
        &order(focal_length.0),
        &order(focal_length.1),
    ]
    .concat()
}

#[test]
fn exif_tells_the_camera_and_its_focal_length() {
    let image = drawn(8, 8);
    for (maker, model, length, camera, expected) in [
        ("ACME", "Model One", (505, 10), "ACME Model One", Some(50.5)),
        ("ACME", "Acme One", (35, 1), "Acme One", Some(35.0)),
        ("ACME", "Model One", (1, 0), "ACME Model One", None),
        ("ACME", "Model One", (0, 1), "ACME Model One", None),
    ] {
        for is_little in [true, false] {
            let block = exif(is_little, maker, model, length);
            let mut jpeg = Vec::new();
            let mut encoder = JpegEncoder::new(&mut jpeg);
            encoder.set_exif_metadata(block.clone()).unwrap();
            image.write_with_encoder(encoder).unwrap();
            let mut png = Vec::new();
            let mut encoder = PngEncoder::new(&mut png);
            encoder.set_exif_metadata(block).unwrap();
            image.write_with_encoder(encoder).unwrap();
            for bytes in [jpeg, png] {
                let done = Place::new().image(&bytes).unwrap();
                assert_eq!((done.picture.camera.as_deref(), done.picture.focal_length), (Some(camera), expected));
            }
        }
    }
}

#[test]
fn exif_that_is_damaged_is_absent_and_costs_little() {
    let block = exif(true, "ACME", "One", (50, 1));
    for length in 0..block.len() {
        super::exif::of_block(&block[..length]);
    }
    for at in 0..block.len() {
        for byte in [0, 1, 0x7F, 0xFF] {
            let mut changed = block.clone();
            changed[at] = byte;
            super::exif::of_block(&changed);
        }
    }
    // A directory of 5,000 entries that all point at a directory of 5,000 entries.
    let entry = [&0x8769u16.to_le_bytes()[..], &4u16.to_le_bytes(), &1u32.to_le_bytes(), &8u32.to_le_bytes()].concat();
    let bomb = [b"II*\0", &8u32.to_le_bytes()[..], &5000u16.to_le_bytes(), &entry.repeat(5000), &[0; 4]].concat();
    assert_eq!(super::exif::of_block(&bomb), super::exif::Exif::default());
    assert_eq!(super::exif::of_block(&[&b"II*\0"[..], &vec![0; 2 << 20]].concat()), super::exif::Exif::default());
}

#[test]
fn elements_go_where_they_are_asked_for() {
    let mut place = Place::new();
    let file = br#"<gxml><point name="A" x="1" y="2" z="3"/><point name="B"/><plane name="C"/></gxml>"#;
    let bring = |place: &mut Place, mode: &str, bytes: &[u8]| {
        let opened = place.open("a.gxml", bytes);
        elements(&mut place.store, opened, ImportMode::named(mode)?, &Limits::default())
    };
    let done = bring(&mut place, "clipboard", file).unwrap();
    assert_eq!(
        (done.kept.number, done.kept.elements, done.to_string().as_str()),
        (0, 3, "clipboard: 2 × point, 1 × plane")
    );
    assert_eq!(bring(&mut place, "new_stage", file).unwrap().to_string(), "stage 1: 2 × point, 1 × plane");
    assert_eq!(bring(&mut place, "new_stage", file).unwrap().kept.number, 2);
    let before = place.totals();
    assert!(matches!(bring(&mut place, "elsewhere", file), Err(Failure::Import(_))));
    for mode in ["clipboard", "new_stage"] {
        assert!(matches!(bring(&mut place, mode, &file[..60]), Err(Failure::Elements(_))));
    }
    assert_eq!(place.totals(), before);
}
