//! Topics and filters: what a message is about, and which topics someone wants to hear.
//!
//! A topic is a dot-separated subject in the style of NATS: `fme.vehicles`, `vxvue.106.101`. Any text can be a token:
//! what has a meaning of its own (dot, `*`, `>`, `%`, blanks, control characters) is percent-escaped, and the empty text
//! is written as a lone `%`. A filter is a topic in which `*` stands for one token and a final `>` for one or more.
//! Called by dialects (which make topics), the hub (which matches them) and the command line (which parses filters).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A dot-separated subject; cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(Arc<str>);

impl Topic {
    /// Builds a topic from raw tokens, escaping each.
    pub fn new<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Topic {
        let mut text = String::new();
        for token in tokens {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&escape(token));
        }
        Topic(text.into())
    }

    /// Reads a topic as a person writes it: already escaped, no wildcards, no empty token.
    pub fn parse(text: &str) -> Result<Topic, TopicError> {
        check(text)?;
        match text.split('.').find(|token| matches!(*token, "*" | ">")) {
            Some(_) => Err(TopicError::Wildcard),
            None => Ok(Topic(text.into())),
        }
    }

    /// The escaped text, tokens joined by dots.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tokens, still escaped.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// The raw text of token `index`, counted from 0.
    pub fn token(&self, index: usize) -> Option<Cow<'_, str>> {
        self.tokens().nth(index).map(unescape)
    }
}

/// A topic with wildcards: which topics someone wants to hear; cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Filter(Arc<str>);

impl Filter {
    /// Reads a filter: `*` is one token, a final `>` one or more.
    pub fn parse(text: &str) -> Result<Filter, TopicError> {
        check(text)?;
        match text.split('.').rev().skip(1).any(|token| token == ">") {
            true => Err(TopicError::RestNotLast),
            false => Ok(Filter(text.into())),
        }
    }

    /// Builds a filter from raw tokens and wildcards; what comes behind [`Part::Rest`] has no meaning and is left out.
    pub fn new<'a>(parts: impl IntoIterator<Item = Part<'a>>) -> Filter {
        let mut tokens: Vec<Cow<'a, str>> = Vec::new();
        for part in parts {
            tokens.push(match part {
                Part::Token(raw) => escape(raw),
                Part::Any => Cow::Borrowed("*"),
                Part::Rest => Cow::Borrowed(">"),
            });
            if matches!(part, Part::Rest) {
                break;
            }
        }
        Filter(tokens.join(".").into())
    }

    /// The filter's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tokens, wildcards among them.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// The raw text of token `index` when it is not a wildcard.
    pub fn token(&self, index: usize) -> Option<Cow<'_, str>> {
        self.tokens().nth(index).filter(|token| !matches!(*token, "*" | ">")).map(unescape)
    }

    /// The one topic it stands for, when it has no wildcard.
    pub fn as_topic(&self) -> Option<Topic> {
        let is_one = self.tokens().all(|token| !matches!(token, "*" | ">"));
        is_one.then(|| Topic(self.0.clone()))
    }

    /// Whether `topic` is one of those wanted. The hub's index must agree with this; a property test holds it to that.
    pub fn matches(&self, topic: &Topic) -> bool {
        let mut have = topic.tokens();
        for want in self.tokens() {
            match (want, have.next()) {
                (">", Some(_)) => return true,
                ("*", Some(_)) => {}
                (want, Some(token)) if want == token => {}
                _ => return false,
            }
        }
        have.next().is_none()
    }
}

/// One token of a [`Filter`] that is built rather than read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// This raw text.
    Token(&'a str),
    /// `*`: any one token.
    Any,
    /// `>`: one or more tokens.
    Rest,
}

impl From<Topic> for Filter {
    fn from(topic: Topic) -> Filter {
        Filter(topic.0)
    }
}

/// Why a text is not a topic or a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// Nothing at all, or nothing between two dots.
    #[error("a topic has no empty part; write the parts with single dots between them")]
    EmptyToken,
    /// Blank or control character.
    #[error("a topic has no blanks; write %20 for a blank in a name")]
    Blank,
    /// `%` that is not followed by two hexadecimal digits.
    #[error("`%` in a topic is followed by two hexadecimal digits; write %25 for the character itself")]
    Escape,
    /// `*` or `>` where one topic is meant.
    #[error("a wildcard stands for many topics; name one topic here")]
    Wildcard,
    /// More than 32 tokens.
    #[error("a topic has at most 32 parts")]
    TooManyTokens,
    /// `>` before the end.
    #[error("`>` stands for the rest of a topic and can only come last")]
    RestNotLast,
}

