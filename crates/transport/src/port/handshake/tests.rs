//! Header lists as clients, proxies and strangers send them: what is accepted, and what is refused with which status.

use super::*;
use crate::{Limits, ListenerPlan};
use tieline_model::{Conversation, Dialect, Message, OriginPolicy, Published, Representation, Topic};

/// Speaks on one path, and one subprotocol.
struct Plain;

impl Dialect for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }
    fn admits(&self, path: &str) -> bool {
        path == "/here"
    }
    fn subprotocol<'a>(&self, offered: &[&'a str]) -> Option<&'a str> {
        offered.iter().copied().find(|name| *name == "plain.v1")
    }
    fn open(&self, _peer: &Peer) -> Box<dyn Conversation> {
        panic!("nobody is let in that far")
    }
    fn encode(&self, _published: &Published, _representation: Representation, _out: &mut Vec<u8>) {}
    fn compose(&self, _topic: &Topic, _json: &str) -> Result<Message, Refusal> {
        Err(Refusal::new(Reason::Unsupported, "nothing is composed here"))
    }
}

/// What a client of today sends, without the headers that begin with `leave`, and with `more`.
fn request(leave: &str, more: &[(&str, &[u8])]) -> Request<()> {
    let usual: [(&str, &[u8]); 5] = [
        ("host", b"127.0.0.1:1"),
        ("upgrade", b"websocket"),
        ("connection", b"Upgrade"),
        ("sec-websocket-version", b"13"),
        ("sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let mut request = Request::builder().method("GET").uri("/here?query=1");
    let retained = usual.iter().filter(|(name, _)| leave.is_empty() || !name.starts_with(leave));
    for (name, value) in retained.chain(more) {
        request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
    }
    request.body(()).unwrap()
}

fn status(request: &Request<()>) -> u16 {
    match told(request) {
        Ok(_) => 101,
        Err((status, _)) => status.as_u16(),
    }
}

fn told(request: &Request<()>) -> Result<Accepted, (StatusCode, Refusal)> {
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let origin_policy = Arc::new(OriginPolicy::default());
    let plan = ListenerPlan { dialect: Arc::new(Plain), address, limits: Limits::default(), origin_policy, tls: None };
    accept(request, &Listener::new(plan, address, crate::Memory::new(0)))
}

#[test]
fn the_example_of_the_standard() {
    let accepted = told(&request("", &[])).ok().unwrap();
    assert_eq!(accepted.answer[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!((accepted.framing, &*accepted.target), (Framing::Frame, "/here?query=1"));
    assert!(!accepted.answer.contains_key(SEC_WEBSOCKET_EXTENSIONS));
    assert!(!accepted.answer.contains_key(SEC_WEBSOCKET_PROTOCOL));
}

#[test]
fn lists_may_be_spread_and_spelled_as_http_allows() {
    for (leave, more) in [
        ("connection", vec![("connection", &b"keep-alive, uPgRaDe"[..])]),
        ("connection", vec![("connection", b"keep-alive"), ("connection", b" , Upgrade,")]),
        ("upgrade", vec![("upgrade", b"WebSocket")]),
        ("upgrade", vec![("upgrade", b"h2c"), ("upgrade", b"websocket")]),
        ("x", vec![("origin", b"http://127.0.0.1:8090")]),
        ("x", vec![("content-length", b"0")]),
        // Bits in the last character that nothing is in.
        ("sec-websocket-key", vec![("sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZR==")]),
        ("x", vec![("sec-websocket-extensions", b"\xFF\xFE"), ("x-other", b"\xFF")]),
    ] {
        assert_eq!(status(&request(leave, &more)), 101, "{more:?}");
    }
}

#[test]
fn what_is_refused_and_how() {
    let key: &[u8] = b"dGhlIHNhbXBsZSBub25jZQ==";
    for (expected, leave, more) in [
        (403, "host", vec![]),
        (403, "host", vec![("host", &b""[..])]),
        (403, "host", vec![("host", b"\xE4.example")]),
        (403, "host", vec![("host", b"attacker.example")]),
        (400, "x", vec![("host", b"attacker.example")]),
        (403, "x", vec![("origin", b"null")]),
        (403, "x", vec![("origin", b"\xFF")]),
        (400, "x", vec![("origin", b"http://127.0.0.1"), ("origin", b"http://attacker.example")]),
        (426, "upgrade", vec![]),
        (426, "upgrade", vec![("upgrade", b"websocket2")]),
        (426, "connection", vec![("connection", b"upgraded")]),
        (426, "connection", vec![("connection", b"\xFF, upgrade")]),
        (426, "sec-websocket-version", vec![]),
        (426, "sec-websocket-version", vec![("sec-websocket-version", b"8")]),
        (426, "sec-websocket-version", vec![("sec-websocket-version", b"13, 8")]),
        (400, "x", vec![("sec-websocket-version", b"8")]),
        (400, "sec-websocket-key", vec![]),
        (400, "sec-websocket-key", vec![("sec-websocket-key", b"c2hvcnQ=")]),
        (400, "sec-websocket-key", vec![("sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ")]),
        (400, "x", vec![("sec-websocket-key", key)]),
        (400, "x", vec![("content-length", b"5")]),
        (400, "x", vec![("transfer-encoding", b"chunked")]),
    ] {
        let request = request(leave, &more);
        assert_eq!(status(&request), expected, "without {leave}, with {more:?}");
        let (_, refusal) = told(&request).err().unwrap();
        // A host or an origin is named where the line says what to allow, and nowhere else.
        let may_name = expected == 403 && refusal.detail.as_str().contains(" to access.");
        assert!(may_name || !refusal.detail.as_str().contains("attacker"), "a stranger's words in {refusal}");
    }
}

#[test]
fn the_request_line_counts_too() {
    let mut elsewhere = request("", &[]);
    *elsewhere.uri_mut() = "/there".parse().unwrap();
    assert_eq!(status(&elsewhere), 404);
    let mut posted = request("", &[]);
    *posted.method_mut() = Method::POST;
    assert_eq!(status(&posted), 405);
    let mut old = request("", &[]);
    *old.version_mut() = Version::HTTP_10;
    assert_eq!(status(&old), 400);
    // As a proxy writes it: the Host header is what is checked.
    let mut absolute = request("", &[]);
    *absolute.uri_mut() = "http://attacker.example/here".parse().unwrap();
    assert_eq!(status(&absolute), 101);
}

#[test]
fn what_is_answered_was_offered() {
    let answer = |more: &[(&str, &[u8])]| {
        let accepted = told(&request("x", more)).ok().unwrap();
        let header = |name| accepted.answer.get(name).map(|value: &HeaderValue| value.to_str().unwrap().to_owned());
        (header(SEC_WEBSOCKET_EXTENSIONS), header(SEC_WEBSOCKET_PROTOCOL), accepted.framing)
    };
    let both = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    let (extensions, protocol, framing) = answer(&[
        ("sec-websocket-extensions", b"x-unknown; a=\"1, permessage-deflate\""),
        ("sec-websocket-extensions", b"permessage-deflate; client_max_window_bits"),
        ("sec-websocket-protocol", b"other"),
        ("sec-websocket-protocol", b" plain.v1 ,"),
    ]);
    assert_eq!((extensions.as_deref(), protocol.as_deref()), (Some(both), Some("plain.v1")));
    assert_eq!(framing, Framing::Deflate(15));
    assert_eq!(answer(&[("sec-websocket-protocol", b"plain.v1x,,")]), (None, None, Framing::Frame));
}
