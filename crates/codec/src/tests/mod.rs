//! Tests of the codec as a client meets it: bytes in, events or a violation out. Called by nobody but the test runner.

mod bounds;
mod pieces;
mod rules;
mod streams;
mod work;

use super::{Bounds, Decoder, Event, Kind, Violation};

/// The bounds of these tests unless they are about bounds.
const WIDE: Bounds = Bounds { message_bytes: 1 << 20, fragments: 1000, compressed: false };

/// An event that keeps its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Message(Kind, bool, Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
}

fn text(payload: &str) -> Seen {
    Seen::Message(Kind::Text, false, payload.into())
}

fn binary(payload: &[u8]) -> Seen {
    Seen::Message(Kind::Binary, false, payload.into())
}

fn seen(event: Event<'_>) -> Seen {
    match event {
        Event::Message { kind, compressed, payload } => Seen::Message(kind, compressed, payload.into_owned()),
        Event::Ping(body) => Seen::Ping(body),
        Event::Pong => Seen::Pong,
        Event::Close(close) => Seen::Close(close.code),
    }
}

/// Decodes each piece as one read of the session would bring it.
fn decode_pieces<'p>(
    decoder: &mut Decoder,
    pieces: impl IntoIterator<Item = &'p [u8]>,
    bounds: &Bounds,
) -> (Vec<Seen>, Option<Violation>) {
    let mut all = Vec::new();
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut at = 0;
        while at < piece.len() {
            match decoder.next(&mut piece[at..], bounds) {
                Ok((used, event)) => {
                    assert!(used > 0, "no progress");
                    at += used;
                    all.extend(event.map(seen));
                }
                Err(violation) => return (all, Some(violation)),
            }
        }
    }
    (all, None)
}

fn decode(bytes: &[u8], bounds: &Bounds) -> (Vec<Seen>, Option<Violation>) {
    decode_pieces(&mut Decoder::default(), [bytes], bounds)
}

/// A client's frame with the shortest length and this mask.
fn masked(first: u8, payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..=125 => frame.push(0x80 | short as u8),
        middle @ 126..=0xFFFF => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(middle as u16).to_be_bytes());
        }
        long => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&key);
    frame.extend(payload.iter().enumerate().map(|(i, byte)| byte ^ key[i & 3]));
    frame
}

/// The same with one fixed mask.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    masked(first, payload, [0x37, 0xFA, 0x21, 0x3D])
}
