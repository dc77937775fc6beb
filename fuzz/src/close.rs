//! The body of a close frame. Input: the body.

use tieline_codec::read_close;

/// What is accepted may be sent (RFC 6455 section 7.4, and the codes registered since), and its reason is UTF-8.
pub(crate) fn run(data: &[u8]) {
    let allowed = |code: u16| match code {
        1000..=1003 | 1007..=1014 | 3000..=4999 => true,
        // Never to be sent, reserved, of a future standard, or of no standard at all.
        _ => false,
    };
    match read_close(data) {
        Ok(close) => {
            assert_eq!(close.code, data.first_chunk().map(|code| u16::from_be_bytes(*code)));
            assert!(close.code.is_none_or(allowed));
            assert!(std::str::from_utf8(data.get(2..).unwrap_or_default()).is_ok());
        }
        Err(violation) => {
            assert!(matches!(violation.code, 1002 | 1007), "{}", violation.code);
            let code = data.first_chunk().map(|code| u16::from_be_bytes(*code));
            let is_fine = code.is_some_and(allowed) && std::str::from_utf8(&data[2..]).is_ok();
            assert!(!data.is_empty() && !is_fine, "refused without reason: {violation}");
        }
    }
}
