//! The farewell: every client is told, nothing that was acknowledged is lost, nobody holds it up longer than allowed.
#![allow(clippy::unwrap_used)]

use tieline_testkit::{Ended, Heard, Raw, TestGateway};
use tieline_tests::{joined, on_stream, send};

fn going_away() -> Ended {
    Ended { code: Some(1001), reason: "Tieline is stopping".to_owned() }
}

/// Clients of every dialect, on several shards: all hear the goodbye, and nobody is cut off.
#[tokio::test]
async fn everybody_is_told() {
    let gateway = TestGateway::with_shards(3, "[fme]\n[vxvue]");
    let mut clients = Vec::new();
    for count in 0..60 {
        clients.push(gateway.client(if count % 2 == 0 { "fme" } else { "vxvue" }).await.unwrap());
    }
    let (fme, console) = (gateway.address("fme"), gateway.console());
    let stopping = gateway.begin_stop();
    for client in clients {
        let mut client = client;
        assert_eq!(client.closed().await.unwrap(), going_away());
        client.nothing_unread().unwrap();
    }
    let farewell = stopping.farewell().await.unwrap();
    assert_eq!((farewell.sessions, farewell.cut), (60, 0));
    for address in [fme, console] {
        assert!(Raw::connect(address).await.is_err(), "nothing listens any more");
    }
}

/// What was heard before the stop arrives before the close, over shards.
#[tokio::test]
async fn nothing_acknowledged_is_lost() {
    let gateway = TestGateway::with_shards(4, "[fme]");
    let mut hearers = Vec::new();
    for _ in 0..20 {
        hearers.push(on_stream(&gateway, "x").await.unwrap());
    }
    let mut publisher = on_stream(&gateway, "x").await.unwrap();
    for count in 0..1_000 {
        publisher.say(send(&count.to_string())).await.unwrap();
    }
    // The pong is the acknowledgement; nobody has read a message so far.
    publisher.barrier().await.unwrap();
    let stopping = gateway.begin_stop();
    let mut ends = Vec::new();
    for mut hearer in hearers.into_iter().chain([publisher]) {
        ends.push(tokio::spawn(async move {
            assert_eq!(hearer.closed().await.unwrap(), going_away());
            let mut heard = Vec::new();
            while hearer.nothing_unread().is_err() {
                heard.push(hearer.hear().await.unwrap());
            }
            heard
        }));
    }
    let all: Vec<Heard> = (0..1_000).map(|count| Heard::Text(count.to_string())).collect();
    let publisher = ends.pop().unwrap().await.unwrap();
    assert_eq!(publisher, []);
    for end in ends {
        assert_eq!(end.await.unwrap(), all);
    }
    assert_eq!(stopping.farewell().await.unwrap().cut, 0);
}

/// A client that does not read is cut off at the deadline, and only that one.
#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let gateway = TestGateway::start("[fme.limits]\ndrain = \"300ms\"");
    let stuck = Raw::connect_narrow(gateway.address("fme")).await.unwrap().upgraded("").await.unwrap();
    let stuck = joined(stuck, "x").await.unwrap();
    let mut publisher = on_stream(&gateway, "x").await.unwrap();
    // More than the sockets take between them, less than the queue's bound on top of that.
    let filling = "x".repeat(64 << 10);
    while gateway.metrics().await.unwrap().sum("tieline_queued_bytes", &["dialect=\"fme\""]) == 0.0 {
        publisher.say(send(&filling)).await.unwrap();
        publisher.barrier().await.unwrap();
    }
    let stopping = gateway.begin_stop();
    assert_eq!(publisher.closed().await.unwrap(), going_away());
    drop(publisher);
    let farewell = stopping.farewell().await.unwrap();
    assert_eq!((farewell.sessions, farewell.cut), (2, 1));
    drop(stuck);
}

/// With all the time in the world it ends as soon as the last client has gone, and with nobody there at once.
#[tokio::test]
async fn it_takes_no_longer_than_it_has_to() {
    // Longer than the test kit waits for anything, so that waiting out the deadline is a failure.
    let settings = "[fme.limits]\ndrain = \"1h\"";
    assert_eq!(TestGateway::start(settings).stop().await.unwrap().sessions, 0);
    let gateway = TestGateway::start(settings);
    let mut client = on_stream(&gateway, "x").await.unwrap();
    let stopping = gateway.begin_stop();
    assert_eq!(client.closed().await.unwrap(), going_away());
    drop(client);
    let farewell = stopping.farewell().await.unwrap();
    assert_eq!((farewell.sessions, farewell.cut), (1, 0));
}

/// A page that tails the gateway and connections that have said nothing yet do not hold it up.
#[tokio::test]
async fn nobody_else_holds_it_up() {
    let gateway = TestGateway::start("[fme.limits]\ndrain = \"1h\"\nhandshake = \"1h\"");
    let _silent = Raw::connect(gateway.address("fme")).await.unwrap();
    let mut tail = Raw::connect(gateway.console()).await.unwrap();
    tail.write(b"GET /api/tail HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.unwrap();
    assert_eq!(tail.answer().await.unwrap().status, 200);
    assert_eq!(gateway.stop().await.unwrap().cut, 0);
}
