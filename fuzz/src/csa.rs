//! Siemens' CSA headers. Input: the header.

use tieline_dicom_read::csa::find;

/// The names asked for; the corpus has them.
const NAMES: [&str; 3] = ["ImaPATModeText", "PhaseEncodingDirectionPositive", "MrPhoenixProtocol"];

/// The same as a second reader finds, which keeps everything.
pub(crate) fn run(data: &[u8]) {
    let found = find(data, NAMES);
    let second = second(data);
    assert_eq!(found.is_some(), second.is_some(), "one believes the header, one does not");
    let (Some(found), Some(second)) = (found, second) else { return };
    for (name, item) in NAMES.iter().zip(found) {
        let expected = second.iter().find(|(known, ..)| *known == name.as_bytes());
        assert_eq!(
            item.map(|item| (item.vr.to_vec(), item.bytes().to_vec())),
            expected.map(|(_, vr, text)| (vr.clone(), text.clone()))
        );
    }
}

type Tag = (Vec<u8>, Vec<u8>, Vec<u8>);

/// By the places of all numbers: every tag that has an item, with its first one.
fn second(data: &[u8]) -> Option<Vec<Tag>> {
    let number =
        |at: usize| -> Option<i64> { Some(i64::from(i32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?))) };
    let second = data.get(..4) == Some(b"SV10");
    let mut at = if second { 8 } else { 0 };
    let count = number(at)?;
    number(at + 4)?;
    at += 8;
    if !(1..=1000).contains(&count) {
        return None;
    }
    let (mut tags, mut base) = (Vec::new(), None);
    for _ in 0..count {
        let (name, vr, items) = (data.get(at..at + 64)?, data.get(at + 68..at + 72)?, number(at + 76)?);
        number(at + 80)?;
        at += 84;
        if !(0..=1000).contains(&items) {
            return None;
        }
        let base = *base.get_or_insert(items);
        for item in 0..items {
            let length = if second { number(at + 4)? } else { number(at)? - base };
            data.get(at..at + 16)?;
            let length = usize::try_from(length).ok()?;
            let value = data.get(at + 16..at + 16 + length)?;
            at = (at + 16 + length.div_ceil(4) * 4).min(data.len());
            if item == 0 {
                tags.push((text(name), vr[..2].to_vec(), text(value)));
            }
        }
    }
    Some(tags)
}

fn text(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().take_while(|byte| *byte != 0).collect()
}
