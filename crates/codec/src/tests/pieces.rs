//! However the network cuts a stream, the same is heard.

use super::*;
use proptest::prelude::*;

/// Read one after the other: a head, then all of its payload, then another message.
#[test]
fn a_payload_may_come_apart_from_its_head() {
    let (one, two) = (frame(0x81, b"Hello"), frame(0x81, b"World"));
    let pieces = [&one[..6], &one[6..], &two[..]];
    let heard = decode_pieces(&mut Decoder::default(), pieces, &WIDE);
    assert_eq!(heard, (vec![text("Hello"), text("World")], None));
}

/// Every way to cut two messages, a ping within the second and a close into three pieces.
#[test]
fn every_cut_of_a_short_stream() {
    let stream = [
        frame(0x81, "Grüße".as_bytes()),
        frame(0x02, b"ab"),
        frame(0x89, b"?"),
        frame(0x80, &[b'x'; 130]),
        frame(0x88, b"\x03\xE8"),
    ]
    .concat();
    let whole = decode(&stream, &WIDE);
    assert_eq!(whole.0.len(), 4);
    for first in 0..=stream.len() {
        for second in first..=stream.len() {
            let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
            assert_eq!(decode_pieces(&mut Decoder::default(), pieces, &WIDE), whole, "cut at {first} and {second}");
        }
    }
    assert_eq!(decode_pieces(&mut Decoder::default(), stream.chunks(1), &WIDE), whole, "byte by byte");
}

#[test]
fn what_came_whole_is_not_copied() {
    let mut decoder = Decoder::default();
    let mut bytes = frame(0x81, b"Hello");
    let length = bytes.len();
    let (used, event) = decoder.next(&mut bytes, &WIDE).unwrap();
    assert_eq!(used, length);
    assert!(matches!(event, Some(Event::Message { payload: std::borrow::Cow::Borrowed(b"Hello"), .. })));
    // Nor what came in one piece behind its head.
    let mut bytes = frame(0x81, b"Hello");
    let (head, body) = bytes.split_at_mut(6);
    assert_eq!(decoder.next(head, &WIDE).unwrap(), (6, None));
    assert!(decoder.is_within_message());
    let (_, event) = decoder.next(body, &WIDE).unwrap();
    assert!(matches!(event, Some(Event::Message { payload: std::borrow::Cow::Borrowed(b"Hello"), .. })));
    assert!(!decoder.is_within_message());
}

/// Bytes that are often frames: heads that mean something, followed by anything.
fn nearly_frames() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..20),
        "[a-zäß🚌]{0,6}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 120..140),
    ];
    let first = prop_oneof![
        4 => prop::sample::select(vec![0x81u8, 0x01, 0x80, 0x00, 0x82, 0x02, 0x89, 0x8A, 0x88, 0xC1, 0x41]),
        1 => any::<u8>(),
    ];
    let one = (first, payload, any::<[u8; 4]>()).prop_map(|(first, payload, key)| masked(first, &payload, key));
    let noise = proptest::collection::vec(any::<u8>(), 0..20);
    proptest::collection::vec(prop_oneof![8 => one, 1 => noise], 0..12).prop_map(|frames| frames.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]
    #[test]
    fn any_split_gives_the_same(
        bytes in nearly_frames(),
        sizes in proptest::collection::vec(prop_oneof![1usize..12, 1usize..150], 1..20),
        compressed: bool,
    ) {
        let bounds = Bounds { message_bytes: 300, fragments: 6, compressed };
        let whole = decode(&bytes, &bounds);
        let (mut rest, mut pieces) = (bytes.as_slice(), Vec::new());
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, more) = rest.split_at(rest.len().min(*size));
            pieces.push(piece);
            rest = more;
        }
        prop_assert_eq!(decode_pieces(&mut Decoder::default(), pieces, &bounds), whole);
    }

    /// Even if somebody went on after the end, which the session does not.
    #[test]
    fn after_an_error_nothing_worse_than_another(bytes in nearly_frames()) {
        let bounds = Bounds { message_bytes: 100, fragments: 3, compressed: false };
        let mut decoder = Decoder::default();
        for piece in bytes.chunks(7) {
            let _ = decode_pieces(&mut decoder, [piece], &bounds);
        }
    }
}
