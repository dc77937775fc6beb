//! `tieline mr report`: what sessions lacked and which series differed, from the gateway's memory.
//!
//! Promises: it only reads; newest first; bounded memory, whatever the store holds. With tables for people, JSON lines or CSV.

use super::arguments::Report;
use super::{Context, Failure};
use serde_json::{Value as Json, json};
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tieline_commandline::{Plain, WELL};
use tieline_dicom_backend::moment;
use tieline_store::series::Remembered;
use tieline_store::{FILE, Store};

/// Series that are read at a time.
const PAGE: usize = 500;
/// Sessions that are told at most.
const SESSIONS: usize = 100_000;
const HEADINGS: [&str; 9] = ["when", "what", "station", "study", "sequence", "series", "images", "differing", "found"];

/// How much there was.
#[derive(Default)]
struct Sum {
    series: u64,
    differ: u64,
    without_template: u64,
    sessions: u64,
}

/// Where lines go.
enum Form {
    Table(Box<Plain>),
    Json,
    Csv,
}

pub(super) fn report(arguments: &Report, context: &mut Context<'_>) -> Result<u8, Failure> {
    let (folder, _) = context.configured(&arguments.given)?;
    let mut form = match (arguments.json, arguments.csv) {
        (true, _) => Form::Json,
        (_, true) => Form::Csv,
        _ => Form::Table(Box::new(Plain::with_numbers(&HEADINGS, &[5, 6, 7]))),
    };
    if matches!(form, Form::Csv) {
        writeln!(context.out, "{}", HEADINGS.join(","))?;
    }
    let mut sum = Sum::default();
    // No command that only reads makes a store.
    if folder.join(FILE).exists() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let since = i64::try_from(now.saturating_sub(arguments.since).as_millis()).unwrap_or(i64::MAX);
        let mut store = Store::open(&folder)?;
        for (station, at, content) in store.series().sessions(since, SESSIONS)? {
            sum.sessions += 1;
            let content: Json = serde_json::from_str(&content).unwrap_or_default();
            let line = json!({"type": "session", "at": moment(at), "station": station, "content": content});
            add(&mut form, &line, session(&line), context.out)?;
        }
        let mut before = None;
        loop {
            let page = store.series().history(None, since, before, PAGE)?;
            for one in &page.series {
                if let Some(line) = series(one, &mut sum) {
                    add(&mut form, &line, differences(&line), context.out)?;
                }
            }
            before = page.next;
            if before.is_none() {
                break;
            }
        }
    }
    if let Form::Table(table) = &form
        && sum.sessions + sum.differ > 0
    {
        write!(context.out, "{}", table.text())?;
    }
    let Sum { series, differ, without_template, sessions } = sum;
    writeln!(
        context.diagnostics,
        "{series} series, of which {differ} differ and {without_template} have no template; {sessions} sessions that ended"
    )?;
    Ok(WELL)
}

/// Adds a line in its form.
fn add(form: &mut Form, line: &Json, cells: [String; 9], out: &mut dyn Write) -> Result<(), Failure> {
    match form {
        Form::Table(table) => table.add(cells),
        Form::Json => writeln!(out, "{line}")?,
        Form::Csv => writeln!(out, "{}", cells.map(|cell| quoted(&cell)).join(","))?,
    }
    Ok(())
}

/// A cell as RFC 4180 writes it. What a spreadsheet would take for a formula gets an apostrophe: headers must not command it.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = cell.replace('"', "\"\"");
    match is_formula {
        true => format!("\"'{cell}\""),
        false if cell.contains([',', '"', '\n', '\r']) => format!("\"{cell}\""),
        false => cell,
    }
}

/// A series that differs; others are counted.
fn series(one: &Remembered, sum: &mut Sum) -> Option<Json> {
    let content: Json = serde_json::from_str(&one.content).ok()?;
    let series: Json = serde_json::from_str(&one.series).ok()?;
    sum.series += 1;
    sum.without_template += u64::from(series["verdict"] == "no_template");
    if series["verdict"] != "differs" {
        return None;
    }
    sum.differ += 1;
    Some(json!({
        "type": "series", "at": moment(one.at), "station": one.station, "study": content["input"]["Project"], "series": series,
        "errors": content["errors"],
    }))
}

fn differences(line: &Json) -> [String; 9] {
    let of = |key: &str| shown(&line["series"][key]);
    let errors = line["errors"].as_object().into_iter().flatten();
    let errors =
        errors.map(|(name, pair)| format!("{name} {} instead of {}", shown(&pair["have"]), shown(&pair["expect"])));
    let found = errors.collect::<Vec<_>>().join("; ");
    let top = |key: &str| shown(&line[key]);
    let what = "series".to_owned();
    [top("at"), what, top("station"), top("study"), of("name"), of("number"), of("images"), of("differing"), found]
}

fn session(line: &Json) -> [String; 9] {
    let list = |key: &str| -> Vec<String> {
        line["content"][key]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| match one["sequence"].as_str() {
                Some(name) => format!("{name} ({} of {} images)", shown(&one["got"]), shown(&one["expected"])),
                None => shown(one),
            })
            .collect()
    };
    let parts = ["missing", "incomplete", "repeated", "differing"].map(|key| (key, list(key)));
    let parts =
        parts.iter().filter(|(_, names)| !names.is_empty()).map(|(key, names)| format!("{key}: {}", names.join(", ")));
    let found = parts.collect::<Vec<_>>().join("; ");
    let found = if found.is_empty() { "whole".to_owned() } else { found };
    let none = String::new;
    let (at, station) = (shown(&line["at"]), shown(&line["station"]));
    [at, "session".to_owned(), station, none(), none(), none(), none(), none(), found]
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// A span of time as people write it: `7d`, `12h`.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "write a span of time such as 7d, 12h or 30m".to_owned())
}
