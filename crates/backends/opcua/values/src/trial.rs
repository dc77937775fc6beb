//! What reads foreign bytes here, for the fuzz targets: nobody else calls it.

use crate::structures::{self, Structures};
use crate::value;
use opcua::types::DataValue;

/// Reads a value as a client sends it: how it is written again, and whether both mean the same. `None`: it was refused.
pub fn value(bytes: &[u8]) -> Option<(String, bool)> {
    let standard = Structures::default();
    let read = value::read_data_value(bytes).ok()?;
    let mut text = Vec::new();
    value::write_data_value(&read, &standard, &mut text);
    let again = value::read_data_value(&text).ok();
    // As bytes a structure is the same however it was written.
    let plain = |value: DataValue| filled(&standard, &value).unwrap_or(value);
    // By what is printed, since no NaN is equal to itself.
    let is_same = again.is_some_and(|again| format!("{:?}", plain(again)) == format!("{:?}", plain(read)));
    Some((String::from_utf8_lossy(&text).into_owned(), is_same))
}

/// The value with bytes in the place of structures that were written as objects; `None`: one of them is not known.
fn filled(standard: &Structures, value: &DataValue) -> Option<DataValue> {
    let mut filled = value.clone();
    structures::fill(&standard.table(), None, filled.value.as_mut()?).ok()?;
    Some(filled)
}
