//! Status codes by their names.
//!
//! Promises: a code that has no name is a number. Called wherever a status is shown.

use opcua::types::StatusCode;

/// The code without the bits about its value.
const CODE: u32 = 0xffff_0000;

/// The symbolic name, as in `BadNodeIdUnknown`.
pub(super) fn name(status: StatusCode) -> String {
    let known = StatusCode::from_category(status.sub_code());
    if known.bits() & CODE == status.bits() & CODE {
        return status.sub_code().name().to_owned();
    }
    format!("0x{:08X}", status.bits() & CODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_name_is_a_number() {
        assert_eq!(name(StatusCode::Good), "Good");
        assert_eq!(name(StatusCode::from(StatusCode::BadNodeIdUnknown.bits() | 0x480)), "BadNodeIdUnknown");
        assert_eq!(name(StatusCode::from(0x8765_0000)), "0x87650000");
    }
}
