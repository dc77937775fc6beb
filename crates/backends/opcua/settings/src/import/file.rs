//! A file's bytes as text.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The longest file that is read.
pub(super) const LONGEST: u64 = 16 * 1024 * 1024;

/// The declaration stands within so many bytes.
const DECLARED: usize = 4096;

/// Reads a file, with what is odd about its encoding. `Err`: why it cannot be read, for a person.
pub(super) fn read(path: &Path) -> Result<(String, Option<&'static str>), String> {
    if !path.is_file() {
        return Err("there is no such file".to_owned());
    }
    let mut bytes = Vec::new();
    let opened = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    opened.map_err(|error| format!("it cannot be read: {error}"))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("it is longer than {} MiB", LONGEST / (1024 * 1024)));
    }
    Ok(decoded(bytes))
}

/// UTF-8; UTF-16, with its mark or without; or else what the file says of itself, or windows-1252, in which any bytes are a
/// text.
pub(super) fn decoded(bytes: Vec<u8>) -> (String, Option<&'static str>) {
    let wide = match bytes.as_slice() {
        [0xFF, 0xFE, ..] => Some(UTF_16LE),
        [0xFE, 0xFF, ..] => Some(UTF_16BE),
        // No other text has a zero in it, and any file that is read here begins with a character below 256.
        [first, 0, ..] if *first != 0 => Some(UTF_16LE),
        [0, second, ..] if *second != 0 => Some(UTF_16BE),
        _ => None,
    };
    if let Some(wide) = wide {
        return (wide.decode_with_bom_removal(&bytes).0.into_owned(), None);
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text), None),
        Err(error) => {
            let bytes = error.into_bytes();
            let own = said(&bytes).filter(|encoding| *encoding != UTF_8);
            let text = own.unwrap_or(WINDOWS_1252).decode_without_bom_handling(&bytes).0.into_owned();
            (text, own.is_none().then_some("it is not UTF-8, and does not say what it is: read as windows-1252"))
        }
    }
}

/// The encoding that an XML file names in its declaration, behind any comments.
fn said(bytes: &[u8]) -> Option<&'static Encoding> {
    let begin = String::from_utf8_lossy(bytes.get(..DECLARED).unwrap_or(bytes));
    let (_, declaration) = begin.split_once("<?xml")?;
    let (_, name) = declaration.split_once("?>")?.0.split_once("encoding")?;
    let name = name.trim_start().strip_prefix('=')?.trim_start();
    let quote = name.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    Encoding::for_label(name.get(1..)?.split(quote).next()?.as_bytes())
}
