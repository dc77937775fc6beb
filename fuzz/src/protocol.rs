//! Siemens' protocol text. Input: the text, in Latin-1.

use tieline_dicom_read::protocol::read;

/// The same as a second reader finds, which takes the text apart into words.
pub(crate) fn run(data: &[u8]) {
    let protocol = read(data);
    let text: String = data.iter().copied().map(char::from).collect();
    let text = text.find("### ASCCONV BEGIN").map_or(text.as_str(), |begin| &text[begin..]);
    let settings: Vec<(&str, &str)> = text.split('\n').filter_map(setting).collect();
    let shims: Vec<&str> =
        settings.iter().filter(|(name, _)| is_shim(name)).filter_map(|(_, value)| value.split(BLANKS).next()).collect();
    let shims: Vec<&str> = shims.into_iter().filter(|shim| !shim.is_empty()).collect();
    assert_eq!(protocol.shims, (!shims.is_empty()).then(|| shims.join(",")));
    let file = settings.iter().filter(|(name, _)| *name == "tSequenceFileName").find_map(|(_, value)| quoted(value));
    assert_eq!(protocol.sequence_file, file.map(|file| file.replace('\\', "/")));
}

/// What separates words: ASCII's blanks only.
const BLANKS: [char; 5] = [' ', '\t', '\n', '\r', '\x0C'];

fn setting(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    Some((name.trim_matches(BLANKS), value.trim_matches(BLANKS)))
}

fn quoted(value: &str) -> Option<&str> {
    // In two pairs of quotes or, in older software, in one.
    let quotes = if value.starts_with("\"\"") { "\"\"" } else { "\"" };
    value.strip_prefix(quotes)?.split_once(quotes).map(|(inner, _)| inner)
}

fn is_shim(name: &str) -> bool {
    let mut names = vec!["sAdjData.uiAdjShimMode".to_owned(), "sTXSPEC.asNucleusInfo[0].lFrequency".to_owned()];
    for axis in ["X", "Y", "Z"] {
        names.push(format!("sGRADSPEC.asGPAData[0].lOffset{axis}"));
        names.push(format!("sGRADSPEC.lOffset{axis}"));
    }
    names.extend((0..5).map(|number| format!("sGRADSPEC.alShimCurrent[{number}]")));
    names.iter().any(|known| known == name)
}
