//! The header of a DICOM file. Input: the file; a first byte below 4 in place of a preamble chooses the transfer syntax
//! of a data set, so that a fuzzer need not find one.

use std::io::{Cursor, Read, Result, Seek, SeekFrom};
use tieline_dicom_read::{Header, ReadLimits, Unreadable, read_from};
use tieline_dicom_read::{Value, write};

/// Small, so that reaching one is found, and time is short.
const LIMITS: ReadLimits =
    ReadLimits { csa_bytes: 2000, text_bytes: 400, depth: 6, elements: 300, header_bytes: 200_000 };
/// What one read may ask for beyond the limit.
const WINDOW: u64 = 64 << 10;

/// Chooses a data set of implicit representations, see [`with_syntax`].
const IMPLICIT: u8 = 1;

/// Never more is read than the limits allow, the same comes out twice, what is kept is finite and bounded, and an
/// implicit file that is all there says the same when more bytes follow it.
pub(crate) fn run(data: &[u8]) {
    let file = match data.split_first() {
        Some((chosen, rest)) if *chosen < 4 => with_syntax(usize::from(*chosen), rest),
        _ => data.to_vec(),
    };
    let read = header(&file);
    assert!(read == header(&file), "twice, and not the same");
    match read {
        Ok(header) => {
            kept(&header, file.len());
            // Of an element whose representation nobody knows, the end of the file says how long it is; implicit ones have none.
            if header.complete && has_pixels(&file) && data.first() == Some(&IMPLICIT) {
                let longer = [file.as_slice(), &[0; 64]].concat();
                let again = self::header(&longer);
                assert!(again.is_err() || again == Ok(header), "what follows the pixel data changes the header");
            }
        }
        Err(error) => {
            let words = error.to_string();
            assert!(words.is_ascii() && words.len() < 150 && !words.contains('\n'), "{words}");
            assert!(error.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
            assert!(!matches!(error, Unreadable::Gone | Unreadable::Denied | Unreadable::Io(_)), "there is no file");
        }
    }
}

fn with_syntax(chosen: usize, data_set: &[u8]) -> Vec<u8> {
    let uids = ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"];
    let uid = write::Element::text((2, 0x10), dicom_core::VR::UI, uids[chosen]);
    [&[0; 128], b"DICM".as_slice(), &write::data_set(&[uid]), data_set].concat()
}

fn header(file: &[u8]) -> std::result::Result<Header, Unreadable> {
    let mut count = 0;
    let source = Counting(Cursor::new(file), &mut count);
    let read = read_from(source, file.len() as u64, &LIMITS);
    assert!(count <= 2 * (LIMITS.header_bytes + WINDOW), "{count} bytes read");
    read
}

/// Values are finite, and no longer than what they were made from can make them.
fn kept(header: &Header, bytes: usize) {
    for (_, value) in header.parameters.iter() {
        match value {
            Value::Number(number) => assert!(number.is_finite()),
            Value::Numbers(numbers) => assert!(numbers.iter().all(|number| number.is_finite())),
            // No set makes more than four bytes of one; a deflated file may hold more than its own length.
            Value::Text(text) => assert!(text.len() <= 4 * 2000, "{} of {bytes}", text.len()),
            Value::Absent | Value::Integer(_) | Value::Integers(_) | Value::Nothing => {}
        }
    }
    assert!(!format!("{header:?}").contains("MARKER"), "a header prints what it holds");
}

fn has_pixels(file: &[u8]) -> bool {
    file.windows(4).any(|tag| tag == [0xE0, 0x7F, 0x10, 0x00])
}

/// Counts what is read.
struct Counting<'a>(Cursor<&'a [u8]>, &'a mut u64);

impl Read for Counting<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let count = self.0.read(into)?;
        *self.1 += count as u64;
        Ok(count)
    }
}

impl Seek for Counting<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.0.seek(to)
    }
}
