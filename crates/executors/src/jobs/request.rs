//! A request as the executors read it.
//!
//! Promises: the whole request is what a client could have sent, with its numbers as the dialect normalised them.

use super::{Answer, Outcome};
use crate::files::{Denied, Files, Opened};
use crate::http::Upload;
use crate::settings::PRODUCTS;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::sync::Arc;

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
    /// Reads a command's body: the parameters of a product's command, the whole request of another one.
    pub(crate) fn read(command: &Arc<str>, body: &Bytes) -> Option<Request> {
        let text = std::str::from_utf8(body).ok()?;
        let mut members: Map<String, Value> = serde_json::from_str(text).ok()?;
        let (whole, parameters) = if PRODUCTS.contains(&&**command) {
            (format!("{{{}:{text}}}", Value::from(&**command)), members)
        } else {
            let parameters = match members.remove(&**command) {
                Some(Value::Object(parameters)) => parameters,
                _ => Map::new(),
            };
            (text.to_owned(), parameters)
        };
        Some(Request { command: command.clone(), whole, upload: None, parameters })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(command: &str, body: &'static str) -> Option<Request> {
        Request::read(&command.into(), &Bytes::from_static(body.as_bytes()))
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
        assert!(Request::read(&"image".into(), &Bytes::from_static(&[0xff])).is_none());
    }
}
