//! WebSocket frames (RFC 6455) and their compression (RFC 7692), without a socket: bytes in, events and bytes out.
//!
//! Promises: no allocation for a message that arrives whole, nothing reserved on a client's word alone, every bound
//! checked before memory is used. Called by transport: its sessions decode, whoever publishes
//! encodes.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod close;
mod decoder;
mod deflate;
mod encode;
mod history;
mod inflate;
mod mask;
mod negotiate;
#[cfg(test)]
mod tests;

pub use close::{CloseFrame, read_close};
pub use decoder::{Bounds, Decoder, Event, Kind, Violation};
pub use encode::{HEAD_ROOM, close_frame, control_frame, finish, message_frame};
pub use history::History;
pub use inflate::{InflateError, Inflater, Inflation, Step};
pub use negotiate::{Deflate, negotiate};

/// Frame opcodes (RFC 6455 section 5.2).
pub mod opcode {
    /// Another fragment of the message before.
    pub const CONTINUATION: u8 = 0;
    /// UTF-8 text.
    pub const TEXT: u8 = 1;
    /// Bytes.
    pub const BINARY: u8 = 2;
    /// The closing handshake.
    pub const CLOSE: u8 = 8;
    /// Asks for a pong.
    pub const PING: u8 = 9;
    /// Answers a ping.
    pub const PONG: u8 = 10;
}

/// Close codes (RFC 6455 section 7.4.1).
pub mod code {
    /// Done.
    pub const NORMAL: u16 = 1000;
    /// This end goes away.
    pub const AWAY: u16 = 1001;
    /// The protocol was broken.
    pub const PROTOCOL: u16 = 1002;
    /// A kind of data that is not spoken here.
    pub const UNSUPPORTED: u16 = 1003;
    /// Text that is not UTF-8.
    pub const INVALID: u16 = 1007;
    /// Against the rules here: too slow, idle.
    pub const POLICY: u16 = 1008;
    /// No close frame was sent or came; never on the wire.
    pub const NOT_CLOSED: u16 = 1006;
    /// Too big.
    pub const TOO_BIG: u16 = 1009;
    /// There is no room for this now, perhaps later.
    pub const TRY_AGAIN: u16 = 1013;
    /// A mistake of this end.
    pub const INTERNAL: u16 = 1011;
}
