//! Tests of the commands, on real files in real folders.

mod cases;
mod report;
mod selfcheck;
mod transfer;

use super::{Arguments, Context, Given, Reader, carry_out};
use dicom_core::VR;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tieline_commandline::{FAILED, USAGE, WELL};
use tieline_dicom_backend::DicomSettings;
use tieline_dicom_read::write::{Element, file};
use tieline_dicom_read::{ReadLimits, read};
use tieline_model::ToolContext;
use tieline_store::Store;

/// An archive, a store, and what was configured.
struct Site {
    folder: tempfile::TempDir,
    settings: DicomSettings,
}

/// What a command said.
#[derive(Debug)]
struct Told {
    code: u8,
    out: String,
    diagnostics: String,
}

impl Site {
    fn new() -> Site {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("archive")).unwrap();
        Site { folder, settings: DicomSettings::default() }
    }

    fn archive(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// A file of the archive: its name, study, series, echo time and repetition time.
    fn file(&self, name: &str, study: &str, series: u32, echo: &str, repetition: &str) -> PathBuf {
        let path = self.archive().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let elements = [
            Element::text((0x0008, 0x0022), VR::DA, "20240101"),
            Element::text((0x0008, 0x0032), VR::TM, "120000"),
            Element::text((0x0008, 0x1030), VR::LO, "Brain^X"),
            Element::text((0x0008, 0x103E), VR::LO, "Task"),
            Element::text((0x0010, 0x0010), VR::PN, "MARKER^NAME"),
            Element::text((0x0018, 0x0080), VR::DS, repetition),
            Element::text((0x0018, 0x0081), VR::DS, echo),
            Element::text((0x0020, 0x000D), VR::UI, study),
            Element::text((0x0020, 0x0011), VR::IS, &series.to_string()),
        ];
        std::fs::write(&path, file(&elements)).unwrap();
        path
    }

    fn run(&self, line: &[&str]) -> Told {
        self.with(line, &|path| read(path, &ReadLimits::default()))
    }

    /// Runs, and says which files were read.
    fn watched(&self, line: &[&str]) -> (Told, Vec<String>) {
        let seen = Mutex::new(Vec::new());
        let reader = |path: &Path| {
            seen.lock().unwrap().push(path.file_name().unwrap().to_string_lossy().into_owned());
            read(path, &ReadLimits::default())
        };
        let told = self.with(line, &reader);
        let mut seen = seen.into_inner().unwrap();
        seen.sort();
        (told, seen)
    }

    fn with(&self, line: &[&str], reader: &Reader<'_>) -> Told {
        let (mut out, mut diagnostics) = (Vec::new(), Vec::new());
        let store = |given: &Given| match given.set.first() {
            Some(wrong) => Err(format!("{wrong} is no key")),
            None => Ok((self.store(), self.settings.clone())),
        };
        let arguments = line.iter().map(|word| word.replace("ARCHIVE", &self.archive().display().to_string()).into());
        let configuration = |_: Option<&Path>, _: &[String]| Err("the site says what is configured".to_owned());
        let mut context = ToolContext {
            out: &mut out,
            diagnostics: &mut diagnostics,
            is_terminal: false,
            configuration: &configuration,
        };
        let code = tieline_commandline::run(arguments.collect(), &mut context, |arguments: &Arguments, context| {
            let (out, diagnostics) = (&mut *context.out, &mut *context.diagnostics);
            carry_out(&arguments.command, &mut Context { out, diagnostics, is_terminal: false, store: &store }, reader)
        });
        Told { code, out: String::from_utf8(out).unwrap(), diagnostics: String::from_utf8(diagnostics).unwrap() }
    }

    /// Indexes and returns the report.
    fn index(&self, more: &[&str]) -> Json {
        let told = self.run(&[&["index", "ARCHIVE", "--json"], more].concat());
        assert_eq!((told.code, told.diagnostics.as_str()), (WELL, ""), "{told:?}");
        serde_json::from_str(&told.out).unwrap()
    }
}

