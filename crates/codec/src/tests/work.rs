//! The work a client can cause grows with what it sends and not faster: the same bytes, cut as unkindly as can be, in
//! two sizes. What counts is this thread's own time on a processor, so that other work on the machine does not; and a
//! quadratic decoder (16 times the work for 4 times the bytes) is told from a linear one by a wide margin.

use super::*;
use crate::Inflater;
use std::time::Duration;

/// Four times as much takes at most nine times as long.
fn grows_with_its_input(what: &str, mut work: impl FnMut(usize), size: usize) {
    let mut best = |size: usize| -> Duration {
        let run = |_| {
            let start = on_processor();
            work(size);
            on_processor() - start
        };
        (0..5).map(run).min().unwrap_or_default()
    };
    let (small, large) = (best(size), best(4 * size));
    assert!(large < small * 9 + Duration::from_millis(2), "{what}: {small:?} for {size}, {large:?} for four times");
}

/// How long this thread has run (its first number in the kernel's book, in nanoseconds).
fn on_processor() -> Duration {
    // Giving way brings the book up to date.
    std::thread::yield_now();
    let book = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(book.split_whitespace().next().unwrap().parse().unwrap())
}

const UNBOUND: Bounds = Bounds { message_bytes: 0, fragments: 0, compressed: false };

#[test]
fn a_message_that_comes_byte_by_byte() {
    let work = |size: usize| {
        let bytes = frame(0x81, &vec![b'x'; size]);
        let mut decoder = Decoder::default();
        let mut heard = 0;
        for mut byte in bytes {
            heard += usize::from(decoder.next(std::slice::from_mut(&mut byte), &UNBOUND).unwrap().1.is_some());
        }
        assert_eq!(heard, 1);
    };
    grows_with_its_input("a text byte by byte", work, 256 << 10);
}

#[test]
fn a_message_of_a_hundred_thousand_fragments() {
    let work = |size: usize| {
        let bytes = [frame(0x01, b"x"), frame(0x00, b"x").repeat(size - 2), frame(0x80, b"x")].concat();
        let (seen, violation) = decode(&bytes, &UNBOUND);
        assert_eq!((seen, violation), (vec![text(&"x".repeat(size))], None));
    };
    grows_with_its_input("fragments of one byte", work, 25_000);
}

#[test]
fn a_compressed_message_of_empty_stored_blocks() {
    let work = |size: usize| {
        let message = [[0, 0, 0, 0xFF, 0xFF].repeat(size), vec![0]].concat();
        assert_eq!(Inflater::default().inflate(&message, 1 << 20), Ok(Vec::new()));
    };
    grows_with_its_input("empty stored blocks", work, 50_000);
}
