//! Writing a published message: the frame for browsers, escaped where the site wants it so, or the frame as an event.
//!
//! Called by [`tieline_model::Dialect::encode`], once per representation.

use crate::wire::{html, redact};
use tieline_model::{Message, Representation, Sight};

/// Appends the message in this representation.
pub(crate) fn encode(message: &Message, representation: Representation, escape_html: bool, out: &mut Vec<u8>) {
    match representation {
        Representation::Wire(_) if escape_html => html::escape(&message.body, out),
        Representation::Wire(_) | Representation::Event(Sight::Full) => out.extend_from_slice(&message.body),
        Representation::Event(Sight::Redacted) => {
            let frame = std::str::from_utf8(&message.body).unwrap_or_default();
            out.extend_from_slice(redact::frame(frame).as_bytes());
        }
    }
}
