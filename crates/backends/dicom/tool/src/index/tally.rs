//! The report at the end of `tieline mr index`.

use super::sample::Done;
use super::walk::Walked;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use tieline_commandline::Plain;
use tieline_dicom_read::Unreadable;
use tieline_store::templates::Totals;

/// What became of the files.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    read: u64,
    passed_over: u64,
    without_names: u64,
    unreadable: BTreeMap<&'static str, u64>,
    walked: Walked,
}

impl Tally {
    /// Adds a group's.
    pub(super) fn add(&mut self, done: &Done) {
        self.read += done.read;
        self.passed_over += done.passed_over;
        self.without_names += done.without_names;
        for (reason, count) in &done.unreadable {
            *self.unreadable.entry(reason).or_default() += count;
        }
    }

    /// Adds what the walk says.
    pub(super) fn walked(&mut self, walked: Walked) {
        self.walked = walked;
    }

    /// How many files were looked at so far.
    pub(super) fn seen(&self) -> u64 {
        self.read + self.passed_over + self.walked.done_before
    }

    fn not_dicom(&self) -> u64 {
        self.unreadable.get(Unreadable::NotDicom.as_str()).copied().unwrap_or_default()
    }

    fn reasons(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let others = self.unreadable.iter().filter(|(reason, _)| **reason != Unreadable::NotDicom.as_str());
        others.map(|(reason, count)| (*reason, *count))
    }

    /// As JSON.
    pub(crate) fn json(&self, totals: &Totals) -> Json {
        json!({
            "files": {
                "seen": self.seen(),
                "read": self.read,
                "passed_over": self.passed_over,
                "done_before": self.walked.done_before,
                "not_dicom": self.not_dicom(),
                "without_names": self.without_names,
                "unreadable": self.reasons().map(|(reason, count)| (reason.to_owned(), json!(count)))
                    .collect::<serde_json::Map<_, _>>(),
                "not_listed": self.walked.not_listed,
            },
            "store": {
                "acquisitions": totals.acquisitions,
                "sets": totals.sets,
                "templates": totals.templates,
                "with_more_than_one_set": totals.mixed,
            },
        })
    }

    /// In lines.
    pub(crate) fn text(&self, totals: &Totals) -> String {
        let mut lines = vec![
            ("files seen".to_owned(), self.seen(), ""),
            ("  read".to_owned(), self.read, ""),
            ("  passed over".to_owned(), self.passed_over, "alike in all to files that were read"),
            ("  done before".to_owned(), self.walked.done_before, "indexed earlier and still the same"),
            ("not DICOM".to_owned(), self.not_dicom(), ""),
            ("without names".to_owned(), self.without_names, "no Study or Series Description: nothing to count under"),
        ];
        lines.extend(self.reasons().map(|(reason, count)| (format!("unreadable: {reason}"), count, "")));
        if self.walked.not_listed > 0 {
            lines.push((
                "not listed".to_owned(),
                self.walked.not_listed,
                "folders or entries the system does not show",
            ));
        }
        lines.push(("acquisitions".to_owned(), totals.acquisitions, "in the store now, as what follows"));
        lines.push(("parameter sets".to_owned(), totals.sets, ""));
        lines.push(("templates".to_owned(), totals.templates, "by study, sequence and kind of image"));
        let hint = "of these; see `tieline mr templates list`";
        lines.push(("with more than one set".to_owned(), totals.mixed, hint));
        let mut table = Plain::with_numbers(&["", "", ""], &[1]);
        lines.into_iter().for_each(|(what, count, note)| table.add([what, count.to_string(), note.to_owned()]));
        table.text().lines().skip(1).map(|line| format!("{line}\n")).collect()
    }
}
