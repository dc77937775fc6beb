//! Every limit of contract `access`: what the client is told, what is counted, that nobody else notices, and that 0
//! switches it off. `queue_bytes` is in `slow_reader`, `idle` and `ping` in `time`, `drain` in `stop`.
#![allow(clippy::unwrap_used)]

use tieline_testkit::{Done, Raw, TestGateway, deflated, eventually, opcode};
use tieline_tests::{joined, on_stream, raw_on_stream, send, serves};

const LAST_TEXT: u8 = 0x80 | opcode::TEXT;
const COMPRESSION: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

/// What `fme` says when it refuses.
fn refusal(what: &str) -> String {
    format!(r#"{{"ws_op":"error","ws_msg":"{what}"}}"#)
}

fn fme(limits: &str) -> TestGateway {
    TestGateway::start(&format!("[fme.limits]\n{limits}"))
}

/// Checks how often a limit was reached so far; in this file each is counted by one test only.
async fn reached(gateway: &TestGateway, limit: &str, times: f64) {
    let labels = ["dialect=\"fme\"", &format!("limit=\"{limit}\"")];
    gateway.counts("tieline_limits_reached_total", &labels, times).await.unwrap();
}

/// Reads a refusal in the product's words and then a close frame whose reason says the same.
async fn ends_with(client: &mut Raw, code: u16, what: &str) {
    assert_eq!(client.receive().await.unwrap(), refusal(what));
    let (have, reason, before) = client.closed().await.unwrap();
    assert_eq!((have, reason.as_str(), before.len()), (code, what, 0));
}

#[tokio::test]
async fn connections() {
    let gateway = fme("connections = 3");
    let mut first = gateway.client("fme").await.unwrap();
    let _second = gateway.raw("fme").await.unwrap();
    let _third = gateway.raw("fme").await.unwrap();
    turned_away(&gateway).await;
    reached(&gateway, "connections", 1.0).await;
    // A place that is given back is free again.
    first.close(1000).await.unwrap();
    drop(first);
    eventually("a free place", || gateway.open("fme") == 2).await.unwrap();
    drop(gateway.raw("fme").await.unwrap());
    drop((_second, _third));
    eventually("three free places", || gateway.open("fme") == 0).await.unwrap();
    serves(&gateway).await.unwrap();
}

async fn turned_away(gateway: &TestGateway) {
    let answer = Raw::connect(gateway.address("fme")).await.unwrap().get("/").await.unwrap();
    assert_eq!(answer.status, 503);
    assert_eq!(answer.body, "Tieline has as many connections as its limits allow.\r\n");
}

#[tokio::test]
async fn connections_per_address() {
    let gateway = fme("connections_per_address = 2\nconnections = 0");
    let _both = (gateway.raw("fme").await.unwrap(), gateway.raw("fme").await.unwrap());
    turned_away(&gateway).await;
    reached(&gateway, "connections_per_address", 1.0).await;
    drop(_both);
    eventually("free places", || gateway.open("fme") == 0).await.unwrap();
    serves(&gateway).await.unwrap();
}

#[tokio::test]
async fn handshake() {
    let gateway = TestGateway::start("[fme.limits]\nhandshake = \"100ms\"\n[vxvue.limits]\nhandshake = \"0s\"");
    // It comes before the others and says nothing for longer than they may, and then all the same what it wants.
    let patient = Raw::connect(gateway.address("vxvue")).await.unwrap();
    let silent = Raw::connect(gateway.address("fme")).await.unwrap();
    let mut half = Raw::connect(gateway.address("fme")).await.unwrap();
    half.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n").await.unwrap();
    silent.end().await.unwrap();
    half.end().await.unwrap();
    reached(&gateway, "handshake", 2.0).await;
    patient.upgraded("").await.unwrap().barrier().await.unwrap();
    serves(&gateway).await.unwrap();
}

#[tokio::test]
async fn header_bytes() {
    let gateway = TestGateway::start("[fme.limits]\nheader_bytes = 9000\n[vxvue.limits]\nheader_bytes = 0");
    let long = format!("X-Long: {}\r\n", "x".repeat(40_000));
    let mut client = Raw::connect(gateway.address("fme")).await.unwrap();
    client.write(Raw::handshake(&long).as_bytes()).await.unwrap();
    assert_eq!(client.answer().await.unwrap().status, 431);
    client.end().await.unwrap();
    reached(&gateway, "header_bytes", 1.0).await;
    let mut off = Raw::upgrade(gateway.address("vxvue"), &long).await.unwrap();
    off.barrier().await.unwrap();
    serves(&gateway).await.unwrap();
}

#[tokio::test]
async fn message_bytes() {
    let gateway = fme("message_bytes = 100");
    let mut other = on_stream(&gateway, "x").await.unwrap();
    let mut client = raw_on_stream(&gateway, "x").await.unwrap();
    // The length in the head is enough: not a byte of it has to come.
    let frame = Raw::frame(LAST_TEXT, &[b'x'; 101]);
    client.write(&frame[..8]).await.unwrap();
    ends_with(&mut client, 1009, "a message of more than 100 bytes (limits.message_bytes)").await;
    // The sum of its fragments counts.
    let mut client = raw_on_stream(&gateway, "x").await.unwrap();
    client.send(opcode::TEXT, &[b'x'; 60]).await.unwrap();
    client.send(0x80, &[b'x'; 60]).await.unwrap();
    ends_with(&mut client, 1009, "a message of more than 100 bytes (limits.message_bytes)").await;
    reached(&gateway, "message_bytes", 2.0).await;
    other.hears_nothing().await.unwrap();
    serves(&gateway).await.unwrap();
}

/// Larger than any default, there and back; the receiver's queue is switched off as well.
#[tokio::test]
async fn message_and_queue_bytes_off() {
    let gateway = fme("message_bytes = 0\nqueue_bytes = 0");
    let mut subscriber = on_stream(&gateway, "x").await.unwrap();
    let mut client = raw_on_stream(&gateway, "x").await.unwrap();
    let text = "x".repeat(17 << 20);
    client.say(&send(&text)).await.unwrap();
    subscriber.expect(&text).await.unwrap();
}

#[tokio::test]
async fn inflated_bytes() {
    let gateway = fme("inflated_bytes = 1000\nmessage_bytes = 2000");
    let bomb = deflated(send(&"x".repeat(100_000)).as_bytes());
    assert!(bomb.len() < 1000);
    let client = Raw::upgrade(gateway.address("fme"), COMPRESSION).await.unwrap();
    let mut client = joined(client, "x").await.unwrap();
    client.send(0x40 | LAST_TEXT, &deflated(send("short").as_bytes())).await.unwrap();
    client.barrier().await.unwrap();
    client.send(0x40 | LAST_TEXT, &bomb).await.unwrap();
    let what = "a message of more than 1000 bytes when inflated (limits.inflated_bytes)";
    ends_with(&mut client, 1009, what).await;
    reached(&gateway, "inflated_bytes", 1.0).await;
    serves(&gateway).await.unwrap();

    let off = fme("inflated_bytes = 0\nqueue_bytes = 0");
    let mut subscriber = on_stream(&off, "x").await.unwrap();
    let client = Raw::upgrade(off.address("fme"), COMPRESSION).await.unwrap();
    let mut client = joined(client, "x").await.unwrap();
    let text = "x".repeat(17 << 20);
    client.send(0x40 | LAST_TEXT, &deflated(send(&text).as_bytes())).await.unwrap();
    subscriber.expect(&text).await.unwrap();
}

async fn in_pieces(client: &mut Raw, text: &str, pieces: usize) -> Done {
    let (bytes, each) = (text.as_bytes(), text.len() / pieces);
    client.send(opcode::TEXT, &bytes[..each]).await?;
    for piece in 1..pieces - 1 {
        client.send(0, &bytes[piece * each..(piece + 1) * each]).await?;
    }
    client.send(0x80, &bytes[(pieces - 1) * each..]).await
}

#[tokio::test]
async fn fragments() {
    let gateway = fme("fragments = 3");
    let mut other = on_stream(&gateway, "x").await.unwrap();
    let mut client = raw_on_stream(&gateway, "x").await.unwrap();
    in_pieces(&mut client, &send("in three pieces"), 3).await.unwrap();
    other.expect("in three pieces").await.unwrap();
    in_pieces(&mut client, &send("in four pieces"), 4).await.unwrap();
    ends_with(&mut client, 1009, "a message of more than 3 frames (limits.fragments)").await;
    reached(&gateway, "fragments", 1.0).await;
    other.hears_nothing().await.unwrap();

    let off = fme("fragments = 0");
    let mut other = on_stream(&off, "x").await.unwrap();
    let mut client = raw_on_stream(&off, "x").await.unwrap();
    let text = send(&"y".repeat(200));
    in_pieces(&mut client, &text, text.len()).await.unwrap();
    other.expect(&"y".repeat(200)).await.unwrap();
}

/// The clock stands still, so everything is within one second.
#[tokio::test]
async fn messages_per_second() {
    let gateway = fme("messages_per_second = 5");
    let mut other = on_stream(&gateway, "x").await.unwrap();
    let mut client = on_stream(&gateway, "x").await.unwrap();
    for count in 0..6 {
        client.say(send(&count.to_string())).await.unwrap();
    }
    // The open was the first; pings are no messages.
    let what = refusal("more than 5 messages in a second (limits.messages_per_second)");
    client.expect(&what).await.unwrap();
    client.expect(&what).await.unwrap();
    reached(&gateway, "messages_per_second", 2.0).await;
    gateway.advance(std::time::Duration::from_secs(1));
    client.say(send("again")).await.unwrap();
    for expected in ["0", "1", "2", "3", "again"] {
        other.expect(expected).await.unwrap();
    }
}

#[tokio::test]
async fn json_depth() {
    let gateway = TestGateway::start("[fme.limits]\njson_depth = 3\n[vxvue.limits]\njson_depth = 0");
    let mut client = on_stream(&gateway, "x").await.unwrap();
    client.say(r#"{"ws_op":"send","ws_msg":[[[1]]]}"#).await.unwrap();
    client.expect(&refusal("JSON is nested deeper than 3 (limits.json_depth)")).await.unwrap();
    reached(&gateway, "json_depth", 1.0).await;
    serves(&gateway).await.unwrap();
    let mut off = gateway.client("vxvue").await.unwrap();
    let deep = format!(r#"{{"command":1,"x":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    off.say(deep).await.unwrap();
    off.expect(r#"{"sender":1,"command":1,"data":{"status":1,"error":null}}"#).await.unwrap();
}

#[tokio::test]
async fn streams() {
    let gateway = fme("streams = 2");
    let mut client = on_stream(&gateway, "a").await.unwrap();
    client.say(r#"{"ws_op":"open","ws_stream_ids":["b","c"]}"#).await.unwrap();
    client.expect(&refusal("more than 2 open streams (limits.streams); close some first")).await.unwrap();
    reached(&gateway, "streams", 1.0).await;
    serves(&gateway).await.unwrap();

    let off = fme("streams = 0");
    let mut client = off.client("fme").await.unwrap();
    // In one message: a thousand of them one by one is work that grows with its square.
    let names: Vec<String> = (0..1_100).map(|name| format!("\"{name}\"")).collect();
    client.say(format!(r#"{{"ws_op":"open","ws_stream_ids":[{}]}}"#, names.join(","))).await.unwrap();
    client.say(r#"{"ws_op":"open","ws_stream_ids":[]}"#).await.unwrap();
    client.expect(&refusal("an open needs stream ids in `ws_stream_ids`")).await.unwrap();
}
