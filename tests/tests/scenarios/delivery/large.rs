//! Messages so large that a worker hears them: their order among others, their answers, and that nobody waits for them.
#![allow(clippy::unwrap_used)]

use tieline_testkit::{Raw, TestGateway, deflated, eventually};
use tieline_tests::{on_stream, raw_on_stream, send};

/// More than a shard hears by itself.
const LARGE: usize = 300_000;
const TEXT: u8 = 0x81;
const COMPRESSED_TEXT: u8 = 0xC1;

#[tokio::test]
async fn large_and_small_ones_keep_their_order() {
    let gateway = TestGateway::start("[fme]");
    let mut reader = on_stream(&gateway, "x").await.unwrap();
    let mut sender = raw_on_stream(&gateway, "x").await.unwrap();
    let texts: Vec<String> = (0..20).map(|n| n.to_string() + &"x".repeat(if n % 3 == 1 { LARGE } else { 0 })).collect();
    // In one go, so that much waits behind a large one.
    let frames: Vec<u8> = texts.iter().flat_map(|text| Raw::frame(TEXT, send(text).as_bytes())).collect();
    sender.write(&frames).await.unwrap();
    for text in &texts {
        reader.expect(text).await.unwrap();
    }
    sender.barrier().await.unwrap();
}

#[tokio::test]
async fn what_is_compressed_is_heard_the_same_way() {
    let gateway = TestGateway::start("[fme]");
    let mut reader = on_stream(&gateway, "x").await.unwrap();
    let extension = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n";
    let mut sender = Raw::upgrade(gateway.address("fme"), extension).await.unwrap();
    let text = "y".repeat(LARGE);
    for message in [tieline_tests::open("x"), send(&text), send("after it")] {
        sender.send(COMPRESSED_TEXT, &deflated(message.as_bytes())).await.unwrap();
    }
    reader.expect(&text).await.unwrap();
    reader.expect("after it").await.unwrap();
}

#[tokio::test]
async fn a_large_one_is_refused_in_the_products_words_and_what_follows_is_heard() {
    let gateway = TestGateway::start("[vxvue]");
    let mut client = Raw::upgrade(gateway.address("vxvue"), "").await.unwrap();
    client.say(&" ".repeat(LARGE)).await.unwrap();
    client.say(r#"{"sender":106,"command":11}"#).await.unwrap();
    let refused = client.receive().await.unwrap();
    assert!(refused.contains(r#""status":0"#), "{refused}");
    let registered = client.receive().await.unwrap();
    assert!(registered.contains(r#""status":1"#), "{registered}");
}

#[tokio::test]
async fn whoever_leaves_at_once_is_heard_and_forgotten() {
    let gateway = TestGateway::start("[fme]");
    let mut reader = on_stream(&gateway, "x").await.unwrap();
    let text = "z".repeat(LARGE);
    let mut sender = raw_on_stream(&gateway, "x").await.unwrap();
    sender.say(&send(&text)).await.unwrap();
    drop(sender);
    reader.expect(&text).await.unwrap();
    eventually("the end of its connection", || gateway.open("fme") == 1).await.unwrap();
}

/// Answers that its client does not read yet wake the session's task while it hears; its worker has to wake it all the same.
#[tokio::test]
async fn a_large_one_behind_unread_answers_is_heard() {
    let gateway = TestGateway::start("[fme]");
    let mut reader = on_stream(&gateway, "x").await.unwrap();
    let mut sender = raw_on_stream(&gateway, "x").await.unwrap();
    let text = "w".repeat(LARGE);
    let ask = Raw::frame(TEXT, br#"{"ws_op":"admin","ws_msg":"getchannelinfo()"}"#);
    for _ in 0..20 {
        let mut frames = ask.repeat(100);
        frames.extend(Raw::frame(TEXT, send(&text).as_bytes()));
        sender.write(&frames).await.unwrap();
        reader.expect(&text).await.unwrap();
    }
}
