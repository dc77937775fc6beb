//! Texts: padding, blanks, character sets.

use super::*;

const SERIES: (u16, u16) = (0x0008, 0x103E);

fn in_set(set: &str, bytes: &[u8]) -> Value {
    value(&[text((8, 5), VR::CS, set), Element::new(SERIES, VR::LO, bytes), pixels()], Parameter::SequenceName)
}

#[test]
fn padding_goes_and_lines_become_blanks() {
    let cases: [(&[u8], &str); 6] =
        [(b"bold \0", "bold"), (b" bold", " bold"), (b"a\tb\nc", "a b c"), (b"", ""), (b"  ", ""), (b"a \\b ", "a\\b")];
    for (bytes, expected) in cases {
        assert_value(&in_set("", bytes), &words(expected));
    }
    let comment = Element::new((0x0020, 0x4000), VR::LT, *b"a \\ b ");
    assert_value(&value(&[comment, pixels()], Parameter::Comments), &words("a \\ b"));
}

#[test]
fn names_are_plain() {
    for (bytes, expected) in [("A^B^^ ", "A^B^^"), ("A^B==", "A^B"), ("A=B^=", "A=B^"), ("=", ""), ("", "")] {
        let name = text((0x0010, 0x0010), VR::PN, bytes);
        assert_value(&value(&[name, pixels()], Parameter::SubId), &words(expected));
    }
}

#[test]
fn character_sets_are_kept() {
    let cases: [(&str, &[u8], &str); 29] = [
        ("", b"Gr\xfc\xdfe", "Grüße"),
        ("ISO_IR 100", b"Gr\xfc\xdfe", "Grüße"),
        ("ISO-IR 100", b"Gr\xfc\xdfe", "Grüße"),
        ("ISO_IR 192", "Grüße 王".as_bytes(), "Grüße 王"),
        ("ISO_IR 192", b"Gr\xff", "Gr\u{fffd}"),
        ("ISO_IR 101", b"\xb3", "ł"),
        ("ISO_IR 144", b"\xbb\xee\xda", "Люк"),
        ("ISO_IR 126", b"\xc4", "Δ"),
        ("GB18030", b"\xcd\xf5", "王"),
        ("no such set", b"Gr\xfc\xdfe", "Grüße"),
        ("ISO_IR 100\\no such set", b"\xfc", "ü"),
        ("ISO 2022 IR 6\\ISO 2022 IR 100", b"Buc^J\x1b-A\xe9r\xf4me", "Buc^Jérôme"),
        ("\\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=", "Yamada^Tarou=山田^太郎="),
        ("\\ISO 2022 IR 149", b"Hong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce", "Hong=洪^吉"),
        ("ISO 2022 IR 13\\ISO 2022 IR 87", b"\xd4\xcf\xc0\xde", "ﾔﾏﾀﾞ"),
        ("\\ISO 2022 IR 159", b"\x1b$(D\x22\x30\x1b(B", "ˇ"),
        ("\\ISO 2022 IR 87\\ISO 2022 IR 159", b"\x1b$B;3\x1b$(D\x22\x30\x1b(B^A", "山ˇ^A"),
        ("ISO_IR 203", b"\xa4\xbd\xe9", "€œé"),
        ("\\ISO 2022 IR 203", b"\x1b-b\xa4", "€"),
        ("ISO_IR 148", b"\xf0\xfd\xfe\xfc", "ğışü"),
        ("\\ISO 2022 IR 58", b"\x1b$)A\xcd\xf5", "王"),
        ("UTF-8", "été".as_bytes(), "été"),
        ("iso_ir 192", "été".as_bytes(), "été"),
        ("ISO-8859-1", b"\xe9t\xe9", "été"),
        ("ISO8859-2", b"\xb3", "ł"),
        ("GBK", b"\xcd\xf5", "王"),
        ("GB18030\\ISO IR 192", b"\xcd\xf5", "王"),
        ("ISO_2022_IR_6", b"abcd", "abcd"),
        // A set that stands alone is none to change to.
        ("ISO_IR 100\\ISO_IR 192", "é".as_bytes(), "Ã©"),
    ];
    for (set, bytes, expected) in cases {
        assert_value(&in_set(set, bytes), &words(expected));
    }
}

#[test]
fn what_no_set_knows_still_comes_out() {
    for bytes in [b"\x1b".as_slice(), b"a\x1b\x1b$B", b"\x1b$B\xff", b"\x1b$(D0l", b"\x1b)I\x1b-A", b"\x1b$)C\xfb"] {
        for set in ["", "ISO 2022 IR 6\\ISO 2022 IR 87", "ISO 2022 IR 149", "ISO_IR 192", "GBK", "ISO_IR 13"] {
            let Value::Text(_) = in_set(set, bytes) else { panic!("{set:?} makes no text of {bytes:?}") };
        }
    }
}
