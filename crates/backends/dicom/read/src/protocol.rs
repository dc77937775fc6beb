//! Siemens' protocol text: the settings `name = value` of a measurement, one a line, inside a larger text
//! (contract `mr`, "Protocol text").
//!
//! Promises: one pass over the text, whatever it holds; what is not asked for allocates nothing. Called with the
//! `MrPhoenixProtocol` or `MrProtocol` item of the series' CSA header, and with the text of software XA.

use super::value::latin;

/// Where the settings begin. A text without this line is read as a whole.
const BEGIN: &[u8] = b"### ASCCONV BEGIN";

/// What is read of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Protocol {
    /// The shim settings in the order of the text, joined by commas; none when there is not one.
    pub shims: Option<String>,
    /// The sequence's file, with `/` for `\`; none when it is not named.
    pub sequence_file: Option<String>,
}

/// Reads a protocol's text, which is Latin-1.
pub fn read(text: &[u8]) -> Protocol {
    let mut protocol = Protocol::default();
    let mut rest = memchr::memmem::find(text, BEGIN).and_then(|begin| text.get(begin..)).unwrap_or(text);
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..end).unwrap_or(rest);
        rest = rest.get(end + 1..).unwrap_or_default();
        // All wanted names begin so; most lines do not.
        let line = line.trim_ascii_start();
        if let [b's', b'A' | b'G' | b'T', ..] | [b't', b'S', ..] = line {
            setting(line, &mut protocol);
        }
    }
    protocol
}

fn setting(line: &[u8], protocol: &mut Protocol) {
    let Some(equals) = memchr::memchr(b'=', line) else { return };
    let Some((name, value)) = line.split_at_checked(equals) else { return };
    let (name, value) = (name.trim_ascii_end(), value.get(1..).unwrap_or_default().trim_ascii());
    if name == b"tSequenceFileName" {
        if let (None, Some(file)) = (&protocol.sequence_file, quoted(value)) {
            protocol.sequence_file = Some(latin(file).replace('\\', "/"));
        }
    } else if is_shim(name) {
        // A remark may follow the number.
        let number = value.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        if !number.is_empty() {
            let shims = protocol.shims.get_or_insert_default();
            if !shims.is_empty() {
                shims.push(',');
            }
            shims.push_str(&latin(number));
        }
    }
}

/// What stands between quotes, which are double ones, twice or, in older software, once.
fn quoted(value: &[u8]) -> Option<&[u8]> {
    if let Some(inner) = value.strip_prefix(b"\"\"") {
        return inner.get(..memchr::memmem::find(inner, b"\"\"")?);
    }
    let inner = value.strip_prefix(b"\"")?;
    inner.get(..memchr::memchr(b'"', inner)?)
}

fn is_shim(name: &[u8]) -> bool {
    if matches!(name, b"sAdjData.uiAdjShimMode" | b"sTXSPEC.asNucleusInfo[0].lFrequency") {
        return true;
    }
    let Some(gradients) = name.strip_prefix(b"sGRADSPEC.") else { return false };
    let offset = gradients.strip_prefix(b"asGPAData[0].").unwrap_or(gradients);
    matches!(offset, b"lOffsetX" | b"lOffsetY" | b"lOffsetZ")
        || matches!(gradients.strip_prefix(b"alShimCurrent["), Some([b'0'..=b'4', b']']))
}
