//! Sizes in bytes, with the units people count memory in: `"512MiB"`.
//!
//! Promises: units are the powers of two that say so; `MB`, which is one thing to some and another to others, is none. A whole number
//! without unit is bytes. Used by sections whose keys are sizes.

use super::{Kind, Setting, Value};

/// A setting that is a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// The units of a size with their bytes, largest first.
pub const SIZES: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

impl Size {
    /// As a number of bytes in memory.
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl Setting for Size {
    const KIND: Kind = Kind::Size;

    fn from_value(value: &Value) -> Option<Size> {
        match value {
            Value::Size(bytes) => Some(Size(*bytes)),
            _ => None,
        }
    }

    fn blank() -> Size {
        Size(0)
    }
}

pub(super) fn read(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let each = match unit {
        "" => 1,
        _ => SIZES.iter().find(|(name, _)| *name == unit)?.1,
    };
    // TOML's own numbers end there, and so what is shown can be read back.
    number.parse::<u64>().ok()?.checked_mul(each).filter(|bytes| i64::try_from(*bytes).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit_or_none() {
        let good = [("0", 0), ("17", 17), ("512MiB", 512 << 20), ("1GiB", 1 << 30), ("3KiB", 3 << 10)];
        for (text, bytes) in good {
            assert_eq!(read(text), Some(bytes), "{text}");
        }
        for bad in ["", "MiB", "-1", "1 MiB", "1MB", "1mib", "1.5GiB", "9223372036854775808", "9999999999999GiB"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
