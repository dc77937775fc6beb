//! What is said about a file and its series: the `content` of a frame as JSON text, keys in the contract's order (contract
//! `mr`, "Frames", and `mr-verdicts`). Escaping against HTML is the dialect's.

use super::compare::{Difference, NULL};
use super::memory::Kept;
use super::naming::{NO_STUDY_NAME, NO_STUDY_NAME_HINT};
use super::series::Known;
use super::{Judgement, compare::NotCompared};
use crate::templates::COMPARED;
use serde_json::{Map, Value as Json};
use std::path::Path;
use tieline_dicom_read::{Header, Parameter, Parameters, Unreadable, Value};
use tieline_model::Patient;
use tieline_store::templates::Template;

/// Which kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A series' first image, or a later one by which more differs.
    New,
    /// How many further images of a series there have been.
    Update,
    /// What is known of a series: after each update, and at its end.
    Series,
    /// What a session was like, at its end.
    Session,
    /// A file that could not be read.
    Unreadable,
}

/// A message about a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The scanner, when the header names it.
    pub station: Option<String>,
    /// Which kind.
    pub kind: Kind,
    /// JSON: an object, or for an update a number. That of a series' end may hold comments.
    pub content: Patient<String>,
    /// What is to be kept of its series; none without a memory, and when it says nothing new of it.
    pub kept: Option<Kept>,
}

/// Whoever carries messages to those who listen.
pub trait Tell {
    /// Carries one on; `content` is JSON.
    fn tell(&self, station: Option<&str>, kind: Kind, content: String);
}

impl Report {
    /// That a file could not be read.
    pub fn unreadable(path: &Path, reason: Unreadable) -> Report {
        Report::without_verdict(path, reason.to_string())
    }

    /// What is known of a series; at its end also which values of a set never came.
    pub(super) fn series(known: &Known, keeps: bool) -> Report {
        let content = Patient::new(series(known).to_string());
        let kept = keeps.then(|| keep(known, content.clone()));
        Report { station: known.station.clone(), kind: Kind::Series, content, kept }
    }

    /// That a file could not be judged for want of its study's templates.
    pub fn unjudged(path: &Path) -> Report {
        Report::without_verdict(path, "its templates cannot be read; see the log of the gateway".to_owned())
    }

    fn without_verdict(path: &Path, reason: String) -> Report {
        let mut content = Map::new();
        content.insert("path".to_owned(), Json::from(path.to_string_lossy()));
        content.insert("reason".to_owned(), Json::from(reason));
        let content = Patient::new(Json::Object(content).to_string());
        Report { station: None, kind: Kind::Unreadable, content, kept: None }
    }

    /// Gives it to whoever carries it on.
    pub fn tell(self, to: &dyn Tell) {
        to.tell(self.station.as_deref(), self.kind, self.content.reveal().clone());
    }
}

/// What is kept of a series.
pub(super) fn keep(known: &Known, series: Patient<String>) -> Kept {
    Kept { uid: known.uid, series }
}

/// What came out about one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// All is as the template says.
    Conforms,
    /// Something is not.
    Differs,
    /// There is no template to compare with.
    NoTemplate,
}

impl Verdict {
    /// The worse of the two: `differs` beats `no_template` beats `conforms`.
    pub fn worse(self, other: Verdict) -> Verdict {
        let rank = |verdict| match verdict {
            Verdict::Conforms => 0,
            Verdict::NoTemplate => 1,
            Verdict::Differs => 2,
        };
        if rank(other) > rank(self) { other } else { self }
    }

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Conforms => "conforms",
            Verdict::Differs => "differs",
            Verdict::NoTemplate => "no_template",
        }
    }
}

/// What the content of a `new` message says besides the image.
pub(super) struct Of<'a> {
    /// The series.
    pub(super) known: &'a Known,
    /// The same as it is told.
    pub(super) series: &'a Json,
}

