//! Writes Siemens' CSA headers, both versions.
//!
//! Promises: what is written here is read back by [`crate::csa::find`]. Called by the demonstration's scanner and
//! tests.

/// Behind every tag's counts.
const MARK: [u8; 4] = 77i32.to_le_bytes();

/// One tag: its name (at most 63 bytes), its value representation and its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// What it is found by.
    pub name: String,
    /// How its items are to be understood: `IS`, `DS`, `LO`, `UN`.
    pub vr: [u8; 2],
    /// Texts, without the NUL that ends each.
    pub items: Vec<Vec<u8>>,
}

impl Tag {
    /// A tag with one item.
    pub fn new(name: &str, vr: &[u8; 2], item: &str) -> Tag {
        Tag { name: name.to_owned(), vr: *vr, items: vec![item.as_bytes().to_vec()] }
    }
}

/// A header of the second version, which begins with `SV10`.
pub fn csa_type2(tags: &[Tag]) -> Vec<u8> {
    let mut out = b"SV10\x04\x03\x02\x01".to_vec();
    list(tags, &mut out, |length| [0, length, 77, length]);
    out
}

/// A header of the first version, as old scanners write it.
pub fn csa_type1(tags: &[Tag]) -> Vec<u8> {
    let base = tags.first().map_or(0, |tag| tag.items.len() as i32);
    let mut out = Vec::new();
    list(tags, &mut out, |length| [length + base, length, 77, length]);
    out
}

fn list(tags: &[Tag], out: &mut Vec<u8>, head: impl Fn(i32) -> [i32; 4]) {
    out.extend_from_slice(&(tags.len() as u32).to_le_bytes());
    out.extend_from_slice(&MARK);
    for tag in tags {
        let mut name = tag.name.as_bytes().to_vec();
        name.resize(64, 0);
        out.extend_from_slice(&name);
        let count = (tag.items.len() as i32).to_le_bytes();
        out.extend_from_slice(&count);
        out.extend_from_slice(&[tag.vr[0], tag.vr[1], 0, 0]);
        out.extend_from_slice(&0i32.to_le_bytes());
        out.extend_from_slice(&count);
        out.extend_from_slice(&MARK);
        for item in &tag.items {
            // An empty item has no bytes at all; others end with a NUL.
            let length = if item.is_empty() { 0 } else { item.len() + 1 };
            for number in head(length as i32) {
                out.extend_from_slice(&number.to_le_bytes());
            }
            let padded = out.len() + length.next_multiple_of(4);
            out.extend_from_slice(item);
            out.resize(padded, 0);
        }
    }
}
