//! Everything that differs when a listener speaks TLS: fan-out, big messages, clients that do not read, the farewell.
#![allow(clippy::unwrap_used)]

use tieline_testkit::{Certificate, Client, Raw, TestGateway, opcode};
use tieline_tests::{joined, open, send};

async fn client(certificate: &Certificate, gateway: &TestGateway) -> Client {
    let address = gateway.address("fme");
    let (stream, local) = certificate.connect(address).await.unwrap();
    let mut client = Client::over(stream, local, &format!("wss://{address}/")).await.unwrap().unwrap();
    client.say(open("x")).await.unwrap();
    client.barrier().await.unwrap();
    client
}

async fn raw(certificate: &Certificate, gateway: &TestGateway) -> Raw {
    let (stream, _) = certificate.connect(gateway.address("fme")).await.unwrap();
    joined(Raw::over(stream).upgraded("").await.unwrap(), "x").await.unwrap()
}

#[tokio::test]
async fn fan_out_and_farewell() {
    let certificate = Certificate::new();
    let gateway = TestGateway::with_shards(3, &format!("[fme]\n{}", certificate.section()));
    let mut subscribers = Vec::new();
    for _ in 0..30 {
        subscribers.push(client(&certificate, &gateway).await);
    }
    let mut publisher = client(&certificate, &gateway).await;
    for count in 0..100 {
        publisher.say(send(&count.to_string())).await.unwrap();
    }
    publisher.barrier().await.unwrap();
    let stopping = gateway.begin_stop();
    for mut subscriber in subscribers.into_iter() {
        for count in 0..100 {
            subscriber.expect(&count.to_string()).await.unwrap();
        }
        assert_eq!(subscriber.closed().await.unwrap().code, Some(1001));
    }
    assert_eq!(publisher.closed().await.unwrap().code, Some(1001));
    drop(publisher);
    assert_eq!(stopping.farewell().await.unwrap().cut, 0);
}

/// Messages of many TLS records, both ways, also when they do not fit into the socket at once.
#[tokio::test]
async fn big_messages() {
    let certificate = Certificate::new();
    let gateway = TestGateway::start(&format!("[fme.limits]\nqueue_bytes = 0\n{}", certificate.section()));
    let mut subscriber = client(&certificate, &gateway).await;
    let mut publisher = client(&certificate, &gateway).await;
    for size in [16_383, 16_384, 16_385, 65_536, 1 << 20, 5 << 20] {
        let text = "x".repeat(size);
        publisher.say(send(&text)).await.unwrap();
        subscriber.expect(&text).await.unwrap();
    }
    subscriber.hears_nothing().await.unwrap();
}

/// Large frames in one piece with the handshake: TLS has decrypted them before the session begins.
#[tokio::test]
async fn what_comes_with_the_handshake() {
    let certificate = Certificate::new();
    let gateway = TestGateway::start(&format!("[fme]\n{}", certificate.section()));
    for size in [10, 8_000, 16_000, 30_000, 100_000] {
        let (stream, _) = certificate.connect(gateway.address("fme")).await.unwrap();
        let mut client = Raw::over(stream);
        let mut bytes = Raw::handshake("").into_bytes();
        bytes.extend(Raw::frame(0x80 | opcode::TEXT, &vec![b'x'; size]));
        bytes.extend(Raw::frame(0x80 | opcode::PING, b"early"));
        client.write(&bytes).await.unwrap();
        assert_eq!(client.answer().await.unwrap().status, 101);
        assert!(client.receive().await.unwrap().contains("not JSON"), "{size}");
        assert_eq!(client.next().await.unwrap().payload, b"early", "{size}");
    }
}

/// One that does not read is disconnected and can read why; what waits for it was bounded, the other lost nothing.
#[tokio::test]
async fn a_slow_reader() {
    const QUEUE_BYTES: usize = 512 << 10;
    let certificate = Certificate::new();
    let limits = format!("[fme.limits]\nqueue_bytes = {QUEUE_BYTES}\n");
    let gateway = TestGateway::start(&(limits + &certificate.section()));
    let mut slow = raw(&certificate, &gateway).await;
    let mut healthy = client(&certificate, &gateway).await;
    let mut publisher = client(&certificate, &gateway).await;
    for count in 0..300 {
        let text = format!("{count} {}", "x".repeat(64 << 10));
        publisher.say(send(&text)).await.unwrap();
        healthy.expect(&text).await.unwrap();
    }
    let metrics = gateway.metrics().await.unwrap();
    let queued = metrics.sum("tieline_queued_bytes", &["dialect=\"fme\""]);
    assert!(queued <= (QUEUE_BYTES + (128 << 10)) as f64, "{queued}");
    assert!(metrics.sum("tieline_messages_lost_total", &["reason=\"disconnect\""]) >= 1.0);
    let (code, reason, heard) = slow.closed().await.unwrap();
    assert_eq!((code, reason.contains("limits.queue_bytes")), (1008, true));
    assert!(heard.len() < 300);
    for (text, count) in heard.iter().zip(0..) {
        assert!(text.starts_with(&format!("{count} ")), "{}", &text[..10]);
    }
}

/// The end of the connection is told in TLS's words as well, so that nobody can cut a conversation short unseen.
#[tokio::test]
async fn close_notify() {
    let certificate = Certificate::new();
    let gateway = TestGateway::start(&format!("[fme]\n{}", certificate.section()));
    // The client's TLS makes an end without close_notify an error, and the client shows it as the reason.
    let ended = client(&certificate, &gateway).await.close(1000).await.unwrap();
    assert_eq!((ended.code, ended.reason.as_str()), (Some(1000), ""));
    let mut raw = raw(&certificate, &gateway).await;
    raw.send(0x80 | opcode::CLOSE, &1000u16.to_be_bytes()).await.unwrap();
    assert_eq!(raw.next().await.unwrap().close(), Some((1000, String::new())));
    assert_eq!(raw.end().await.unwrap(), b"");
}
