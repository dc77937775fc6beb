//! A file's bytes as text.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The longest file that is read.
pub(super) const LONGEST: u64 = 16 * 1024 * 1024;

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

/// UTF-8, UTF-16 with its mark, or else Latin-1, in which any bytes are a text.
pub(super) fn decoded(bytes: Vec<u8>) -> (String, Option<&'static str>) {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(unit);
        char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => (wide(rest, u16::from_le_bytes), None),
        [0xFE, 0xFF, rest @ ..] => (wide(rest, u16::from_be_bytes), None),
        _ => match String::from_utf8(bytes) {
            Ok(text) => (text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text), None),
            Err(error) => {
                let text = error.into_bytes().into_iter().map(char::from).collect();
                (text, Some("it is not UTF-8: read as Latin-1"))
            }
        },
    }
}
