//! Siemens' CSA headers: a list of named tags inside one private element, in two versions (contract `mr`, "Siemens CSA").
//!
//! Promises: nothing is allocated; a header that is empty, cut, or lies about a length is absent as a whole; time is
//! linear in its bytes. Called for both CSA elements of a file.

/// What the second version begins with; four more bytes follow it.
pub(super) const SECOND: &[u8] = b"SV10";
/// More tags than any header has.
const MOST_TAGS: u32 = 1000;
/// More items than any tag has.
const MOST_ITEMS: i32 = 1000;
const NAME: usize = 64;

/// The first item of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// The tag's value representation.
    pub vr: [u8; 2],
    data: &'a [u8],
}

impl<'a> Item<'a> {
    /// The value: Latin-1, up to the first NUL.
    pub fn bytes(&self) -> &'a [u8] {
        up_to_nul(self.data)
    }
}

/// The first items of the tags with these names; an inner none when there is no such tag or it has no item. None when
/// the header as a whole cannot be believed.
pub fn find<'a, const N: usize>(bytes: &'a [u8], names: [&str; N]) -> Option<[Option<Item<'a>>; N]> {
    let mut rest = bytes;
    let is_second = bytes.starts_with(SECOND);
    if is_second {
        take(&mut rest, SECOND.len() + 4)?;
    }
    let tags = u32::try_from(number(&mut rest)?).ok().filter(|tags| (1..=MOST_TAGS).contains(tags))?;
    number(&mut rest)?;
    let mut found = [None; N];
    // The first version counts an item's length from the number of items of the very first tag.
    let mut base = None;
    for _ in 0..tags {
        let name = up_to_nul(take(&mut rest, NAME)?);
        number(&mut rest)?;
        let vr = take(&mut rest, 4)?;
        number(&mut rest)?;
        let items = number(&mut rest).filter(|items| (0..=MOST_ITEMS).contains(items))?;
        number(&mut rest)?;
        let base = *base.get_or_insert(items);
        let wanted = names.iter().position(|wanted| wanted.as_bytes() == name);
        for item in 0..items {
            let head = take(&mut rest, 16)?;
            let length = if is_second { word(head, 4)? } else { word(head, 0)?.checked_sub(base)? };
            let length = usize::try_from(length).ok()?;
            let data = take(&mut rest, length)?;
            // The padding behind the very last item is often left out.
            let padding = (length.next_multiple_of(4) - length).min(rest.len());
            take(&mut rest, padding)?;
            if let (0, Some(place)) = (item, wanted.and_then(|wanted| found.get_mut(wanted))) {
                place.get_or_insert(Item { vr: [*vr.first()?, *vr.get(1)?], data });
            }
        }
    }
    Some(found)
}

fn take<'a>(rest: &mut &'a [u8], bytes: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(bytes)?;
    *rest = behind;
    Some(taken)
}

fn number(rest: &mut &[u8]) -> Option<i32> {
    word(take(rest, 4)?, 0)
}

fn word(bytes: &[u8], at: usize) -> Option<i32> {
    bytes.get(at..)?.first_chunk().copied().map(i32::from_le_bytes)
}

fn up_to_nul(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    bytes.get(..end).unwrap_or(bytes)
}
