//! The backend's keys in its dialect's section (contract `mr`, "Which files" and "Templates"), and what can be wrong with
//! them. Read by the gateway's configuration and by [`crate::BACKEND`].

use std::path::{Path, PathBuf};
use std::time::Duration;
use tieline_dicom_judge::rules::{self, RuleSettings, Rules, SessionSettings, SkipSettings};
use tieline_dicom_judge::{NameFrom, Naming};
use tieline_dicom_watch::{self as watch, Patterns, WatchPlan};
use tieline_model::BadValue;
use tieline_model::settings::{Values, choice, section};

section! {
    /// Which files are judged, and by which templates.
    pub struct DicomSettings {
        /// The folders that scanners export to, watched at every depth. A folder that is not there yet is waited for.
        /// Without any, nothing is judged.
        watch: Vec<String> = "[]",
        /// Which file names are DICOM files, with `*` and `?`. Empty: names that begin with `MR` and one more character,
        /// or end with any character and `dcm` or `IMA`.
        r#match: Vec<String> = "[]",
        /// What becomes of files that were there before the start.
        existing: Existing = "\"ignore\"",
        /// How news of files is had.
        method: Method = "\"notify\"",
        /// With `method = "poll"`, and for folders that the kernel would not watch: how long after one look at all
        /// folders the next begins.
        poll: Duration = "\"2s\"",
        /// How long after one reading of all folders the next begins; it makes sure that no file was missed.
        scan: Duration = "\"1m\"",
        /// The templates: empty for those of `tieline mr index` in the store, or the path of an existing reference
        /// database, which is only read.
        templates: String = "\"\"",
        /// A file that was closed empty, cut, or beginning with zeros is called unreadable when it has not changed for so long.
        settle: Duration = "\"2s\"",
        /// A file that cannot be read for a reason that passes (no permission, an error of the disk or the network share), or whose
        /// templates do not answer, is tried again until it is judged or gone. After so long it is told of as unreadable, once.
        patience: Duration = "\"30s\"",
        /// What names the study of an image: the first of these that is there and not empty. `StudyDescription`, `ProtocolName`,
        /// `RequestedProcedureDescription`, `BodyPartExamined`, or `folder:1`, the first folder below the watched one.
        project: Vec<String> = "[\"StudyDescription\", \"ProtocolName\"]",
        /// A series is over when no image of it came for so long, or 2 seconds after its last one when its scanner has begun another.
        /// Values that its template has and that never came are told then.
        series_end: Duration = "\"1m\"",
        /// A session is over when its scanner begins another study, or when no image came for so long. What is missing, broken off or
        /// there too often is told then.
        session_end: Duration = "\"20m\"",
        /// How long it is remembered which files were judged and what was said of each series: after a restart everything goes on as if
        /// there had been none. `"0s"`: nothing is remembered.
        remember: Duration = "\"30d\"",
        /// What is expected otherwise than the templates say.
        rule: Vec<RuleSettings> = "[]",
        /// Images that are not judged, but counted.
        skip: Vec<SkipSettings> = "[]",
        /// What a session of a study has to hold.
        session: Vec<SessionSettings> = "[]",
    }
}

choice! {
    /// What becomes of files that were there before the start.
    pub enum Existing {
        /// They are not judged until they change.
        Ignore = "ignore",
        /// They are judged like new ones.
        Check = "check",
    }
}

choice! {
    /// How news of files is had.
    pub enum Method {
        /// The kernel tells, within a millisecond.
        Notify = "notify",
        /// By looking again and again: for network shares, where the kernel does not hear of other machines.
        Poll = "poll",
    }
}

impl DicomSettings {
    /// What applies besides the templates.
    pub fn rules(&self) -> Rules {
        Rules::new(&self.rule, &self.skip)
    }

    /// What names studies; folders are counted from the watched ones and from these.
    pub fn naming(&self, more: &[PathBuf]) -> Naming {
        let order = self.project.iter().filter_map(|word| NameFrom::named(word)).collect();
        Naming::new(order, self.watch.iter().map(PathBuf::from).chain(more.iter().cloned()).collect())
    }

