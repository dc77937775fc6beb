//! What a template says about one parameter: a value, the values that one acquisition has, or that it is not compared.

use std::borrow::Cow;
use std::fmt;

/// Why a parameter is not compared although headers have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Free {
    /// It varies within an acquisition, and is different from session to session.
    Differs,
    /// It varies from image to image in the only acquisition there is: whether the next one has the same is not known.
    OneSession,
    /// It has more values in one acquisition than are kept.
    TooMany,
}

impl Free {
    /// Its word in databases and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Free::Differs => "differs",
            Free::OneSession => "one_session",
            Free::TooMany => "too_many",
        }
    }

    /// The one of this word; what is unknown was written by a newer program, and is free all the same.
    pub fn named(word: &str) -> Free {
        match word {
            "one_session" => Free::OneSession,
            "too_many" => Free::TooMany,
            _ => Free::Differs,
        }
    }

    /// The reason as a person reads it.
    pub fn reason(self) -> &'static str {
        match self {
            Free::Differs => "free: within a series it differs from session to session",
            Free::OneSession => "free until a second session is indexed: each image of the only one has another",
            Free::TooMany => "free: one series has more different values than are kept",
        }
    }
}

/// What a template says about one parameter.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Expected {
    /// Nothing: the database has no place for it, so nothing can be compared with it.
    #[default]
    NotRecorded,
    /// That a header does not have it.
    Absent,
    /// This text.
    Text(String),
    /// One of these, at least two, rising; `None` is absent. Over a whole series each of them occurs.
    OneOf(Vec<Option<String>>),
    /// Anything.
    Free(Free),
}

/// So many of several values are shown.
const SHOWN: usize = 8;
/// So many letters of them.
const SHOWN_LETTERS: usize = 400;

impl Expected {
    /// The text, when there is exactly one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Expected::Text(text) => Some(text),
            Expected::NotRecorded | Expected::Absent | Expected::OneOf(_) | Expected::Free(_) => None,
        }
    }

    /// As it is shown beside a header: several values with bars between them, the first few of many; `None` for absent.
    pub fn shown(&self) -> Option<Cow<'_, str>> {
        match self {
            Expected::NotRecorded | Expected::Absent => None,
            Expected::Text(text) => Some(Cow::Borrowed(text)),
            Expected::Free(_) => Some(Cow::Borrowed("free")),
            Expected::OneOf(values) => Some(Cow::Owned(several(values))),
        }
    }
}

fn several(values: &[Option<String>]) -> String {
    let mut shown = String::new();
    for (at, value) in values.iter().enumerate() {
        if at == SHOWN || (at > 0 && shown.len() > SHOWN_LETTERS) {
            return format!("{shown} | … ({} values)", values.len());
        }
        if at > 0 {
            shown.push_str(" | ");
        }
        shown.extend(value.as_deref().unwrap_or("null").chars().take(SHOWN_LETTERS));
    }
    shown
}

impl From<Option<String>> for Expected {
    fn from(text: Option<String>) -> Expected {
        text.map_or(Expected::Absent, Expected::Text)
    }
}

impl fmt::Debug for Expected {
    /// Only whether there is something: comments and study names may tell of a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::NotRecorded => f.write_str("not recorded"),
            Expected::Absent => f.write_str("absent"),
            Expected::Text(_) => f.write_str("a text"),
            Expected::OneOf(values) => write!(f, "one of {}", values.len()),
            Expected::Free(why) => write!(f, "free: {}", why.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_values_are_shown_in_few_words() {
        let of = |values: &[&str]| Expected::OneOf(values.iter().map(|text| Some((*text).to_owned())).collect());
        assert_eq!(of(&["b0", "b1000"]).shown().unwrap(), "b0 | b1000");
        assert_eq!(Expected::OneOf(vec![None, Some("x".to_owned())]).shown().unwrap(), "null | x");
        let many: Vec<String> = (10..99).map(|number| format!("b{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(of(&many).shown().unwrap(), "b10 | b11 | b12 | b13 | b14 | b15 | b16 | b17 | … (89 values)");
        let long = "x".repeat(10_000);
        assert!(of(&[&long, "y"]).shown().unwrap().len() < 500);
    }
}
