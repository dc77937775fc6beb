//! Making frames. A server's frames carry no mask, so one frame is the same for everybody: it is made once and shared.

use super::{deflate, opcode};
use bytes::Bytes;
use tieline_model::Framing;

/// Room for the longest frame head. Whoever writes a payload for [`finish`] leaves this many bytes free in front.
pub const HEAD_ROOM: usize = 10;
const FINAL: u8 = 0x80;
const COMPRESSED: u8 = 0x40;
/// A payload shorter than this is sent as it is: compressing it would make it longer.
const WORTH_COMPRESSING: usize = 64;

/// Makes a finished frame of a payload that stands behind [`HEAD_ROOM`] bytes of `buffer`.
pub fn finish(opcode: u8, mut buffer: Vec<u8>, framing: Framing) -> Bytes {
    let mut first = FINAL | opcode;
    match framing {
        Framing::Bare => return fitting(buffer).slice(HEAD_ROOM..),
        Framing::Deflate(window) if buffer.len() - HEAD_ROOM >= WORTH_COMPRESSING => {
            if let Some(compressed) = deflate::compress(&buffer[HEAD_ROOM..], window, HEAD_ROOM) {
                buffer = compressed;
                first |= COMPRESSED;
            }
        }
        Framing::Deflate(_) | Framing::Frame => {}
    }
    let head = head(first, buffer.len() - HEAD_ROOM);
    let start = HEAD_ROOM - head.1;
    buffer[start..HEAD_ROOM].copy_from_slice(&head.0[..head.1]);
    fitting(buffer).slice(start..)
}

/// Without the room that was left over. A frame waits in queues that are bounded by what it says it has, and what was compressed,
/// or left out because nobody may see it, was given room for the whole.
fn fitting(mut buffer: Vec<u8>) -> Bytes {
    if buffer.capacity() - buffer.len() > buffer.len() / 8 + 64 {
        buffer.shrink_to_fit();
    }
    buffer.into()
}

/// Makes a finished frame of a payload.
pub fn message_frame(opcode: u8, payload: &[u8], framing: Framing) -> Bytes {
    let mut buffer = Vec::with_capacity(HEAD_ROOM + payload.len());
    buffer.resize(HEAD_ROOM, 0);
    buffer.extend_from_slice(payload);
    finish(opcode, buffer, framing)
}

/// A ping or pong; a body over 125 bytes is cut (it cannot be longer, RFC 6455 section 5.5).
pub fn control_frame(opcode: u8, body: &[u8]) -> Bytes {
    message_frame(opcode, &body[..body.len().min(125)], Framing::Frame)
}

/// A close frame with a reason of at most 123 bytes; a longer one is cut at a character.
pub fn close_frame(code: u16, reason: &str) -> Bytes {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let mut body = Vec::with_capacity(2 + end);
    body.extend_from_slice(&code.to_be_bytes());
    body.extend_from_slice(&reason.as_bytes()[..end]);
    control_frame(opcode::CLOSE, &body)
}

/// The head of an unmasked frame and its length.
fn head(first: u8, payload: usize) -> ([u8; HEAD_ROOM], usize) {
    let mut head = [0; HEAD_ROOM];
    head[0] = first;
    match payload {
        0..=125 => {
            head[1] = payload as u8;
            (head, 2)
        }
        126..=0xFFFF => {
            head[1] = 126;
            head[2..4].copy_from_slice(&(payload as u16).to_be_bytes());
            (head, 4)
        }
        _ => {
            head[1] = 127;
            head[2..10].copy_from_slice(&(payload as u64).to_be_bytes());
            (head, 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_holds_no_more_room_than_it_says() {
        let payload = vec![b'x'; 100_000];
        let mut roomy = Vec::with_capacity(100_000);
        roomy.resize(HEAD_ROOM + 200, b'y');
        let frames = [
            message_frame(opcode::TEXT, &payload, Framing::Deflate(15)),
            message_frame(opcode::TEXT, &payload, Framing::Frame),
            finish(opcode::TEXT, roomy.clone(), Framing::Bare),
            finish(opcode::TEXT, roomy, Framing::Frame),
        ];
        for frame in frames {
            let says = frame.len();
            let holds = frame.try_into_mut().expect("nobody else has it").capacity();
            assert!(holds <= says + says / 8 + 64, "{says} bytes hold {holds}");
        }
    }

    #[test]
    fn heads_are_as_short_as_the_length_allows() {
        for (payload, head) in [(0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10)] {
            let frame = message_frame(opcode::TEXT, &vec![b'x'; payload], Framing::Frame);
            assert_eq!(frame.len(), head + payload);
            assert_eq!(frame[0], 0x81);
        }
    }

    #[test]
    fn a_close_reason_is_cut_at_a_character() {
        let frame = close_frame(1008, &"ä".repeat(100));
        assert_eq!(frame.len(), 2 + 2 + 122);
        assert!(std::str::from_utf8(&frame[4..]).is_ok());
    }
}
