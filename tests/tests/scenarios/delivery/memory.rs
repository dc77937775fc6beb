//! `access.limits.memory`: whoever takes the most of it goes first, on whichever shard; whoever takes little notices nothing.
#![allow(clippy::unwrap_used)]

use std::net::IpAddr;
use tieline_testkit::{Done, Failure, Raw, TestGateway, eventually, opcode};
use tieline_tests::{joined, on_stream, open, raw_on_stream, send, serves};

const LIMIT: usize = 1 << 20;

/// Clients with addresses of their own. Idle times are off, so that only memory ends anybody.
fn gateway(shards: usize, limits: &str) -> TestGateway {
    let settings = "idle = \"0s\"\nping = \"0s\"\nmessage_time = \"0s\"";
    TestGateway::with_shards(
        shards,
        &format!("[access.limits]\nmemory = \"1MiB\"\n{settings}\n{limits}\n[fme]\n[vxvue]"),
    )
}

async fn from(gateway: &TestGateway, last: u8) -> Done<Raw> {
    Raw::connect_from(IpAddr::from([127, 0, 0, last]), gateway.address("fme")).await?.upgraded("").await
}

/// Pings; how it was closed when it was.
async fn lives(client: &mut Raw) -> Done<Option<(u16, String)>> {
    // A client that was closed may not be able to write any more; what it was told can be read.
    let _ = client.send(0x80 | opcode::PING, b"").await;
    loop {
        let frame = client.next().await?;
        match (frame.opcode(), frame.close()) {
            (opcode::PONG, _) => return Ok(None),
            (_, Some(close)) => return Ok(Some(close)),
            _ => {}
        }
    }
}

/// The beginning of a message, all of which has come when this returns, unless it was closed before.
async fn begin(client: &mut Raw, bytes: usize) -> Done<Option<(u16, String)>> {
    let text = open("a");
    let mut piece = text.as_bytes()[..10].to_vec();
    piece.resize(bytes, b' ');
    let _ = client.send(opcode::TEXT, &piece).await;
    lives(client).await
}

async fn evictions(gateway: &TestGateway, part: &str) -> f64 {
    gateway.metrics().await.unwrap().sum("tieline_memory_evictions_total", &[part])
}

/// Many unfinished messages of one address beside the one of another, over four shards.
#[tokio::test]
async fn unfinished_messages() {
    let gateway = gateway(4, "");
    let mut honest = raw_on_stream(&gateway, "x").await.unwrap();
    let mut subscriber = on_stream(&gateway, "x").await.unwrap();
    let filling = "y".repeat(100 << 10);
    let text = send(&filling);
    let (first, second) = text.as_bytes().split_at(text.len() - 5);
    honest.send(opcode::TEXT, first).await.unwrap();
    honest.barrier().await.unwrap();
    let mut greedy = Vec::new();
    for _ in 0..24 {
        let mut client = from(&gateway, 2).await.unwrap();
        let closed = begin(&mut client, 150 << 10).await.unwrap();
        greedy.push((client, closed));
    }
    eventually("memory within its limit", || gateway.charged() <= LIMIT).await.unwrap();
    let mut closed = 0;
    for (mut client, end) in greedy {
        let end = match end {
            None => lives(&mut client).await.unwrap(),
            end => end,
        };
        let Some((code, reason)) = end else { continue };
        // Each is more than an eighth of the limit: the next one like it would be too large as well.
        assert_eq!(code, 1009, "{reason}");
        assert!(reason.contains("(access.limits.memory)") || reason.ends_with("access.limits.memory"), "{reason}");
        closed += 1;
    }
    assert!(closed >= 24 - LIMIT / (150 << 10), "{closed} of 24 were closed");
    assert!(evictions(&gateway, "part=\"message\"").await >= closed as f64);
    assert!(
        gateway.metrics().await.unwrap().sum("tieline_limits_reached_total", &["limit=\"memory\""]) >= closed as f64
    );
    honest.send(0x80, second).await.unwrap();
    subscriber.expect(&filling).await.unwrap();
    honest.barrier().await.unwrap();
    eventually("everything given back", || gateway.charged() == 0).await.unwrap();
    serves(&gateway).await.unwrap();
}

/// Many small ones of one address are as much as one large one; each of them may well come again later.
#[tokio::test]
async fn many_small_ones() {
    let gateway = gateway(2, "");
    let mut clients = Vec::new();
    let mut told = None;
    while told.is_none() {
        let mut client = from(&gateway, 3).await.unwrap();
        told = begin(&mut client, 20 << 10).await.unwrap();
        for client in &mut clients {
            if told.is_none() {
                told = lives(client).await.unwrap();
            }
        }
        clients.push(client);
        assert!(clients.len() < 100, "nobody is ever told");
    }
    let (code, reason) = told.unwrap();
    assert_eq!(code, 1013, "{reason}");
    assert!(reason.starts_with("memory is spent: ") && reason.ends_with("(access.limits.memory)"), "{reason}");
}

/// A reader that does not read is the greediest here, though its queue has no bound of its own; others hear everything.
#[tokio::test]
async fn queues() {
    // One shard, so that a pong says that everybody has been offered what was said before.
    let gateway = gateway(1, "queue_bytes = 0");
    let stuck = Raw::connect_narrow(gateway.address("fme")).await.unwrap().upgraded("").await.unwrap();
    let mut stuck = joined(stuck, "x").await.unwrap();
    let mut subscriber = on_stream(&gateway, "x").await.unwrap();
    let mut publisher = on_stream(&gateway, "x").await.unwrap();
    let before = evictions(&gateway, "part=\"queue\"").await;
    let filling = "x".repeat(32 << 10);
    let mut said = 0;
    while evictions(&gateway, "part=\"queue\"").await == before {
        publisher.say(send(&filling)).await.unwrap();
        publisher.barrier().await.unwrap();
        subscriber.expect(&filling).await.unwrap();
        said += 1;
        assert!(gateway.charged() <= LIMIT + (256 << 10), "{} bytes", gateway.charged());
    }
    let (code, reason, heard) = stuck.closed().await.unwrap();
    assert_eq!(code, 1013, "{reason}");
    assert!(reason.starts_with("memory is spent: ") && heard.len() < said, "{reason}");
    let lost = gateway.metrics().await.unwrap().sum("tieline_messages_lost_total", &["reason=\"memory\""]);
    assert!(lost >= 1.0);
    publisher.say(send("and on")).await.unwrap();
    subscriber.expect("and on").await.unwrap();
}

/// What is charged is what the metric shows.
#[tokio::test]
async fn the_metric() {
    let gateway = gateway(1, "");
    let mut client = raw_on_stream(&gateway, "x").await.unwrap();
    client.send(opcode::TEXT, &vec![b' '; 5_000]).await.unwrap();
    client.barrier().await.unwrap();
    let charged = gateway.charged();
    assert!((5_000..100_000).contains(&charged), "{charged}");
    // Gateways of other tests of this process use the same one, each when it is asked.
    let work = async {
        while gateway.metrics().await?.sum("tieline_memory_charged_bytes", &[]) != charged as f64 {}
        Done::Ok(())
    };
    tieline_testkit::within("the metric", work).await.unwrap().unwrap();
    client.send(0x80, b" ").await.unwrap();
    client.barrier().await.map_err(|Failure(failure)| failure).unwrap();
    assert_eq!(gateway.charged(), 0);
}
