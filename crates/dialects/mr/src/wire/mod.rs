//! The words of the product: its frame, a verdict's content, a series, a session, the escaping of HTML, what a redaction
//! leaves. Called by the rest of the dialect; knows no topic.

pub(crate) mod frame;
pub(crate) mod html;
pub(crate) mod redact;
pub(crate) mod series;
pub(crate) mod session;
pub(crate) mod verdict;

/// Appends `,"key":value` to an object that is being written and has a member; nothing when there is no value.
pub(crate) fn push_member(object: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        object.push_str(&format!(r#","{key}":{value}"#));
    }
}
