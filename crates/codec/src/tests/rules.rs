//! Each rule of RFC 6455 sections 5.2 to 5.5, 7.4 and 8.1, one line: what a client sends, and what is heard or with
//! which code the connection ends.

use super::*;

/// A rule, the frames that are sent, what is heard, and the close code when they break the rule.
type Case<'a> = (&'a str, Vec<Vec<u8>>, Vec<Seen>, Option<u16>);

fn check(cases: &[Case<'_>]) {
    for (rule, frames, events, code) in cases {
        let (seen, violation) = decode(&frames.concat(), &WIDE);
        assert_eq!(&seen, events, "{rule}");
        assert_eq!(violation.map(|violation| violation.code), *code, "{rule}");
    }
}

#[test]
fn messages_and_their_fragments() {
    check(&[
        ("5.6 a text", vec![frame(0x81, b"Hello")], vec![text("Hello")], None),
        ("5.6 bytes", vec![frame(0x82, &[0, 255])], vec![binary(&[0, 255])], None),
        ("5.6 nothing is a message too", vec![frame(0x81, b""), frame(0x82, b"")], vec![text(""), binary(b"")], None),
        ("5.3 a mask of zeros", vec![masked(0x81, b"Hello", [0; 4])], vec![text("Hello")], None),
        ("5.4 two fragments", vec![frame(0x01, b"Hel"), frame(0x80, b"lo")], vec![text("Hello")], None),
        ("5.4 empty fragments", vec![frame(0x01, b""), frame(0, b""), frame(0x80, b"")], vec![text("")], None),
        ("5.4 an empty last one", vec![frame(0x02, b"a"), frame(0x80, b"")], vec![binary(b"a")], None),
        ("5.4 not finished", vec![frame(0x01, b"Hel")], vec![], None),
        (
            "5.4 a ping between fragments",
            vec![frame(0x01, b"Hel"), frame(0x89, b"?"), frame(0x80, b"lo")],
            vec![Seen::Ping(b"?".into()), text("Hello")],
            None,
        ),
        ("5.4 a text within a message", vec![frame(0x01, b"a"), frame(0x81, b"b")], vec![], Some(1002)),
        ("5.4 bytes within a message", vec![frame(0x01, b"a"), frame(0x02, b"b")], vec![], Some(1002)),
        ("5.4 a continuation of nothing", vec![frame(0x80, b"a")], vec![], Some(1002)),
        ("5.4 nor after a whole message", vec![frame(0x81, b"a"), frame(0x00, b"b")], vec![text("a")], Some(1002)),
        (
            "5.2 a length with more bytes than it needs",
            vec![vec![0x81, 0xFE, 0, 1, 0, 0, 0, 0, b'a']],
            vec![text("a")],
            None,
        ),
    ]);
}

#[test]
fn control_frames() {
    let longest = vec![b'x'; 125];
    check(&[
        ("5.5.2 an empty ping", vec![frame(0x89, b"")], vec![Seen::Ping(vec![])], None),
        ("5.5 125 bytes", vec![frame(0x89, &longest)], vec![Seen::Ping(longest.clone())], None),
        ("5.5 126 bytes", vec![frame(0x89, &[b'x'; 126])], vec![], Some(1002)),
        ("5.5 a fragmented ping", vec![frame(0x09, b"a")], vec![], Some(1002)),
        ("5.5 a fragmented close", vec![frame(0x08, b"")], vec![], Some(1002)),
        ("5.5.3 a pong nobody asked for", vec![frame(0x8A, b"x")], vec![Seen::Pong], None),
        ("5.5.1 a close without a code", vec![frame(0x88, b"")], vec![Seen::Close(None)], None),
        ("5.5.1 with a code", vec![frame(0x88, &[3, 232])], vec![Seen::Close(Some(1000))], None),
        ("5.5.1 and a reason", vec![frame(0x88, b"\x03\xE8bye")], vec![Seen::Close(Some(1000))], None),
        ("5.5.1 half a code", vec![frame(0x88, &[3])], vec![], Some(1002)),
        ("5.5.1 a reason that is not text", vec![frame(0x88, &[3, 232, 0xFF])], vec![], Some(1007)),
        ("7.4.1 a code nobody may send", vec![frame(0x88, &1005u16.to_be_bytes())], vec![], Some(1002)),
        ("5.5.1 within a message", vec![frame(0x01, b"a"), frame(0x88, b"")], vec![Seen::Close(None)], None),
    ]);
}

#[test]
fn heads_that_are_not_allowed() {
    let mut cases = vec![
        ("5.1 a frame without mask", vec![vec![0x81, 0x01, b'a']], vec![], Some(1002)),
        ("5.1 not even a ping", vec![vec![0x89, 0x00]], vec![], Some(1002)),
        ("5.2 RSV1 that was not agreed on", vec![frame(0xC1, b"a")], vec![], Some(1002)),
        ("5.2 RSV2", vec![frame(0xA1, b"a")], vec![], Some(1002)),
        ("5.2 RSV3", vec![frame(0x91, b"a")], vec![], Some(1002)),
        ("5.2 RSV1 on a ping", vec![frame(0xC9, b"")], vec![], Some(1002)),
        (
            "5.2 a length with its highest bit set",
            vec![[&[0x82, 0xFF, 0x80][..], &[0; 11]].concat()],
            vec![],
            Some(1002),
        ),
    ];
    let reserved: Vec<u8> = (3..=7).chain(11..=15).collect();
    cases.extend(
        reserved.iter().map(|opcode| ("5.2 a reserved opcode", vec![frame(0x80 | opcode, b"")], vec![], Some(1002))),
    );
    check(&cases);
}

#[test]
fn compressed_messages_once_agreed_on() {
    let agreed = Bounds { compressed: true, ..WIDE };
    let compressed = |payload: &[u8]| Seen::Message(Kind::Text, true, payload.into());
    let cases = [
        // RFC 7692 section 6.1: only the first frame says it; what is inside is not text yet.
        (vec![frame(0xC1, &[0xFF])], vec![compressed(&[0xFF])], None),
        (vec![frame(0x41, &[0xFF]), frame(0x80, &[0xFE])], vec![compressed(&[0xFF, 0xFE])], None),
        (vec![frame(0xC1, &[0xFF]), frame(0x81, b"a")], vec![compressed(&[0xFF]), text("a")], None),
        (vec![frame(0x41, &[0xFF]), frame(0xC0, &[0xFE])], vec![], Some(1002)),
        (vec![frame(0x01, b"a"), frame(0xC0, b"b")], vec![], Some(1002)),
        (vec![frame(0xC9, b"")], vec![], Some(1002)),
        (vec![frame(0xC8, b"")], vec![], Some(1002)),
        (vec![frame(0xE1, b"a")], vec![], Some(1002)),
    ];
    for (frames, events, code) in cases {
        let (seen, violation) = decode(&frames.concat(), &agreed);
        assert_eq!((seen, violation.map(|violation| violation.code)), (events, code), "{frames:?}");
    }
}

#[test]
fn text_is_utf8_and_refused_at_its_first_wrong_byte() {
    // Overlong, a surrogate, beyond the last character, a lone continuation, a cut character at the end.
    let wrong: [&[u8]; 6] = [b"\xC0\xAF", b"\xED\xA0\x80", b"\xF4\x90\x80\x80", b"\x80", b"\xE2\x82", b"ok\xFF"];
    for payload in wrong {
        let (seen, violation) = decode(&frame(0x81, payload), &WIDE);
        assert_eq!((seen, violation.map(|v| v.code)), (vec![], Some(1007)), "{payload:?}");
        let cut = [frame(0x01, &payload[..1]), frame(0x80, &payload[1..])].concat();
        assert_eq!(decode(&cut, &WIDE).1.map(|v| v.code), Some(1007), "{payload:?} in two fragments");
        assert_eq!(decode(&frame(0x82, payload), &WIDE), (vec![binary(payload)], None), "{payload:?} as bytes");
    }
    // Long before the end of the frame, and of the message.
    let mut begun = frame(0x01, &[b"ab\xFF".as_slice(), &[b'x'; 100]].concat());
    begun.truncate(6 + 3);
    assert_eq!(decode(&begun, &WIDE).1.map(|v| v.code), Some(1007));
    begun.truncate(6 + 2);
    assert_eq!(decode(&begun, &WIDE), (vec![], None));
}

#[test]
fn a_refusal_says_which_rule_and_nothing_of_what_was_sent() {
    for bytes in [frame(0x83, b"MARKER^NAME"), frame(0x81, b"MARKER^NAME\xFF"), frame(0x88, b"\x03\xEDMARKER^NAME")] {
        let violation = decode(&bytes, &WIDE).1.unwrap();
        assert!(violation.detail.as_str().len() > 8 && violation.detail.as_str().len() <= 123, "{violation}");
        assert!(!violation.detail.as_str().contains("MARKER"));
    }
}
