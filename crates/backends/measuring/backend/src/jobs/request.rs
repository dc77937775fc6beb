//! A request as the executors read it.
//!
//! Promises: the whole request is as it came; for the project it is what a client could have sent.

use super::{Answer, Outcome};
use crate::http::Upload;
use crate::settings::PRODUCTS;
use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::sync::Arc;
use tieline_measuring_project::{Denied, Files, Opened};
use tieline_model::json::members;

/// One request.
#[derive(Clone)]
pub(crate) struct Request {
    /// Its command: the key at its top.
    pub(crate) command: Arc<str>,
    /// Itself, as JSON on one line.
    pub(crate) whole: String,
    /// The file that came with it.
    pub(crate) upload: Option<Arc<Upload>>,
    parameters: Map<String, Value>,
}

/// A parameter that cannot be used; a sentence for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadParameter(pub(crate) String);

impl Request {
    /// Reads a command's body: the parameters of a request that is imported into the project, the whole request of another.
    pub(crate) fn read(command: &Arc<str>, body: &Bytes, is_imported: bool) -> Option<Request> {
        let text = std::str::from_utf8(body).ok()?;
        let (whole, parameters) = if is_imported {
            let members: Map<String, Value> = serde_json::from_str(text).ok()?;
            (format!("{{{}:{text}}}", Value::from(&**command)), members)
        } else {
            serde_json::from_str::<&RawValue>(text).ok()?;
            // What is nested too deep for a tree, or no object, has no parameters.
            let members: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
            let mut parameters = match members.get(&**command) {
                Some(Value::Object(parameters)) => parameters.clone(),
                _ => Map::new(),
            };
            if PRODUCTS.contains(&&**command) {
                as_number(&mut parameters, "focal_length");
            }
            (text.to_owned(), parameters)
        };
        Some(Request { command: command.clone(), whole, upload: None, parameters })
    }

    /// The whole request with another text for its file; everything else stays as it came.
    pub(crate) fn with_file(&self, path: &str) -> String {
        let Some((from, to)) = self.file_place() else { return self.whole.clone() };
        let (Some(before), Some(behind)) = (self.whole.get(..from), self.whole.get(to..)) else {
            return self.whole.clone();
        };
        format!("{before}{}{behind}", Value::from(path))
    }

    /// Where the value of its file stands.
    fn file_place(&self) -> Option<(usize, usize)> {
        let (mut parameters, mut file) = (None, None);
        members(&self.whole, |key, value| {
            if key == &*self.command {
                parameters = Some(value);
            }
        })
        .ok()?;
        members(parameters?.get(), |key, value| {
            if key == "file" {
                file = Some(value.get());
            }
        })
        .ok()?;
        let file: &str = file?;
        // It is a part of the whole.
        let from = (file.as_ptr() as usize).checked_sub(self.whole.as_ptr() as usize)?;
        Some((from, from + file.len()))
    }

    /// Opens the file that came with it, or else the one that it calls `file`. It waits for the disk.
    pub(crate) fn open(&self, files: &Files, file: &str) -> Result<Opened, Denied> {
        match &self.upload {
            Some(upload) => files.uploaded(&upload.path, &upload.name),
            None => files.open(file),
        }
    }

    /// Whether it is one of the product's own.
    pub(crate) fn is_products(&self) -> bool {
        PRODUCTS.contains(&&*self.command)
    }

    /// A parameter that is a text, when it is there.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.parameters.get(key).and_then(Value::as_str)
    }

    /// A parameter that is a number, when it is there.
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        self.parameters.get(key).and_then(Value::as_f64)
    }

    /// A parameter as a text: itself, or a number's digits.
    pub(crate) fn spelled(&self, key: &str) -> Result<String, BadParameter> {
        let command = &self.command;
        match self.parameters.get(key) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(_) => {
                Err(BadParameter(format!("Parameter '{key}' in '{command}' request must be a text or a number.")))
            }
            None => Err(BadParameter(format!("Missing parameter '{key}' in '{command}' request."))),
        }
    }

    /// It could not be carried out: an import error of the product's own commands, otherwise a sentence for the client.
    pub(crate) fn failed(&self, what: &str, detail: impl Into<String>) -> Outcome {
        let answer = match self.is_products() {
            true => Answer::NotImported,
            false => Answer::Error(format!("Request '{}' {what}.", self.command)),
        };
        Outcome::new(answer, detail)
    }

    /// Its file could not be read.
    pub(crate) fn unread(&self, file: &str, detail: impl Into<String>) -> Outcome {
        let answer = match self.is_products() {
            true => Answer::NotRead,
            false => Answer::Error(format!("File {file} could not be read.")),
        };
        Outcome::new(answer, detail)
    }
}

