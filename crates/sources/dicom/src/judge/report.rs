//! What is said about a file: the `content` of a frame as JSON text, keys in the contract's order (contract `mr`,
//! "Frames"). Escaping against HTML is the dialect's.

use super::compare::{Difference, NULL};
use crate::parameters::{Parameter, Parameters, Value};
use crate::read::Unreadable;
use crate::templates::COMPARED;
use serde_json::{Map, Value as Json};
use std::path::Path;
use tieline_model::Patient;
use tieline_store::templates::Template;

/// Which kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A series' first file, or a later one that is judged otherwise.
    New,
    /// One more file of a series, judged as the one before.
    Update,
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
    /// JSON: an object, or for an update a number.
    pub content: Patient<String>,
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

    /// That a file could not be judged for want of its study's templates.
    pub fn unjudged(path: &Path) -> Report {
        Report::without_verdict(path, "its templates cannot be read; see the log of the gateway".to_owned())
    }

    fn without_verdict(path: &Path, reason: String) -> Report {
        let mut content = Map::new();
        content.insert("path".to_owned(), Json::from(path.to_string_lossy()));
        content.insert("reason".to_owned(), Json::from(reason));
        Report { station: None, kind: Kind::Unreadable, content: Patient::new(Json::Object(content).to_string()) }
    }

    /// Gives it to whoever carries it on.
    pub fn tell(self, to: &dyn Tell) {
        to.tell(self.station.as_deref(), self.kind, self.content.reveal().clone());
    }
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
    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Conforms => "conforms",
            Verdict::Differs => "differs",
            Verdict::NoTemplate => "no_template",
        }
    }
}

/// The content of a `new` message.
pub(super) fn content(
    parameters: &Parameters,
    path: &Path,
    template: Option<&Template>,
    verdict: Verdict,
    differences: &[Difference],
) -> Json {
    let mut content = Map::new();
    content.insert("conforms".to_owned(), Json::from(verdict != Verdict::Differs));
    content.insert("errors".to_owned(), differences.iter().map(error).collect::<Map<_, _>>().into());
    content.insert("input".to_owned(), input(parameters, path).into());
    content.insert("template".to_owned(), template.map(of_template).unwrap_or_default().into());
    content.insert("verdict".to_owned(), Json::from(verdict.as_str()));
    content.into()
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
    let expected = |parameter: Parameter| text(template.allowed(parameter.name()));
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
