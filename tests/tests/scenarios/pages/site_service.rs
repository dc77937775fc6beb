//! A dialect's own site passes some paths on to what stands behind it: who asks is known, JSON is dressed, the origin policy holds.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test says what it found by panicking")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use tieline_console::{Site, serve_site};
use tieline_hub::{Hub, HubLimits};
use tieline_model::dialect::service::{Call, Replied, Reply, Service};
use tieline_model::{
    Conversation, Dialect, Message, OriginPolicy, Page, Peer, Published, Refusal, Representation, Sight, Topic, Visit,
};
use tieline_transport::{HttpPort, Limits};

/// `/asked` and `/sent` are the service's; everything else says what the dialect was told.
struct Own;

impl Dialect for Own {
    fn name(&self) -> &'static str {
        "own"
    }

    fn open(&self, _: &Peer) -> Box<dyn Conversation> {
        panic!("nobody connects")
    }

    fn encode(&self, _: &Published, _: Representation, _: &mut Vec<u8>) {}

    fn compose(&self, _: &Topic, _: &str) -> Result<Message, Refusal> {
        panic!("nothing is said")
    }

    fn visit(&self, visit: &Visit<'_>) -> Option<Page> {
        Some(match visit.path {
            "/asked" | "/sent" => Page::Service(visit.path[1..].to_owned()),
            _ => Page::Json(format!("{} {}", visit.caller.is_local(), visit.served).into_bytes()),
        })
    }

    fn dress(&self, json: &[u8]) -> Vec<u8> {
        [b"dressed ", json].concat()
    }
}

struct Behind;

impl Service for Behind {
    fn most_bytes(&self, path: &str) -> Option<u64> {
        (path == "sent").then_some(10)
    }

    fn call(&self, call: Call, replied: Replied) {
        assert_eq!(call.sight, Sight::Full);
        std::thread::spawn(move || {
            let mut body = String::new();
            if let Some(mut bytes) = call.body
                && bytes.read_to_string(&mut body).is_err()
            {
                return replied.tell(Reply::told(413, "too much"));
            }
            match call.query.first() {
                Some((key, _)) if key == "plain" => replied.tell(Reply::told(409, "plainly")),
                _ => replied.tell(Reply::json(
                    200,
                    format!("{} {:?} {} {body}", call.path, call.query, call.caller.is_local()),
                )),
            }
        });
    }
}

/// A site with this behind it; it ends with the sender.
fn open(service: Option<Arc<dyn Service>>) -> (SocketAddr, tokio::sync::oneshot::Sender<()>) {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    let address = socket.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let origin_policy = Arc::new(OriginPolicy::default());
    let hub = Hub::new(HubLimits::default());
    let site = Site { origin_policy: origin_policy.clone(), hub, dialect: Arc::new(Own), service, port: 1, tls: false };
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let socket = tokio::net::TcpListener::from_std(socket).unwrap();
            let port = HttpPort::new("own", Limits::default(), origin_policy, &Arc::default());
            serve_site(socket, port, site, async { drop(stopped.await) }).await;
        });
    });
    (address, stop)
}

fn ask(address: SocketAddr, request: &str, header: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let head = format!("{request} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{header}{length}\r\n{body}");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {answer:?}")).parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

#[test]
fn a_path_that_the_dialect_passes_on_is_answered_behind_it() {
    let (address, _stop) = open(Some(Arc::new(Behind)));
    assert_eq!(ask(address, "GET /", "", ""), (200, "true true".to_owned()));
    let (status, body) = ask(address, "GET /asked?a=1&b=%C3%A4", "", "");
    assert_eq!((status, body.as_str()), (200, r#"dressed asked [("a", "1"), ("b", "ä")] true "#));
    assert_eq!(ask(address, "POST /sent", "", "body"), (200, "dressed sent [] true body".to_owned()));
    assert_eq!(
        ask(address, "POST /sent?plain=1", "", "body"),
        (409, "Tieline: plainly\n".to_owned()),
        "only JSON is dressed"
    );
    assert_eq!(ask(address, "POST /sent", "", "more than ten").0, 413);
    assert_eq!(ask(address, "POST /asked", "", "x").0, 405);
    assert_eq!(ask(address, "GET /sent", "", "").0, 405);
    assert_eq!(ask(address, "DELETE /asked", "", "").0, 405);
    assert_eq!(ask(address, "POST /", "", "x").0, 405);
}

#[test]
fn who_is_spoken_for_is_nobody_on_this_machine() {
    let (address, _stop) = open(Some(Arc::new(Behind)));
    for header in ["X-Forwarded-For: 127.0.0.1\r\n", "Forwarded: for=127.0.0.1\r\n"] {
        assert_eq!(ask(address, "GET /", header, "").1, "false true", "{header}");
        assert!(ask(address, "POST /sent", header, "x").1.contains(" false x"), "{header}");
    }
    for header in ["Origin: http://elsewhere.example\r\n", "Sec-Fetch-Site: cross-site\r\n"] {
        assert_eq!(ask(address, "POST /sent", header, "x").0, 403, "{header}");
    }
}

#[test]
fn where_nothing_stands_behind_nothing_is_there() {
    let (address, _stop) = open(None);
    assert_eq!(ask(address, "GET /", "", "").1, "true false");
    assert_eq!(ask(address, "GET /asked", "", "").0, 404);
    assert_eq!(ask(address, "POST /sent", "", "x").0, 404);
}
