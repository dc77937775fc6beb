//! WebSocket frames as the load generator needs them: masked ones to send, unmasked ones to find in what was read.
//!
//! Promises: never copies a payload it has read, and looks at a frame once. Called by every client of the
//! benchmark and by the attacks.

use anyhow::{Result, bail, ensure};

/// A text message.
pub const TEXT: u8 = 1;
/// A close frame: two bytes of code, then the reason.
pub const CLOSE: u8 = 8;
/// A ping, to be answered with its own payload.
pub const PING: u8 = 9;
/// The answer to a ping.
pub const PONG: u8 = 10;

/// A mask that changes every byte; what it is does not matter to what unmasking costs.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// One whole frame at the beginning of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// The opcode.
    pub op: u8,
    /// Whether its payload is compressed (RSV1).
    pub deflated: bool,
    /// Where the payload starts.
    pub start: usize,
    /// Where the payload ends and the next frame starts.
    pub end: usize,
}

/// The first frame of `bytes`, or none if it is not all there yet. An error for what a server must not send, and for
/// fragments, which no server under test has a reason to send.
pub fn find(bytes: &[u8]) -> Result<Option<Found>> {
    let [first, second, ..] = *bytes else { return Ok(None) };
    ensure!(second & 0x80 == 0, "the server sent a masked frame");
    let (start, length) = match second {
        126 => match bytes {
            [_, _, a, b, ..] => (4, usize::from(u16::from_be_bytes([*a, *b]))),
            _ => return Ok(None),
        },
        127 => match bytes.get(2..10).and_then(|b| <[u8; 8]>::try_from(b).ok()) {
            Some(eight) => (10, usize::try_from(u64::from_be_bytes(eight))?),
            None => return Ok(None),
        },
        short => (2, usize::from(short)),
    };
    let op = first & 15;
    if first & 0x80 == 0 || op == 0 {
        bail!("the server sent a fragment");
    }
    ensure!(first & 0x30 == 0, "the server set a reserved bit");
    let end = start + length;
    Ok((bytes.len() >= end).then_some(Found { op, deflated: first & 0x40 != 0, start, end }))
}

/// Appends one masked frame to `out`; its payload is `parts`, one after the other.
pub fn append(op: u8, parts: &[&[u8]], out: &mut Vec<u8>) {
    append_as(0x80 | op, parts, out);
}

/// The same with any first byte: fragments, compressed frames, reserved bits.
pub fn append_as(first: u8, parts: &[&[u8]], out: &mut Vec<u8>) {
    head(first, parts.iter().map(|p| p.len() as u64).sum(), out);
    let mask = MASK.iter().cycle();
    out.extend(parts.iter().flat_map(|p| p.iter()).zip(mask).map(|(byte, key)| byte ^ key));
}

/// Appends what stands before a masked payload of `length` bytes, whether or not so many follow.
pub fn head(first: u8, length: u64, out: &mut Vec<u8>) {
    out.push(first);
    if length < 126 {
        out.push(0x80 | length as u8);
    } else if let Ok(length) = u16::try_from(length) {
        out.push(0x80 | 126);
        out.extend_from_slice(&length.to_be_bytes());
    } else {
        out.push(0x80 | 127);
        out.extend_from_slice(&length.to_be_bytes());
    }
    out.extend_from_slice(&MASK);
}

/// What a close frame's payload says, for an error text.
pub fn close_reason(payload: &[u8]) -> String {
    match payload {
        [a, b, reason @ ..] => {
            format!("code {} {}", u16::from_be_bytes([*a, *b]), String::from_utf8_lossy(reason))
        }
        _ => "no code".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same frame as a server sends it: without the mask.
    fn unmasked(op: u8, payload: &[u8]) -> Vec<u8> {
        let mut masked = Vec::new();
        append(op, &[payload], &mut masked);
        let key_at = masked.len() - payload.len() - 4;
        let mut out = masked[..key_at].to_vec();
        out[1] &= 0x7f;
        out.extend(masked[key_at + 4..].iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
        out
    }

    #[test]
    fn finds_what_was_appended_for_every_kind_of_length() {
        for length in [0, 1, 125, 126, 65535, 65536] {
            let payload = vec![b'x'; length];
            let bytes = unmasked(TEXT, &payload);
            let found = find(&bytes).unwrap().unwrap();
            assert_eq!(&bytes[found.start..found.end], payload);
            assert_eq!((found.op, found.deflated, found.end), (TEXT, false, bytes.len()));
        }
    }

    #[test]
    fn waits_for_a_whole_frame_at_every_cut() {
        for payload in [&b"abc"[..], &[b'x'; 300], &[b'x'; 70000]] {
            let bytes = unmasked(TEXT, payload);
            for cut in (0..12).chain([bytes.len() - 1]).filter(|cut| *cut < bytes.len()) {
                assert_eq!(find(&bytes[..cut]).unwrap(), None, "cut at {cut} of {}", bytes.len());
            }
        }
    }

    #[test]
    fn finds_the_first_of_two() {
        let mut bytes = unmasked(PING, b"one");
        bytes[0] |= 0x40;
        bytes.extend(unmasked(TEXT, b"two"));
        assert_eq!(find(&bytes).unwrap(), Some(Found { op: PING, deflated: true, start: 2, end: 5 }));
    }

    #[test]
    fn refuses_masks_fragments_and_reserved_bits() {
        for (bytes, says) in [
            ([0x81, 0x80], "the server sent a masked frame"),
            ([0x01, 0x00], "the server sent a fragment"),
            ([0x80, 0x00], "the server sent a fragment"),
            ([0x91, 0x00], "the server set a reserved bit"),
        ] {
            assert_eq!(find(&bytes).unwrap_err().to_string(), says);
        }
    }

    #[test]
    fn masks_across_the_parts() {
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        append(TEXT, &[b"abcdefg"], &mut whole);
        append(TEXT, &[b"abc", b"", b"defg"], &mut parts);
        assert_eq!(whole, parts);
        assert_eq!(whole[..6], [0x81, 0x87, 0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(whole[6], b'a' ^ 0x37);
    }

    #[test]
    fn reads_a_close() {
        assert_eq!(close_reason(&[3, 0xe9, b'h', b'i']), "code 1001 hi");
        assert_eq!(close_reason(&[]), "no code");
    }
}