/// A parameter as the number that it is, however it is written.
fn as_number(parameters: &mut Map<String, Value>, key: &str) {
    let written = parameters.get(key).and_then(Value::as_str).and_then(|text| text.trim().parse::<f64>().ok());
    let number = written.or_else(|| parameters.get(key).and_then(Value::as_f64));
    if let Some(number) = number.filter(|number| number.is_finite()) {
        parameters.insert(key.to_owned(), number.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(command: &str, body: &'static str) -> Option<Request> {
        let is_imported = PRODUCTS.contains(&command);
        Request::read(&command.into(), &Bytes::from_static(body.as_bytes()), is_imported)
    }

    #[test]
    fn a_products_command_is_its_parameters() {
        let request = read("image", r#"{"file":"C:/a.jpg","name":"-x","focal_length":50.0}"#).unwrap();
        assert_eq!(request.whole, r#"{"image":{"file":"C:/a.jpg","name":"-x","focal_length":50.0}}"#);
        assert_eq!((request.text("file"), request.number("focal_length")), (Some("C:/a.jpg"), Some(50.0)));
        assert_eq!(request.spelled("focal_length").unwrap(), "50.0");
        assert_eq!(request.failed("failed", "why"), Outcome::new(Answer::NotImported, "why"));
        assert_eq!(request.unread("C:/a.jpg", "why"), Outcome::new(Answer::NotRead, "why"));
    }

    #[test]
    fn another_command_is_the_whole_request() {
        let request = read("we\"ld", r#"{"a":1,"we\"ld":{"file":"f","name":7,"x":[]}}"#).unwrap();
        assert_eq!(request.whole, r#"{"a":1,"we\"ld":{"file":"f","name":7,"x":[]}}"#);
        assert_eq!((request.spelled("name").as_deref(), request.text("name")), (Ok("7"), None));
        let missing = BadParameter("Missing parameter 'y' in 'we\"ld' request.".to_owned());
        assert_eq!(request.spelled("y"), Err(missing));
        assert!(request.spelled("x").unwrap_err().0.ends_with("must be a text or a number."));
        let failed = Answer::Error("Request 'we\"ld' failed.".to_owned());
        assert_eq!(request.failed("failed", "").answer, failed);
        let bare = read("weld", r#"{"weld":null}"#).unwrap();
        assert!(bare.spelled("file").is_err());
    }

    #[test]
    fn what_is_no_request_is_none() {
        for body in ["", "[]", "{", "\u{1}"] {
            assert!(read("image", body).is_none(), "{body}");
        }
        assert!(Request::read(&"image".into(), &Bytes::from_static(&[0xff]), true).is_none());
    }

    #[test]
    fn a_request_that_is_passed_on_stays_as_it_came() {
        let text = r#"{"x":1.50, "image": {"file":"C:/a.jpg","file" : "C:\\b.jpg", "focal_length":" 50","camera":"left"},"job":"17"}"#;
        let request = Request::read(&"image".into(), &Bytes::from_static(text.as_bytes()), false).unwrap();
        assert_eq!((request.whole.as_str(), request.text("file")), (text, Some("C:\\b.jpg")));
        assert_eq!(request.spelled("focal_length").unwrap(), "50.0");
        assert_eq!(request.with_file("/data/\"b\".jpg"), text.replace(r#""C:\\b.jpg""#, r#""/data/\"b\".jpg""#));
        for text in ["[1,2]", "\"hello\"", r#"{"*":7}"#] {
            let request = Request::read(&"*".into(), &Bytes::from(text), false).unwrap();
            assert_eq!((request.whole.as_str(), request.with_file("/x")), (text, text.to_owned()));
        }
    }
}
