//! Reading a transcript.
//!
//! The first line is `# ` and a title; other lines that are empty or begin with `#` say nothing. `set KEY = VALUE` is a
//! setting of the dialect's section and comes before everything else. The rest are a participant's name and one of
//! `connect [PATH] [refused STATUS]`, `> TEXT`, `>> "JSON STRING"`, `>binary HEX`, `< TEXT`, `<< "JSON STRING"`,
//! `hears nothing`, `closes [CODE]` and `closed CODE [REASON]`. `publish TOPIC JSON` is what a backend or a tie says: nobody
//! among the participants, so a name of its own. In a text, `${NAME.port}` is a participant's port (put
//! in when it is played) and `${x20}` is twenty letters x.

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// One sentence.
    pub title: String,
    /// Lines for the dialect's section.
    pub settings: String,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number in the file, from 1.
    pub line: usize,
    /// The participant.
    pub name: String,
    /// What it does or what happens to it.
    pub action: Action,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Opens a connection; with a status, one that is refused.
    Connect {
        /// With a query, perhaps.
        path: String,
        /// The HTTP status of a refusal.
        refused: Option<u16>,
    },
    /// Sends a text frame.
    Say(String),
    /// Sends a binary frame.
    SayBinary(Vec<u8>),
    /// Receives exactly this text next.
    Hear(String),
    /// Has received nothing more.
    HearNothing,
    /// The gateway itself publishes this JSON text on a topic.
    Publish {
        /// As it is written, escaped.
        topic: String,
        /// In the words of the dialect's event form.
        json: String,
    },
    /// Closes its side and waits for the answer.
    Close(u16),
    /// Was closed by the gateway.
    Closed {
        /// The close frame's code.
        code: u16,
        /// Its reason, when it matters.
        reason: Option<String>,
    },
}

/// Reads a transcript; the error names the line.
pub fn parse(text: &str) -> Result<Transcript, String> {
    let Some(title) = text.lines().next().and_then(|line| line.strip_prefix("# ")) else {
        return Err("line 1: `# ` and a title is expected".to_owned());
    };
    let mut transcript = Transcript { title: title.to_owned(), settings: String::new(), steps: Vec::new() };
    for (line, content) in (1..).zip(text.lines()) {
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if let Some(setting) = content.strip_prefix("set ") {
            if !transcript.steps.is_empty() {
                return Err(format!("line {line}: settings come before everything else"));
            }
            transcript.settings += setting;
            transcript.settings.push('\n');
            continue;
        }
        if let Some(publication) = content.strip_prefix("publish ") {
            let (topic, json) =
                publication.split_once(' ').ok_or(format!("line {line}: a topic and a JSON text are expected"))?;
            let action = Action::Publish {
                topic: topic.to_owned(),
                json: letters(json).map_err(|what| format!("line {line}: {what}"))?,
            };
            transcript.steps.push(Step { line, name: "publish".to_owned(), action });
            continue;
        }
        let (name, rest) = content.split_once(' ').ok_or(format!("line {line}: a name and an action are expected"))?;
        let action = action(rest).map_err(|what| format!("line {line}: {what}"))?;
        transcript.steps.push(Step { line, name: name.to_owned(), action });
    }
    match transcript.steps.is_empty() {
        true => Err("nothing happens in it".to_owned()),
        false => Ok(transcript),
    }
}

