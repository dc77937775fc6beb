//! What makes the bytes of one message differ between receivers.
//!
//! A receiver's encoding is fixed when it subscribes. Receivers with equal encodings get the very same bytes, so a message is
//! encoded once per encoding. The dialect owns the representation, transport owns the framing, and the hub only compares.

/// A dialect's own name for one way to write a message; 0 is its ordinary wire form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Variant(pub u64);

/// How much of a message a person watching may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sight {
    /// Patient data is shown as a redaction.
    Redacted,
    /// Everything: only for those with the right to see patient data.
    Full,
}

/// What a message's payload is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Representation {
    /// The product's own bytes, for its clients.
    Wire(Variant),
    /// JSON that means the same in every dialect, for tails, ties and pages.
    Event(Sight),
}

/// What transport puts around a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Framing {
    /// Nothing: the payload as it is.
    Bare,
    /// A WebSocket frame.
    Frame,
    /// A WebSocket frame whose payload is compressed with a window of 2^n bytes (RFC 7692, 9 to 15).
    Deflate(u8),
}

/// Representation and framing together: receivers with equal encodings get identical bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Encoding {
    /// What the dialect writes.
    pub representation: Representation,
    /// What transport puts around it.
    pub framing: Framing,
}