#[test]
fn an_archive_becomes_templates() {
    let site = Site::new();
    for (study, repetition) in [("1.1", "1300"), ("1.2", "1300"), ("1.3", "1400")] {
        for number in 1..=3 {
            site.file(&format!("{study}/MR.{number}"), study, 7, "30", repetition);
        }
    }
    std::fs::write(site.archive().join("notes.txt"), "no scan").unwrap();
    let report = site.index(&[]);
    assert_eq!((&report["files"]["seen"], &report["files"]["read"]), (&Json::from(10), &Json::from(10)));
    assert_eq!(report["files"]["not_dicom"], 1);
    let store = &report["store"];
    let numbers =
        ["acquisitions", "sets", "templates", "with_more_than_one_set"].map(|key| store[key].as_u64().unwrap());
    assert_eq!(numbers, [3, 2, 1, 1]);

    let list = site.run(&["templates", "list", "--json"]);
    let line: Json = serde_json::from_str(&list.out).unwrap();
    assert_eq!(
        (&line["Project"], &line["acquisitions"], &line["of"], &line["sets"]),
        (&"Brain^X".into(), &2.into(), &3.into(), &2.into())
    );
    assert_eq!((line["why"].as_str(), line["first"].as_str()), (Some("the most frequent"), Some("20240101")));
    let none = site.run(&["templates", "list", "--project", "Brain%"]);
    assert!(none.out.is_empty() && none.code == WELL, "{none:?}");
    assert!(site.run(&["templates", "list", "--project", "BRAIN^x"]).out.contains("Brain^X"));
}

#[test]
fn what_is_done_is_not_read_again() {
    let site = Site::new();
    for number in 1..=3 {
        site.file(&format!("MR.{number}"), "1.1", 7, "30", "1300");
    }
    let first = site.index(&[]);
    let (again, read) = site.watched(&["index", "ARCHIVE", "--json"]);
    assert_eq!(read, [""; 0]);
    let again: Json = serde_json::from_str(&again.out).unwrap();
    assert_eq!((&again["files"]["done_before"], &again["files"]["seen"]), (&3.into(), &3.into()));
    assert_eq!(again["store"], first["store"]);
    let changed = site.file("MR.2", "1.1", 7, "30.55", "1300");
    std::fs::File::open(changed).unwrap().sync_all().unwrap();
    let (_, read) = site.watched(&["index", "ARCHIVE"]);
    assert_eq!(read, ["MR.2"]);
    let (_, read) = site.watched(&["index", "ARCHIVE", "--fresh"]);
    assert_eq!(read, ["MR.1", "MR.2", "MR.3"]);
}

#[test]
fn one_series_is_sampled_and_everything_is_read_when_asked() {
    let site = Site::new();
    for number in 1..=200 {
        site.file(&format!("001_000017_{number:06}.dcm"), "1.1", 17, "30", "1300");
    }
    let (told, read) = site.watched(&["index", "ARCHIVE", "--json"]);
    let report: Json = serde_json::from_str(&told.out).unwrap();
    assert_eq!((read.len(), &report["files"]["passed_over"], &report["files"]["seen"]), (64, &136.into(), &200.into()));
    assert_eq!((read[0].as_str(), read[63].as_str()), ("001_000017_000001.dcm", "001_000017_000200.dcm"));
    assert_eq!(report["store"]["acquisitions"], 1);
    assert_eq!(site.watched(&["index", "ARCHIVE"]).1.len(), 0);
    assert_eq!(site.watched(&["index", "ARCHIVE", "--all-files"]).1.len(), 136, "those that were passed over");
    assert_eq!(site.index(&["--all-files"])["store"], report["store"]);
}

#[test]
fn every_echo_and_every_series_of_a_folder_is_found() {
    for jobs in ["1", "8"] {
        let site = Site::new();
        for number in 0..90 {
            // Three echoes one after the other, as a scanner sends them.
            let echo = ["14", "30", "46"][number % 3];
            site.file(&format!("me/{number:04}.dcm"), "1.1", 7, echo, "1300");
            // Three echoes as three blocks, and three series in one folder.
            site.file(&format!("blocks/{number:04}.dcm"), "1.2", 7, ["14", "30", "46"][number / 30], "1300");
            site.file(&format!("flat/{number:04}.dcm"), "1.3", (number / 30) as u32, "30", "1300");
        }
        let report = site.index(&["--jobs", jobs]);
        assert_eq!((&report["files"]["read"], &report["store"]["acquisitions"]), (&270.into(), &5.into()));
        let show = site.run(&["templates", "show", "brain^x", "TASK"]);
        assert!(show.code == WELL && show.out.contains("14,30,46") && show.out.contains("Set "), "{show:?}");
        assert!(show.out.contains("the most frequent"), "{show:?}");
    }
}