fn action(rest: &str) -> Result<Action, String> {
    if let Some(text) = rest.strip_prefix("> ") {
        return Ok(Action::Say(letters(text)?));
    }
    if let Some(json) = rest.strip_prefix(">> ") {
        return Ok(Action::Say(letters(&string(json)?)?));
    }
    if let Some(hex) = rest.strip_prefix(">binary ") {
        return bytes(hex).map(Action::SayBinary);
    }
    if let Some(text) = rest.strip_prefix("< ") {
        return Ok(Action::Hear(letters(text)?));
    }
    if let Some(json) = rest.strip_prefix("<< ") {
        return Ok(Action::Hear(letters(&string(json)?)?));
    }
    let words: Vec<&str> = rest.split(' ').collect();
    match words.as_slice() {
        ["connect"] => Ok(Action::Connect { path: "/".to_owned(), refused: None }),
        ["connect", "refused", status] => Ok(Action::Connect { path: "/".to_owned(), refused: Some(number(status)?) }),
        ["connect", path] => Ok(Action::Connect { path: (*path).to_owned(), refused: None }),
        ["connect", path, "refused", status] => {
            Ok(Action::Connect { path: (*path).to_owned(), refused: Some(number(status)?) })
        }
        ["hears", "nothing"] => Ok(Action::HearNothing),
        ["closes"] => Ok(Action::Close(1000)),
        ["closes", code] => number(code).map(Action::Close),
        ["closed", code] => Ok(Action::Closed { code: number(code)?, reason: None }),
        ["closed", code, reason @ ..] => Ok(Action::Closed { code: number(code)?, reason: Some(reason.join(" ")) }),
        _ => Err(format!("{rest:?} is no action")),
    }
}

fn number(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

fn string(json: &str) -> Result<String, String> {
    serde_json::from_str(json).map_err(|error| format!("not a JSON string: {error}"))
}

fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    let digits: Option<Vec<u8>> = hex.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect();
    match digits {
        Some(digits) if digits.len() % 2 == 0 => Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()),
        _ => Err(format!("{hex:?} is not hexadecimal")),
    }
}

/// Puts the letters in the place of `${x20}`.
fn letters(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${x") {
        let (count, behind) = after.split_once('}').ok_or("`${` is not closed")?;
        out += before;
        out += &"x".repeat(usize::from(number(count)?));
        rest = behind;
    }
    Ok(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_read() {
        let text = "# A title.\n\nset limits.streams = 3\nset echo = true\n# nothing\na connect\na connect /p?q refused 404\n\
                    a > x > ${x3} y \na >> \"\\n\"\na >binary 00fF\na < x\na << \"\"\na hears nothing\na closes\na closed \
                    1008 too slow\npublish a.b {\"c\": \"${x2}\"}\n";
        let transcript = parse(text).unwrap();
        assert_eq!(
            (transcript.title.as_str(), transcript.settings.as_str()),
            ("A title.", "limits.streams = 3\necho = true\n")
        );
        let actions: Vec<Action> = transcript.steps.into_iter().map(|step| step.action).collect();
        let connect = |path: &str, refused| Action::Connect { path: path.into(), refused };
        let expected = [
            connect("/", None),
            connect("/p?q", Some(404)),
            Action::Say("x > xxx y ".into()),
            Action::Say("\n".into()),
            Action::SayBinary(vec![0, 255]),
            Action::Hear("x".into()),
            Action::Hear(String::new()),
            Action::HearNothing,
            Action::Close(1000),
            Action::Closed { code: 1008, reason: Some("too slow".into()) },
            Action::Publish { topic: "a.b".into(), json: r#"{"c": "xx"}"#.into() },
        ];
        assert_eq!(actions, expected);
    }

    #[test]
    fn what_cannot_be_read_is_told_by_line() {
        for (text, told) in [
            ("a connect", "line 1"),
            ("# t\na", "line 2: a name"),
            ("# t\na shouts", "line 2: \"shouts\" is no action"),
            ("# t\na connect\nset x = 1", "line 3: settings"),
            ("# t\npublish a.b", "line 2: a topic and a JSON text"),
            ("# t\na >> x", "line 2: not a JSON string"),
            ("# t\na >binary 0", "line 2: \"0\" is not hex"),
            ("# t\n", "nothing happens"),
        ] {
            assert!(parse(text).unwrap_err().starts_with(told), "{text}: {}", parse(text).unwrap_err());
        }
    }
}
