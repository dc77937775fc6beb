//! Compressing without context takeover (RFC 7692): every message by itself. `inflate` is the other direction.
//!
//! That is what lets one compressed frame be shared by all receivers, and what keeps every connection free of a
//! compressor: one per thread and window size is enough. The price is a worse ratio on small messages.

use flate2::{Compress, Compression, FlushCompress};
use std::cell::RefCell;

/// zlib's usual level; a message is compressed once however many receive it.
const LEVEL: u32 = 6;
/// What every compressed message ends with on the wire but for these bytes (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

thread_local! {
    /// One compressor per window size, 9 to 15, made when first needed.
    static COMPRESSORS: RefCell<[Option<Compress>; 16]> = const { RefCell::new([const { None }; 16]) };
}

/// Compresses a payload, with `room` bytes free in front. `None`: it cannot be, or does not become smaller.
pub(super) fn compress(payload: &[u8], window: u8, room: usize) -> Option<Vec<u8>> {
    COMPRESSORS.with_borrow_mut(|compressors| {
        let window = window.clamp(9, 15);
        let compressor = compressors
            .get_mut(usize::from(window))?
            .get_or_insert_with(|| Compress::new_with_window_bits(Compression::new(LEVEL), false, window));
        compressor.reset();
        let mut out = Vec::with_capacity(room + payload.len());
        out.resize(room, 0);
        loop {
            let read = compressor.total_in() as usize;
            compressor.compress_vec(&payload[read..], &mut out, FlushCompress::Sync).ok()?;
            let done = compressor.total_in() as usize == payload.len();
            // A sync flush is complete when there is room left behind it.
            if done && out.len() < out.capacity() && out.ends_with(&TAIL) {
                break;
            }
            if out.len() > payload.len() + room + 64 {
                return None;
            }
            out.reserve(64);
        }
        out.truncate(out.len() - TAIL.len());
        Some(out)
    })
}

#[cfg(test)]
mod tests {
    use super::super::inflate::{InflateError, Inflater, MOST_FINAL_BLOCKS};
    use super::*;
    use proptest::prelude::*;

    /// The examples of RFC 7692 section 7.2.3, and an empty message as an encoder that has nothing to flush sends it.
    #[test]
    fn the_examples_of_the_standard() {
        let cases: [(&[u8], &[u8]); 7] = [
            (b"\xF2\x48\xCD\xC9\xC9\x07\x00", b"Hello"),
            (b"\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00", b"Hello"),
            (b"\xF3\x48\xCD\xC9\xC9\x07\x00\x00", b"Hello"),
            (b"\xF3\x48\xCD\xC9\xC9\x07\x00", b"Hello"),
            (b"\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00", b"Hello"),
            (b"\x00", b""),
            (b"", b""),
        ];
        for (compressed, expected) in cases {
            assert_eq!(Inflater::default().inflate(compressed, 10).as_deref(), Ok(expected), "{compressed:02X?}");
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = compress(&vec![0; 50 << 20], 15, 0).unwrap();
        assert!(bomb.len() < 100_000);
        assert_eq!(Inflater::default().inflate(&bomb, 1 << 20), Err(InflateError::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_compressed_comes_back(text in "[ab ]{64,4000}", window in 9u8..=15) {
            let compressed = compress(text.as_bytes(), window, 3).unwrap();
            let mut inflater = Inflater::default();
            for _ in 0..2 {
                prop_assert_eq!(&inflater.inflate(&compressed[3..], 0).unwrap(), text.as_bytes());
            }
        }

        #[test]
        fn what_cannot_be_made_smaller_is_left_or_comes_back(data: Vec<u8>) {
            if let Some(compressed) = compress(&data, 15, 0) {
                prop_assert_eq!(Inflater::default().inflate(&compressed, 0).unwrap(), data);
            }
        }

        /// A final block may end the stream within one message, often but not without end.
        #[test]
        fn final_blocks_may_follow_each_other(count in 1usize..2000) {
            let empty_final_block = [0x03, 0x00];
            let mut message = empty_final_block.repeat(count);
            message.push(0);
            let expected = if count <= MOST_FINAL_BLOCKS { Ok(Vec::new()) } else { Err(InflateError::Damaged) };
            prop_assert_eq!(Inflater::default().inflate(&message, 10), expected);
        }

        /// Cut anywhere it is damaged, unless the cut is where a block ended; then what is there is a beginning.
        #[test]
        fn a_message_that_is_cut_is_refused(text in "[a-f]{100,3000}", cut: prop::sample::Index) {
            let compressed = compress(text.as_bytes(), 15, 0).unwrap();
            let cut = cut.index(compressed.len() - 1) + 1;
            match Inflater::default().inflate(&compressed[..cut], 0) {
                Ok(_) if cut < compressed.len() => prop_assert!(false, "half a message is none"),
                Ok(whole) => prop_assert_eq!(whole, text.as_bytes()),
                Err(error) => prop_assert_eq!((error, cut < compressed.len()), (InflateError::Damaged, true)),
            }
        }

        /// What one client sent makes no difference to the next one's messages.
        #[test]
        fn damage_is_not_handed_on(garbage: Vec<u8>, text in "[ab ]{64,400}") {
            let mut inflater = Inflater::default();
            let _ = inflater.inflate(&garbage, 1000);
            let compressed = compress(text.as_bytes(), 12, 0).unwrap();
            prop_assert_eq!(inflater.inflate(&compressed, 0), Ok(text.into_bytes()));
        }

        #[test]
        fn the_limit_is_exact_and_so_is_the_memory(size in 1usize..100_000, byte: u8) {
            let compressed = compress(&vec![byte; size.max(100)], 15, 0).unwrap();
            let size = size.max(100);
            let mut inflater = Inflater::default();
            prop_assert_eq!(inflater.inflate(&compressed, size).map(|out| out.len()), Ok(size));
            prop_assert!(inflater.inflate(&compressed, size).unwrap().capacity() <= size + 1);
            prop_assert_eq!(inflater.inflate(&compressed, size - 1), Err(InflateError::TooLarge));
        }

        #[test]
        fn any_bytes_are_inflated_within_the_limit_or_refused(data: Vec<u8>) {
            if let Ok(out) = Inflater::default().inflate(&data, 10_000) {
                prop_assert!(out.len() <= 10_000);
            }
        }
    }
}