#[test]
fn an_index_that_was_cut_short_goes_on() {
    let site = Site::new();
    for study in 0..40 {
        site.file(&format!("{study}/MR.1"), &format!("1.{study}"), 7, "30", "1300");
    }
    // A run that breaks off in the middle: its reader dies.
    let count = Mutex::new(0);
    let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let reader = |path: &Path| {
            let mut count = count.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            *count += 1;
            assert!(*count <= 20, "the reader dies here, on purpose");
            read(path, &ReadLimits::default())
        };
        site.with(&["index", "ARCHIVE", "--jobs", "1"], &reader)
    }));
    assert!(broken.is_err());
    let done = Store::open(&site.store()).unwrap().templates().totals().unwrap().acquisitions;
    assert_eq!(done, 20);
    let (_, read) = site.watched(&["index", "ARCHIVE"]);
    assert_eq!(read.len(), 20);
    assert_eq!(site.index(&[])["store"]["acquisitions"], 40);
}

#[test]
fn files_are_checked_as_the_gateway_does() {
    let site = Site::new();
    let good = site.file("1/MR.1", "1.1", 7, "30", "1300");
    site.file("2/MR.1", "1.2", 7, "30", "1300");
    site.index(&[]);
    let bad = site.file("3/MR.1", "1.3", 7, "30", "1400");
    let (good, bad) = (good.display().to_string(), bad.display().to_string());
    let told = site.run(&["check", &good]);
    assert_eq!((told.code, told.diagnostics.as_str()), (WELL, ""));
    assert!(told.out.contains("conforms to its template (set 1, 2 acquisitions)"), "{}", told.out);
    assert!(!told.out.contains("MARKER"), "the name is not compared, so it is not shown");
    let told = site.run(&["check", &good, &bad, "/gone.dcm"]);
    assert_eq!(told.code, FAILED);
    let line = told.out.lines().find(|line| line.contains("differs ") || line.ends_with("differs")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["TR", "1400.0", "1300.0", "differs"]);
    assert!(told.out.contains("differs from its template (set 1, 2 acquisitions) in TR"), "{}", told.out);
    assert!(told.out.contains("/gone.dcm\nunreadable: "), "{}", told.out);
    let told = site.run(&["check", "--json", &good, &bad, "/gone.dcm"]);
    let lines: Vec<Json> = told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines.iter().map(|line| line["verdict"].as_str().unwrap()).collect::<Vec<_>>(),
        ["conforms", "differs", "unreadable"]
    );
    assert_eq!(lines[1]["errors"]["TR"]["have"], 1400.0);
    assert_eq!(lines[1]["input"]["dcm_path"], bad);
}

#[test]
fn without_a_template_a_check_says_so() {
    let site = Site::new();
    let path = site.file("MR.1", "1.1", 7, "30", "1300").display().to_string();
    let told = site.run(&["check", &path]);
    assert!(told.code == WELL && told.out.contains("no template"), "{told:?}");
}

#[test]
fn a_set_is_chosen_by_hand() {
    let site = Site::new();
    for (study, repetition) in [("1.1", "1300"), ("1.2", "1300"), ("1.3", "1400")] {
        site.file(&format!("{study}/MR.1"), study, 7, "30", repetition);
    }
    site.index(&[]);
    let odd = site.archive().join("1.3/MR.1").display().to_string();
    assert_eq!(site.run(&["check", &odd]).code, FAILED);
    let sets = Store::open(&site.store()).unwrap().templates().sets("Brain^X", "Task").unwrap();
    let told = site.run(&["templates", "choose", "brain^x", "task", &sets[1].set.to_string()]);
    assert_eq!((told.code, told.out.as_str()), (WELL, ""), "{told:?}");
    assert_eq!(site.run(&["check", &odd]).code, WELL);
    assert!(site.run(&["templates", "show", "Brain^X", "Task"]).out.contains("chosen by hand"));
    let wrong = site.run(&["templates", "choose", "Brain^X", "Task", "99"]);
    assert!(
        wrong.code == FAILED && wrong.diagnostics.contains("99") && wrong.diagnostics.contains("templates show"),
        "{wrong:?}"
    );
    assert_eq!(site.run(&["templates", "unchoose", "Brain^X", "Task"]).code, WELL);
    assert_eq!(site.run(&["templates", "unchoose", "Brain^X", "Task"]).code, FAILED);
    assert_eq!(site.run(&["check", &odd]).code, FAILED);
}

