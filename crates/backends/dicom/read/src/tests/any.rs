//! Any bytes at all: nothing panics, and what is read stays within its budget.

use super::*;
use crate::write::{Tag, csa_type1, csa_type2};
use crate::{csa, protocol};
use proptest::collection::vec;
use proptest::prelude::*;

fn tags() -> impl Strategy<Value = Vec<Tag>> {
    let items = vec(vec(1u8..=255, 0..20), 0..4);
    let tag = ("[A-Za-z]{1,63}", prop_oneof![Just(*b"LO"), Just(*b"IS"), Just(*b"DS")], items)
        .prop_map(|(name, vr, items)| Tag { name, vr, items });
    vec(tag, 1..20)
}

/// A file with CSA headers and functional groups: most roads of the walk lead through it.
fn sample() -> Vec<u8> {
    let image = csa_type2(&[Tag::new("ImaPATModeText", b"LO", "p2")]);
    let echo = Element::sequence((0x18, 0x9114), &[vec![Element::doubles((0x18, 0x9082), &[85.2])]]);
    write::file(&[
        text((8, 5), VR::CS, "ISO 2022 IR 6\\ISO 2022 IR 87"),
        text((8, 0x16), VR::UI, "1.2.840.10008.5.1.4.1.1.4.1"),
        text((8, 0x103E), VR::LO, "bold \x1b$B;3ED\x1b(B"),
        text((0x18, 0x80), VR::DS, "1300"),
        text((0x29, 0x10), VR::LO, "SIEMENS CSA HEADER"),
        Element::new((0x29, 0x1010), VR::OB, image),
        Element::sequence((0x5200, 0x9230), &[vec![echo]]),
        pixels(),
    ])
}

proptest! {
    #[test]
    fn as_a_file(bytes in vec(any::<u8>(), 0..2000)) {
        let _ = try_bytes(&bytes);
    }

    #[test]
    fn as_a_data_set(bytes in vec(any::<u8>(), 0..2000), syntax in prop_oneof![
        Just("1.2.840.10008.1.2"), Just("1.2.840.10008.1.2.1"), Just("1.2.840.10008.1.2.2"),
        Just("1.2.840.10008.1.2.1.99"),
    ]) {
        let _ = try_bytes(&with_syntax(syntax, &bytes));
    }

    #[test]
    fn as_a_file_with_changes(changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = sample();
        for (at, byte) in changes {
            *at.get_mut(&mut bytes) = byte;
        }
        if let Ok(header) = try_bytes(&bytes) {
            let finite = header.parameters.iter().all(|(_, value)| match value {
                Value::Number(number) => number.is_finite(),
                Value::Numbers(numbers) => numbers.iter().all(|number| number.is_finite()),
                _ => true,
            });
            prop_assert!(finite);
        }
    }

    #[test]
    fn as_a_csa_header(bytes in vec(any::<u8>(), 0..500), second in any::<bool>()) {
        let bytes = if second { [b"SV10".as_slice(), &bytes].concat() } else { bytes };
        let _ = csa::find(&bytes, ["ImaPATModeText", ""]);
    }

    #[test]
    fn as_a_protocol(text in "(sGRADSPEC\\.|sAdj|tSequenceFileName|lOffsetX|alShimCurrent\\[|[0-5]\\]|=|\"\"|[ \t\n]|.){0,60}") {
        let protocol = protocol::read(text.as_bytes());
        // Latin-1 takes two bytes for some of one.
        prop_assert!(protocol.shims.unwrap_or_default().len() <= 2 * text.len());
        prop_assert!(protocol.sequence_file.unwrap_or_default().len() <= 2 * text.len());
    }

    #[test]
    fn csa_headers_that_were_written_are_read(tags in tags(), which in any::<prop::sample::Index>()) {
        let wanted = which.get(&tags).name.clone();
        let first = tags.iter().find(|tag| tag.name == wanted && !tag.items.is_empty());
        for bytes in [csa_type1(&tags), csa_type2(&tags)] {
            let [found] = csa::find(&bytes, [&wanted]).unwrap();
            match first {
                Some(tag) => {
                    let found = found.unwrap();
                    prop_assert_eq!((found.vr, found.bytes()), (tag.vr, tag.items[0].as_slice()));
                }
                None => prop_assert_eq!(found, None),
            }
        }
    }
}
