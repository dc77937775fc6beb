//! An image file: containers, the directories of a TIFF, EXIF. Input: the file.

/// What the decoded image may have, in bytes.
const MOST: u64 = 1 << 20;
/// The longer side of a thumbnail.
const THUMBNAIL: u32 = 256;

/// It is refused in one line without the file's words, or it is an image within the limit, the same at a second look,
/// whose thumbnail can be read, and what EXIF says of it can be printed.
pub(crate) fn run(data: &[u8]) {
    let image = match tieline_measuring_project::trial::image(data, MOST) {
        Ok(image) => image,
        Err(told) => {
            assert!(told.len() < 200 && !told.contains('\n') && !told.contains("MARKER"), "{told}");
            return;
        }
    };
    assert!(["jpeg", "png", "tiff", "bmp", "webp"].contains(&image.format), "{}", image.format);
    assert!(image.width > 0 && image.height > 0);
    // A pixel has a bit at least.
    assert!(u64::from(image.width) * u64::from(image.height) <= 8 * MOST, "{} x {}", image.width, image.height);
    assert!(
        image.camera.is_none_or(|name| !name.is_empty() && name.len() <= 1024 && !name.chars().any(char::is_control))
    );
    assert!(image.focal_length.is_none_or(|length| length.is_finite() && length > 0.0));
    let small = tieline_measuring_project::trial::image(&image.thumbnail, MOST).expect("a thumbnail is an image");
    assert!(["jpeg", "png"].contains(&small.format));
    assert!(small.width.max(small.height) <= THUMBNAIL.min(image.width.max(image.height)));
    // Turned or not, it has the image's shape.
    let again = tieline_measuring_project::trial::image(data, MOST).expect("the same file");
    assert_eq!((again.width, again.height, again.thumbnail), (image.width, image.height, image.thumbnail));
}
