//! Hostile bytes: bombs, fragments, garbage, nesting, requests that are wrong.
//!
//! Promises: the same bytes every time; everything is made once and sent many times, so that sending costs the attacker
//! next to nothing. Called by `table`, which names them, and by `attacker`, which sends them.

use flate2::{Compress, Compression, FlushCompress};
use tieline_bench_kit::frame::{self, CLOSE, PING, TEXT};

/// What one message may inflate to by default.
const INFLATED: usize = 16 << 20;
/// Bytes that are worth a write of their own.
const BURST: usize = 64 << 10;

/// Nothing.
pub(crate) fn nothing() -> Vec<u8> {
    Vec::new()
}

/// A text frame.
pub(crate) fn text(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    frame::append(TEXT, &[text.as_bytes()], &mut out);
    out
}

/// As many of these as make one good write.
fn many(one: &[u8]) -> Vec<u8> {
    one.repeat((BURST / one.len().max(1)).max(1))
}

/// A compressed text frame: 16 KB that inflate to all that is allowed, and are no JSON then.
pub fn bomb() -> Vec<u8> {
    deflated_frame(&vec![b' '; INFLATED])
}

/// One that inflates to more than is allowed.
pub(crate) fn bomb_beyond() -> Vec<u8> {
    deflated_frame(&vec![b' '; INFLATED * 4])
}

fn deflated_frame(inflated: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    frame::append_as(0x80 | 0x40 | TEXT, &[&deflated(inflated)], &mut out);
    out
}

/// As RFC 7692 wants it: raw, flushed, and without the four bytes that every flush ends with.
fn deflated(inflated: &[u8]) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    let mut out = Vec::with_capacity(inflated.len() / 900 + 1024);
    // With room enough one call does all, and a compressor has no other error.
    let _ = compress.compress_vec(inflated, &mut out, FlushCompress::Sync);
    out.truncate(out.len().saturating_sub(4));
    out
}

/// A compressed frame of a megabyte that inflates to nothing: each block brings new tables and ends at once.
pub(crate) fn empty_blocks() -> Vec<u8> {
    let mut out = Vec::new();
    frame::append_as(0x80 | 0x40 | TEXT, &[&empty_dynamic_blocks((1 << 20) * 8 / 90)], &mut out);
    out
}

/// So many empty dynamic blocks (RFC 1951 section 3.2.7), 90 bits each, then the beginning of an empty stored one.
fn empty_dynamic_blocks(count: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    for _ in 0..count {
        bits.push(0b100, 3); // not the last, dynamic
        bits.push(0, 5); // 257 literals and lengths
        bits.push(0, 5); // one distance
        bits.push(14, 4); // 18 lengths of code lengths follow
        // In the order 16, 17, 18, 0, 8 … 14, 1: only 18 and 1 have a code, of one bit each: 1 is `0`, 18 is `1`.
        for at in 0..18 {
            bits.push(u32::from(at == 2 || at == 17), 3);
        }
        bits.push(1, 1);
        bits.push(138 - 11, 7); // 138 times nothing
        bits.push(1, 1);
        bits.push(118 - 11, 7); // 118 times nothing
        bits.push(0, 1); // the end of the block has a code of one bit
        bits.push(0, 1); // and so has the distance
        bits.push(0, 1); // the end of the block
    }
    bits.push(0, 3); // stored; what follows it is the four bytes that a sender leaves out
    bits.bytes
}

/// Bits as deflate packs them: from the lowest of each byte.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn push(&mut self, value: u32, count: usize) {
        for bit in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> bit & 1) as u8) << (self.used % 8);
            }
            self.used += 1;
        }
    }
}

/// Short texts that are no JSON.
pub(crate) fn garbage() -> Vec<u8> {
    let mut out = Vec::with_capacity(BURST);
    let mut state: u32 = 1;
    while out.len() < BURST {
        // A linear congruential generator: anything that is the same every time will do.
        let letters: Vec<u8> = (0..24)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b'!' + (state >> 24) as u8 % 90
            })
            .collect();
        frame::append(TEXT, &[&letters], &mut out);
    }
    out
}

