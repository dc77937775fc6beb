//! A frame as those may see it who may not see patient data.
//!
//! Promises: a parameter is shown when it is known to identify nobody; everything else, also what this version has never
//! heard of, is a redaction. Station, verdict and the numbers of a scan stay, since ties and pages work with them.

use super::frame::Frame;
use super::verdict::Content;
use serde::Deserialize;
use serde_json::value::RawValue;
use tieline_model::json::members;
use tieline_model::patient::REDACTED;

/// Parameters and template columns that identify nobody (contract `mr`, the 24 parameters and Templates).
const OPEN: &[&str] = &[
    "Phase",
    "iPAT",
    "AcqTime",
    "AcqDate",
    "SeriesNumber",
    "Station",
    "SequenceName",
    "SequenceType",
    "PED_major",
    "TR",
    "TE",
    "Matrix",
    "PixelResol",
    "BWP",
    "BWPPE",
    "FA",
    "TA",
    "FoV",
    "Shims",
    "SequenceFile",
    "n",
    "param_id",
    "first",
    "last",
    "multiecho_tes",
    "is_ideal",
];
/// Those whose names may be shown, but not what they hold (contract `access`, patient data).
const HIDDEN: &[&str] = &["SubID", "Operator", "Comments", "Project", "dcm_path"];

/// The frame with everything hidden that could identify a person.
pub(crate) fn frame(frame: &str) -> String {
    match super::frame::read(frame.as_bytes()) {
        Some(Frame { station, kind, content }) => {
            let content = match kind.get() {
                r#""update""# => content.get().to_owned(),
                r#""unreadable""# => unreadable(content),
                _ => verdict(content).unwrap_or_else(hidden),
            };
            format!(r#"{{"station":{station},"type":{kind},"content":{content}}}"#)
        }
        // What was published was composed, so this is for a body that came from elsewhere.
        None => r#"{"station":null,"type":"unknown","content":null}"#.to_owned(),
    }
}

fn verdict(content: &RawValue) -> Option<String> {
    let Content { conforms, errors, input, template, verdict } = Content::read(content.get()).ok()?;
    let both = format!(r#"{{"expect":{0},"have":{0}}}"#, hidden());
    let (errors, input, template) =
        (parameters(errors, &both), parameters(input, &hidden()), parameters(template, &hidden()));
    Some(format!(
        r#"{{"conforms":{conforms},"errors":{errors},"input":{input},"template":{template},"verdict":{verdict}}}"#
    ))
}

/// An object by parameter; `instead` stands where something is hidden.
fn parameters(object: &RawValue, instead: &str) -> String {
    let mut out = String::from("{");
    let read = members(object.get(), |name, value| {
        if out.len() > 1 {
            out.push(',');
        }
        let open = OPEN.contains(&name);
        match open || HIDDEN.contains(&name) {
            true => out.push_str(&format!("\"{name}\"")),
            false => out.push_str(&hidden()),
        }
        out.push(':');
        out.push_str(if open { value.get() } else { instead });
    });
    match read {
        Ok(()) => out + "}",
        Err(_) => hidden(),
    }
}

#[derive(Deserialize)]
struct Unreadable {
    path: String,
    reason: String,
}

/// Without the path, also where the reason repeats it.
fn unreadable(content: &RawValue) -> String {
    let Ok(Unreadable { path, reason }) = serde_json::from_str(content.get()) else { return hidden() };
    let reason = if path.is_empty() { reason } else { reason.replace(&path, REDACTED) };
    format!(r#"{{"path":{},"reason":{}}}"#, hidden(), serde_json::Value::from(reason))
}

/// The redaction as JSON.
fn hidden() -> String {
    format!("\"{REDACTED}\"")
}
