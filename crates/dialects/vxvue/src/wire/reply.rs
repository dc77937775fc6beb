//! What this server itself says to a client (contract `vxvue`, Replies and Error codes). Called by the conversation.

use tieline_model::{Reason, Refusal};

/// The answer to a ping.
pub(crate) const PONG: &str = r#"{"sender":1,"command":1,"data":{"status":1,"error":null}}"#;

/// The answer to a register that was accepted.
pub(crate) const REGISTERED: &str = r#"{"sender":1,"command":11,"data":{"status":1,"error":null}}"#;

/// The answer to whatever is refused; `command` is 0 when none could be read.
pub(crate) fn refused(command: u32, refusal: &Refusal) -> String {
    let (code, message) = (code(refusal.reason), serde_json::Value::from(refusal.detail.as_str()));
    format!(r#"{{"sender":1,"command":{command},"res":0,"data":{{"status":0,"error":{code},"message":{message}}}}}"#)
}

/// The contract's error code.
fn code(reason: Reason) -> u32 {
    match reason {
        Reason::Malformed | Reason::Unsupported => 1,
        Reason::Unknown => 2,
        Reason::BadField => 3,
        Reason::TooEarly | Reason::Unavailable => 4,
        Reason::NotPermitted => 5,
        Reason::TooLarge => 6,
        Reason::TooMany => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_in_the_products_words() {
        let codes: Vec<u32> = Reason::ALL.into_iter().map(code).collect();
        assert_eq!(codes, [1, 2, 3, 4, 5, 6, 7, 1, 4]);
        let refusal = Refusal::new(Reason::BadField, "one \"line\"");
        let expected = r#"{"sender":1,"command":101,"res":0,"data":{"status":0,"error":3,"message":"one \"line\""}}"#;
        assert_eq!(refused(101, &refusal), expected);
    }
}
