//! A frame as those may see it who may not see patient data.
//!
//! Promises: a parameter is shown when it is known to identify nobody; everything else, also what this version has never
//! heard of, is a redaction. Station, verdict and the numbers of a scan stay, since ties and pages work with them.

use super::frame::Frame;
use super::push_member;
use super::series::Series;
use super::session::Session;
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
/// Kinds of images (contract `mr-verdicts`, the key of a template).
const KINDS: &[&str] = &[r#""M""#, r#""P""#, r#""MOCO""#, r#""DERIVED""#, r#""SBREF""#, r#""OTHER""#];
/// Why a parameter was not compared, besides a rule of the site.
const REASONS: &[&str] = &[
    r#""absent on both sides""#,
    r#""absent on one side, as in real-time export""#,
    r#""not recorded in the template database""#,
    r#""free: within a series it differs from session to session""#,
    r#""free until a second session is indexed: each image of the only one has another""#,
    r#""free: one series has more different values than are kept""#,
];

/// The frame with everything hidden that could identify a person.
pub(crate) fn frame(frame: &str) -> String {
    match super::frame::read(frame.as_bytes()) {
        Some(Frame { station, kind, content }) => {
            let content = match kind.get() {
                r#""update""# => content.get().to_owned(),
                r#""unreadable""# => unreadable(content),
                r#""series""# => Series::read(content.get()).map_or_else(|_| hidden(), |series| of_series(&series)),
                r#""session""# => Session::read(content.get()).map_or_else(|_| hidden(), |session| session.in_order()),
                _ => verdict(content).unwrap_or_else(hidden),
            };
            format!(r#"{{"station":{station},"type":{kind},"content":{content}}}"#)
        }
        // What was published was composed, so this is for a body that came from elsewhere.
        None => r#"{"station":null,"type":"unknown","content":null}"#.to_owned(),
    }
}

fn verdict(content: &RawValue) -> Option<String> {
    let content = Content::read(content.get()).ok()?;
    let Content { conforms, errors, input, template, verdict, .. } = content;
    let both = format!(r#"{{"expect":{0},"have":{0}}}"#, hidden());
    let (errors, input, template) =
        (parameters(errors, &both), parameters(input, &hidden()), parameters(template, &hidden()));
    let mut out = format!(
        r#"{{"conforms":{conforms},"errors":{errors},"input":{input},"template":{template},"verdict":{verdict}"#
    );
    let series = content.series.and_then(|series| Series::read(series.get()).ok()).map(|series| of_series(&series));
    let word = |word: &RawValue, known: &[&str]| {
        if known.contains(&word.get()) { word.get().to_owned() } else { hidden() }
    };
    let not_compared = content.not_compared.map(|why| {
        each(
            why,
            |open, value| {
                if open.is_some() && is_reason(value.get()) { value.get().to_owned() } else { hidden() }
            },
        )
    });
    for (key, value) in [
        ("series", series),
        ("kind", content.kind.map(|kind| word(kind, KINDS))),
        ("not_compared", not_compared),
        ("rules", content.rules.map(|rules| rules.get().to_owned())),
        ("reason", content.reason.map(|reason| word(reason, &[r#""no_study_name""#]))),
    ] {
        push_member(&mut out, key, value.as_deref());
    }
    Some(out + "}")
}

/// Its number and name are those of a sequence, its UID is a hash.
fn of_series(series: &Series<'_>) -> String {
    let missing = series.missing_values.map(|values| parameters(values, &hidden()));
    series.in_order(missing.as_deref())
}

/// Why a parameter was not compared, as the judge says it: none of these holds a value of a header.
fn is_reason(json: &str) -> bool {
    let rule = json.strip_prefix(r#""ignored by [[mr.rule]] "#).and_then(|rest| rest.strip_suffix('"'));
    REASONS.contains(&json) || rule.is_some_and(|rule| rule.len() < 6 && rule.bytes().all(|byte| byte.is_ascii_digit()))
}

/// An object by parameter; `instead` stands where something is hidden.
fn parameters(object: &RawValue, instead: &str) -> String {
    each(object, |open, value| if open == Some(true) { value.get().to_owned() } else { instead.to_owned() })
}

/// An object by parameter. `show` is told whether its value may be seen, or `None` of one that is not known at all.
fn each(object: &RawValue, mut show: impl FnMut(Option<bool>, &RawValue) -> String) -> String {
    let mut out = String::from("{");
    let read = members(object.get(), |name, value| {
        if out.len() > 1 {
            out.push(',');
        }
        let open = if OPEN.contains(&name) { Some(true) } else { HIDDEN.contains(&name).then_some(false) };
        match open {
            Some(_) => out.push_str(&format!("\"{name}\"")),
            None => out.push_str(&hidden()),
        }
        out.push(':');
        out.push_str(&show(open, value));
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
