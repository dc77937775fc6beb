//! The words of the product: its frame, a verdict's content, the escaping of HTML, what a redaction leaves. Called by the
//! rest of the dialect; knows no topic.

pub(crate) mod frame;
pub(crate) mod html;
pub(crate) mod redact;
pub(crate) mod verdict;
