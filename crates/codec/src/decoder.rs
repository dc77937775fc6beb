//! From a client's bytes to events, in whatever pieces they come.
//!
//! A message that lies whole in the bytes given is handed on where it lies, unmasked in place; only what is unfinished
//! is kept, and text is checked as it comes, so that nonsense is refused at its first byte. Called by the session.

use super::mask::unmask;
use super::{CloseFrame, code, opcode, read_close};
use std::borrow::Cow;
use tieline_model::Safe;

/// What a client may send; 0 switches one off.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of one message as it comes over the wire.
    pub message_bytes: usize,
    /// Frames of one message.
    pub fragments: usize,
    /// Whether compressed messages were agreed on.
    pub compressed: bool,
}

/// What kind of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8, checked unless it is compressed.
    Text,
    /// Bytes.
    Binary,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A whole message.
    Message {
        /// Text or bytes.
        kind: Kind,
        /// Whether the payload is still compressed.
        compressed: bool,
        /// The payload.
        payload: Cow<'a, [u8]>,
    },
    /// A ping with its body, to be answered by a pong with the same.
    Ping(Vec<u8>),
    /// A pong.
    Pong,
    /// A close frame.
    Close(CloseFrame),
}

/// The client broke the protocol or a bound; the connection ends with this code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Violation {
    /// The close code.
    pub code: u16,
    /// What is wrong: the close frame's reason.
    pub detail: Safe,
    /// The limit's key, when it was one.
    pub limit: Option<&'static str>,
}

impl Violation {
    pub(super) fn protocol(detail: &'static str) -> Violation {
        Violation { code: code::PROTOCOL, detail: detail.into(), limit: None }
    }

    /// Text that is not UTF-8.
    pub fn utf8() -> Violation {
        Violation { code: code::INVALID, detail: "text that is not UTF-8".into(), limit: None }
    }

    /// More than `limit` allows.
    pub fn too_big(limit: &'static str, detail: Safe) -> Violation {
        Violation { code: code::TOO_BIG, detail, limit: Some(limit) }
    }
}

/// One connection's decoder. Idle it holds no memory beside itself.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The beginning of a frame head that has not come whole.
    head: [u8; 14],
    head_len: u8,
    /// The frame that is being received.
    frame: Option<Frame>,
    /// The fragmented or unfinished message, and the unfinished control frame, that are being put together.
    message: Option<Box<Message>>,
    control: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    opcode: u8,
    last: bool,
    compressed: bool,
    key: [u8; 4],
    length: usize,
    received: usize,
}

#[derive(Debug)]
struct Message {
    kind: Kind,
    compressed: bool,
    fragments: usize,
    payload: Vec<u8>,
    /// How much of the payload is known to be whole UTF-8 characters.
    checked: usize,
}

/// The first room for a message that does not come whole.
const LEAST_ROOM: usize = 64;

