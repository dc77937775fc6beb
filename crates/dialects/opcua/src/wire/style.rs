//! How values are written for clients: from the event form, where numbers and truths are JSON's own, to what the settings
//! ask for (contract `opcua`, Envelope and Values).
//!
//! Promises: one pass, no tree, any bytes survive it; numbers keep every digit. Called once per answer and per handle that
//! hears an update.

/// The form of what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Every number and truth is a text, and null, `{}` and `[]` are the empty text.
    pub(crate) is_text: bool,
    /// Timestamps keep their fraction of a second.
    pub(crate) is_exact: bool,
}

impl Style {
    /// Appends JSON in event form. `level` is how deep in it the members of a DataValue stand, whose timestamps are cut: 1
    /// for a DataValue itself, 3 for a list of them in an object, 0 for what has none.
    pub(crate) fn write(self, json: &[u8], level: usize, out: &mut Vec<u8>) {
        let level = if self.is_exact { 0 } else { level };
        if !self.is_text && level == 0 {
            return out.extend_from_slice(json);
        }
        let (mut at, mut depth) = (0, 0usize);
        while let Some(byte) = json.get(at) {
            let end = match byte {
                b'"' => {
                    let end = string_end(json, at);
                    out.extend_from_slice(&json[at..end]);
                    match depth == level && is_timestamp(&json[at..end]) {
                        true => cut(json, end, out),
                        false => end,
                    }
                }
                b'{' | b'[' => match first(json, at + 1) {
                    (close, Some(b'}' | b']')) if self.is_text => {
                        out.extend_from_slice(b"\"\"");
                        close + 1
                    }
                    (inside, _) => {
                        depth += 1;
                        out.push(*byte);
                        inside
                    }
                },
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    out.push(*byte);
                    at + 1
                }
                b',' | b':' => {
                    out.push(*byte);
                    at + 1
                }
                b' ' | b'\t' | b'\n' | b'\r' => at + 1,
                _ => {
                    let end = scalar_end(json, at);
                    self.scalar(&json[at..end], out);
                    end
                }
            };
            at = end;
        }
    }

    fn scalar(self, scalar: &[u8], out: &mut Vec<u8>) {
        match scalar {
            _ if !self.is_text => out.extend_from_slice(scalar),
            b"null" => out.extend_from_slice(b"\"\""),
            _ => {
                out.push(b'"');
                out.extend_from_slice(scalar);
                out.push(b'"');
            }
        }
    }
}

/// Whether it is the name of one of a DataValue's two times. A value is never one in that place: a colon has to follow.
fn is_timestamp(string: &[u8]) -> bool {
    matches!(string, br#""SourceTimestamp""# | br#""ServerTimestamp""#)
}

/// Copies `:"2020-01-02T03:04:05.25Z"` without the fraction; nothing when something else is there.
fn cut(json: &[u8], colon: usize, out: &mut Vec<u8>) -> usize {
    let Some(b':') = json.get(colon) else { return colon };
    let (start, Some(b'"')) = first(json, colon + 1) else { return colon };
    let end = string_end(json, start);
    let time = &json[start..end];
    out.push(b':');
    match time.iter().position(|byte| *byte == b'.') {
        Some(point) => {
            let digits = time[point + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            out.extend_from_slice(&time[..point]);
            out.extend_from_slice(&time[point + 1 + digits..]);
        }
        None => out.extend_from_slice(time),
    }
    end
}

/// Just behind the string that begins at `start`.
fn string_end(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(step) = json.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += step;
        if json[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    json.len()
}

/// Just behind the number or word that begins at `start`.
fn scalar_end(json: &[u8], start: usize) -> usize {
    let ends = |byte: &u8| matches!(byte, b',' | b':' | b'"' | b'{' | b'}' | b'[' | b']') || byte.is_ascii_whitespace();
    // From the second byte on: whatever the first is, the pass goes on.
    json[start + 1..].iter().position(ends).map_or(json.len(), |length| start + 1 + length)
}

/// The next byte that is no blank, and where it is.
fn first(json: &[u8], from: usize) -> (usize, Option<u8>) {
    let blanks = json.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    (from + blanks, json.get(from + blanks).copied())
}
