//! Who may knock: `Host` and `Origin`, and every way in which a handshake can be wrong, over real sockets.
#![allow(clippy::unwrap_used)]

use tieline_testkit::{Answer, Certificate, Raw, TestGateway, opcode};
use tieline_tests::serves;

const FME: &str = "[fme]\n[access]\nhosts = [\"Gateway.example\"]\norigins = [\"https://pages.example\", \"maps.example\", \"https://*.rad.example\", \"qrc://\"]";

/// The answer to a request as it stands.
async fn answer(gateway: &TestGateway, request: &str) -> Answer {
    let mut client = Raw::connect(gateway.address("fme")).await.unwrap();
    client.write(request.as_bytes()).await.unwrap();
    client.answer().await.unwrap()
}

fn request(host: &str, more: &str) -> String {
    Raw::handshake(more).replacen("Host: 127.0.0.1\r\n", host, 1)
}

#[tokio::test]
async fn host_and_origin() {
    let gateway = TestGateway::start(FME);
    let cases = [
        ("Host: 127.0.0.1", "", "in"),
        ("Host: 127.0.0.1:7078", "", "in"),
        ("Host: [::1]:7078", "", "in"),
        ("Host: localhost", "", "in"),
        ("Host: LOCALHOST.", "", "in"),
        ("Host: gateway.example:80", "", "in"),
        ("Host: stranger.example", "", "access.hosts"),
        ("Host: 127.0.0.1.stranger.example", "", "access.hosts"),
        ("Host: ", "", "access.hosts"),
        ("X-No-Host: 1", "", "no Host header"),
        ("Host: 127.0.0.1:1", "http://127.0.0.1:8090", "in"),
        ("Host: [::1]:1", "http://[::1]", "in"),
        ("Host: gateway.example", "https://gateway.example", "in"),
        ("Host: 127.0.0.1", "https://pages.example", "in"),
        ("Host: 127.0.0.1", "http://maps.example:81", "in"),
        ("Host: 127.0.0.1", "http://pages.example", "access.origins"),
        ("Host: 127.0.0.1", "http://localhost", "in"),
        ("Host: localhost", "http://127.0.0.1:8090/", "in"),
        ("Host: [::1]", "http://LOCALHOST/page", "in"),
        ("Host: 127.0.0.1", "HTTPS://Pages.example:443/", "in"),
        ("Host: 127.0.0.1", "https://scan.rad.example", "in"),
        ("Host: 127.0.0.1", "https://rad.example", "add \"https://rad.example\" to access.origins"),
        ("Host: 127.0.0.1", "qrc:///page.html", "in"),
        ("Host: 127.0.0.1", "app://bundle", "add \"app://bundle\" to access.origins"),
        ("Host: other.example:81", "", "add \"other.example\" to access.hosts"),
        ("Host: 127.0.0.1", "http://stranger.example", "access.origins"),
        ("Host: 127.0.0.1", "http://127.0.0.1.stranger.example", "access.origins"),
        ("Host: 127.0.0.1", "null", "access.origins"),
    ];
    for (host, origin, expected) in cases {
        let origin = if origin.is_empty() { String::new() } else { format!("Origin: {origin}\r\n") };
        let answer = answer(&gateway, &request(&format!("{host}\r\n"), &origin)).await;
        let told = format!("{host} {origin}: {answer:?}");
        if expected == "in" {
            assert_eq!(answer.status, 101, "{told}");
        } else {
            assert_eq!(answer.status, 403, "{told}");
            assert!(answer.body.starts_with("Tieline: ") && answer.body.contains(expected), "{told}");
            assert_eq!(answer.body.lines().count(), 1, "{told}");
        }
    }
    serves(&gateway).await.unwrap();
}

