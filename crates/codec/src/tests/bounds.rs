//! What a client may send, and that no more memory is held than what it sent, whatever it announces.

use super::*;

/// Over every held message and control frame: the longest control frame and the least room of a message.
const CONSTANT: usize = 125 + 3 + 64;

fn violation(frames: &[Vec<u8>], bounds: &Bounds) -> Option<(u16, Option<&'static str>)> {
    decode(&frames.concat(), bounds).1.map(|violation| (violation.code, violation.limit))
}

#[test]
fn a_message_as_long_as_allowed_and_one_byte_more() {
    let bounds = Bounds { message_bytes: 10, ..WIDE };
    let too_big = Some((1009, Some("message_bytes")));
    assert_eq!(violation(&[frame(0x81, &[b'x'; 10])], &bounds), None);
    assert_eq!(violation(&[frame(0x81, &[b'x'; 11])], &bounds), too_big);
    assert_eq!(violation(&[frame(0x01, &[b'x'; 10]), frame(0x80, b"")], &bounds), None);
    assert_eq!(violation(&[frame(0x01, &[b'x'; 6]), frame(0x80, &[b'x'; 5])], &bounds), too_big);
    // Refused by its head, before a byte of it has come.
    assert_eq!(violation(&[frame(0x82, &[0; 11])[..6].to_vec()], &bounds), too_big);
    let longest_claim = [&[0x82, 0xFF][..], &(u64::MAX >> 1).to_be_bytes(), &[0; 4]].concat();
    assert_eq!(violation(std::slice::from_ref(&longest_claim), &bounds), too_big);
    assert_eq!(violation(&[longest_claim], &Bounds { message_bytes: 0, ..bounds }), None);
}

#[test]
fn as_many_fragments_as_allowed_and_one_more() {
    let bounds = Bounds { fragments: 3, ..WIDE };
    let fragments = |count: usize| [vec![frame(0x01, b"a")], vec![frame(0x00, b""); count - 1]].concat();
    assert_eq!(violation(&fragments(3), &bounds), None);
    assert_eq!(violation(&fragments(4), &bounds), Some((1009, Some("fragments"))));
    assert_eq!(violation(&fragments(500), &Bounds { fragments: 0, ..bounds }), None);
    // A new message counts from one again, and what comes between does not count.
    let whole = [frame(0x01, b"a"), frame(0x89, b""), frame(0x00, b""), frame(0x80, b"")];
    assert_eq!(violation(&[whole.concat(), whole.concat()], &bounds), None);
}

#[test]
fn a_limit_names_its_key() {
    let bounds = Bounds { message_bytes: 10, fragments: 1, compressed: false };
    for (frames, key) in [
        ([frame(0x81, &[b'x'; 11]), vec![]], "limits.message_bytes"),
        ([frame(0x01, b""), frame(0x00, b"")], "limits.fragments"),
    ] {
        let violation = decode(&frames.concat(), &bounds).1.unwrap();
        assert!(violation.detail.as_str().contains(key), "{violation}");
    }
}

#[test]
fn what_is_announced_takes_no_memory() {
    let bounds = Bounds { message_bytes: 16 << 20, fragments: 0, compressed: false };
    let announced = [&[0x82, 0xFF][..], &(16u64 << 20).to_be_bytes(), &[0; 4]].concat();
    for (sent, most) in [(0usize, 0), (1, 64), (1000, 2000), (100_000, 200_000)] {
        let mut decoder = Decoder::default();
        let bytes = [announced.clone(), vec![0; sent]].concat();
        for piece in bytes.chunks(600) {
            decode_pieces(&mut decoder, [piece], &bounds);
        }
        assert!(decoder.held() <= most, "{sent} bytes came, {} are held", decoder.held());
    }
    // One byte and another claim, again and again.
    let mut decoder = Decoder::default();
    decode_pieces(&mut decoder, [&frame(0x02, b"x")[..]], &bounds);
    for _ in 0..1000 {
        decode_pieces(&mut decoder, [&frame(0x00, b"x")[..], &frame(0x89, &[b'x'; 125])[..]], &bounds);
        assert!(decoder.held() <= 2048, "{}", decoder.held());
    }
}

/// The room doubles as a message grows, but not beyond what the message may become.
#[test]
fn no_more_is_held_than_a_message_may_have() {
    for limit in [1usize, 63, 64, 65, 1000, 100_000, (1 << 20) - 7] {
        let bounds = Bounds { message_bytes: limit, fragments: 0, compressed: false };
        let mut decoder = Decoder::default();
        let mut sent = 0;
        let send = |decoder: &mut Decoder, bytes: &[u8]| {
            for piece in bytes.chunks(1500) {
                assert_eq!(decode_pieces(decoder, [piece], &bounds).1, None);
                assert!(decoder.held() <= limit + CONSTANT, "{} for at most {limit}", decoder.held());
            }
        };
        send(&mut decoder, &frame(0x02, b""));
        while sent < limit {
            let part = (limit - sent).min(700);
            send(&mut decoder, &frame(0x00, &vec![1; part]));
            sent += part;
        }
        send(&mut decoder, &frame(0x80, b""));
        assert_eq!(decoder.held(), 0);
        // In one long frame, which comes in small pieces.
        send(&mut decoder, &frame(0x82, &vec![1; limit]));
        assert_eq!(decoder.held(), 0);
    }
}
