//! The farewell: every client is told, nothing that was acknowledged is lost, nobody holds it up longer than allowed.
#![allow(clippy::unwrap_used)]

use std::time::Duration;
use tieline_testkit::{Done, Ended, Heard, Raw, TestGateway, eventually, within};
use tieline_tests::{joined, on_stream, send};

/// More waits than a socket's buffer may still grow to take.
const STUCK: usize = 6 << 20;

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

/// Who is let in while the gateway begins to stop is told as well, however far its session has come by then.
#[tokio::test]
async fn whoever_is_let_in_is_told() {
    let gateway = TestGateway::with_shards(1, "[fme]");
    let mut clients = Vec::new();
    for _ in 0..200 {
        clients.push(Raw::connect(gateway.address("fme")).await.unwrap());
    }
    let request = Raw::handshake("");
    for client in &mut clients {
        client.write(request.as_bytes()).await.unwrap();
    }
    // One shard answers them one after the other: when the first is let in, others are on their way.
    assert_eq!(clients[0].answer().await.unwrap().status, 101);
    let stopping = gateway.begin_stop();
    let mut told = 0;
    for (at, mut client) in clients.into_iter().enumerate() {
        // Nobody is there any more for those that were not accepted.
        let is_let_in = at == 0 || client.answer().await.is_ok_and(|answer| answer.status == 101);
        if is_let_in {
            let frame = client.next().await.unwrap();
            assert_eq!(frame.close().map(|(code, _)| code), Some(1001), "client {at}");
            told += 1;
        }
    }
    assert_eq!(stopping.farewell().await.unwrap().cut, 0, "of {told}");
}

