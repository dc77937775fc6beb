//! The frame around everything that is told: `{"station", "type", "content"}` on one line (contract `mr`, Frames).

use serde::Deserialize;
use serde_json::value::RawValue;

/// A frame that was written here, its parts as they stand in it.
#[derive(Deserialize)]
pub(crate) struct Frame<'a> {
    /// A text, or null for a file that nobody could read.
    #[serde(borrow)]
    pub(crate) station: &'a RawValue,
    /// `new`, `update` or `unreadable`, a text.
    #[serde(borrow, rename = "type")]
    pub(crate) kind: &'a RawValue,
    /// What the type says it is.
    #[serde(borrow)]
    pub(crate) content: &'a RawValue,
}

/// Writes a frame. `content` is JSON.
pub(crate) fn write(station: Option<&str>, kind: &'static str, content: &str) -> String {
    let station = serde_json::Value::from(station);
    let mut frame = format!(r#"{{"station":{station},"type":"{kind}","content":{content}}}"#);
    // Line breaks inside JSON are blanks between tokens; in its strings there are none.
    if frame.contains(['\n', '\r']) {
        frame = frame.replace(['\n', '\r'], " ");
    }
    frame
}

/// Reads what [`write()`] has written; `None` for anything else.
pub(crate) fn read(frame: &[u8]) -> Option<Frame<'_>> {
    serde_json::from_slice(frame).ok()
}
