//! The negotiation of compression. Input: the text of `Sec-WebSocket-Extensions`.

use tieline_codec::{Deflate, negotiate};

/// What is agreed on was offered, can be kept, and the answer is a header that names nothing else.
pub(crate) fn run(data: &[u8]) {
    let offers = String::from_utf8_lossy(data);
    let Some(agreed) = negotiate(&offers) else { return };
    assert!((9..=15).contains(&agreed.window));
    assert!(outside_quotes(&offers).contains("permessage-deflate"), "nobody offered it");
    let answer = Deflate::answer(agreed);
    assert!(answer.is_ascii() && !answer.contains(['\r', '\n', ',', '"']) && answer.len() < 120, "{answer}");
    let told = answer.split("; ").find_map(|part| part.strip_prefix("server_max_window_bits="));
    match told {
        Some(bits) => {
            assert_eq!(bits.parse(), Ok(agreed.window));
            assert!(offers.contains("server_max_window_bits"), "a window nobody asked for");
        }
        None => assert_eq!(agreed.window, 15),
    }
    // Offered to another of us, our own answer is one that can be kept.
    assert_eq!(negotiate(&answer).map(|again| again.window), Some(agreed.window));
}

fn outside_quotes(text: &str) -> String {
    let (mut out, mut chars, mut quoted) = (String::new(), text.chars(), false);
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => drop(chars.next()),
            '"' => quoted = !quoted,
            c if !quoted => out.push(c),
            _ => {}
        }
    }
    out
}
