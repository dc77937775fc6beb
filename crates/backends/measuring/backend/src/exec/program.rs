//! A program and its arguments as they are configured, with places for what a request says.
//!
//! Promises: a value becomes a part of one argument, whatever is in it; the program itself holds no place for any.

use crate::jobs::{BadParameter, Request};
use std::ffi::OsString;
use std::path::Path;

/// What a request may put into an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placeholder {
    /// The local path of its file.
    File,
    /// Its `name`.
    Name,
    /// Its `focal_length`.
    FocalLength,
    /// Its `import_mode`.
    ImportMode,
    /// All of it, as JSON.
    Request,
}

impl Placeholder {
    const ALL: [Placeholder; 5] =
        [Placeholder::File, Placeholder::Name, Placeholder::FocalLength, Placeholder::ImportMode, Placeholder::Request];

    /// The word between the braces; for all but the whole request also the parameter's name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Placeholder::File => "file",
            Placeholder::Name => "name",
            Placeholder::FocalLength => "focal_length",
            Placeholder::ImportMode => "import_mode",
            Placeholder::Request => "request",
        }
    }
}

/// A part of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Placeholder),
}

/// A configured program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Program {
    program: String,
    arguments: Vec<Vec<Piece>>,
}

/// Why arguments cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadProgram {
    /// None at all.
    #[error("there is no program to start")]
    Nothing,
    /// A client would choose what is started.
    #[error("the program itself has a placeholder in it; clients may choose arguments, not programs")]
    Chosen,
    /// A word in braces that nothing is known by.
    #[error("there is no placeholder {{{0}}}")]
    Unknown(String),
    /// No argument can hold it.
    #[error("an argument has a zero byte in it")]
    ZeroByte,
}

impl BadProgram {
    /// What to do.
    pub(crate) fn hint(&self) -> String {
        match self {
            BadProgram::Nothing => {
                "write the program and its arguments, as in [\"/usr/bin/convert\", \"{file}\"]".to_owned()
            }
            BadProgram::Chosen => "write the program's path, and placeholders behind it".to_owned(),
            BadProgram::Unknown(word) => {
                let all: Vec<_> = Placeholder::ALL.iter().map(|one| format!("{{{}}}", one.as_str())).collect();
                format!("use {}, or write {{{{{word}}} for the text itself", all.join(", "))
            }
            BadProgram::ZeroByte => "leave it out".to_owned(),
        }
    }
}

/// Why a request cannot be put into the arguments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// A parameter is missing or of the wrong kind.
    Parameter(BadParameter),
    /// A parameter has a zero byte in it, which no argument can hold.
    ZeroByte,
}

impl Program {
    /// Reads what is configured.
    pub(crate) fn read(configured: &[String]) -> Result<Program, BadProgram> {
        let (program, arguments) = configured.split_first().ok_or(BadProgram::Nothing)?;
        if configured.iter().any(|argument| argument.contains('\0')) {
            return Err(BadProgram::ZeroByte);
        }
        if program.is_empty() {
            return Err(BadProgram::Nothing);
        }
        let first = pieces(program)?;
        let program: Option<String> =
            first.into_iter().map(|piece| if let Piece::Text(text) = piece { Some(text) } else { None }).collect();
        let program = program.ok_or(BadProgram::Chosen)?;
        let arguments = arguments.iter().map(|argument| pieces(argument)).collect::<Result<_, _>>()?;
        Ok(Program { program, arguments })
    }

    /// What it takes of a request.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = Placeholder> {
        self.arguments
            .iter()
            .flatten()
            .filter_map(|piece| if let Piece::Value(value) = piece { Some(*value) } else { None })
    }

    /// The program.
    pub(crate) fn program(&self) -> &str {
        &self.program
    }

    /// Its arguments for a request, whose file lies at `file`; `whole` is all of it, as the program is told.
    pub(crate) fn arguments(
        &self,
        request: &Request,
        file: Option<&Path>,
        whole: &str,
    ) -> Result<Vec<OsString>, Unfit> {
        let mut arguments = Vec::with_capacity(self.arguments.len());
        for pieces in &self.arguments {
            let mut argument = OsString::new();
            for piece in pieces {
                match (piece, file) {
                    (Piece::Text(text), _) => argument.push(text),
                    (Piece::Value(Placeholder::Request), _) => argument.push(whole),
                    (Piece::Value(Placeholder::File), Some(file)) => argument.push(file),
                    (Piece::Value(value), _) => {
                        argument.push(request.spelled(value.as_str()).map_err(Unfit::Parameter)?);
                    }
                }
            }
            if argument.as_encoded_bytes().contains(&0) {
                return Err(Unfit::ZeroByte);
            }
            arguments.push(argument);
        }
        Ok(arguments)
    }
}

