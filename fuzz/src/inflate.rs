//! Compressed messages, both ways. Input: a byte of limit and window, and the payload.

use std::cell::RefCell;
use tieline_codec::{InflateError, Inflater, message_frame, opcode};
use tieline_model::Framing;

thread_local! {
    /// One for all inputs, as a shard has one for all clients: nothing of one input may show in the next.
    static SHARED: RefCell<Inflater> = RefCell::default();
}

/// Never more than the limit, the same from a used inflater as from a new one, and what we compress comes back.
pub(crate) fn run(data: &[u8]) {
    let [choice, payload @ ..] = data else { return };
    let limit = [1, 100, 4096, 1 << 18][usize::from(choice & 3)];
    let window = 9 + choice % 7;
    let inflated = Inflater::default().inflate(payload, limit);
    assert_eq!(SHARED.with_borrow_mut(|shared| shared.inflate(payload, limit)), inflated);
    match inflated {
        Ok(out) => {
            assert!(out.len() <= limit && out.capacity() <= limit.max(64 << 10) + 1);
            // The limit is where it says: with one byte less it is too large.
            if out.len() > 1 {
                let less = Inflater::default().inflate(payload, out.len() - 1);
                assert_eq!(less, Err(InflateError::TooLarge));
            }
            comes_back(&out, window);
        }
        Err(InflateError::Damaged | InflateError::TooLarge) => {}
    }
    comes_back(payload, window);
}

/// Compressed for a client with this window and inflated again, it is the same.
fn comes_back(payload: &[u8], window: u8) {
    let frame = message_frame(opcode::TEXT, payload, Framing::Deflate(window));
    let (first, second) = (frame[0], frame[1]);
    let body = match second {
        126 => &frame[4..],
        127 => &frame[10..],
        _ => &frame[2..],
    };
    assert!(second & 0x80 == 0 && first & 0xBF == 0x81, "a server's last text frame");
    match first & 0x40 {
        0 => assert_eq!(body, payload),
        _ => {
            assert_eq!(SHARED.with_borrow_mut(|shared| shared.inflate(body, 0)).as_deref(), Ok(payload));
            // Half of it is no message. (Longer ones have several blocks, and may be cut between two.)
            let half = &body[..body.len().div_ceil(2)];
            if payload.len() <= 4096 && half.len() < body.len() {
                assert!(SHARED.with_borrow_mut(|shared| shared.inflate(half, 0)).is_err(), "half a message");
            }
        }
    }
}
