//! Every port is bounded alike: half requests, slow bodies, silent connections and floods on the console and the pages of
//! a dialect, and that others can always connect meanwhile.
#![allow(clippy::unwrap_used)]

use tieline_testkit::{Answer, Raw, TestGateway, within};
use tieline_tests::serves;

async fn ask(gateway: &TestGateway, request: &str) -> Answer {
    let mut client = Raw::connect(gateway.console()).await.unwrap();
    client.write(request.as_bytes()).await.unwrap();
    client.answer().await.unwrap()
}

/// Asks until the console answers with this status.
async fn becomes(gateway: &TestGateway, status: u16) {
    let work = async { while gateway.get("/healthz").await.map_or(0, |answer| answer.status) != status {} };
    within("the console's status", work).await.unwrap();
}

async fn reached(gateway: &TestGateway, port: &str, limit: &str, times: f64) {
    let labels = [format!("dialect=\"{port}\""), format!("limit=\"{limit}\"")];
    gateway.counts("tieline_limits_reached_total", &[&labels[0], &labels[1]], times).await.unwrap();
}

#[tokio::test]
async fn half_requests_end_on_ports_with_pages() {
    let gateway = TestGateway::start("[fme]\n[mr.limits]\nhandshake = \"200ms\"");
    for half in ["", "G", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"] {
        let mut client = Raw::connect(gateway.site("mr")).await.unwrap();
        client.write(half.as_bytes()).await.unwrap();
        client.end().await.unwrap();
    }
    reached(&gateway, "mr", "handshake", 3.0).await;
    serves(&gateway).await.unwrap();
}

/// One that had an answer and is half-way into its next request.
#[tokio::test]
async fn half_of_a_second_request_ends_too() {
    let gateway = TestGateway::start("[fme]\n[access.limits]\nhandshake = \"2s\"\nkeep_alive = \"0s\"");
    let mut client = Raw::connect(gateway.console()).await.unwrap();
    client.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.unwrap();
    assert_eq!(client.answer().await.unwrap().status, 200);
    client.write(b"GET /heal").await.unwrap();
    client.end().await.unwrap();
    reached(&gateway, "console", "handshake", 1.0).await;
}

#[tokio::test]
async fn silent_and_half_closed_connections_end() {
    let gateway = TestGateway::start("[fme]\n[mr.limits]\nkeep_alive = \"200ms\"");
    let mut idle = Raw::connect(gateway.site("mr")).await.unwrap();
    idle.write(b"GET /none HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.unwrap();
    assert_eq!(idle.answer().await.unwrap().status, 404);
    assert_eq!(idle.end().await.unwrap(), b"");
    let mut half = Raw::connect(gateway.console()).await.unwrap();
    half.write(b"GET /healthz HTTP/1.1\r\nHost").await.unwrap();
    half.finish().await.unwrap();
}

#[tokio::test]
async fn slow_bodies_are_answered_and_ended() {
    let gateway = TestGateway::start("[fme]\n[access.limits]\nbody = \"200ms\"");
    let mut client = Raw::connect(gateway.console()).await.unwrap();
    let head = "POST /api/send?topic=fme.x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
                Content-Length: 100\r\n\r\n{";
    client.write(head.as_bytes()).await.unwrap();
    let answer = client.answer().await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (408, "Tieline: the body came too slowly (limits.body)\n"));
    client.end().await.unwrap();
    reached(&gateway, "console", "body", 1.0).await;
    // The answer without an end is no answer that is late.
    let mut tail = Raw::connect(gateway.console()).await.unwrap();
    tail.write(b"GET /api/tail HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.unwrap();
    let answer = tail.answer().await.unwrap();
    assert_eq!((answer.status, answer.header("x-accel-buffering")), (200, Some("no")));
}

#[tokio::test]
async fn the_console_counts_its_connections() {
    let gateway = TestGateway::start("[fme]\n[access.limits]\nconnections_per_address = 3");
    let held = [
        Raw::connect(gateway.console()).await.unwrap(),
        Raw::connect(gateway.console()).await.unwrap(),
        Raw::connect(gateway.console()).await.unwrap(),
    ];
    becomes(&gateway, 503).await;
    // Each port counts for itself.
    serves(&gateway).await.unwrap();
    drop(held);
    becomes(&gateway, 200).await;
}

/// Two within one second are one too many for the second: it waits, and is served all the same.
#[tokio::test]
async fn those_that_come_too_fast_wait() {
    let gateway = TestGateway::start("[fme.limits]\naccepts_per_second = 1000\n[vxvue.limits]\naccepts_per_second = 1");
    for _ in 0..3 {
        gateway.raw("vxvue").await.unwrap().barrier().await.unwrap();
    }
    let metrics = gateway.metrics().await.unwrap();
    let labels = ["dialect=\"vxvue\"", "limit=\"accepts_per_second\""];
    assert!(metrics.sum("tieline_limits_reached_total", &labels) >= 1.0);
    serves(&gateway).await.unwrap();
}

#[tokio::test]
async fn requests_that_are_refused_say_why_in_one_line() {
    let gateway = TestGateway::start("[fme]");
    let host = "Host: 127.0.0.1\r\n";
    let long = format!("X-Long: {}\r\n", "x".repeat(40_000));
    let json = "Content-Type: application/json\r\nContent-Length: 1\r\n";
    for (request, status, told) in [
        (format!("GET / HTTP/1.1\r\n{host}{host}\r\n"), 400, "one Host header"),
        (
            format!("GET / HTTP/1.1\r\n{host}Origin: http://127.0.0.1\r\nOrigin: http://127.0.0.1\r\n\r\n"),
            400,
            "one Host",
        ),
        (format!("GET / HTTP/1.1\r\n{host}{long}\r\n"), 431, "limits.header_bytes"),
        ("hello\r\n\r\n".to_owned(), 400, "no HTTP/1.1 request"),
        ("GET / HTTP/1.1\r\nHost: other.example\r\n\r\n".to_owned(), 403, "add \"other.example\" to access.hosts"),
        (format!("POST / HTTP/1.1\r\n{host}\r\n"), 405, "GET"),
        (
            format!("POST /api/send?topic=fme.x HTTP/1.1\r\n{host}{json}Sec-Fetch-Site: cross-site\r\n\r\n1"),
            403,
            "Sec-Fetch-Site",
        ),
        (format!("DELETE / HTTP/1.1\r\n{host}Sec-Fetch-Site: Cross-Site\r\n\r\n"), 403, "Sec-Fetch-Site"),
    ] {
        let answer = ask(&gateway, &request).await;
        let shown = &request[..request.len().min(80)];
        assert_eq!(answer.status, status, "{shown}: {answer:?}");
        assert!(answer.body.starts_with("Tieline: ") && answer.body.contains(told), "{shown}: {answer:?}");
        assert_eq!(answer.body.lines().count(), 1, "{shown}");
        assert_eq!(answer.header("allow"), (status == 405).then_some("GET, HEAD"), "{shown}");
    }
    // Looking is no change.
    let look = ask(&gateway, &format!("GET / HTTP/1.1\r\n{host}Sec-Fetch-Site: cross-site\r\n\r\n")).await;
    let etag = look.header("etag").unwrap();
    let again = format!("GET / HTTP/1.1\r\n{host}If-None-Match: \"x\", W/{etag}\r\n\r\n");
    assert_eq!((look.status, ask(&gateway, &again).await.status), (200, 304));
}
