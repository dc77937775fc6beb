//! Choosing permessage-deflate's parameters from a client's offers (RFC 7692 section 7).

/// What was agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deflate {
    /// The largest window, as a power of two, that this end may compress with.
    pub window: u8,
    /// Whether the client asked for a window: then it has to be told which.
    named: bool,
}

impl Deflate {
    /// The value of `Sec-WebSocket-Extensions` in the answer.
    pub fn answer(self) -> String {
        let window = if self.named { format!("; server_max_window_bits={}", self.window) } else { String::new() };
        format!("permessage-deflate; server_no_context_takeover; client_no_context_takeover{window}")
    }
}

/// The first offer that can be kept; `None` when there is none, and the connection goes on uncompressed.
///
/// `offers` is the request's `Sec-WebSocket-Extensions`, several headers joined by commas.
pub fn negotiate(offers: &str) -> Option<Deflate> {
    split(offers, ',').take(16).find_map(accept)
}

/// The parts between separators that do not stand in quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c| {
        quoted ^= c == '"' && !escaped;
        escaped = quoted && !escaped && c == '\\';
        c == separator && !quoted
    })
}

fn accept(offer: &str) -> Option<Deflate> {
    let mut parts = split(offer, ';').map(str::trim);
    if parts.next()? != "permessage-deflate" {
        return None;
    }
    let mut agreed = Deflate { window: 15, named: false };
    let mut seen: Vec<&str> = Vec::new();
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(unquoted(value.trim()))),
            None => (part, None),
        };
        // A parameter that is twice there, unknown, or has a value it may not have makes the offer void (section 7.1).
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
        match (name, value) {
            ("server_no_context_takeover" | "client_no_context_takeover", None) => {}
            ("client_max_window_bits", value) => {
                if value.is_some_and(|value| window_bits(value).is_none()) {
                    return None;
                }
            }
            ("server_max_window_bits", Some(value)) => {
                // zlib cannot keep a window of 8 bits in raw deflate data.
                let window = window_bits(value).filter(|bits| *bits >= 9)?;
                agreed = Deflate { window, named: true };
            }
            _ => return None,
        }
    }
    Some(agreed)
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

fn window_bits(text: &str) -> Option<u8> {
    // Without leading zeros (section 7.1.2).
    text.parse().ok().filter(|bits| (8..=15).contains(bits) && !text.starts_with(['0', '+']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_first_offer_it_can_keep() {
        let window = |offers: &str| negotiate(offers).map(|agreed| (agreed.window, agreed.named));
        assert_eq!(window("permessage-deflate"), Some((15, false)));
        assert_eq!(window("permessage-deflate; client_max_window_bits"), Some((15, false)));
        assert_eq!(window("permessage-deflate; server_max_window_bits=9"), Some((9, true)));
        assert_eq!(window("permessage-deflate; server_max_window_bits=\"10\""), Some((10, true)));
        assert_eq!(window("permessage-deflate; server_max_window_bits=8, permessage-deflate"), Some((15, false)));
        assert_eq!(window("x-webkit-deflate-frame, permessage-deflate; client_no_context_takeover"), Some((15, false)));
        assert_eq!(window("x-other; a=\"1,2\", permessage-deflate"), Some((15, false)));
        assert_eq!(window("x-other; a=\"\\\\\", permessage-deflate"), Some((15, false)));
        assert_eq!(
            window(" ,permessage-deflate;server_no_context_takeover ; client_max_window_bits = 8 "),
            Some((15, false))
        );
        // What a client offers without end is not read without end.
        assert_eq!(window(&("x,".repeat(1000) + "permessage-deflate")), None);
        for void in [
            "",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=09",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; unheard_of",
            "permessage-bzip2",
            "PERMESSAGE-DEFLATE2",
            "permessage-deflate; ",
            "permessage-deflate; server_max_window_bits=\"\"10\"\"",
            "permessage-deflate; server_max_window_bits=\"10",
            "permessage-deflate; server_max_window_bits=+10",
            "permessage-deflate; server_max_window_bits=",
            "permessage-deflate; client_max_window_bits=16",
            "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
            // Inside the quotes of somebody else's parameter it is no offer.
            "x-other; a=\"1, permessage-deflate\"",
            "x-other; a=\"1\\\", permessage-deflate\"",
            "x-other; a=\"unfinished, permessage-deflate",
            ",,,;=;,",
        ] {
            assert_eq!(window(void), None, "{void}");
        }
    }

    #[test]
    fn answers_the_window_only_when_asked() {
        let answer = |offer: &str| negotiate(offer).unwrap().answer();
        assert!(!answer("permessage-deflate; client_max_window_bits=10").contains("max_window"));
        assert!(answer("permessage-deflate; server_max_window_bits=12").ends_with("; server_max_window_bits=12"));
    }
}
