//! HTTP that what stands behind a dialect answers itself: bodies pass through in pieces and bounded, every call is answered.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test says what it found by panicking")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;
use tieline_console::{Console, Vitals};
use tieline_hub::{Hub, HubLimits};
use tieline_model::dialect::service::{Call, Replied, Reply, Service};
use tieline_model::{OriginPolicy, Reason, Refusal};
use tieline_transport::{HttpPort, Limits};

/// Says what came; below `drop` it gives up, below `early` it answers without reading.
struct Counter;

impl Service for Counter {
    fn most_bytes(&self, path: &str) -> Option<u64> {
        (path != "closed").then_some(1 << 20)
    }

    fn call(&self, call: Call, replied: Replied) {
        std::thread::spawn(move || match (call.path.as_str(), call.body) {
            ("drop", _) => drop(replied),
            ("early", _) => replied.tell(Reply::told(409, "not now")),
            (path, None) => replied.tell(Reply::json(200, format!("{path} {:?}", call.query))),
            (_, Some(mut body)) => {
                let (mut buffer, mut count) = (vec![0; 70_000], 0);
                loop {
                    match body.read(&mut buffer) {
                        Ok(0) => return replied.tell(Reply::json(200, count.to_string())),
                        Ok(read) => count += read,
                        Err(error) if error.kind() == ErrorKind::FileTooLarge => {
                            return replied.tell(Reply::told(413, &error.to_string()));
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        });
    }
}

struct Backdrop {
    address: SocketAddr,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Backdrop {
    fn open() -> Backdrop {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let console = Console {
            origin_policy: Arc::new(OriginPolicy::default()),
            hub: Hub::new(HubLimits::default()),
            demo: false,
            started: SystemTime::now(),
            listeners: Vec::new(),
            counts: Box::new(Vec::new),
            send: Box::new(|_, _| Err(Refusal::new(Reason::Unknown, "nobody is here"))),
            services: vec![("counter", Arc::new(Counter))],
            metrics: Box::new(String::new),
            ready: Arc::new(AtomicBool::new(true)),
            vitals: Vitals::default(),
        };
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let socket = tokio::net::TcpListener::from_std(socket).unwrap();
                let port = HttpPort::new("console", Limits::default(), console.origin_policy.clone(), &Arc::default());
                tieline_console::serve(socket, port, console, async { drop(stopped.await) }).await;
            });
        });
        Backdrop { address, _stop: stop }
    }

    /// The status and the body of the answer to a request.
    fn ask(&self, request: &str, header: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let head = format!(
            "{request} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{header}Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // Refused in the middle, the rest may find nobody who reads it.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {answer:?}")).parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }
}

#[test]
fn calls_reach_who_answers_them() {
    let backdrop = Backdrop::open();
    let (status, body) = backdrop.ask("GET /api/counter/jobs/7?a=1&b=%C3%A4&a=2", "", b"");
    assert_eq!((status, body.as_str()), (200, r#"jobs/7 [("a", "1"), ("b", "ä"), ("a", "2")]"#));
    assert_eq!(backdrop.ask("GET /api/nobody/jobs", "", b"").0, 404);
    assert_eq!(backdrop.ask("GET /api/counter/drop", "", b"").0, 503);
    assert_eq!(backdrop.ask("POST /api/counter/closed", "", b"x").0, 405);
    let foreign = backdrop.ask("POST /api/counter/upload", "Origin: http://elsewhere.example\r\n", b"x");
    assert_eq!(foreign.0, 403, "{}", foreign.1);
}

#[test]
fn bodies_pass_through_in_pieces_up_to_their_bound() {
    let backdrop = Backdrop::open();
    for bytes in [0, 1, 1 << 20] {
        assert_eq!(backdrop.ask("POST /api/counter/upload", "", &vec![7; bytes]), (200, bytes.to_string()));
    }
    let (status, line) = backdrop.ask("POST /api/counter/upload", "", &vec![7; (1 << 20) + 1]);
    assert_eq!((status, line.as_str()), (413, "Tieline: more than 1048576 bytes\n"));
    assert_eq!(backdrop.ask("POST /api/counter/early", "", &vec![7; 1000]).0, 409);
}
