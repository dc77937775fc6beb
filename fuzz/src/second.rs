//! What another library (tungstenite) hears in the same bytes. Called by the target `frames`.

use crate::oracle::{End, Heard, Last};
use std::io::{ErrorKind, Read, Write};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// The bytes, then nothing yet; what is written is forgotten.
struct Wire<'a>(&'a [u8]);

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            read => Ok(read),
        }
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Holds our opinion of uncompressed bytes against its own: the same events, and an end where it ends.
pub(crate) fn agrees(bytes: &[u8], heard: &[Heard], end: End, last: Last) {
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(Some(1 << 16)).read_buffer_size(4096);
    let mut socket = WebSocket::from_raw_socket(Wire(bytes), Role::Server, Some(config));
    for (at, ours) in heard.iter().enumerate() {
        let theirs = socket.read();
        let same = match (ours, &theirs) {
            (Heard::Message(1, _, ours), Ok(Message::Text(theirs))) => theirs.as_bytes() == &ours[..],
            (Heard::Message(2, _, ours), Ok(Message::Binary(theirs))) => theirs == &ours[..],
            (Heard::Ping(ours), Ok(Message::Ping(theirs))) => theirs == &ours[..],
            (Heard::Pong, Ok(Message::Pong(_))) => true,
            // What follows a close is nobody's; and they tell of a code they will not have as a protocol error.
            (Heard::Close(None), Ok(Message::Close(None))) => return,
            (Heard::Close(Some(_)), Ok(Message::Close(Some(_)))) => return,
            // Longer than this second opinion goes.
            (_, Err(Error::Capacity(_))) => return,
            _ => false,
        };
        assert!(same, "event {at}: {ours:?} and {theirs:?}");
    }
    let theirs = socket.read();
    let waits = matches!(&theirs, Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock);
    match (end, &theirs) {
        // Bounds are ours alone, a close frame's code is looked at in another place there.
        (End::Broken(1009), _) | (End::Broken(_), Ok(Message::Close(_))) | (_, Err(Error::Capacity(_))) => {}
        // They look at a frame when it is all there.
        (End::Broken(_), _) if waits => assert!(!last.whole, "{end:?}, and they wait after a whole frame"),
        (End::Broken(_), Err(_)) => {}
        (End::Open, _) => assert!(waits, "we wait, and they say {theirs:?}"),
        (End::Broken(_), Ok(message)) => panic!("{end:?} at opcode {}, and they hear {message:?}", last.opcode),
    }
}
