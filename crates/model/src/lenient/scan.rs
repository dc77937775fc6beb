//! The signs of loose JSON: brackets, commas, texts, words; blanks and comments are passed over.
//!
//! Promises: each byte is looked at once; what a text's escapes mean is not asked here. Called by the walk.

use super::malformed;
use crate::{Reason, Refusal};
use std::ops::Range;

/// One sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    OpenObject,
    OpenList,
    CloseObject,
    CloseList,
    Comma,
    Colon,
    /// In quotation marks, which belong to its place.
    Text,
    /// A number, a name, a key without quotation marks.
    Word,
}

/// A place in the text, moving forward.
pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Scan<'a> {
        Scan { text, at: 0 }
    }

    /// The next sign and its place; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(Token, Range<usize>)>, Refusal> {
        self.pass_blanks()?;
        let from = self.at;
        let Some(first) = self.rest().chars().next() else { return Ok(None) };
        self.at += 1;
        let token = match first {
            '{' => Token::OpenObject,
            '[' => Token::OpenList,
            '}' => Token::CloseObject,
            ']' => Token::CloseList,
            ',' => Token::Comma,
            ':' => Token::Colon,
            '"' | '\'' => {
                self.pass_text(first as u8)?;
                Token::Text
            }
            _ => {
                self.at = from;
                let rest = self.rest();
                self.at += rest.find(|char: char| !of_a_word(char)).unwrap_or(rest.len());
                if self.at == from {
                    return Err(malformed(self.text, from));
                }
                Token::Word
            }
        };
        Ok(Some((token, from..self.at)))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn pass_blanks(&mut self) -> Result<(), Refusal> {
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start().len();
            self.at += blanks;
            let rest = &rest[blanks..];
            if rest.starts_with("//") {
                self.at += memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                // It ends after its own beginning: `/*/` is not yet a comment.
                let Some(end) = memchr::memmem::find(&rest.as_bytes()[2..], b"*/") else {
                    return Err(malformed(self.text, self.at));
                };
                self.at += 2 + end + 2;
            } else {
                return Ok(());
            }
        }
    }

    /// Goes behind the closing quotation mark.
    fn pass_text(&mut self, mark: u8) -> Result<(), Refusal> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at).copied() {
            match byte {
                _ if byte == mark => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => self.pass_escape()?,
                b'\n' | b'\r' | b'\t' => self.at += 1,
                0..0x20 => break,
                _ => self.at += 1,
            }
        }
        Err(malformed(self.text, self.at))
    }

    /// Goes behind one escape, from its backslash.
    fn pass_escape(&mut self) -> Result<(), Refusal> {
        let rest = &self.rest()[1..];
        let digits = match rest.bytes().next() {
            Some(b'u') => 4,
            Some(b'x') => 2,
            // Control characters, and the octal numbers of other languages, which nobody agrees on.
            None | Some(b'1'..=b'9') => return Err(malformed(self.text, self.at)),
            Some(byte) if byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t') => {
                return Err(malformed(self.text, self.at));
            }
            Some(_) => 0,
        };
        let hexadecimal = rest.as_bytes().get(1..1 + digits).is_some_and(|all| all.iter().all(u8::is_ascii_hexdigit));
        if !hexadecimal {
            return Err(malformed(self.text, self.at));
        }
        self.at += 1 + rest.chars().next().map_or(0, char::len_utf8) + digits;
        Ok(())
    }
}

/// Letters and digits of any script, and what stands in numbers and in names of programs.
fn of_a_word(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '_' | '$' | '.' | '+' | '-')
}

/// Whether a word is a value: one of the names, or a number.
pub(super) fn is_value(word: &str) -> bool {
    matches!(word, "true" | "false" | "null") || not_a_number(word) || Number::of(word).is_some()
}

/// Writes a word that is a value as JSON does.
pub(super) fn word(word: &str, json: &mut String) -> Result<(), Refusal> {
    if not_a_number(word) {
        return Err(Refusal::new(Reason::BadField, "NaN and Infinity cannot stand here; JSON has no words for them"));
    }
    match Number::of(word) {
        Some(number) => number.write(json),
        None => json.push_str(word),
    }
    Ok(())
}

fn not_a_number(word: &str) -> bool {
    matches!(word.strip_prefix(['+', '-']).unwrap_or(word), "NaN" | "Infinity")
}

/// A number in parts, as JSON has it but for a `+` in front, and for nothing before or behind the point.
struct Number<'a> {
    sign: &'a str,
    whole: &'a str,
    fraction: &'a str,
    /// From its `e`.
    exponent: &'a str,
}

impl<'a> Number<'a> {
    fn of(word: &'a str) -> Option<Number<'a>> {
        let (sign, rest) = word.split_at(usize::from(word.starts_with(['+', '-'])));
        let (mantissa, exponent) = rest.split_at(rest.find(['e', 'E']).unwrap_or(rest.len()));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let power = exponent.get(1..).map(|power| power.strip_prefix(['+', '-']).unwrap_or(power));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let possible = digits(whole)
            && digits(fraction)
            && !(whole.is_empty() && fraction.is_empty())
            && !(whole.len() > 1 && whole.starts_with('0'))
            && power.is_none_or(|power| !power.is_empty() && digits(power));
        possible.then_some(Number { sign, whole, fraction, exponent })
    }

    fn write(&self, json: &mut String) {
        json.push_str(self.sign.trim_start_matches('+'));
        json.push_str(if self.whole.is_empty() { "0" } else { self.whole });
        if !self.fraction.is_empty() {
            json.push('.');
            json.push_str(self.fraction);
        }
        json.push_str(self.exponent);
    }
}
