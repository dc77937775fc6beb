//! What scanners export and what was told of it wrongly, each from archive to verdict: index three sessions, check a fourth.

use super::{Site, Told};
use dicom_core::VR;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use tieline_commandline::{FAILED, WELL};
use tieline_dicom_read::write::{Element, Tag, csa_type2, file};

/// An image as a scanner writes it: what makes it this one, and what the case is about.
pub(super) struct Image<'a> {
    pub(super) session: &'a str,
    pub(super) series: u32,
    pub(super) number: u32,
    pub(super) name: &'a str,
    /// Image Type.
    pub(super) kind: &'a str,
    pub(super) more: Vec<Element>,
}

impl Site {
    /// Writes an image below this folder of the site.
    pub(super) fn image(&self, below: &str, image: &Image<'_>) -> PathBuf {
        let folder = self.folder.path().join(below).join(image.session);
        std::fs::create_dir_all(&folder).unwrap();
        let Image { session, series, number, name, kind, more } = image;
        let own = [
            Element::text((0x0008, 0x0008), VR::CS, kind),
            Element::text((0x0008, 0x0018), VR::UI, &format!("1.{}.{series}.{number}", uid(session))),
            Element::text((0x0008, 0x0022), VR::DA, "20240101"),
            Element::text((0x0008, 0x0032), VR::TM, &format!("12{series:02}{number:02}")),
            Element::text((0x0008, 0x1010), VR::SH, "AWP1"),
            Element::text((0x0008, 0x1030), VR::LO, "Brain^X"),
            Element::text((0x0008, 0x103E), VR::LO, name),
            Element::text((0x0018, 0x0080), VR::DS, "1300"),
            Element::text((0x0018, 0x0081), VR::DS, "30"),
            Element::text((0x0018, 0x1314), VR::DS, "60"),
            Element::shorts((0x0018, 0x1310), &[0, 96, 96, 0]),
            Element::text((0x0020, 0x000D), VR::UI, &format!("1.{}", uid(session))),
            Element::text((0x0020, 0x000E), VR::UI, &format!("1.{}.{series}", uid(session))),
            Element::text((0x0020, 0x0011), VR::IS, &series.to_string()),
            Element::text((0x0020, 0x0013), VR::IS, &number.to_string()),
        ];
        let own = own.into_iter().filter(|one| more.iter().all(|other| other.tag != one.tag));
        let elements: Vec<_> = own.chain(more.iter().cloned()).filter(|one| !one.value.is_empty()).collect();
        let path = folder.join(format!("MR.{series}.{number}.dcm"));
        std::fs::write(&path, file(&elements)).unwrap();
        path
    }

    /// Checks every file below the folder `live`.
    pub(super) fn check_live(&self) -> Told {
        let mut files = Vec::new();
        find(&self.folder.path().join("live"), &mut files);
        files.sort();
        let files: Vec<_> = files.iter().map(|path| path.display().to_string()).collect();
        self.run(&[&["check"], files.iter().map(String::as_str).collect::<Vec<_>>().as_slice()].concat())
    }
}

/// A number for a name.
fn uid(name: &str) -> u32 {
    name.bytes().fold(7, |sum, byte| sum * 31 % 65_521 + u32::from(byte))
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { find(&path, files) } else { files.push(path) }
    }
}

const SESSIONS: [&str; 4] = ["archive/s0", "archive/s1", "archive/s2", "live/s3"];

/// A site with three sessions in its archive and one that is live, all made by `make` from their names.
pub(super) fn site(make: impl Fn(&Site, &str, &str)) -> Site {
    let site = Site::new();
    for session in SESSIONS {
        let (below, session) = session.split_once('/').unwrap();
        make(&site, below, session);
    }
    site.index(&[]);
    site
}

fn text(tag: (u16, u16), vr: VR, text: &str) -> Element {
    Element::text(tag, vr, text)
}

const MAGNITUDE: &str = "ORIGINAL\\PRIMARY\\M\\ND";
const PHASE: &str = "ORIGINAL\\PRIMARY\\P\\ND";
const MOCO: &str = "ORIGINAL\\PRIMARY\\M\\ND\\MOCO";

#[test]
fn case_80_a_wrong_image_then_right_ones() {
    let site = site(|site, below, session| {
        for number in 1..=3 {
            let te = if below == "live" && number == 1 { "99" } else { "50" };
            let more = vec![text((0x0018, 0x0081), VR::DS, te)];
            site.image(below, &Image { session, series: 3, number, name: "case", kind: MAGNITUDE, more });
        }
    });
    let told = site.check_live();
    assert_eq!(told.code, FAILED);
    assert!(told.out.contains("series 3 case: differs (3 images, 1 of them differ, first image 1)"), "{}", told.out);
}

