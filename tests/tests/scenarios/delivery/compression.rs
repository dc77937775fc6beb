//! permessage-deflate: compressed and plain clients of one stream hear the same, and a compressed frame is one for all.
#![allow(clippy::unwrap_used)]

use flate2::{Compress, Compression, FlushCompress};
use tieline_testkit::{Raw, TestGateway, deflated, opcode};
use tieline_tests::{joined, on_stream, raw_on_stream, send};

async fn compressed(gateway: &TestGateway, offer: &str) -> Raw {
    let header = format!("Sec-WebSocket-Extensions: {offer}\r\n");
    let client = Raw::upgrade(gateway.address("fme"), &header).await.unwrap();
    joined(client, "x").await.unwrap()
}

#[tokio::test]
async fn everybody_hears_the_same() {
    let gateway = TestGateway::with_shards(3, "[fme]");
    let mut plain = on_stream(&gateway, "x").await.unwrap();
    let mut subscribers = Vec::new();
    for _ in 0..4 {
        subscribers.push(compressed(&gateway, "permessage-deflate; client_max_window_bits").await);
        subscribers.push(compressed(&gateway, "permessage-deflate; server_max_window_bits=9").await);
    }
    let mut publisher = compressed(&gateway, "permessage-deflate").await;
    for size in [0, 1, 63, 64, 65, 1_000, 100_000, 1 << 20] {
        // Some of it repeats and some does not.
        let text: String = (0..size).map(|at: usize| char::from(b'a' + (at * at / 7 % 26) as u8)).collect();
        publisher.send(0xC0 | opcode::TEXT, &deflated(send(&text).as_bytes())).await.unwrap();
        plain.expect(&text).await.unwrap();
        for (number, subscriber) in subscribers.iter_mut().enumerate() {
            let frame = subscriber.next().await.unwrap();
            assert_eq!(frame.text(), text, "subscriber {number}, {size} bytes");
            assert_eq!(frame.is_compressed(), size >= 64, "subscriber {number}, {size} bytes");
        }
    }
}

/// Whoever did not offer compression gets none, and may not send any.
#[tokio::test]
async fn only_where_it_was_agreed() {
    let gateway = TestGateway::start("[fme]");
    let mut publisher = compressed(&gateway, "permessage-deflate").await;
    let mut plain = raw_on_stream(&gateway, "x").await.unwrap();
    publisher.say(&send(&"x".repeat(1_000))).await.unwrap();
    assert_eq!(plain.next().await.unwrap().first, 0x80 | opcode::TEXT);
    plain.send(0xC0 | opcode::TEXT, &deflated(b"{}")).await.unwrap();
    assert_eq!(plain.closed().await.unwrap().0, 1002);
    // What was agreed on and cannot be inflated.
    publisher.send(0xC0 | opcode::TEXT, &[0xFF; 20]).await.unwrap();
    assert_eq!(publisher.closed().await.unwrap().0, 1007);
}

/// Tornado and Mojolicious go on with their window although they were told not to; they are understood, and counted once.
#[tokio::test]
async fn a_client_that_keeps_its_window_is_understood() {
    let gateway = TestGateway::start("[fme]");
    let counted = async || gateway.metrics().await.unwrap().sum("tieline_deflate_windows_kept_total", &[]);
    let before = counted().await;
    let mut subscriber = on_stream(&gateway, "x").await.unwrap();
    let mut stubborn = compressed(&gateway, "permessage-deflate").await;
    let mut window = Compress::new(Compression::best(), false);
    for number in 0..50 {
        let text = format!("message {number} {}", "as before ".repeat(1 << (number % 14)));
        let said = send(&text);
        let mut payload = Vec::with_capacity(said.len() + 1000);
        window.compress_vec(said.as_bytes(), &mut payload, FlushCompress::Sync).unwrap();
        payload.truncate(payload.len() - 4);
        stubborn.send(0xC0 | opcode::TEXT, &payload).await.unwrap();
        subscriber.expect(&text).await.unwrap();
    }
    assert_eq!(counted().await, before + 1.0);
}

/// `compression = "off"` is for its listener alone.
#[tokio::test]
async fn switched_off_nothing_is_agreed_on() {
    let gateway = TestGateway::start("[fme]\ncompression = \"off\"\n[vxvue]");
    let offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    for (dialect, agreed) in [("fme", false), ("vxvue", true)] {
        let mut client = Raw::connect(gateway.address(dialect)).await.unwrap();
        client.write(Raw::handshake(offer).as_bytes()).await.unwrap();
        let answer = client.answer().await.unwrap();
        assert_eq!(answer.header("sec-websocket-extensions").is_some(), agreed, "{dialect}");
    }
}

/// One large message takes many turns to inflate, and is heard whole; what was sent behind it comes behind it.
#[tokio::test]
async fn a_large_compressed_message_is_heard_in_turns() {
    let gateway = TestGateway::with_shards(1, "[fme]");
    let mut subscriber = on_stream(&gateway, "x").await.unwrap();
    let mut publisher = compressed(&gateway, "permessage-deflate").await;
    let large: String = (0..6 << 20).map(|at: usize| char::from(b'a' + (at * at / 7 % 26) as u8)).collect();
    publisher.send(0xC0 | opcode::TEXT, &deflated(send(&large).as_bytes())).await.unwrap();
    publisher.say(&send("behind it")).await.unwrap();
    subscriber.expect(&large).await.unwrap();
    subscriber.expect("behind it").await.unwrap();
}