/// More than any product needs; it bounds what walks along a topic.
const MOST_TOKENS: usize = 32;

fn check(text: &str) -> Result<(), TopicError> {
    if text.split('.').nth(MOST_TOKENS).is_some() {
        return Err(TopicError::TooManyTokens);
    }
    for token in text.split('.') {
        if token.is_empty() {
            return Err(TopicError::EmptyToken);
        }
        if token.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(TopicError::Blank);
        }
        if token != "%" {
            for tail in token.split('%').skip(1) {
                let well = tail.len() >= 2 && tail.bytes().take(2).all(|b| b.is_ascii_hexdigit());
                if !well {
                    return Err(TopicError::Escape);
                }
            }
        }
    }
    Ok(())
}

fn is_special(c: char) -> bool {
    matches!(c, '.' | '*' | '>' | '%') || c.is_whitespace() || c.is_control()
}

fn escape(token: &str) -> Cow<'_, str> {
    if token.is_empty() {
        return Cow::Borrowed("%");
    }
    if !token.contains(is_special) {
        return Cow::Borrowed(token);
    }
    let mut out = String::with_capacity(token.len() + 8);
    for c in token.chars() {
        if is_special(c) {
            let mut utf8 = [0; 4];
            for byte in c.encode_utf8(&mut utf8).bytes() {
                out.push('%');
                out.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
                out.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn unescape(token: &str) -> Cow<'_, str> {
    if token == "%" {
        return Cow::Borrowed("");
    }
    if !token.contains('%') {
        return Cow::Borrowed(token);
    }
    let bytes = token.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match (bytes[at], pair.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wildcards_match_as_in_nats() {
        let cases = [
            ("mr.*.new", "mr.AWP1.new", true),
            ("mr.*.new", "mr.AWP1.update", false),
            ("mr.*", "mr.AWP1.new", false),
            ("mr.>", "mr.AWP1.new", true),
            ("mr.>", "mr", false),
            (">", "mr", true),
            ("fme.a", "fme.a", true),
            ("fme.a", "fme.a.b", false),
        ];
        for (filter, topic, expected) in cases {
            let (filter, topic) = (Filter::parse(filter).unwrap(), Topic::parse(topic).unwrap());
            assert_eq!(filter.matches(&topic), expected, "{filter} against {topic}");
        }
    }

    #[test]
    fn filters_can_be_built() {
        let filter = |parts: &[Part<'_>]| Filter::new(parts.iter().copied()).to_string();
        assert_eq!(filter(&[Part::Token("a.b"), Part::Any, Part::Token("1")]), "a%2Eb.*.1");
        assert_eq!(filter(&[Part::Token("a"), Part::Rest, Part::Any]), "a.>");
    }

    #[test]
    fn a_filter_without_wildcards_is_one_topic() {
        let topic = |text: &str| Filter::parse(text).unwrap().as_topic();
        assert_eq!(topic("a.%2A"), Some(Topic::parse("a.%2A").unwrap()));
        assert_eq!((topic("a.*"), topic("a.>")), (None, None));
    }

    #[test]
    fn what_is_not_a_topic_is_refused_with_its_reason() {
        assert_eq!(Topic::parse(""), Err(TopicError::EmptyToken));
        assert_eq!(Topic::parse("a..b"), Err(TopicError::EmptyToken));
        assert_eq!(Topic::parse("a b"), Err(TopicError::Blank));
        assert_eq!(Topic::parse("a.%4"), Err(TopicError::Escape));
        assert_eq!(Topic::parse("a.*"), Err(TopicError::Wildcard));
        assert_eq!(Filter::parse(">.a"), Err(TopicError::RestNotLast));
        assert_eq!(Filter::parse(&["a"; 33].join(".")), Err(TopicError::TooManyTokens));
    }

    proptest! {
        #[test]
        fn any_text_is_a_token_and_comes_back(tokens in proptest::collection::vec(any::<String>(), 1..4)) {
            let topic = Topic::new(tokens.iter().map(String::as_str));
            prop_assert_eq!(topic.tokens().count(), tokens.len());
            for (index, token) in tokens.iter().enumerate() {
                prop_assert_eq!(topic.token(index).unwrap_or_default(), token.as_str());
            }
            prop_assert_eq!(Topic::parse(topic.as_str()), Ok(topic.clone()));
            prop_assert!(Filter::from(topic.clone()).matches(&topic));
        }
    }
}