    /// What to watch, and how.
    pub(crate) fn plan(&self) -> Result<WatchPlan, watch::PatternError> {
        let folders = self.watch.iter().map(PathBuf::from).collect();
        Ok(WatchPlan {
            names: Patterns::new(&self.r#match)?,
            existing: match self.existing {
                Existing::Ignore => watch::Existing::Ignore,
                Existing::Check => watch::Existing::Check,
            },
            method: match self.method {
                Method::Notify => watch::Method::Notify,
                Method::Poll => watch::Method::Poll,
            },
            poll: self.poll,
            scan: self.scan,
            spoilt: self.settle,
            patience: self.patience,
            ..WatchPlan::new(folders)
        })
    }
}

/// What is wrong with values that each fit their kind.
pub(crate) fn check(values: &Values) -> Vec<BadValue> {
    let settings = DicomSettings::from_values(values);
    let bad = |key: &str, message: String, hint: &str| BadValue {
        key: key.to_owned(),
        message,
        hint: hint.to_owned(),
        is_usable: false,
    };
    let mut found = Vec::new();
    if let Err(error) = Patterns::new(&settings.r#match) {
        found.push(bad("match", error.to_string(), "write file names with `*` and `?`, as in \"MR*\" or \"*.dcm\""));
    }
    if settings.watch.iter().any(String::is_empty) {
        let hint = "name folders in full, as in \"/data/dicomstream\"";
        found.push(bad("watch", "a folder of `watch` is an empty text".to_owned(), hint));
    }
    if settings.project.is_empty() || settings.project.iter().any(|word| NameFrom::named(word).is_none()) {
        let hint = "write one or more of StudyDescription, ProtocolName, RequestedProcedureDescription, BodyPartExamined, folder:1";
        found.push(bad("project", "`project` has to say what names a study, in words that are known".to_owned(), hint));
    }
    found.extend(rules::check(&settings.rule, &settings.skip, &settings.session));
    for (key, time) in [
        ("poll", settings.poll),
        ("scan", settings.scan),
        ("settle", settings.settle),
        ("patience", settings.patience),
        ("series_end", settings.series_end),
        ("session_end", settings.session_end),
    ] {
        if time.is_zero() {
            found.push(bad(
                key,
                format!("`{key}` is zero, which would be without any pause"),
                "1s is the least that makes sense",
            ));
        }
    }
    if !settings.templates.is_empty() && !Path::new(&settings.templates).is_file() {
        let message = format!("there is no file {}", settings.templates);
        let hint = "name an existing reference database, or leave it out to use the templates of the store";
        found.push(bad("templates", message, hint));
    }
    found
}

/// What in these values fits no template that is known; see [`rules::doubts`].
pub(crate) fn doubts(values: &Values, store: &Path) -> Vec<BadValue> {
    let settings = DicomSettings::from_values(values);
    rules::doubts(&settings.rule, &settings.skip, store, &settings.templates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_model::settings::Value;

    #[test]
    fn the_defaults_are_those_of_the_watcher() {
        assert_eq!(check(&Values::default()), []);
        let (ours, theirs) = (DicomSettings::default().plan().unwrap(), WatchPlan::new(Vec::new()));
        assert_eq!((ours.existing, ours.method), (theirs.existing, theirs.method));
        assert_eq!((ours.poll, ours.scan, ours.settle), (theirs.poll, theirs.scan, theirs.settle));
        assert_eq!((ours.spoilt, ours.patience), (theirs.spoilt, theirs.patience));
    }

    #[test]
    fn every_value_that_cannot_be_used_is_told() {
        let mut values = Values::default();
        values.set("match", Value::Texts(vec!["[".to_owned()]));
        values.set("watch", Value::Texts(vec![String::new()]));
        values.set("scan", Value::Duration(Duration::ZERO));
        values.set("project", Value::Texts(vec!["Study".to_owned()]));
        let mut rule = Values::default();
        rule.set("ignore", Value::Texts(vec!["Comment".to_owned()]));
        values.set("rule", Value::Tables(vec![rule]));
        values.set("templates", Value::Text("/nowhere/db.sqlite".to_owned()));
        let keys: Vec<_> = check(&values).into_iter().map(|bad| bad.key).collect();
        assert_eq!(keys, ["match", "watch", "project", "rule.0.ignore.0", "scan", "templates"]);
    }
}
