//! From a file's bytes to its text: out of gzip or zip, and out of its encoding.

use super::Unreadable;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// The most bytes of XML.
pub(super) const LONGEST: u64 = 256 << 20;
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

/// The text in the encoding that its mark, its first characters or its first line tell; UTF-8 when none does.
fn decoded(bytes: Vec<u8>) -> Result<String, Unreadable> {
    let (encoding, bytes) = match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, ..] => (UTF_8, &bytes[3..]),
        [0xFF, 0xFE, ..] => (UTF_16LE, &bytes[2..]),
        [0xFE, 0xFF, ..] => (UTF_16BE, &bytes[2..]),
        // XML begins with a tag, whether there is a mark or not.
        [b'<', 0, next, 0, ..] if *next != 0 => (UTF_16LE, &bytes[..]),
        [0, b'<', 0, next, ..] if *next != 0 => (UTF_16BE, &bytes[..]),
        _ => (said(&bytes), &bytes[..]),
    };
    let is_whole = !matches!(encoding.name(), "UTF-16LE" | "UTF-16BE") || bytes.len().is_multiple_of(2);
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes).filter(|_| is_whole);
    Ok(text.ok_or(Unreadable::Encoding)?.into_owned())
}

/// The encoding that the first line names. One that can be read so far is not UTF-16, whatever it says of itself.
fn said(bytes: &[u8]) -> &'static Encoding {
    let line: Cow<'_, str> = String::from_utf8_lossy(bytes.get(..200).unwrap_or(bytes));
    let line = line.split_once("?>").map_or("", |(line, _)| line);
    let named = line.split_once("encoding").and_then(|(_, behind)| {
        let behind = behind.trim_start().strip_prefix('=')?.trim_start();
        let (_, name) = behind.split_once(['"', '\''])?;
        Encoding::for_label(name.split(['"', '\'']).next()?.as_bytes())
    });
    named.filter(|encoding| ![UTF_16LE, UTF_16BE].contains(encoding)).unwrap_or(UTF_8)
}
