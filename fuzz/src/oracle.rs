//! A second decoder, as plain as can be: the whole stream at hand, one frame after the other, nothing shared with the
//! real one. Called by the target `frames`.

use tieline_codec::{Bounds, read_close};

/// What is heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Opcode, compressed or not, payload.
    Message(u8, bool, Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
}

/// How it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With bytes still to come.
    Open,
    /// With this close code.
    Broken(u16),
}

/// Where the end is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Last {
    /// The opcode of the frame at the end; 255 for none.
    pub(crate) opcode: u8,
    /// Whether all of that frame is there.
    pub(crate) whole: bool,
}

/// Everything that is heard in these bytes, and the end.
pub(crate) fn decode(bytes: &[u8], bounds: &Bounds) -> (Vec<Heard>, End, Last) {
    let mut heard = Vec::new();
    let mut last = Last { opcode: 255, whole: true };
    let end = frames(bytes, bounds, &mut heard, &mut last).err().unwrap_or(End::Open);
    (heard, end, last)
}

/// The message being put together: opcode, compressed or not, frames, payload.
type Message = (u8, bool, usize, Vec<u8>);

fn frames(mut rest: &[u8], bounds: &Bounds, heard: &mut Vec<Heard>, last: &mut Last) -> Result<(), End> {
    const PROTOCOL: End = End::Broken(1002);
    let mut message: Option<Message> = None;
    while !rest.is_empty() {
        *last = Last { opcode: rest[0] & 15, whole: false };
        let (head, length) = head(rest).ok_or(End::Open)?;
        let (final_frame, rsv1, opcode) = (rest[0] & 0x80 != 0, rest[0] & 0x40 != 0, rest[0] & 15);
        last.whole = (rest.len() - head) as u64 >= length;
        let masked = rest[1] & 0x80 != 0;
        let rsv1_allowed = bounds.compressed && (opcode == 1 || opcode == 2);
        if !masked || length > i64::MAX as u64 || rest[0] & 0x30 != 0 || (rsv1 && !rsv1_allowed) {
            return Err(PROTOCOL);
        }
        let have = message.as_ref().map_or(0, |(_, _, _, payload)| payload.len()) as u64;
        let too_long = bounds.message_bytes > 0 && have + length > bounds.message_bytes as u64;
        match (opcode, &mut message) {
            (1 | 2, Some(_)) | (0, None) | (3..=7 | 11.., _) => return Err(PROTOCOL),
            (8..=10, _) if !final_frame || length > 125 => return Err(PROTOCOL),
            (8..=10, _) => {}
            _ if too_long => return Err(End::Broken(1009)),
            (_, None) => message = Some((opcode, rsv1, 1, Vec::new())),
            (_, Some((_, _, frames, _))) => {
                *frames += 1;
                if bounds.fragments > 0 && *frames > bounds.fragments {
                    return Err(End::Broken(1009));
                }
            }
        }
        let key: [u8; 4] = std::array::from_fn(|i| rest[head - 4 + i]);
        let here = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len() - head);
        let payload = rest[head..head + here].iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]);
        rest = &rest[head + here..];
        if opcode < 8
            && let Some((kind, compressed, frames, mut content)) = message.take()
        {
            content.extend(payload);
            let done = last.whole && final_frame;
            if kind == 1 && !compressed && !is_text(&content, done) {
                return Err(End::Broken(1007));
            }
            match done {
                true => heard.push(Heard::Message(kind, compressed, content)),
                false => message = Some((kind, compressed, frames, content)),
            }
        } else if last.whole {
            heard.push(control(opcode, payload.collect())?);
        }
        if !last.whole {
            return Err(End::Open);
        }
    }
    Ok(())
}

/// The length of the head and that of the payload; `None` when the head is not all there.
fn head(bytes: &[u8]) -> Option<(usize, u64)> {
    let second = *bytes.get(1)?;
    let (plain, length) = match second & 0x7F {
        126 => (4, u64::from(u16::from_be_bytes(*bytes.get(2..4)?.first_chunk()?))),
        127 => (10, u64::from_be_bytes(*bytes.get(2..10)?.first_chunk()?)),
        short => (2, u64::from(short)),
    };
    let head = if second & 0x80 == 0 { plain } else { plain + 4 };
    (bytes.len() >= head).then_some((head, length))
}

/// Whether this is UTF-8, or can become so when more follows.
fn is_text(content: &[u8], done: bool) -> bool {
    match std::str::from_utf8(content) {
        Ok(_) => true,
        Err(error) => !done && error.error_len().is_none(),
    }
}

/// The body of a close frame has a target of its own.
fn control(opcode: u8, payload: Vec<u8>) -> Result<Heard, End> {
    Ok(match opcode {
        9 => Heard::Ping(payload),
        10 => Heard::Pong,
        _ => Heard::Close(read_close(&payload).map_err(|violation| End::Broken(violation.code))?.code),
    })
}
