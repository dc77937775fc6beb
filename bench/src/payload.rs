//! What is published: a sequence number in twelve digits, then text like an instrument's readings, never twice the
//! same in one burst, so that neither a check nor a compressor has it easier than in the field.
//!
//! Promises: plain letters, digits and signs that need no escape in JSON. Called by `publish` and `client`.

/// Digits of the sequence number at the front of a message.
pub(crate) const DIGITS: usize = 12;
/// How many different texts follow one another.
const TEXTS: usize = 64;

/// The texts that follow the sequence number in messages of one size.
#[derive(Debug, Clone)]
pub(crate) struct Payloads {
    texts: Vec<String>,
}

impl Payloads {
    /// Messages of `size` bytes (at least [`DIGITS`]), the same in every run.
    pub(crate) fn new(size: usize) -> Payloads {
        let mut chance = Chance(0x2545_f491_4f6c_dd1d);
        let texts = (0..TEXTS).map(|_| readings(size.saturating_sub(DIGITS), &mut chance)).collect();
        Payloads { texts }
    }

    /// Digits and text of message number `sequence`; together they are the message.
    pub(crate) fn message(&self, sequence: u64) -> (String, &str) {
        (format!("{sequence:0DIGITS$}"), &self.texts[(sequence % TEXTS as u64) as usize])
    }
}

/// The sequence number at the front of a message, if it has one.
pub(crate) fn sequence(message: &[u8]) -> Option<u64> {
    let digits = message.get(..DIGITS)?;
    digits.iter().try_fold(0, |number, d| d.is_ascii_digit().then(|| number * 10 + u64::from(d - b'0')))
}

fn readings(size: usize, chance: &mut Chance) -> String {
    let mut text = String::with_capacity(size + 16);
    while text.len() < size {
        let (sensor, whole, part) = (chance.below(40), chance.below(400), chance.below(1000));
        text.push_str(&format!(" s{sensor:02}={whole}.{part:03}"));
    }
    text.truncate(size);
    text
}

/// xorshift64: repeatable, and good enough to keep a compressor busy.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_size_asked_for_and_its_number_in_front() {
        for size in [12, 13, 256, 4096] {
            let payloads = Payloads::new(size);
            for number in [0, 7, 123_456_789_012] {
                let (digits, text) = payloads.message(number);
                let whole = digits + text;
                assert_eq!(whole.len(), size);
                assert_eq!(sequence(whole.as_bytes()), Some(number));
            }
        }
    }

    #[test]
    fn needs_no_escape_and_differs_within_a_burst() {
        let payloads = Payloads::new(256);
        let texts: std::collections::HashSet<&str> = (0..64).map(|n| payloads.message(n).1).collect();
        assert_eq!(texts.len(), 64);
        assert!(texts.iter().all(|t| t.bytes().all(|b| b.is_ascii_alphanumeric() || b" .=".contains(&b))));
    }

    #[test]
    fn a_message_without_a_number_has_none() {
        assert_eq!(sequence(b"00000000001"), None);
        assert_eq!(sequence(b"00000000001x rest"), None);
    }
}