#[tokio::test]
async fn wrong_handshakes() {
    let gateway = TestGateway::start(FME);
    let good = Raw::handshake("");
    let cases = [
        (good.replace("GET / ", "GET /nowhere "), 404),
        (good.replace("GET / ", "GET //websocket "), 404),
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_owned(), 426),
        (good.replace("Upgrade: websocket\r\n", "Upgrade: h2c\r\n"), 426),
        (good.replace("Connection: Upgrade\r\n", ""), 426),
        (good.replace("Version: 13", "Version: 8"), 426),
        (good.replace("Sec-WebSocket-Version: 13\r\n", ""), 426),
        (good.replace("GET ", "POST "), 405),
        (good.replace("AAECAwQFBgcICQoLDA0ODw==", "AAECAwQFBgcICQoLDA0O"), 400),
        (good.replace("AAECAwQFBgcICQoLDA0ODw==", "not base64, not at all"), 400),
        (good.replace("Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n", ""), 400),
        (request("Host: 127.0.0.1\r\nHost: 127.0.0.1\r\n", ""), 400),
        (request("Host: 127.0.0.1\r\n", "Origin: http://127.0.0.1\r\nOrigin: http://127.0.0.1\r\n"), 400),
        ("hello\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/3.7\r\n\r\n".to_owned(), 400),
    ];
    for (request, status) in cases {
        let answer = answer(&gateway, &request).await;
        assert_eq!(answer.status, status, "{request:?}: {answer:?}");
        if status == 426 {
            assert_eq!(answer.header("sec-websocket-version"), Some("13"), "{request:?}");
            assert_eq!(answer.header("upgrade"), Some("websocket"), "{request:?}");
        }
        // Every refusal is one line, also those of requests that could not be read at all.
        assert!(answer.body.starts_with("Tieline: ") && answer.body.ends_with('\n'), "{request:?}: {answer:?}");
        assert_eq!(answer.body.lines().count(), 1, "{request:?}: {answer:?}");
        if answer.body.contains("nginx") {
            assert!(answer.body.contains("proxy_http_version 1.1; proxy_set_header Upgrade"), "{answer:?}");
        }
    }
    serves(&gateway).await.unwrap();
}

/// RFC 6455 section 1.3 has the key and its answer.
#[tokio::test]
async fn a_right_handshake() {
    let gateway = TestGateway::start(FME);
    let request = Raw::handshake("Sec-WebSocket-Protocol: anything\r\n")
        .replace("AAECAwQFBgcICQoLDA0ODw==", "dGhlIHNhbXBsZSBub25jZQ==");
    // Tokens in any case and among others, as browsers behind proxies send them.
    for request in [request.clone(), request.replace("Upgrade\r\n", "keep-alive, UPGRADE\r\n")] {
        let answer = answer(&gateway, &request).await;
        assert_eq!(answer.status, 101);
        assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert_eq!(answer.header("sec-websocket-protocol"), None, "none of the offered is spoken");
        assert_eq!(answer.header("sec-websocket-extensions"), None, "none was offered");
    }
}

/// A message that comes in one piece with the handshake is heard.
#[tokio::test]
async fn what_comes_with_the_handshake() {
    let gateway = TestGateway::start(FME);
    let mut client = Raw::connect(gateway.address("fme")).await.unwrap();
    let mut bytes = Raw::handshake("").into_bytes();
    bytes.extend(Raw::frame(0x80 | opcode::PING, b"early"));
    bytes.extend(Raw::frame(0x80 | opcode::TEXT, &[b'x'; 30_000]));
    client.write(&bytes).await.unwrap();
    assert_eq!(client.answer().await.unwrap().status, 101);
    assert_eq!(client.next().await.unwrap().payload, b"early");
    assert!(client.receive().await.unwrap().contains("not JSON"));
}

#[tokio::test]
async fn tls_and_plain_mixed_up() {
    let certificate = Certificate::new();
    let gateway = TestGateway::start(&format!("[fme]\n[vxvue]\ntls = false\n{}", certificate.section()));
    let mut plain = Raw::connect(gateway.address("fme")).await.unwrap();
    plain.write(Raw::handshake("").as_bytes()).await.unwrap();
    // A TLS alert (21), and the end.
    assert_eq!(plain.end().await.unwrap().first(), Some(&21));
    gateway.counts("tieline_handshakes_refused_total", &["reason=\"tls\""], 1.0).await.unwrap();
    assert!(certificate.connect(gateway.address("vxvue")).await.is_err());
    // Both still serve their own.
    certificate.connect(gateway.address("fme")).await.unwrap();
    gateway.raw("vxvue").await.unwrap().barrier().await.unwrap();
}
