//! Real files of several makers, from the packages that `cargo xtask test dicom` gets: chosen ones are read as pydicom and
//! nibabel read them, none stops the reader, and neither does what is left of them when they are damaged.

#![allow(clippy::unwrap_used, clippy::panic)]

use flate2::read::GzDecoder;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tieline_dicom_read::Parameter::*;
use tieline_dicom_read::{Header, Parameter, ReadLimits, Unreadable, Value, read, read_from};

/// The variable that names the folder.
const FOLDER: &str = "TIELINE_DICOM";
/// What no file may take, on a busy machine without optimization.
const LONGEST: Duration = Duration::from_secs(60);

/// Every file below the folder, in order.
fn files() -> Vec<PathBuf> {
    let Some(folder) = std::env::var_os(FOLDER) else {
        panic!("{FOLDER} names no folder with DICOM files; get them and run this test with: cargo xtask test dicom");
    };
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let is_folder = entry.file_type().unwrap().is_dir();
            if is_folder { folders.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found.sort();
    found
}

/// The bytes of the file whose path ends so, unpacked.
fn bytes(files: &[PathBuf], end: &str) -> Vec<u8> {
    let path = files.iter().find(|path| path.ends_with(end)).unwrap_or_else(|| panic!("no file {end}"));
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_none_or(|extension| extension != "gz") {
        return bytes;
    }
    let mut unpacked = Vec::new();
    GzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
    unpacked
}

fn try_bytes(bytes: &[u8]) -> Result<Header, Unreadable> {
    let start = Instant::now();
    let read = read_from(Cursor::new(bytes), bytes.len() as u64, &ReadLimits::default());
    assert!(start.elapsed() < LONGEST, "{} bytes took {:?}", bytes.len(), start.elapsed());
    read
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn number(number: f64) -> Value {
    Value::Number(number)
}

/// Holds one file against what it must say. These files are public; their values may be shown.
#[track_caller]
fn holds(files: &[PathBuf], end: &str, complete: bool, expected: &[(Parameter, Value)]) {
    let header = try_bytes(&bytes(files, end)).unwrap();
    for (parameter, value) in expected {
        assert!(header.parameters.get(*parameter) == value, "{end}: {} is something else", parameter.name());
    }
    assert_eq!(header.complete, complete, "{end}");
}

#[test]
fn siemens_files_are_read_to_the_last_parameter() {
    let files = files();
    // Explicit, with image and series header of the second version.
    let expected = [
        (Phase, Value::Integer(1)),
        (Ipat, text("p2")),
        (AcqTime, text("203006.552500")),
        (AcqDate, text("20100114")),
        (SeriesNumber, Value::Integer(12)),
        (SubId, text("")),
        (Comments, Value::Absent),
        (Operator, text("MC")),
        (Station, text("MRC35119")),
        (Project, text("CBU^Neuroimaging")),
        (SequenceName, text("CBU_DTI_64D_1A")),
        (SequenceType, text("ep_b1000#1")),
        (PedMajor, text("COL")),
        (Tr, number(6600.0)),
        (Te, number(93.0)),
        (Matrix, Value::Integers(vec![128, 0, 0, 128])),
        (PixelResol, Value::Numbers(vec![1.796875, 1.796875])),
        (Bwp, number(1395.0)),
        (BwpPe, number(19.055)),
        (Fa, number(90.0)),
        (Ta, text("TA 00.04")),
        (FoV, text("FoV 1610*1610")),
        (Shims, text("-7806,-8833,-2097,867,80,-61,-4,-16,123251815,0x2")),
        (SequenceFile, text("%SiemensSeq%/ep2d_diff")),
    ];
    assert_eq!(expected.len(), Parameter::ALL.len());
    holds(&files, "nicom/tests/data/siemens_dwi_1000.dcm.gz", true, &expected);
    // Implicit, with a protocol of 200 kB.
    holds(
        &files,
        "b0dwiForFmap/b0dwi_for_fmap+00003.dcm",
        true,
        &[
            (Phase, Value::Integer(1)),
            (Ipat, Value::Absent),
            (Comments, text("Unaliased MB3/PE3/LB SENSE1")),
            (Tr, number(4150.0)),
            (Te, number(85.2)),
            (BwpPe, number(9.398)),
            (Ta, text("TA 09:51")),
            (Shims, text("250,-12615,-8471,371,-21,-188,-24,36,123190869,512")),
            (SequenceFile, text("%CustomerSeq%/cmrr_mbep2d_diff")),
        ],
    );
    holds(
        &files,
        "01-fmap_acq-3mm/1.3.12.2.1107.5.2.43.66112.2016101409263663466202201.dcm",
        true,
        &[
            (PedMajor, text("ROW")),
            (Matrix, Value::Integers(vec![0, 64, 64, 0])),
            (BwpPe, Value::Absent),
            (SequenceFile, text("%SiemensSeq%/gre_field_mapping")),
        ],
    );
}

#[test]
fn enhanced_files_are_read() {
    let files = files();
    holds(
        &files,
        "MRI_102TD_PHA_S.MR.Chen_Matthews_1.3.1.2022.11.16.15.50.20.357.31204541.dcm",
        true,
        &[
            // Of Siemens' software XA.
            (Ipat, text("p3")),
            (Shims, text("297,9886,-6479,115,31,-1,15,6,123243011,1")),
            (SequenceFile, text("%SiemensSeq%/AALScout")),
            (AcqDate, text("20221116")),
            (SequenceType, text("*fl3d1_ns")),
            (PedMajor, text("OTHER")),
            (Tr, number(3.15)),
            (Te, number(1.37)),
            (Matrix, Value::Absent),
            (PixelResol, Value::Numbers(vec![1.6, 1.6])),
            (Bwp, number(539.0)),
            (Fa, number(8.0)),
        ],
    );
    holds(
        &files,
        "nicom/tests/data/philips_mprage.dcm.gz",
        true,
        &[
            (SequenceType, text("T1TFE")),
            (Tr, number(7.56930017471313)),
            (Te, number(3.513)),
            (Matrix, Value::Integers(vec![0, 256, 256, 0])),
            // The classic element is there as well, and wins.
            (Bwp, number(193.0)),
            (Fa, number(7.0)),
        ],
    );
}

#[test]
fn every_transfer_syntax_is_read() {
    let files = files();
    let small = [
        (SubId, text("CompressedSamples^MR1")),
        (AcqTime, text("")),
        (SeriesNumber, Value::Integer(1)),
        (Tr, number(4000.0)),
        (Te, number(240.0)),
        (PixelResol, Value::Numbers(vec![0.3125, 0.3125])),
        (Fa, number(90.0)),
    ];
    for name in ["MR_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm"] {
        holds(&files, name, true, &small);
    }
    // Compressed images have no length, and the last one is not all there.
    for name in ["MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_truncated.dcm"] {
        holds(&files, name, false, &small);
    }
    holds(&files, "image_dfl.dcm", false, &[(SubId, text("^^^^")), (SeriesNumber, Value::Nothing)]);
    holds(&files, "ExplVR_BigEndNoMeta.dcm", true, &[(SeriesNumber, Value::Integer(1))]);
    assert_eq!(try_bytes(&bytes(&files, "rtplan_truncated.dcm")), Err(Unreadable::Cut));
}

#[test]
fn every_character_set_is_read() {
    let files = files();
    let names = [
        ("chrArab.dcm", "قباني^لنزار"),
        ("chrFren.dcm", "Buc^Jérôme"),
        ("chrGerm.dcm", "Äneas^Rüdiger"),
        ("chrGreek.dcm", "Διονυσιος"),
        ("chrH31.dcm", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("chrH32.dcm", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
        ("chrHbrw.dcm", "שרון^דבורה"),
        ("chrI2.dcm", "Hong^Gildong=洪^吉洞=홍^길동"),
        ("chrKoreanMulti.dcm", "김희중"),
        ("chrRuss.dcm", "Люкceмбypг"),
        ("chrX1.dcm", "Wang^XiaoDong=王^小東"),
        ("chrX2.dcm", "Wang^XiaoDong=王^小东"),
    ];
    for (file, name) in names {
        holds(&files, file, true, &[(SubId, text(name))]);
    }
}

#[test]
fn every_file_is_read_or_refused() {
    let (mut count, limits) = (0, ReadLimits::default());
    for path in files() {
        let start = Instant::now();
        match read(&path, &limits) {
            Ok(_) => count += 1,
            Err(Unreadable::NotDicom | Unreadable::Empty) => {
                let name = path.to_string_lossy();
                let other = ["no_meta.dcm", "charset_files/empty.dcm"].iter().any(|known| name.ends_with(known));
                assert!(other || !name.ends_with(".dcm"), "{name} is refused");
            }
            Err(Unreadable::Cut) => assert!(path.ends_with("rtplan_truncated.dcm"), "{} is cut", path.display()),
            Err(error) => panic!("{}: {error}", path.display()),
        }
        assert!(start.elapsed() < LONGEST, "{}", path.display());
    }
    assert!(count > 190, "only {count} files could be read");
}

/// Numbers that are the same in every run (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}

/// The files that are damaged: one for every road through the reader.
const DAMAGED: [&str; 8] = [
    "nicom/tests/data/siemens_dwi_1000.dcm.gz",
    "b0dwiForFmap/b0dwi_for_fmap+00003.dcm",
    "MRI_102TD_PHA_S.MR.Chen_Matthews_1.3.1.2022.11.16.15.50.20.357.31204541.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_implicit.dcm",
    "image_dfl.dcm",
    "UN_sequence.dcm",
    "chrH32.dcm",
];
/// More than any of their headers has.
const HEADER: usize = 300_000;

fn header_bytes(files: &[PathBuf], end: &str) -> Vec<u8> {
    let mut bytes = bytes(files, end);
    bytes.truncate(HEADER);
    bytes
}

#[test]
fn what_is_cut_is_read_or_refused() {
    let files = files();
    for end in DAMAGED {
        let bytes = header_bytes(&files, end);
        let whole = try_bytes(&bytes).unwrap();
        let mut cuts: Vec<usize> = (0..bytes.len().min(1500)).collect();
        cuts.extend((1500..bytes.len()).step_by(bytes.len() / 300 + 1));
        for length in cuts {
            match try_bytes(&bytes[..length]) {
                // Between two elements: what is there is as it was.
                Ok(header) => {
                    for (parameter, value) in header.parameters.iter() {
                        let same = *value == Value::Absent || value == whole.parameters.get(parameter);
                        assert!(same, "{end}, {length} bytes: {}", parameter.name());
                    }
                }
                Err(Unreadable::Cut | Unreadable::Empty | Unreadable::NotDicom) => {}
                Err(error) => panic!("{end}, {length} bytes: {error}"),
            }
        }
    }
}

#[test]
fn what_is_damaged_is_read_or_refused() {
    let files = files();
    let mut dice = Dice(1);
    for end in DAMAGED {
        let bytes = header_bytes(&files, end);
        // Headers begin with what is most read, so most damage is done there.
        let places = [400, 4000.min(bytes.len()), bytes.len()];
        for round in 0..600 {
            let mut damaged = bytes.clone();
            let place = dice.below(places[round % places.len()] - 4);
            match dice.below(4) {
                0 => damaged[place] ^= 1 << dice.below(8),
                1 => damaged[place..place + 4].copy_from_slice(&[0xFF; 4]),
                2 => damaged[place..place + 4].copy_from_slice(&0x7FFF_FFFEu32.to_le_bytes()),
                _ => drop(damaged.drain(place..place + 1 + dice.below(3))),
            }
            if let Err(error) = try_bytes(&damaged) {
                let label = error.as_str();
                let of_a_file = ["cut", "not_dicom", "too_large", "malformed"];
                assert!(of_a_file.contains(&label), "{end}, round {round}: {label}");
            }
        }
    }
}

#[test]
fn a_folder_is_no_file() {
    let folder = files().first().and_then(|path| path.parent().map(Path::to_owned)).unwrap();
    assert_eq!(read(&folder, &ReadLimits::default()), Err(Unreadable::NotAFile));
}