/// The field map of one session: magnitude of two echoes, and phase.
pub(super) fn field_map(site: &Site, below: &str, session: &str) {
    let put = |series, kind, number, te: &str, file: &str| {
        let csa = csa_type2(&[Tag::new("PhaseEncodingDirectionPositive", b"IS", file)]);
        let more = vec![
            text((0x0018, 0x0081), VR::DS, te),
            text((0x0029, 0x0010), VR::LO, "SIEMENS CSA HEADER"),
            Element::new((0x0029, 0x1010), VR::OB, csa),
        ];
        let name = "gre_field_mapping";
        site.image(below, &Image { session, series, number, name, kind, more });
    };
    for number in 0..4 {
        put(5, MAGNITUDE, number, ["4.92", "7.38"][number as usize % 2], "1");
    }
    (0..2).for_each(|number| put(6, PHASE, number, "7.38", "0"));
}

#[test]
fn case_81_a_field_map_is_two_templates() {
    let site = site(field_map);
    let told = site.check_live();
    assert_eq!((told.code, told.out.matches("conforms to its template").count()), (WELL, 6), "{}", told.out);
    let show = site.run(&["templates", "show", "Brain^X", "gre_field_mapping"]).out;
    assert!(show.contains("(kind of image: M)") && show.contains("(kind of image: P)"), "{show}");
    assert!(show.contains("4.92,7.38"), "{show}");
}

/// A diffusion series: b-value and direction in the sequence's name.
pub(super) fn diffusion(site: &Site, below: &str, session: &str) {
    for number in 0..6 {
        let kind = if number == 0 { "ep_b0".to_owned() } else { format!("ep_b1000#{number}") };
        let more = vec![text((0x0018, 0x0024), VR::SH, &kind)];
        site.image(below, &Image { session, series: 7, number, name: "dMRI_AP", kind: MAGNITUDE, more });
    }
}

#[test]
fn case_82_a_diffusion_series_has_a_set_of_values() {
    let site = site(diffusion);
    let told = site.check_live();
    assert_eq!((told.code, told.out.matches("conforms to its template").count()), (WELL, 6), "{}", told.out);
    assert!(told.out.contains("ep_b0 | ep_b1000#1 | "), "{}", told.out);
    let more = vec![text((0x0018, 0x0024), VR::SH, "ep_b2000#1")];
    site.image("live", &Image { session: "s4", series: 7, number: 9, name: "dMRI_AP", kind: MAGNITUDE, more });
    assert_eq!(site.check_live().code, FAILED, "another b-value is none of them");
}

/// A series that was corrected for motion: each image has its own comment.
pub(super) fn moco(site: &Site, below: &str, session: &str) {
    for number in 0..6 {
        let comment = match number {
            0 => "Reference volume for motion correction.".to_owned(),
            _ => format!("Motion: {},0.{number},0.1", uid(session)),
        };
        let more = vec![text((0x0020, 0x4000), VR::LT, &comment)];
        site.image(below, &Image { session, series: 9, number, name: "MoCoSeries", kind: MOCO, more });
    }
}

#[test]
fn case_83_comments_of_motion_correction_are_free() {
    let site = site(moco);
    let told = site.check_live();
    assert_eq!((told.code, told.out.matches("conforms to its template").count()), (WELL, 6), "{}", told.out);
    assert!(
        told.out.contains("not compared: free: within a series it differs from session to session"),
        "{}",
        told.out
    );
    let line: Json = serde_json::from_str(&site.run(&["templates", "list", "--json"]).out).unwrap();
    assert_eq!((&line["kind"], &line["acquisitions"], &line["sets"]), (&"MOCO".into(), &3.into(), &1.into()));
    assert!(line["free"]["Comments"].is_string(), "{line}");
}

#[test]
fn case_85_the_protocol_names_a_study_without_a_description() {
    let nameless = |protocol: bool| {
        site(move |site, below, session| {
            let mut more = vec![Element::text((0x0008, 0x1030), VR::LO, "")];
            if protocol {
                more.push(text((0x0018, 0x1030), VR::LO, "Protocol 7"));
            }
            site.image(below, &Image { session, series: 1, number: 1, name: "T1w", kind: MAGNITUDE, more });
        })
    };
    let told = nameless(true).check_live();
    assert!(told.code == WELL && told.out.contains("conforms to its template (set 1, 3 acquisitions)"), "{}", told.out);
    let told = nameless(false).check_live();
    assert!(
        told.code == WELL && told.out.contains("no study name") && told.out.contains("project = ["),
        "{}",
        told.out
    );
}

