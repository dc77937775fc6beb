//! What a self-check has to say about the files as they are: which differ from the templates of their own archive.

use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use tieline_commandline::{Plain, printable};
use tieline_dicom_judge::templates::text;
use tieline_dicom_judge::{Judgement, NULL, Verdict};
use tieline_dicom_read::{Header, Parameter};

/// So many files of one alarm are named in JSON.
const NAMED: usize = 1000;
/// So many of them in words.
const SHOWN: usize = 5;

/// Files and alarms, counted.
#[derive(Default)]
pub(super) struct Alarms {
    files: u64,
    conforming: u64,
    skipped: u64,
    nameless: u64,
    without_template: u64,
    not_dicom: u64,
    not_listed: u64,
    unreadable: BTreeMap<&'static str, u64>,
    /// By study, sequence, kind and parameter.
    alarms: BTreeMap<(String, String, &'static str, &'static str), Alarm>,
}

/// One parameter of one sequence that differs.
struct Alarm {
    count: u64,
    expect: String,
    have: String,
    files: Vec<String>,
}

impl Alarms {
    /// Notes a file's judgement.
    pub(super) fn note(&mut self, header: &Header, path: &Path, judgement: &Judgement) {
        self.files += 1;
        match judgement.verdict {
            _ if judgement.rules.skipped => self.skipped += 1,
            Verdict::Conforms => self.conforming += 1,
            Verdict::NoTemplate if judgement.is_nameless => self.nameless += 1,
            Verdict::NoTemplate => self.without_template += 1,
            Verdict::Differs => {}
        }
        let read = |parameter| text(header.parameters.get(parameter)).unwrap_or_default();
        for difference in &judgement.differences {
            let names = (read(Parameter::Project), read(Parameter::SequenceName));
            let key = (names.0, names.1, header.kind.as_str(), difference.parameter.name());
            let alarm = self.alarms.entry(key).or_insert_with(|| Alarm {
                count: 0,
                expect: difference.expect.reveal().clone(),
                have: text(&difference.have).unwrap_or_else(|| NULL.to_owned()),
                files: Vec::new(),
            });
            alarm.count += 1;
            if alarm.files.len() < NAMED {
                alarm.files.push(path.to_string_lossy().into_owned());
            }
        }
    }

    pub(super) fn not_dicom(&mut self) {
        self.not_dicom += 1;
    }

    pub(super) fn unreadable(&mut self, reason: &'static str) {
        *self.unreadable.entry(reason).or_default() += 1;
    }

    pub(super) fn not_listed(&mut self, count: u64) {
        self.not_listed += count;
    }

    /// Whether nothing differs.
    pub(super) fn are_none(&self) -> bool {
        self.alarms.is_empty()
    }

    /// As JSON.
    pub(super) fn json(&self) -> Json {
        let alarm = |((project, sequence, kind, parameter), alarm): (&(String, String, &str, &str), &Alarm)| {
            json!({
                "Project": project, "SequenceName": sequence, "kind": kind, "parameter": parameter, "files": alarm.count,
                "expect": alarm.expect, "have": alarm.have, "paths": alarm.files,
            })
        };
        json!({
            "files": self.files, "conforming": self.conforming, "skipped": self.skipped, "no_study_name": self.nameless,
            "no_template": self.without_template, "not_dicom": self.not_dicom, "not_listed": self.not_listed,
            "unreadable": self.unreadable.iter().map(|(reason, count)| ((*reason).to_owned(), json!(count)))
                .collect::<serde_json::Map<_, _>>(),
            "alarms": self.alarms.iter().map(alarm).collect::<Vec<_>>(),
        })
    }

    /// In words.
    pub(super) fn text(&self) -> String {
        let mut table = Plain::with_numbers(&["", ""], &[1]);
        let mut line = |what: &str, count: u64| table.add([what.to_owned(), count.to_string()]);
        line("files judged", self.files);
        line("  conform to the archive's own templates", self.conforming);
        let others = [
            ("  left out by [[mr.skip]]", self.skipped),
            ("  no study name: see `project` in [mr]", self.nameless),
            ("  no template", self.without_template),
            ("not DICOM", self.not_dicom),
            ("folders or entries not listed", self.not_listed),
        ];
        others.into_iter().filter(|(_, count)| *count > 0).for_each(|(what, count)| line(what, count));
        self.unreadable.iter().for_each(|(reason, count)| line(&format!("unreadable: {reason}"), *count));
        let mut all: String = table.text().lines().skip(1).map(|line| format!("{line}\n")).collect();
        if self.alarms.is_empty() {
            return all + "\nNo alarms.\n";
        }
        all.push_str("\nAlarms: the file differs in truth, or a rule of the site should say so.\n");
        let mut table =
            Plain::with_numbers(&["study", "sequence", "kind", "parameter", "files", "have", "expected"], &[4]);
        for ((project, sequence, kind, parameter), alarm) in &self.alarms {
            let count = alarm.count.to_string();
            table.add([project, sequence, *kind, *parameter, &count, &alarm.have, &alarm.expect]);
        }
        all.push_str(&table.text());
        for ((_, sequence, kind, parameter), alarm) in &self.alarms {
            all.push_str(&format!("\n{} {kind} {parameter}:\n", printable(sequence)));
            alarm.files.iter().take(SHOWN).for_each(|path| all.push_str(&format!("  {}\n", printable(path))));
            let more = alarm.count.saturating_sub(SHOWN as u64);
            if more > 0 {
                all.push_str(&format!("  and {more} more; --json names them\n"));
            }
        }
        all
    }
}
