//! Damaged copies of real files, read as pydicom reads them: whatever it reads to the end of the data set, Tieline reads with
//! equal values, or the difference is in [`excuse`] with its reason (contract `mr-verdicts`, "Reading more").
//!
//! The copies and what pydicom says of them are made by `tests/dicom/expect.py`, so that both read the same bytes;
//! `cargo xtask test dicom` gets the files and makes the list.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use flate2::read::GzDecoder;
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use tieline_dicom_read::Parameter::*;
use tieline_dicom_read::{Parameter, ReadLimits, Unreadable, Value, read_from};

/// The variable that names the folder.
const FOLDER: &str = "TIELINE_DICOM";
const MAKE: &str = "get the files and run this test with: cargo xtask test dicom";

fn folder() -> PathBuf {
    std::env::var_os(FOLDER).unwrap_or_else(|| panic!("{FOLDER} names no folder with DICOM files; {MAKE}")).into()
}

fn unpacked(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_none_or(|extension| extension != "gz") {
        return bytes;
    }
    let mut unpacked = Vec::new();
    GzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
    unpacked
}

/// One line of the list.
struct Case {
    line: usize,
    kind: String,
    file: String,
    bytes: Vec<u8>,
    /// Whether pydicom found a transfer syntax.
    has_syntax: bool,
    values: Json,
}

/// Every copy that pydicom reads to its end.
fn cases() -> Vec<Case> {
    let folder = folder();
    let list = std::fs::read_to_string(folder.join("expected.jsonl")).unwrap_or_else(|error| panic!("{error}; {MAKE}"));
    let mut files = HashMap::new();
    let mut cases = Vec::new();
    for (line, text) in list.lines().enumerate() {
        let Json::Object(mut case) = serde_json::from_str(text).unwrap() else { panic!("line {line}") };
        let file = case["file"].as_str().unwrap().to_owned();
        let whole = files.entry(file.clone()).or_insert_with(|| unpacked(&folder.join(&file)));
        let mut bytes = whole[..case["length"].as_u64().unwrap() as usize].to_vec();
        for edit in case["edits"].as_array().unwrap() {
            let at = |index: usize| edit[index].as_u64().unwrap() as usize;
            let end = (at(0) + at(1)).min(bytes.len());
            bytes.splice(at(0)..end, hex(edit[2].as_str().unwrap()));
        }
        if let Some(values) = case.remove("values") {
            let kind = case["kind"].as_str().unwrap().to_owned();
            cases.push(Case { line: line + 1, kind, file, bytes, has_syntax: case["meta"] == true, values });
        }
    }
    cases
}

fn hex(digits: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(digit).collect()
}

/// What pydicom says of this parameter, when it says something.
fn wanted(values: &Json, parameter: Parameter) -> Option<Said<'_>> {
    let said = values.get(parameter.name())?.as_array()?;
    let is_twice = said.last().is_some_and(|last| last == "twice");
    Some(Said {
        vr: said.first()?.as_str()?,
        value: said.get(1).filter(|_| said.len() > 1 + usize::from(is_twice))?,
        is_twice,
    })
}

/// What Tieline makes of it, in the list's words.
fn said(value: &Value) -> Json {
    match value {
        Value::Absent | Value::Nothing => Json::Null,
        Value::Text(text) => Json::from(text.as_str()),
        Value::Integer(number) => Json::from(*number as f64),
        Value::Number(number) => Json::from(*number),
        Value::Integers(numbers) if numbers.len() == 1 => Json::from(numbers[0] as f64),
        Value::Integers(numbers) => numbers.iter().map(|number| *number as f64).collect(),
        Value::Numbers(numbers) => Json::from(numbers.as_slice()),
    }
}

/// What stands in standard elements at the top of a data set.
const ASKED: [Parameter; 17] = [
    AcqTime,
    AcqDate,
    SeriesNumber,
    SubId,
    Comments,
    Operator,
    Station,
    Project,
    SequenceName,
    SequenceType,
    PedMajor,
    Tr,
    Te,
    Matrix,
    PixelResol,
    Bwp,
    Fa,
];
/// Files whose functional groups are read as well.
const ENHANCED: [&str; 2] = ["MRI_102TD_PHA_S", "philips_mprage"];

/// What pydicom says of one parameter.
struct Said<'a> {
    vr: &'a str,
    value: &'a Json,
    is_twice: bool,
}

/// Why a value may be another than pydicom's.
fn excuse(said: &Said) -> Option<&'static str> {
    if said.is_twice {
        return Some("of an element that is there twice the first counts, the last with pydicom");
    }
    None
}

/// Why a copy that pydicom reads may be unreadable.
fn excuse_of_unread(case: &Case, error: Unreadable) -> Option<&'static str> {
    let has_preamble = case.bytes.get(128..132) == Some(b"DICM");
    if error == Unreadable::NotDicom && !has_preamble {
        // pydicom was told to take everything for DICOM (`force`).
        return Some("a file without preamble whose first two elements make no sense is taken for something else");
    }
    if has_preamble && !case.has_syntax {
        return Some("the meta information is damaged, so that nothing says where the data set begins");
    }
    None
}

#[test]
fn what_pydicom_reads_is_read_with_equal_values() {
    let mut wrong = Vec::new();
    let (mut read, mut compared) = (0, 0);
    let mut excused: BTreeMap<&str, u32> = BTreeMap::new();
    for case in cases() {
        let found = read_from(Cursor::new(&case.bytes), case.bytes.len() as u64, &ReadLimits::default());
        let place = format!("line {}, {} of {}", case.line, case.kind, case.file);
        let header = match found {
            Ok(header) => header,
            Err(error) => {
                match excuse_of_unread(&case, error) {
                    Some(reason) => *excused.entry(reason).or_default() += 1,
                    None => wrong.push(format!("{place}: {}", error.as_str())),
                }
                continue;
            }
        };
        read += 1;
        for (parameter, value) in header.parameters.iter() {
            let have = said(value);
            let Some(want) = wanted(&case.values, parameter) else {
                // What private elements and functional groups have pydicom was not asked for.
                let is_asked = ASKED.contains(&parameter) && !ENHANCED.iter().any(|name| case.file.contains(name));
                if is_asked && have != Json::Null && case.values.get(parameter.name()).is_none() {
                    wrong.push(format!("{place}: {} is {have}, and not there", parameter.name()));
                }
                continue;
            };
            compared += 1;
            if have == *want.value {
                continue;
            }
            match excuse(&want) {
                Some(reason) => *excused.entry(reason).or_default() += 1,
                // These files are public; their values may be shown.
                None => {
                    let (name, vr, want) = (parameter.name(), want.vr, want.value);
                    wrong.push(format!("{place}: {name} ({vr}) is {have}, not {want}"));
                }
            }
        }
    }
    println!("{read} copies, {compared} values; other values with a reason: {excused:?}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(read > 2500 && compared > 25_000, "{read} copies, {compared} values");
}