/// The content of a `new` message: verdict and differences are those of the series, when it is known, and everything else
/// is this image's.
pub(super) fn content(header: &Header, path: &Path, judgement: &Judgement, of: Option<Of<'_>>) -> Json {
    let (verdict, differences) = match &of {
        Some(Of { known, .. }) => (known.verdict, &known.differences),
        None => (judgement.verdict, &judgement.differences),
    };
    let mut content = Map::new();
    let mut put = |key: &str, value: Json| content.insert(key.to_owned(), value);
    put("conforms", Json::from(verdict != Verdict::Differs));
    put("errors", differences.iter().map(error).collect::<Map<_, _>>().into());
    put("input", input(&header.parameters, path).into());
    put("template", judgement.template.as_deref().map(of_template).unwrap_or_default().into());
    put("verdict", Json::from(verdict.as_str()));
    if let Some(Of { series, .. }) = of {
        put("series", series.clone());
    }
    put("kind", Json::from(header.kind.as_str()));
    put("not_compared", judgement.not_compared.iter().map(not_compared).collect::<Map<_, _>>().into());
    put("rules", Json::from(judgement.rules.rules.as_slice()));
    if judgement.is_nameless {
        put("reason", Json::from(NO_STUDY_NAME));
        put("hint", Json::from(NO_STUDY_NAME_HINT));
    }
    content.into()
}

/// What is known of a series.
pub(super) fn series(known: &Known) -> Json {
    let mut series = Map::new();
    let mut put = |key: &str, value: Json| series.insert(key.to_owned(), value);
    // One that is empty is as good as none.
    put("number", json(if known.number == Value::Nothing { &Value::Absent } else { &known.number }));
    put("name", json(&known.name));
    put("uid", Json::from(format!("{:016x}", known.uid)));
    put("images", Json::from(known.images));
    put("differing", Json::from(known.differing));
    put("first_differing", Json::from(known.first_differing));
    put("verdict", Json::from(known.verdict.as_str()));
    put("ended", Json::from(known.ended));
    // Before its end nobody knows what is still to come.
    put("missing_values", if known.ended { known.missing.json().into() } else { Map::new().into() });
    series.into()
}

fn not_compared((parameter, why): &(Parameter, NotCompared)) -> (String, Json) {
    (parameter.name().to_owned(), Json::from(why.reason()))
}

fn error(difference: &Difference) -> (String, Json) {
    let mut pair = Map::new();
    pair.insert("expect".to_owned(), Json::from(difference.expect.reveal().as_str()));
    pair.insert("have".to_owned(), json(&difference.have));
    (difference.parameter.name().to_owned(), pair.into())
}

fn input(parameters: &Parameters, path: &Path) -> Map<String, Json> {
    let mut input: Map<_, _> =
        parameters.iter().map(|(parameter, value)| (parameter.name().to_owned(), json(value))).collect();
    input.insert("dcm_path".to_owned(), Json::from(path.to_string_lossy()));
    input
}

fn of_template(template: &Template) -> Map<String, Json> {
    let text = |text: Option<&str>| Json::from(text.unwrap_or(NULL));
    let expected = |parameter: Parameter| text(template.allowed(parameter.name()).as_deref());
    let mut object = Map::new();
    let mut put = |key: &str, value: Json| object.insert(key.to_owned(), value);
    put("n", Json::from(template.count));
    put("Project", expected(Parameter::Project));
    put("SequenceName", expected(Parameter::SequenceName));
    put("param_id", Json::from(template.set));
    put("first", text(template.first.as_deref()));
    put("last", text(template.last.as_deref()));
    put("multiecho_tes", text(template.echo_times.as_deref()));
    put("is_ideal", text(template.chosen.as_deref()));
    for parameter in COMPARED {
        put(parameter.name(), expected(parameter));
    }
    object
}

/// A value as the wire has it. A number that JSON cannot hold would be null; the reader lets none through.
pub(crate) fn json(value: &Value) -> Json {
    match value {
        Value::Absent => Json::from(NULL),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Integer(number) => Json::from(*number),
        Value::Number(number) => Json::from(*number),
        Value::Integers(numbers) => Json::from(numbers.as_slice()),
        Value::Numbers(numbers) => Json::from(numbers.as_slice()),
        Value::Nothing => Json::Null,
    }
}
