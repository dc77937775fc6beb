//! From a file's bytes to its text: out of gzip or zip, and out of its encoding.

use super::Unreadable;
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// The most bytes of XML.
pub(super) const LONGEST: u64 = 64 << 20;
/// The most bytes of a zip file: its list of contents is held in memory.
pub(super) const ZIPPED: u64 = 16 << 20;

/// The file's text.
pub(super) fn text(bytes: Vec<u8>) -> Result<String, Unreadable> {
    match bytes.as_slice() {
        [0x1F, 0x8B, ..] => decoded(limited(MultiGzDecoder::new(bytes.as_slice()))?),
        [b'P', b'K', 3, 4, ..] => decoded(unzipped(bytes)?),
        _ if bytes.len() as u64 > LONGEST => Err(Unreadable::TooLong),
        _ => decoded(bytes),
    }
}

fn limited(from: impl Read) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    from.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|_| Unreadable::Wrapping)?;
    if bytes.len() as u64 > LONGEST { Err(Unreadable::TooLong) } else { Ok(bytes) }
}

/// The file in a zip file that is called as such files are, or else the first one.
fn unzipped(bytes: Vec<u8>) -> Result<Vec<u8>, Unreadable> {
    if bytes.len() as u64 > ZIPPED {
        return Err(Unreadable::TooLong);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unreadable::Wrapping)?;
    let ending = |name: &str| name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let rank = |name: &str| match ending(name).as_str() {
        "gxml" => 0,
        "xml" => 1,
        _ => 2,
    };
    let files = archive.file_names().flatten().filter(|name| !name.ends_with('/'));
    let best = files.min_by_key(|name| rank(name)).map(Cow::into_owned).ok_or(Unreadable::Wrapping)?;
    let file = archive.by_name(&best).map_err(|_| Unreadable::Wrapping)?;
    limited(file)
}

/// UTF-8, UTF-16 with its mark, or Latin-1 when the file says so.
fn decoded(bytes: Vec<u8>) -> Result<String, Unreadable> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<String, _>>();
        text.ok().filter(|_| rest.is_empty()).ok_or(Unreadable::Encoding)
    };
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => match String::from_utf8(bytes) {
            Ok(text) => Ok(text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text)),
            Err(error) if says_latin(error.as_bytes()) => Ok(error.into_bytes().into_iter().map(char::from).collect()),
            Err(_) => Err(Unreadable::Encoding),
        },
    }
}

/// Whether the first line says that each byte is a character.
fn says_latin(bytes: &[u8]) -> bool {
    let line: Cow<'_, str> = String::from_utf8_lossy(bytes.get(..200).unwrap_or(bytes));
    let line = line.split("?>").next().unwrap_or_default().to_ascii_lowercase();
    ["iso-8859-1", "windows-1252", "latin1"].iter().any(|name| line.contains(name))
}
