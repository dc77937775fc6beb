//! The body of a close frame (RFC 6455 section 5.5.1 and 7.4).

use super::Violation;

/// What a client's close frame said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseFrame {
    /// The code, if one was sent.
    pub code: Option<u16>,
}

/// Reads and checks a close frame's body: empty, or a code that may be sent and a UTF-8 reason.
pub fn read_close(body: &[u8]) -> Result<CloseFrame, Violation> {
    match body {
        [] => Ok(CloseFrame { code: None }),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !may_be_sent(code) {
                return Err(Violation::protocol("a close code that may not be sent"));
            }
            if simdutf8::basic::from_utf8(reason).is_err() {
                return Err(Violation::utf8());
            }
            Ok(CloseFrame { code: Some(code) })
        }
        [_] => Err(Violation::protocol("a close frame of one byte")),
    }
}

/// Codes an endpoint may put into a close frame: the registered ones and the ranges for libraries and applications.
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_are_never_sent_break_the_protocol() {
        for code in [0u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
            assert_eq!(read_close(&code.to_be_bytes()).unwrap_err().code, 1002, "{code}");
        }
        for code in [1000u16, 1003, 1007, 1011, 3000, 4999] {
            assert_eq!(read_close(&code.to_be_bytes()), Ok(CloseFrame { code: Some(code) }));
        }
        assert_eq!(read_close(&[3]).unwrap_err().code, 1002);
        assert_eq!(read_close(&[3, 232, 0xFF]).unwrap_err().code, 1007);
    }
}