#[test]
fn case_90_a_reversed_phase_encoding_of_xa_is_seen() {
    let site = site(|site, below, session| {
        let (phase, ipat, bandwidth) = if below == "live" { ("1", "p2", 41.5) } else { ("0", "p3", 20.73) };
        let tag = |element: u16| (0x0021, 0x1100 | element);
        let image = vec![
            text((0x0021, 0x0011), VR::LO, "SIEMENS MR SDI 02"),
            text(tag(0x1C), VR::IS, phase),
            Element::doubles(tag(0x53), &[bandwidth]),
        ];
        let series = vec![text((0x0021, 0x0010), VR::LO, "SIEMENS MR SDS 01"), text((0x0021, 0x1009), VR::LO, ipat)];
        let inside = |creator: (u16, &str), inner: Vec<Element>| {
            vec![
                text((0x0021, creator.0), VR::LO, creator.1),
                Element::sequence((0x0021, creator.0 << 8 | 0xFE), &[inner]),
            ]
        };
        let more = vec![
            text((0x0008, 0x0016), VR::UI, "1.2.840.10008.5.1.4.1.1.4.1"),
            Element::sequence((0x5200, 0x9229), &[inside((0x10, "SIEMENS MR SDS 01"), series)]),
            Element::sequence((0x5200, 0x9230), &[inside((0x11, "SIEMENS MR SDI 02"), image)]),
        ];
        site.image(below, &Image { session, series: 1, number: 1, name: "DWI_PA", kind: MAGNITUDE, more });
    });
    let told = site.check_live();
    assert_eq!(told.code, FAILED);
    assert!(
        told.out.contains("differs from its template (set 1, 3 acquisitions) in iPAT, Phase, BWPPE"),
        "{}",
        told.out
    );
}

#[test]
fn a_localizer_is_green_when_it_is_as_always() {
    let site = site(|site, below, session| {
        for (number, (major, matrix)) in
            [("ROW", [0, 256, 128, 0]), ("COL", [256, 0, 0, 128]), ("ROW", [0, 192, 96, 0])].iter().enumerate()
        {
            let more = vec![text((0x0018, 0x1312), VR::CS, major), Element::shorts((0x0018, 0x1310), matrix)];
            let number = number as u32;
            site.image(below, &Image { session, series: 1, number, name: "localizer", kind: MAGNITUDE, more });
        }
    });
    assert_eq!(site.check_live().code, WELL);
}

#[test]
fn a_long_series_that_varies_is_read_whole() {
    let site = Site::new();
    for session in ["s0", "s1"] {
        for number in 0..150 {
            // One of a hundred volumes is another: no sample would have to meet it, and its comment is as long as all.
            let kind = format!("ep_b{}#{}", if number % 50 == 7 { 2000 } else { 1000 }, 100 + number);
            let more = vec![text((0x0018, 0x0024), VR::SH, &kind)];
            site.image("archive", &Image { session, series: 7, number, name: "dMRI", kind: MAGNITUDE, more });
        }
    }
    let report = site.index(&[]);
    assert_eq!((&report["files"]["read"], &report["store"]["sets"]), (&300.into(), &1.into()));
    let told = site.run(&["selfcheck", "ARCHIVE"]);
    assert!(told.code == WELL && told.out.contains("No alarms."), "{}", told.out);
}

#[test]
fn of_a_series_that_says_the_same_a_part_is_read_and_all_images_are_counted() {
    let site = Site::new();
    for number in 0..150 {
        site.image("archive", &Image { session: "s0", series: 2, number, name: "rest", kind: MAGNITUDE, more: vec![] });
    }
    // Numbers of images have one to three digits, so there may be files of several sizes.
    let report = site.index(&[]);
    let read = report["files"]["read"].as_u64().unwrap();
    assert!((64..80).contains(&read), "{read}");
    let mut store = tieline_store::Store::open(&site.store()).unwrap();
    let plan = store.templates().session("Brain^X").unwrap();
    assert_eq!((plan[0].images, plan[0].times), (Some(150), 1));
    site.index(&["--all-files"]);
    assert_eq!(store.templates().session("Brain^X").unwrap()[0].images, Some(150), "no file counts twice");
}
