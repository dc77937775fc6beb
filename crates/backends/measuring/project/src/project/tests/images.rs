//! The images of public packages, as many libraries have stumbled over them, compared with what Pillow finds in them:
//! the same measures, orientation and focal length, or a refusal that names what the file is.

use super::super::decode::decode;
use ::image::metadata::Orientation;
use serde_json::Value as Json;
use std::path::PathBuf;

/// The variable that names the folder.
const FOLDER: &str = "TIELINE_IMAGES";

/// Where we differ from Pillow and mean to, each with its reason: a part of the file's name.
const DIFFERENT: &[(&str, &str)] = &[
    ("bmp__b__badplanes", "damaged on purpose: a number of planes that no bitmap has"),
    ("bmp__b__badrle", "damaged on purpose: runs that leave the picture"),
    ("bmp__b__rletopdown", "damaged on purpose: packed rows may not stand upside down"),
    ("bmp__q__pal8os2v2", "the library does not know the long header of OS/2"),
    ("truncated_app14", "cut short in its header, and no picture can be trusted that is cut short"),
    ("xmp_tags_orientation", "Pillow looks into XMP as well; cameras say it in EXIF"),
];

#[test]
fn images_of_public_packages_are_as_pillow_finds_them() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        panic!("{FOLDER} names no folder with images; get them and run this test with: cargo xtask test images");
    };
    let expected: Json = serde_json::from_slice(&std::fs::read(folder.join("pillow.json")).unwrap()).unwrap();
    let (mut same, mut refused, mut wrong) = (0, 0, Vec::new());
    for (name, pillow) in expected.as_object().unwrap() {
        let bytes = std::fs::read(folder.join("images").join(name)).unwrap();
        let told = match (decode(&bytes, 512 << 20), pillow) {
            (Err(why), _) if ["gave up", "header cannot be read"].iter().any(|vague| why.as_str().contains(vague)) => {
                if pillow.is_null() {
                    continue;
                } else {
                    format!("refused: {why}")
                }
            }
            (Err(why), pillow) => {
                let is_named = why.as_str().contains("TIFF with") || why.as_str().starts_with("it is a ");
                if pillow.is_null() || is_named {
                    refused += 1;
                    continue;
                }
                format!("refused: {why}")
            }
            (Ok(_), Json::Null) => continue,
            (Ok(seen), pillow) => {
                let orientation = pillow["orientation"].as_u64().and_then(|one| Orientation::from_exif(one as u8));
                let turned = orientation.unwrap_or(Orientation::NoTransforms);
                let length = pillow["focal_length"].as_f64().filter(|length| *length > 0.0);
                let ours = (seen.width, seen.height, seen.exif.orientation, seen.exif.focal_length);
                let size = |at: usize| pillow["size"][at].as_u64().unwrap() as u32;
                if ours == (size(0), size(1), turned, length) {
                    same += 1;
                    continue;
                }
                format!("{ours:?} and not {pillow}")
            }
        };
        if !DIFFERENT.iter().any(|(begins, _)| name.contains(begins)) {
            wrong.push(format!("{name}: {told}"));
        }
    }
    assert!(wrong.is_empty(), "{same} are the same, {refused} are refused, these differ:\n{}", wrong.join("\n"));
    assert!(same + refused >= 300, "only {same} and {refused} images");
}
