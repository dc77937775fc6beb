//! Writing a published value: for a monitor, behind its own beginning, or as an event. Called by
//! [`tieline_model::Dialect::encode`], once per handle in use, so a value is written in one pass.

use crate::Shared;
use tieline_model::{Message, Representation};

/// The body is a DataValue, or the status of a value that has no JSON form.
pub(crate) const VALUE: u32 = 0;
/// The server has gone away.
pub(crate) const LOST: u32 = 1;
/// What a backend found in the folders of a server; it is for the dialect itself.
pub(crate) const FOUND: u32 = 2;

/// Appends the message in this representation; nothing for a monitor that has ended, whose bytes nobody receives.
pub(crate) fn encode(shared: &Shared, message: &Message, representation: Representation, out: &mut Vec<u8>) {
    let Representation::Wire(variant) = representation else { return out.extend_from_slice(&message.body) };
    let Some(head) = shared.handles.head(variant).filter(|_| message.tag != FOUND) else { return };
    out.reserve(head.len() + message.body.len() * 5 / 4 + 16);
    out.extend_from_slice(&head);
    if message.tag == LOST {
        return out.extend_from_slice(br#","StatusCode":"BadNotConnected"}}"#);
    }
    out.extend_from_slice(br#"},"Body":"#);
    shared.style.write(&message.body, 1, out);
    out.push(b'}');
}
