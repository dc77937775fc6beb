//! The self-check: what it says of a good archive, of one with an odd file, and of errors that were seeded.

use super::Site;
use super::cases::{Image, diffusion, field_map, moco};
use dicom_core::VR;
use serde_json::{Value as Json, json};
use tieline_commandline::{FAILED, USAGE, WELL};
use tieline_dicom_read::write::Element;

fn archive(sessions: u32) -> Site {
    let site = Site::new();
    for session in 0..sessions {
        let session = format!("s{session}");
        field_map(&site, "archive", &session);
        diffusion(&site, "archive", &session);
        moco(&site, "archive", &session);
    }
    site
}

fn report(site: &Site, more: &[&str]) -> (u8, Json) {
    let told = site.run(&[&["selfcheck", "ARCHIVE", "--json"], more].concat());
    assert_eq!(told.diagnostics, "");
    (told.code, serde_json::from_str(&told.out).unwrap())
}

#[test]
fn an_archive_conforms_to_itself_and_seeded_errors_are_found() {
    let site = archive(3);
    let (code, found) = report(&site, &["--seed-errors", "120"]);
    assert_eq!((&found["judged"]["files"], &found["judged"]["alarms"]), (&json!(54), &json!([])));
    assert_eq!((code, &found["seeded"]["found"]), (WELL, &json!(120)), "{found:#}");
    for error in ["TE", "TR", "FA", "Phase", "Matrix", "missing series"] {
        assert_eq!(found["seeded"]["by_error"][error], json!({"seeded": 20, "found": 20}), "{error}");
    }
    assert_eq!(report(&site, &["--seed-errors", "120"]).1, found, "the same seed makes the same errors");
    assert!(!site.store().exists(), "the site's own store is left alone");
    let text = site.run(&["selfcheck", "ARCHIVE", "--seed-errors", "6"]).out;
    assert!(text.contains("No alarms.") && text.contains("Seeded errors: 6 of 6 found."), "{text}");
}

#[test]
fn a_file_that_differs_is_an_alarm_with_its_name() {
    let site = archive(3);
    let more = vec![Element::text((0x0018, 0x0080), VR::DS, "2000,5")];
    let image = Image { session: "s9", series: 7, number: 1, name: "dMRI_AP", kind: "ORIGINAL\\PRIMARY\\M\\ND", more };
    let path = site.image("archive", &image);
    let (code, found) = report(&site, &[]);
    let alarms = found["judged"]["alarms"].as_array().unwrap();
    let told: Vec<_> = alarms.iter().map(|one| (one["parameter"].as_str().unwrap(), &one["paths"][0])).collect();
    assert_eq!((code, told[1]), (FAILED, ("TR", &json!(path.display().to_string()))), "{found:#}");
    // Its sequence's name is that of none of the others: one image alone has none.
    assert_eq!((told.len(), told[0].0), (2, "SequenceType"));
    let text = site.run(&["selfcheck", "ARCHIVE"]).out;
    assert!(text.contains("2000,5") && text.contains(&path.display().to_string()), "{text}");
}

#[test]
fn mistakes_are_said() {
    let site = Site::new();
    let told = site.run(&["selfcheck", "ARCHIVE/none"]);
    assert!(told.code == USAGE && told.diagnostics.contains("none"), "{told:?}");
    // An archive without anything to change says so, and does not call that well.
    let told = site.run(&["selfcheck", "ARCHIVE", "--seed-errors", "5"]);
    assert!(told.code == FAILED && told.out.contains("nothing to make the others from"), "{told:?}");
}