/// Requests that no measuring program knows, tiny.
pub(crate) fn requests_tiny() -> Vec<u8> {
    many(&text(r#"{"x":1}"#))
}

/// One of a megabyte, which comes back in the answer.
pub(crate) fn request_large() -> Vec<u8> {
    text(&format!("{{\"x\":[{}0]}}", "1234567,".repeat((1 << 20) / 8)))
}

/// Opens a stream of one's own.
pub(crate) fn open_stream() -> Vec<u8> {
    text(r#"{"ws_op":"open","ws_stream_ids":["attack"]}"#)
}

/// Short messages on it.
pub(crate) fn small_sends() -> Vec<u8> {
    many(&text(r#"{"ws_op":"send","ws_msg":"x"}"#))
}

/// Pings.
pub(crate) fn pings() -> Vec<u8> {
    let mut out = Vec::new();
    frame::append(PING, &[b"0123456789"], &mut out);
    many(&out)
}

/// Pings that take as much room as a ping may.
pub(crate) fn wide_pings() -> Vec<u8> {
    let mut out = Vec::new();
    frame::append(PING, &[&[b'p'; 125]], &mut out);
    many(&out)
}

/// One message in 100,001 fragments of one byte.
pub(crate) fn fragments() -> Vec<u8> {
    in_fragments(b" ")
}

/// The same with nothing in them.
pub(crate) fn empty_fragments() -> Vec<u8> {
    in_fragments(b"")
}

fn in_fragments(each: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for number in 0..100_001 {
        frame::append_as(if number == 0 { TEXT } else { 0 }, &[each], &mut out);
    }
    frame::append_as(0x80, &[each], &mut out);
    out
}

/// The beginning of a message: 15 MB of one that would have 16.
pub(crate) fn unfinished() -> Vec<u8> {
    let mut out = unmasked_head(16 << 20);
    out.resize(15 << 20, b'u');
    out
}

/// The beginning of a message that goes on a byte at a time.
pub(crate) fn begun() -> Vec<u8> {
    unmasked_head(1000)
}

/// The head of a text whose mask changes nothing: what follows is text from its first byte, so that it is not for its
/// letters that it is ended.
fn unmasked_head(length: u64) -> Vec<u8> {
    let mut out = Vec::new();
    frame::head(0x80 | TEXT, length, &mut out);
    let mask = out.len() - 4;
    out[mask..].fill(0);
    out
}

/// A frame that says it will be larger than all there is.
pub(crate) fn largest_claim() -> Vec<u8> {
    let mut out = Vec::new();
    frame::head(0x80 | TEXT, u64::MAX >> 1, &mut out);
    out
}

/// A reserved bit, a frame that is no control frame's size, text that is none, a binary one: one after the other.
pub(crate) fn violations() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (first, payload) in [
        (0x80 | 0x20 | TEXT, &b"reserved"[..]),
        (0x83, b"unknown opcode"),
        (0x80, b"continues nothing"),
        (0x80 | PING, &[b'p'; 126]),
        (PING, b"a ping in fragments"),
        (0x80 | TEXT, &[0xFF, 0xFE]),
        (0x82, &[0, 1, 2]),
        (0x80 | CLOSE, &[3]),
    ] {
        let mut out = upgrade(false).into_bytes();
        frame::append_as(first, &[payload], &mut out);
        all.push(out);
    }
    // Without a mask.
    all.push([upgrade(false).as_bytes(), &[0x81, 2, b'h', b'i']].concat());
    all
}

/// JSON within JSON, deeper than any stack.
pub(crate) fn nested() -> Vec<u8> {
    text(&format!(r#"{{"sender":2,"receiver":106,"command":50001,"data":{}"#, "[".repeat(100_000)))
}

/// A list of two million lists.
pub(crate) fn wide_list() -> Vec<u8> {
    text(&format!(r#"{{"ws_op":"send","ws_msg":[{}[]]}}"#, "[],".repeat(2_000_000)))
}

/// Opens a thousand streams, one more, and closes them.
pub(crate) fn storms() -> Vec<u8> {
    let names: Vec<String> = (0..1000).map(|number| format!("\"s{number}\"")).collect();
    let mut out = text(&format!(r#"{{"ws_op":"open","ws_stream_ids":[{}]}}"#, names.join(",")));
    out.extend(text(r#"{"ws_op":"open","ws_stream_ids":["one more"]}"#));
    out.extend(text(r#"{"ws_op":"close"}"#));
    out
}

/// Opens a thousand streams.
pub(crate) fn thousand_streams() -> Vec<u8> {
    let names: Vec<String> = (0..1000).map(|number| format!("\"s{number}\"")).collect();
    text(&format!(r#"{{"ws_op":"open","ws_stream_ids":[{}]}}"#, names.join(",")))
}

/// Asks for a list of all channels.
pub(crate) fn channel_info() -> Vec<u8> {
    text(r#"{"ws_op":"admin","ws_msg":"getchannelinfo()"}"#).repeat(16)
}

/// Starts to watch a variable, reads it, and stops.
pub(crate) fn monitors() -> Vec<u8> {
    let one = |kind: &str| {
        text(&format!(
            r#"{{"Header":{{"MessageType":"{kind}_REQUEST","ClientHandle":"1"}},"Body":{{"Variable":"Temperature"}}}}"#
        ))
    };
    many(&[one("MONITORSTART"), one("READ"), one("MONITORSTOP")].concat())
}

/// A message to another X-ray display, with nobody there.
pub(crate) fn forwards() -> Vec<u8> {
    many(&text(r#"{"sender":2,"receiver":999,"command":50001,"data":{"text":"x"}}"#))
}

/// The same with four kilobytes in each.
pub(crate) fn wide_forwards() -> Vec<u8> {
    let data = "m".repeat(4 << 10);
    many(&text(&format!(r#"{{"sender":2,"receiver":999,"command":50001,"data":{{"text":"{data}"}}}}"#)))
}

/// Registers as the X-ray console.
pub(crate) fn register() -> Vec<u8> {
    text(r#"{"sender":2,"command":11}"#)
}

/// Texts to a side that hears nothing.
pub(crate) fn anything() -> Vec<u8> {
    many(&text("hello"))
}

/// A handshake.
pub(crate) fn upgrade(deflate: bool) -> String {
    let offer = if deflate { "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" } else { "" };
    format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: \
         13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{offer}\r\n"
    )
}

/// The beginning of a request that never gets its last line.
pub(crate) fn half_request() -> Vec<u8> {
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ".to_vec()
}

/// A whole request that leaves its connection open.
pub(crate) fn kept_alive() -> Vec<u8> {
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_vec()
}

/// A message for the API whose body is longer than what comes of it.
pub(crate) fn slow_body() -> Vec<u8> {
    b"POST /api/send?topic=fme.x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
      Content-Length: 1000000\r\n\r\n[1,"
        .to_vec()
}

/// The same with a file for the measuring program.
pub(crate) fn slow_upload() -> Vec<u8> {
    b"POST /api/inspect/upload?command=image&name=a&focal_length=50&file=a.png HTTP/1.1\r\nHost: 127.0.0.1\r\n\
      Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n\x89PNG"
        .to_vec()
}

/// Requests with more headers than are read.
pub(crate) fn wide_headers() -> Vec<Vec<u8>> {
    vec![format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Wide: {}\r\n\r\n", "w".repeat(64 << 10)).into_bytes()]
}

/// Handshakes, each wrong in its own way: they make the most log lines for the least bytes.
pub(crate) fn bad_handshakes() -> Vec<Vec<u8>> {
    let good = upgrade(false);
    let without = |line: &str| good.replace(line, "");
    [
        without("Upgrade: websocket\r\n"),
        without("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
        without("Host: 127.0.0.1\r\n"),
        good.replace("dGhlIHNhbXBsZSBub25jZQ==", "too short"),
        good.replace("Version: 13", "Version: 12"),
        good.replace("GET / HTTP/1.1", "POST / HTTP/1.1"),
        good.replace("HTTP/1.1\r\n", "HTTP/1.0\r\n"),
        good.replace("Host: 127.0.0.1", "Host: evil.example"),
        good.replace("Host: 127.0.0.1\r\n", "Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n"),
        good.replace("Host: 127.0.0.1\r\n", "Host: 127.0.0.1\r\nContent-Length: 5\r\n"),
        "\0\0\0\0 no request at all\r\n\r\n".to_owned(),
    ]
    .map(String::into_bytes)
    .into()
}

/// What is no TLS: plain HTTP, zeros, a hello that is cut off.
pub(crate) fn no_tls() -> Vec<Vec<u8>> {
    let hello = [&[22, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3][..], &[7; 40]].concat();
    vec![upgrade(false).into_bytes(), vec![0; 512], hello, vec![0xFF; 512]]
}

/// What the console's API and pages have to say, one after the other on a connection that stays.
pub(crate) fn console_requests() -> Vec<u8> {
    keeping(&["/api/overview", "/api/listeners", "/metrics", "/readyz", "/", "/nothing"])
}

/// The pages of the MR side likewise.
pub(crate) fn page_requests() -> Vec<u8> {
    keeping(&["/", "/state", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/nothing"])
}

fn keeping(paths: &[&str]) -> Vec<u8> {
    paths.iter().flat_map(|path| format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").into_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Decompress, FlushDecompress};

    fn inflated(mut wire: Vec<u8>) -> usize {
        wire.extend([0, 0, 0xFF, 0xFF]);
        let mut inflate = Decompress::new(false);
        let mut out = vec![0; 1 << 20];
        loop {
            let (read, written) = (inflate.total_in(), inflate.total_out());
            let rest = &wire[read as usize..];
            inflate.decompress(rest, &mut out, FlushDecompress::Sync).unwrap();
            if (inflate.total_in(), inflate.total_out()) == (read, written) {
                assert_eq!(read as usize, wire.len(), "all of it was read");
                return inflate.total_out() as usize;
            }
        }
    }

    #[test]
    fn a_bomb_is_small_and_inflates_to_what_is_allowed() {
        let wire = deflated(&vec![b' '; INFLATED]);
        assert!(wire.len() < 17 << 10, "{}", wire.len());
        assert_eq!(inflated(wire), INFLATED);
    }

    #[test]
    fn empty_blocks_are_valid_and_inflate_to_nothing() {
        let wire = empty_dynamic_blocks(1000);
        assert_eq!(wire.len(), (90 * 1000 + 3usize).div_ceil(8));
        assert_eq!(inflated(wire), 0);
    }

    #[test]
    fn an_unfinished_message_is_unfinished() {
        let bytes = unfinished();
        let claimed = u64::from_be_bytes(bytes[2..10].try_into().unwrap());
        assert!(bytes[1] == 0xFF && claimed > bytes.len() as u64);
        assert_eq!((&bytes[10..14], bytes[14]), (&[0; 4][..], b'u'), "it is text as it stands there");
    }

    #[test]
    fn every_bad_handshake_differs_from_the_good_one() {
        let good = upgrade(false).into_bytes();
        let all = bad_handshakes();
        assert!(all.iter().all(|bad| *bad != good));
        let kinds: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(kinds.len(), all.len());
    }
}
