//! Clients behind proxies: whom limits, rights and replies see, and that nobody for whom another speaks is this machine.
#![allow(clippy::unwrap_used)]

use tieline_testkit::{Raw, TestGateway};
use tieline_tests::joined;

const INFO: &str = r#"{"ws_op":"admin","ws_msg":"getchannelinfo()"}"#;
const NOT_HERE: &str = "is allowed from this machine only";

/// A PROXY header of version 2 for this client.
fn v2(client: [u8; 4], port: u16) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C".to_vec();
    header.extend(client);
    header.extend([127, 0, 0, 1]);
    header.extend(port.to_be_bytes());
    header.extend(443u16.to_be_bytes());
    header
}

/// What the client hears when it asks who is there.
async fn info(client: Raw) -> String {
    let mut client = joined(client, "p").await.unwrap();
    client.say(INFO).await.unwrap();
    client.receive().await.unwrap()
}

async fn behind(gateway: &TestGateway, headers: &str) -> String {
    info(Raw::upgrade(gateway.address("fme"), headers).await.unwrap()).await
}

#[tokio::test]
async fn nobody_behind_a_header_is_this_machine() {
    let gateway = TestGateway::start("[fme]");
    assert!(behind(&gateway, "").await.contains("127.0.0.1"));
    for headers in [
        "X-Forwarded-For: 203.0.113.9\r\n",
        "X-Forwarded-For: 127.0.0.1\r\n",
        "Forwarded: for=127.0.0.1\r\n",
        "X-Real-IP: 127.0.0.1\r\n",
        "Via: 1.1 proxy\r\n",
    ] {
        let told = behind(&gateway, headers).await;
        assert!(told.contains(NOT_HERE), "{headers}: {told}");
    }
    gateway.counts("tieline_forwarding_ignored_total", &["dialect=\"fme\""], 5.0).await.unwrap();
}

#[tokio::test]
async fn forwarded_clients_are_counted_as_themselves() {
    let gateway = TestGateway::start(
        "[fme.limits]\nconnections_per_address = 1\n[access.proxy]\nfrom = [\"127.0.0.1\"]\nprotocol = \"forwarded\"",
    );
    let client = |address: &str| format!("X-Forwarded-For: 198.51.100.1, {address}\r\n");
    let first = Raw::upgrade(gateway.address("fme"), &client("203.0.113.9")).await.unwrap();
    let mut second = Raw::connect(gateway.address("fme")).await.unwrap();
    second.write(Raw::handshake(&client("203.0.113.9")).as_bytes()).await.unwrap();
    let answer = second.answer().await.unwrap();
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.body.contains("limits.connections_per_address"), "{answer:?}");
    let _other = Raw::upgrade(gateway.address("fme"), &client("203.0.113.10")).await.unwrap();
    assert!(info(first).await.contains(NOT_HERE));
    // A proxy that names nobody is a proxy all the same.
    assert!(behind(&gateway, "").await.contains(NOT_HERE));
    // The console too, one client after the other on one connection.
    let mut kept = Raw::connect(gateway.console()).await.unwrap();
    for client in ["203.0.113.1", "203.0.113.2"] {
        let request = format!("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {client}\r\n\r\n");
        kept.write(request.as_bytes()).await.unwrap();
        assert_eq!(kept.answer().await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn version_2_is_required_from_proxies_and_refused_from_others() {
    let gateway = TestGateway::start("[fme]\n[access.proxy]\nfrom = [\"127.0.0.2\"]\nprotocol = \"v2\"");
    let proxy = || Raw::connect_from("127.0.0.2".parse().unwrap(), gateway.address("fme"));
    let mut through = proxy().await.unwrap();
    through.write(&v2([203, 0, 113, 9], 4711)).await.unwrap();
    assert!(info(through.upgraded("").await.unwrap()).await.contains(NOT_HERE));
    let mut without = proxy().await.unwrap();
    without.write(Raw::handshake("").as_bytes()).await.unwrap();
    without.end().await.unwrap();
    gateway.counts("tieline_handshakes_refused_total", &["dialect=\"fme\"", "reason=\"proxy\""], 1.0).await.unwrap();
    let mut stranger = Raw::connect(gateway.address("fme")).await.unwrap();
    stranger.write(&v2([203, 0, 113, 9], 4711)).await.unwrap();
    stranger.write(Raw::handshake("").as_bytes()).await.unwrap();
    let answer = stranger.answer().await.unwrap();
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("access.proxy.from"), "{answer:?}");
    // Who is no proxy speaks for itself, and sees who is there.
    let mut through = proxy().await.unwrap();
    through.write(&v2([203, 0, 113, 9], 4711)).await.unwrap();
    let _through = joined(through.upgraded("").await.unwrap(), "p").await.unwrap();
    let seen = behind(&gateway, "").await;
    assert!(seen.contains("203.0.113.9") && seen.contains("4711"), "{seen}");
}
