//! The frame decoder. Input: a byte of bounds, a byte that says how the rest is cut into pieces, and a client's bytes.

use crate::oracle::{self, End, Heard};
use crate::{second, talk};
use tieline_codec::{Bounds, Decoder, Event, Kind};

/// Whole or in pieces, the decoder hears what two other decoders hear, and never more bytes than came.
pub(crate) fn run(data: &[u8]) {
    let [choice, cut, bytes @ ..] = data else { return };
    let bounds = Bounds {
        message_bytes: [0, 16, 126, 1 << 16][usize::from(choice & 3)],
        fragments: [0, 1, 3, 1000][usize::from(choice >> 2 & 3)],
        compressed: choice & 16 != 0,
    };
    let whole = decode([bytes], &bounds);
    let pieces = decode(pieces(bytes, *cut), &bounds);
    assert_eq!(whole, pieces, "cut another way, another thing is heard");
    assert_eq!(whole, decode(bytes.chunks(1), &bounds), "byte by byte, another thing is heard");
    let (heard, end, last) = oracle::decode(bytes, &bounds);
    assert_eq!(whole, (heard, end));
    let total: usize = whole.0.iter().map(length).sum();
    assert!(total <= bytes.len());
    if !bounds.compressed {
        second::agrees(bytes, &whole.0, whole.1, last);
    }
}

/// Pieces of 1 to 16 bytes, or of whole reads, in an order that `cut` stands for.
fn pieces(bytes: &[u8], cut: u8) -> Vec<&[u8]> {
    let (mut rest, mut pieces, mut state) = (bytes, Vec::new(), u32::from(cut));
    while !rest.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (piece, more) = rest.split_at(rest.len().min((state >> 28) as usize + 1));
        pieces.push(piece);
        rest = more;
    }
    pieces
}

fn decode<'p>(pieces: impl IntoIterator<Item = &'p [u8]>, bounds: &Bounds) -> (Vec<Heard>, End) {
    let (mut decoder, mut heard) = (Decoder::default(), Vec::new());
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut at = 0;
        while at < piece.len() {
            match decoder.next(&mut piece[at..], bounds) {
                Ok((used, event)) => {
                    assert!(used > 0, "no progress");
                    at += used;
                    heard.extend(event.map(keep));
                }
                Err(violation) => {
                    talk::one_line(violation.detail.as_str());
                    assert!(violation.detail.as_str().len() <= 123, "it has to fit into a close frame");
                    assert_eq!(violation.limit.is_some(), violation.code == 1009);
                    return (heard, End::Broken(violation.code));
                }
            }
        }
    }
    (heard, End::Open)
}

fn keep(event: Event<'_>) -> Heard {
    match event {
        Event::Message { kind, compressed, payload } => {
            if kind == Kind::Text && !compressed {
                assert!(std::str::from_utf8(&payload).is_ok(), "text that is none");
            }
            Heard::Message(if kind == Kind::Text { 1 } else { 2 }, compressed, payload.into_owned())
        }
        Event::Ping(body) => Heard::Ping(body),
        Event::Pong => Heard::Pong,
        Event::Close(close) => Heard::Close(close.code),
    }
}

fn length(heard: &Heard) -> usize {
    match heard {
        Heard::Message(_, _, payload) | Heard::Ping(payload) => payload.len(),
        Heard::Pong | Heard::Close(_) => 0,
    }
}