/// Takes an argument apart. A brace before anything but a small word is itself, so that JSON and the like need no care.
fn pieces(argument: &str) -> Result<Vec<Piece>, BadProgram> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = argument;
    while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        if let Some(behind) = behind.strip_prefix('{') {
            text.push('{');
            rest = behind;
            continue;
        }
        let length = behind.bytes().take_while(|byte| byte.is_ascii_lowercase() || *byte == b'_').count();
        let (word, behind_word) = behind.split_at(length);
        let Some(behind_word) = behind_word.strip_prefix('}').filter(|_| length > 0) else {
            text.push('{');
            rest = behind;
            continue;
        };
        let placeholder = Placeholder::ALL.into_iter().find(|one| one.as_str() == word);
        let placeholder = placeholder.ok_or_else(|| BadProgram::Unknown(word.to_owned()))?;
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        pieces.push(Piece::Value(placeholder));
        rest = behind_word;
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;

    fn filled(configured: &[&str], body: &'static str) -> Result<Vec<String>, Unfit> {
        let configured: Vec<String> = configured.iter().map(|text| (*text).to_owned()).collect();
        let request = Request::read(&"image".into(), &Bytes::from_static(body.as_bytes()), true).unwrap();
        let program = Program::read(&configured).unwrap();
        let arguments = program.arguments(&request, Some(Path::new("/data/-a b.jpg")), &request.whole)?;
        Ok(arguments.into_iter().map(|argument| argument.into_string().unwrap()).collect())
    }

    #[test]
    fn a_value_is_a_part_of_one_argument() {
        let body = r#"{"file":"C:/x","name":"$(rm -rf /) ; 'a' \"b\"\n{file}","focal_length":50.0}"#;
        let name = "$(rm -rf /) ; 'a' \"b\"\n{file}";
        assert_eq!(filled(&["p", "{file}", "--", "{name}"], body).unwrap(), ["/data/-a b.jpg", "--", name]);
        assert_eq!(filled(&["p", "-n={name}!{focal_length}mm"], body).unwrap(), [format!("-n={name}!50.0mm")]);
        assert_eq!(filled(&["p", "{request}"], body).unwrap(), [format!("{{\"image\":{body}}}")]);
        let kept = ["p", "", "{", "}", "{}", "{{name}", "{\"a\":{\"b\":1}}", "{A}", "a{ file}"];
        let texts = ["", "{", "}", "{}", "{name}", "{\"a\":{\"b\":1}}", "{A}", "a{ file}"];
        assert_eq!(filled(&kept, body).unwrap(), texts);
        let missing = filled(&["p", "{import_mode}"], body).unwrap_err();
        assert_eq!(
            missing,
            Unfit::Parameter(BadParameter("Missing parameter 'import_mode' in 'image' request.".to_owned()))
        );
        assert_eq!(filled(&["p", "{name}"], r#"{"name":"a\u0000b"}"#), Err(Unfit::ZeroByte));
    }

    #[test]
    fn what_is_configured_wrongly_is_told() {
        let read = |configured: &[&str]| {
            let configured: Vec<String> = configured.iter().map(|text| (*text).to_owned()).collect();
            Program::read(&configured).map(|_| ())
        };
        assert_eq!(read(&[]), Err(BadProgram::Nothing));
        assert_eq!(read(&["", "a"]), Err(BadProgram::Nothing));
        assert_eq!(read(&["/bin/{name}"]), Err(BadProgram::Chosen));
        assert_eq!(read(&["p", "{fille}"]), Err(BadProgram::Unknown("fille".to_owned())));
        assert!(BadProgram::Unknown("fille".to_owned()).hint().contains("{file}, {name}"));
        assert!(BadProgram::Unknown("fille".to_owned()).hint().ends_with("{{fille} for the text itself"));
        assert_eq!(read(&["p\0"]), Err(BadProgram::ZeroByte));
    }

    proptest! {
        #[test]
        fn any_argument_is_taken_apart_or_refused(argument in "[{}a-z_\"]{0,20}", name in "\\PC{0,20}") {
            let request = serde_json::json!({ "file": "f", "name": name, "focal_length": 1.0, "import_mode": "m" });
            let request = Request::read(&"image".into(), &Bytes::from(request.to_string()), true).unwrap();
            if let Ok(program) = Program::read(&["p".to_owned(), argument]) {
                prop_assert_eq!(program.arguments(&request, None, &request.whole).unwrap().len(), 1);
            }
        }
    }
}
