//! What a well-behaved client says, cut into fragments at any byte with control frames between them, is heard exactly.

use super::*;
use proptest::prelude::*;

/// One thing a client says.
#[derive(Debug, Clone)]
struct Said {
    seen: Seen,
    /// Where the message is cut into fragments.
    cuts: Vec<prop::sample::Index>,
    /// What is said between them.
    between: Vec<Seen>,
    key: [u8; 4],
}

fn control() -> impl Strategy<Value = Seen> {
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..=125).prop_map(Seen::Ping), Just(Seen::Pong),]
}

fn message() -> impl Strategy<Value = Seen> {
    prop_oneof![
        // Characters of one to four bytes, so that cuts fall into them.
        "[a-zé€🚌]{0,40}".prop_map(|content| text(&content)),
        any::<String>().prop_map(|content| text(&content)),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(|content| binary(&content)),
        proptest::collection::vec(any::<u8>(), 1..100).prop_map(|content| Seen::Message(Kind::Text, true, content)),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    let seen = prop_oneof![4 => message(), 1 => control()];
    (
        seen,
        proptest::collection::vec(any::<prop::sample::Index>(), 0..5),
        proptest::collection::vec(control(), 0..3),
        any::<[u8; 4]>(),
    )
        .prop_map(|(seen, cuts, between, key)| Said { seen, cuts, between, key })
}

/// The frames of it, and what has to be heard.
fn written(said: &Said) -> (Vec<u8>, Vec<Seen>) {
    let (first, payload) = match &said.seen {
        Seen::Ping(body) => return (masked(0x89, body, said.key), vec![said.seen.clone()]),
        Seen::Pong | Seen::Close(_) => return (masked(0x8A, b"pong", said.key), vec![Seen::Pong]),
        Seen::Message(Kind::Text, false, payload) => (1, payload),
        Seen::Message(Kind::Text, true, payload) => (0x41, payload),
        Seen::Message(Kind::Binary, _, payload) => (2, payload),
    };
    let mut ends: Vec<usize> = said.cuts.iter().map(|cut| cut.index(payload.len() + 1)).collect();
    ends.sort_unstable();
    ends.push(payload.len());
    let (mut bytes, mut heard, mut from) = (Vec::new(), Vec::new(), 0);
    for (at, end) in ends.iter().enumerate() {
        let last = if at + 1 == ends.len() { 0x80 } else { 0 };
        let opcode = if at == 0 { first } else { 0 };
        let key = said.key.map(|byte| byte.wrapping_add(at as u8));
        bytes.extend(masked(last | opcode, &payload[from..*end], key));
        from = *end;
        if last == 0 {
            for control in &said.between {
                let (more, seen) = written(&Said { seen: control.clone(), ..said.clone() });
                bytes.extend(more);
                heard.extend(seen);
            }
        }
    }
    heard.push(said.seen.clone());
    (bytes, heard)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn everything_is_heard_in_order(
        all in proptest::collection::vec(said(), 0..8),
        sizes in proptest::collection::vec(prop_oneof![1usize..12, 1usize..400], 1..10),
    ) {
        let bounds = Bounds { compressed: true, ..WIDE };
        let (bytes, expected): (Vec<_>, Vec<_>) = all.iter().map(written).unzip();
        let (bytes, expected) = (bytes.concat(), expected.concat());
        prop_assert_eq!(decode(&bytes, &bounds), (expected.clone(), None));
        let (mut rest, mut pieces) = (bytes.as_slice(), Vec::new());
        for size in sizes.iter().cycle() {
            let (piece, more) = rest.split_at(rest.len().min(*size));
            pieces.push(piece);
            rest = more;
            if rest.is_empty() {
                break;
            }
        }
        let mut decoder = Decoder::default();
        prop_assert_eq!(decode_pieces(&mut decoder, pieces, &bounds), (expected, None));
        prop_assert!(!decoder.is_within_message());
        prop_assert_eq!(decoder.held(), 0);
    }
}