impl Decoder {
    /// Takes bytes from `input`; returns how many it took and what they completed. Call it again with the rest until it
    /// took everything. After an error the connection is over.
    pub fn next<'a>(&mut self, input: &'a mut [u8], bounds: &Bounds) -> Result<(usize, Option<Event<'a>>), Violation> {
        let mut used = 0;
        let frame = match self.frame {
            Some(frame) => frame,
            None => {
                let (taken, frame) = self.read_head(input, bounds)?;
                used += taken;
                match frame {
                    Some(frame) => frame,
                    None => return Ok((used, None)),
                }
            }
        };
        let body = &mut input[used..];
        let here = body.len().min(frame.length - frame.received);
        let body = &mut body[..here];
        used += here;
        unmask(body, frame.key, frame.received);
        let received = frame.received + here;
        let whole = received == frame.length;
        self.frame = if whole { None } else { Some(Frame { received, ..frame }) };
        let event = if frame.opcode >= opcode::CLOSE {
            self.control(frame, body, whole)?
        } else if whole && frame.last && self.message.is_none() {
            Some(whole_message(frame, body)?)
        } else if body.is_empty() && !whole {
            // A head alone begins nothing: its payload may still come in one piece.
            None
        } else {
            self.data(frame, body, bounds)?
        };
        Ok((used, event))
    }

    /// Bytes of memory that an unfinished message or control frame holds, beside the decoder itself.
    pub fn held(&self) -> usize {
        self.control.capacity() + self.message.as_ref().map_or(0, |message| message.payload.capacity())
    }

    /// Whether a message has begun and not ended.
    pub fn is_within_message(&self) -> bool {
        self.message.is_some() || self.frame.is_some() || self.head_len > 0
    }

    fn read_head(&mut self, input: &[u8], bounds: &Bounds) -> Result<(usize, Option<Frame>), Violation> {
        let mut taken = 0;
        loop {
            let have = usize::from(self.head_len);
            let want = head_length(&self.head[..have]);
            let more = (want - have).min(input.len() - taken);
            self.head[have..have + more].copy_from_slice(&input[taken..taken + more]);
            taken += more;
            self.head_len += more as u8;
            if have + more < want {
                return Ok((taken, None));
            }
            // Two bytes say how long the head is; when that is more, once around for the rest.
            if have + more == head_length(&self.head[..have + more]) {
                let frame = self.begin_frame(bounds)?;
                self.head_len = 0;
                return Ok((taken, Some(frame)));
            }
        }
    }

    /// Checks a whole head and begins its frame.
    fn begin_frame(&mut self, bounds: &Bounds) -> Result<Frame, Violation> {
        let (first, second) = (self.head[0], self.head[1]);
        let (last, opcode) = (first & 0x80 != 0, first & 0x0F);
        let (length, key_at) = match second & 0x7F {
            126 => (u64::from(u16::from_be_bytes([self.head[2], self.head[3]])), 4),
            127 => (u64::from_be_bytes(std::array::from_fn(|i| self.head[2 + i])), 10),
            short => (u64::from(short), 2),
        };
        if second & 0x80 == 0 {
            return Err(Violation::protocol("a frame without mask"));
        }
        if length >> 63 != 0 {
            return Err(Violation::protocol("a frame length with its highest bit set"));
        }
        let compressed = first & 0x40 != 0;
        if first & 0x30 != 0 || (compressed && (!bounds.compressed || !matches!(opcode, 1 | 2))) {
            return Err(Violation::protocol("a reserved bit that was not agreed on"));
        }
        match opcode {
            opcode::CLOSE | opcode::PING | opcode::PONG => {
                if !last || length > 125 {
                    return Err(Violation::protocol("a control frame that is fragmented or over 125 bytes"));
                }
            }
            opcode::TEXT | opcode::BINARY => {
                if self.message.is_some() {
                    return Err(Violation::protocol("a new message within a fragmented one"));
                }
                check_size(0, length, bounds)?;
            }
            opcode::CONTINUATION => match &mut self.message {
                None => return Err(Violation::protocol("a continuation of nothing")),
                Some(message) => {
                    message.fragments += 1;
                    check_size(message.payload.len(), length, bounds)?;
                    if bounds.fragments > 0 && message.fragments > bounds.fragments {
                        let detail = tieline_model::safe!(
                            "a message of more than {} frames (limits.fragments)",
                            bounds.fragments
                        );
                        return Err(Violation::too_big("fragments", detail));
                    }
                }
            },
            _ => return Err(Violation::protocol("a reserved opcode")),
        }
        let key = std::array::from_fn(|i| self.head[key_at + i]);
        // A length that does not fit into memory's addresses was refused by its bound, or cannot come whole.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        Ok(Frame { opcode, last, compressed, key, length, received: 0 })
    }

    fn control<'a>(&mut self, frame: Frame, body: &[u8], whole: bool) -> Result<Option<Event<'a>>, Violation> {
        self.control.extend_from_slice(body);
        if !whole {
            return Ok(None);
        }
        let body = std::mem::take(&mut self.control);
        Ok(Some(match frame.opcode {
            opcode::PING => Event::Ping(body),
            opcode::PONG => Event::Pong,
            _ => Event::Close(read_close(&body)?),
        }))
    }

    fn data<'a>(&mut self, frame: Frame, body: &[u8], bounds: &Bounds) -> Result<Option<Event<'a>>, Violation> {
        let remaining = frame.length - frame.received;
        let done = frame.last && body.len() == remaining;
        let message = self.message.get_or_insert_with(|| {
            let Frame { compressed, .. } = frame;
            Box::new(Message { kind: frame.kind(), compressed, fragments: 1, payload: Vec::new(), checked: 0 })
        });
        let most = match (frame.last, bounds.message_bytes) {
            (true, _) => message.payload.len().saturating_add(remaining),
            (false, 0) => usize::MAX,
            (false, bound) => bound,
        };
        message.take(body, most);
        if message.kind == Kind::Text && !message.compressed {
            message.check_text(done)?;
        }
        if !done {
            return Ok(None);
        }
        Ok(self.message.take().map(|message| Event::Message {
            kind: message.kind,
            compressed: message.compressed,
            payload: Cow::Owned(message.payload),
        }))
    }
}

impl Message {
    /// Adds what has come. Room doubles as in any vector, but never beyond `most`, all that the message may become.
    fn take(&mut self, body: &[u8], most: usize) {
        let (have, need) = (self.payload.capacity(), self.payload.len() + body.len());
        if need > have {
            let room = have.saturating_mul(2).clamp(LEAST_ROOM, most.max(LEAST_ROOM)).max(need);
            self.payload.reserve_exact(room - self.payload.len());
        }
        self.payload.extend_from_slice(body);
    }

    /// Checks what has come of a text since the last time; a character may be cut in two unless it is the end.
    fn check_text(&mut self, end: bool) -> Result<(), Violation> {
        match simdutf8::compat::from_utf8(&self.payload[self.checked..]) {
            Ok(_) => self.checked = self.payload.len(),
            Err(error) if error.error_len().is_none() && !end => self.checked += error.valid_up_to(),
            Err(_) => return Err(Violation::utf8()),
        }
        Ok(())
    }
}

impl Frame {
    fn kind(&self) -> Kind {
        if self.opcode == opcode::TEXT { Kind::Text } else { Kind::Binary }
    }
}

/// A message that came in one frame and in one piece: handed on where it lies.
fn whole_message(frame: Frame, body: &mut [u8]) -> Result<Event<'_>, Violation> {
    let kind = frame.kind();
    if kind == Kind::Text && !frame.compressed && simdutf8::basic::from_utf8(body).is_err() {
        return Err(Violation::utf8());
    }
    Ok(Event::Message { kind, compressed: frame.compressed, payload: Cow::Borrowed(body) })
}

fn check_size(have: usize, more: u64, bounds: &Bounds) -> Result<(), Violation> {
    if bounds.message_bytes > 0 && (have as u64).saturating_add(more) > bounds.message_bytes as u64 {
        let detail =
            tieline_model::safe!("a message of more than {} bytes (limits.message_bytes)", bounds.message_bytes);
        return Err(Violation::too_big("message_bytes", detail));
    }
    Ok(())
}

/// How long a frame head is, as far as its first bytes tell.
fn head_length(head: &[u8]) -> usize {
    match head {
        [_, second, ..] => {
            let extended = match second & 0x7F {
                126 => 2,
                127 => 8,
                _ => 0,
            };
            2 + extended + if second & 0x80 != 0 { 4 } else { 0 }
        }
        _ => 2,
    }
}
