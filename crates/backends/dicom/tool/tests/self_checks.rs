//! Archives of real files judged by themselves, as `tieline mr selfcheck` does: no alarm but for what truly differs, and
//! errors that are seeded are found. The files are those of `cargo xtask test dicom`.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use tieline_dicom_tool::TOOL;
use tieline_model::settings::Values;
use tieline_model::{ToolContext, ToolSettings};

/// The variable that names the folder.
const FOLDER: &str = "TIELINE_DICOM";

/// What the self-check of one package says.
fn check(package: &str) -> Json {
    let Some(folder) = std::env::var_os(FOLDER) else {
        panic!("{FOLDER} names no folder with DICOM files; get them and run this test with: cargo xtask test dicom");
    };
    let archive = PathBuf::from(folder).join(package);
    let configured =
        |_: Option<&Path>, _: &[String]| Ok(ToolSettings { values: Values::default(), store: PathBuf::from("unused") });
    let (mut out, mut diagnostics) = (Vec::new(), Vec::new());
    let mut context =
        ToolContext { out: &mut out, diagnostics: &mut diagnostics, is_terminal: false, configuration: &configured };
    let line = ["selfcheck".into(), archive.into_os_string()];
    let more = ["--seed-errors", "1000", "--json"].map(Into::into);
    let code = (TOOL.run)(line.into_iter().chain(more).collect(), &mut context);
    assert!(code < 2, "{}", String::from_utf8_lossy(&diagnostics));
    serde_json::from_slice(&out).unwrap()
}

/// Sequence and parameter of each alarm.
fn alarms(report: &Json) -> Vec<(String, String)> {
    let text = |one: &Json, key: &str| one[key].as_str().unwrap().to_owned();
    let alarms = report["judged"]["alarms"].as_array().unwrap();
    alarms.iter().map(|one| (text(one, "SequenceName"), text(one, "parameter"))).collect()
}

#[track_caller]
fn finds_seeded_errors(report: &Json) {
    let seeded = &report["seeded"];
    assert!(seeded["seeded"] == 1000 && seeded["found"].as_u64().unwrap() >= 999, "{seeded:#}");
}

#[test]
fn archives_in_which_nothing_is_wrong_have_no_alarm() {
    for (package, conforming) in [("heudiconv", 10), ("nibabel", 7), ("mrqa", 223)] {
        let report = check(package);
        let judged = &report["judged"];
        assert_eq!((alarms(&report), &judged["conforming"]), (Vec::new(), &json!(conforming)), "{package}");
        assert_eq!(judged["files"], judged["conforming"], "{package}");
        finds_seeded_errors(&report);
    }
}

#[test]
fn files_of_many_kinds_have_no_alarm() {
    // Made to try readers: most name no study or no sequence, which is told and is no alarm.
    let report = check("pydicom");
    assert_eq!(alarms(&report), Vec::new());
    finds_seeded_errors(&report);
}

#[test]
fn of_several_scanners_with_one_name_only_what_differs_is_told() {
    // Eight subjects of several sites, scanners of GE and Siemens, with one study's and sequence's name: their protocols are
    // not the same, and that is what is told. Everything else is as it should be.
    let truly = [
        // Siemens has 1700 Hz, three of GE 1785.71, the other two of GE 976.56.
        ("-DTI,", "BWP"),
        // Those two have 77 degrees, the others 90.
        ("-DTI,", "FA"),
        // Only Siemens tells the polarity, the sequence's file and the acceleration.
        ("-DTI,", "Phase"),
        ("-DTI,", "SequenceFile"),
        // Sequences of two makers; Siemens' has the b-value and the direction.
        ("-DTI,", "SequenceType"),
        // 89 ms and 4200 ms on Siemens, 81.9 and 4100 on GE.
        ("-DTI,", "TE"),
        ("-DTI,", "TR"),
        ("-DTI,", "iPAT"),
        // The same two of GE, in their field maps.
        ("-Diffusion-FM,", "BWP"),
        ("-Diffusion-FM,", "FA"),
    ];
    let report = check("mrdataset");
    let truly: Vec<_> = truly.iter().map(|(sequence, name)| ((*sequence).to_owned(), (*name).to_owned())).collect();
    assert_eq!(alarms(&report), truly);
    assert_eq!((&report["judged"]["files"], &report["judged"]["conforming"]), (&json!(3091), &json!(2632)));
    finds_seeded_errors(&report);
}
