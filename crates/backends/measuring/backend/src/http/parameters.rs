//! What the query of an upload says: the same request that a client of the dialect would have sent.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tieline_model::dialect::service::Reply;

/// The longest name of a file, in bytes, as file systems have it.
const LONGEST: usize = 255;

/// A command, as uploads see it.
#[derive(Debug, Clone)]
pub(crate) struct Uploadable {
    pub(crate) name: String,
    /// Whether it takes uploads.
    pub(crate) takes: bool,
    /// Whether the project imports it, which needs no more than its parameters.
    pub(crate) is_imported: bool,
}

/// An upload that can be begun.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) command: String,
    /// The file's name.
    pub(super) file: String,
    /// The request, as the dialect hands it on.
    pub(super) body: Bytes,
}

/// Reads the query.
pub(super) fn wanted(query: &[(String, String)], commands: &[Uploadable]) -> Result<Wanted, Reply> {
    let wrong = |line: &str| Reply::told(400, line);
    let given = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let command = given("command").ok_or_else(|| wrong("the parameter command is missing"))?;
    let Some(Uploadable { takes, is_imported, .. }) = commands.iter().find(|one| one.name == command) else {
        return Err(Reply::told(404, "there is no such command; the project lists them"));
    };
    if !takes {
        return Err(wrong("this command goes to a measuring program, which cannot read files that are uploaded here"));
    }
    let file = given("file").ok_or_else(|| wrong("the parameter file is missing"))?;
    if !is_name(file) {
        return Err(wrong("the parameter file must be a file's name, without any folder, of 255 bytes at most"));
    }
    let mut members = Map::new();
    members.insert("file".to_owned(), file.into());
    if command == "image" {
        let name = given("name").ok_or_else(|| wrong("the parameter name is missing; it may be empty"))?;
        let length = given("focal_length").ok_or_else(|| wrong("the parameter focal_length is missing"))?;
        let length = length.trim().parse().ok().filter(|length: &f64| length.is_finite() && *length > 0.0);
        let length =
            length.ok_or_else(|| wrong("the parameter focal_length must be a number of millimetres above 0"))?;
        members.insert("name".to_owned(), name.into());
        members.insert("focal_length".to_owned(), length.into());
    } else if command == "elements" {
        let mode = given("import_mode").ok_or_else(|| wrong("the parameter import_mode is missing"))?;
        members.insert("import_mode".to_owned(), mode.into());
    } else {
        let others = query.iter().filter(|(key, _)| key != "command" && key != "file");
        members.extend(others.map(|(key, value)| (key.clone(), Value::from(value.as_str()))));
    }
    let body = if *is_imported { Value::Object(members) } else { json!({ command: members }) };
    Ok(Wanted { command: command.to_owned(), file: file.to_owned(), body: body.to_string().into() })
}

/// Whether it is a name and never a way to one, on any system.
fn is_name(text: &str) -> bool {
    let is_foreign = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
    !text.trim().is_empty() && text.len() <= LONGEST && text != "." && text != ".." && !text.contains(is_foreign)
}