/// What was heard before the stop arrives before the close, over shards.
#[tokio::test]
async fn nothing_acknowledged_is_lost() {
    let gateway = TestGateway::with_shards(4, "[fme]");
    let mut subscribers = Vec::new();
    for _ in 0..20 {
        subscribers.push(on_stream(&gateway, "x").await.unwrap());
    }
    let mut publisher = on_stream(&gateway, "x").await.unwrap();
    for count in 0..1_000 {
        publisher.say(send(&count.to_string())).await.unwrap();
    }
    // The pong is the acknowledgement; nobody has read a message so far.
    publisher.barrier().await.unwrap();
    let stopping = gateway.begin_stop();
    let mut ends = Vec::new();
    for mut subscriber in subscribers.into_iter().chain([publisher]) {
        ends.push(tokio::spawn(async move {
            assert_eq!(subscriber.closed().await.unwrap(), going_away());
            let mut heard = Vec::new();
            while subscriber.nothing_unread().is_err() {
                heard.push(subscriber.receive().await.unwrap());
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
    // One shard, so that a pong says that everybody has been offered what was said before.
    let gateway = TestGateway::with_shards(1, "[fme.limits]\ndrain = \"300ms\"\nqueue_bytes = 0");
    let stuck = Raw::connect_narrow(gateway.address("fme")).await.unwrap().upgraded("").await.unwrap();
    let stuck = joined(stuck, "x").await.unwrap();
    let mut publisher = on_stream(&gateway, "x").await.unwrap();
    // More than the sockets take between them, however far the kernel lets theirs grow.
    let filling = "x".repeat(64 << 10);
    while gateway.charged() < STUCK {
        publisher.say(send(&filling)).await.unwrap();
        publisher.barrier().await.unwrap();
    }
    let stopping = gateway.begin_stop();
    assert_eq!(publisher.closed().await.unwrap(), going_away());
    drop(publisher);
    let farewell = stopping.farewell().await.unwrap();
    assert_eq!((farewell.sessions, farewell.cut), (2, 1));
    // What was not delivered is told and counted; the metrics are the process's, so another gateway shows them.
    assert!(farewell.messages > 0 && farewell.bytes > 0, "{farewell:?}");
    let other = TestGateway::start("[fme]");
    let lost = other.metrics().await.unwrap().sum("tieline_messages_lost_total", &["reason=\"stopping\""]);
    assert!(lost >= farewell.messages as f64, "{lost} of at least {farewell:?}");
    drop(stuck);
}

/// Fills the queue of a client that does not read: so much waits behind what the sockets have taken. For one shard.
async fn fill(gateway: &TestGateway, least: usize) -> Done<usize> {
    let before = gateway.open("fme");
    let mut publisher = on_stream(gateway, "x").await?;
    let filling = "x".repeat(64 << 10);
    let mut count = 0;
    while gateway.charged() < least {
        publisher.say(send(&filling)).await?;
        publisher.barrier().await?;
        count += 1;
    }
    publisher.close(1000).await?;
    drop(publisher);
    eventually("the publisher's end", || gateway.open("fme") == before).await?;
    Ok(count)
}

/// The time for answering a close frame runs from when it was written: a slow reader gets everything, the close frame too,
/// however long the goodbye has been waiting for it.
#[tokio::test]
async fn a_slow_reader_gets_everything_and_the_close_frame() {
    // One shard, so that what time has done to one client it has done to the other.
    let gateway = TestGateway::with_shards(1, "[fme.limits]\ndrain = \"1000d\"\nidle = \"0s\"\nping = \"0s\"");
    let slow = Raw::connect_narrow(gateway.address("fme")).await.unwrap().upgraded("").await.unwrap();
    let mut slow = joined(slow, "x").await.unwrap();
    let mut mute = joined(gateway.raw("fme").await.unwrap(), "y").await.unwrap();
    let sent = fill(&gateway, 2 << 20).await.unwrap();
    let stopping = gateway.begin_stop();
    assert_eq!(mute.closed().await.unwrap().0, 1001);
    // It does not answer. When it has been cut for that, the sweep has looked at the slow one as often.
    let mut cut = tokio::spawn(mute.end());
    while !cut.is_finished() {
        stopping.advance(Duration::from_secs(6));
        tokio::task::yield_now().await;
    }
    (&mut cut).await.unwrap().unwrap();
    let (code, reason, before) = slow.closed().await.unwrap();
    assert_eq!((code, reason.as_str(), before.len()), (1001, "Tieline is stopping", sent));
    drop(slow);
    let farewell = stopping.farewell().await.unwrap();
    assert_eq!((farewell.cut, farewell.messages, farewell.bytes), (0, 0, 0));
}

/// Each listener's clients have its own time: who is in a hurry is not held up by who is not, nor cut short by it.
#[tokio::test]
async fn every_listener_has_a_drain_of_its_own() {
    let gateway =
        TestGateway::with_shards(1, "[fme.limits]\ndrain = \"0s\"\nqueue_bytes = 0\n[vxvue.limits]\ndrain = \"1h\"");
    let hasty = Raw::connect_narrow(gateway.address("fme")).await.unwrap().upgraded("").await.unwrap();
    let hasty = joined(hasty, "x").await.unwrap();
    fill(&gateway, STUCK).await.unwrap();
    let mut calm = gateway.raw("vxvue").await.unwrap();
    let stopping = gateway.begin_stop();
    hasty.end().await.unwrap();
    // That one was cut off, and this one is still waited for.
    assert_eq!(calm.closed().await.unwrap().0, 1001);
    drop(calm);
    let farewell = stopping.farewell().await.unwrap();
    assert_eq!((farewell.sessions, farewell.cut), (2, 1));
}

/// First `/readyz`, then for `lame_duck` all as ever, then the listeners; `/healthz` to the last.
#[tokio::test]
async fn it_says_first_that_it_will_stop() {
    let settings = "[access.limits]\nlame_duck = \"1h\"\nidle = \"0s\"\nping = \"0s\"\ndrain = \"1h\"\n[fme]";
    let gateway = TestGateway::start(settings);
    let (fme, console) = (gateway.address("fme"), gateway.console());
    let page = async |path: &'static str| Raw::connect(console).await?.get(path).await.map(|answer| answer.status);
    assert_eq!(page("/readyz").await.unwrap(), 200);
    let stopping = gateway.begin_stop();
    let told = async { while page("/readyz").await.unwrap() != 503 {} };
    within("readiness that says so", told).await.unwrap();
    // Clients are served, new ones too.
    let mut client = Raw::upgrade(fme, "").await.unwrap();
    client.barrier().await.unwrap();
    assert_eq!(page("/healthz").await.unwrap(), 200);
    stopping.advance(Duration::from_secs(3600));
    assert_eq!(client.closed().await.unwrap().0, 1001);
    // It has not answered, so the gateway waits for it: nothing listens any more, and its health can be asked for.
    let refused = async { while Raw::connect(fme).await.is_ok() {} };
    within("a listener that is closed", refused).await.unwrap();
    assert_eq!((page("/healthz").await.unwrap(), page("/readyz").await.unwrap()), (200, 503));
    drop(client);
    assert_eq!(stopping.farewell().await.unwrap().cut, 0);
    assert!(Raw::connect(console).await.is_err());
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