#[test]
fn a_reference_database_is_read_and_never_chosen_in() {
    let mut site = Site::new();
    site.settings.templates = site.folder.path().join("db.sqlite").display().to_string();
    let missing = site.run(&["templates", "list"]);
    assert!(missing.code == USAGE && missing.diagnostics.contains("there is no such file"), "{missing:?}");
    // What a reference database holds, made from what we counted ourselves: tables and texts are the same.
    let own = Site::new();
    own.file("MR.1", "1.1", 7, "30", "1300");
    own.index(&[]);
    make_reference(&own.store().join(tieline_store::FILE), &site.settings.templates);
    let path = own.archive().join("MR.1").display().to_string();
    let told = site.run(&["check", &path]);
    assert!(told.code == WELL && told.out.contains("conforms to its template (set 1, 1 acquisition)"), "{told:?}");
    let told = site.run(&["templates", "choose", "Brain^X", "Task", "1"]);
    assert!(
        told.code == USAGE && told.diagnostics.contains("never written to") && told.diagnostics.contains("db.sqlite"),
        "{told:?}"
    );
}

fn make_reference(own: &Path, reference: &str) {
    let writer = rusqlite::Connection::open(reference).unwrap();
    let attach = format!("ATTACH '{}' AS own", own.display());
    writer.execute_batch(&attach).unwrap();
    let columns = tieline_store::templates::COMPARED.join(", ");
    writer
        .execute_batch(&format!(
            "CREATE TABLE acq_param AS SELECT is_ideal, {columns} FROM own.parameter_set;
             CREATE TABLE acq AS SELECT set_id AS param_id, date AS AcqDate FROM own.acquisition; DETACH own;"
        ))
        .unwrap();
}

#[test]
fn mistakes_are_said_before_anything_is_done() {
    let site = Site::new();
    for line in [&[][..], &["fly"], &["index"], &["check"], &["index", "ARCHIVE", "--jobs", "0"]] {
        let told = site.run(line);
        assert!(told.code == USAGE && told.out.is_empty() && !told.diagnostics.is_empty(), "{line:?}: {told:?}");
    }
    let told = site.run(&["index", "ARCHIVE/none", "--fresh"]);
    assert!(told.code == USAGE && told.diagnostics.contains("none"), "{told:?}");
    let told = site.run(&["index", "ARCHIVE", "--set", "store.pith=x"]);
    assert!(told.code == USAGE && told.diagnostics.contains("store.pith=x"), "{told:?}");
    assert!(!site.store().exists(), "nothing was made");
    let help = site.run(&["index", "--help"]);
    assert!(
        help.code == WELL && help.diagnostics.is_empty() && help.out.contains("Usage: tieline mr index"),
        "{help:?}"
    );
    assert!(help.out.contains("passed over") && help.out.contains("Ctrl-C"), "{}", help.out);
}

#[test]
fn the_report_for_people_names_every_kind() {
    let site = Site::new();
    site.file("1/MR.1", "1.1", 7, "30", "1300");
    let cut = site.file("2/MR.1", "1.2", 7, "30", "1300");
    let bytes = std::fs::read(&cut).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() - 3]).unwrap();
    std::fs::write(site.archive().join("empty.dcm"), "").unwrap();
    std::fs::write(site.archive().join("nameless.dcm"), file(&[Element::text((0x0018, 0x0080), VR::DS, "1")])).unwrap();
    let told = site.run(&["index", "ARCHIVE"]);
    let number = |what: &str| {
        let line = told.out.lines().find(|line| line.trim_start().starts_with(what));
        let line = line.unwrap_or_else(|| panic!("{what} in {}", told.out));
        line.trim_start()[what.len()..].split_whitespace().next().unwrap().parse::<u64>().unwrap()
    };
    let found =
        ["files seen", "read", "not DICOM", "without names", "unreadable: cut", "unreadable: empty", "templates"]
            .map(number);
    assert_eq!(found, [4, 4, 0, 1, 1, 1, 1], "{}", told.out);
}
