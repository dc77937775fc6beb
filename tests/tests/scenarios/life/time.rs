//! What happens as time goes by, with a clock that the test moves: pings, idle clients, closings nobody answers.
#![allow(clippy::unwrap_used)]

use std::time::Duration;
use tieline_testkit::{Raw, TestGateway, eventually, opcode};
use tieline_tests::{joined, on_stream, raw_on_stream, send, serves};

const SECOND: Duration = Duration::from_secs(1);

/// Pings come every `ping` to who is silent; whoever answers stays for ever.
#[tokio::test]
async fn a_silent_client_is_pinged_and_stays() {
    let gateway = TestGateway::start("[fme.limits]\nping = \"10s\"\nidle = \"25s\"");
    let mut silent = raw_on_stream(&gateway, "x").await.unwrap();
    for _ in 0..10 {
        gateway.advance(10 * SECOND);
        let frame = silent.next().await.unwrap();
        assert_eq!((frame.first, frame.payload.len()), (0x80 | opcode::PING, 0));
        silent.send(0x80 | opcode::PONG, b"").await.unwrap();
        // The pong is heard once the answer to this is here; it is not the client's doing that its time starts anew.
        silent.barrier().await.unwrap();
    }
    let mut other = on_stream(&gateway, "x").await.unwrap();
    other.say(send("still here")).await.unwrap();
    assert_eq!(silent.receive().await.unwrap(), "still here");
}

/// Whoever sends something is neither asked nor closed.
#[tokio::test]
async fn a_lively_client_is_left_alone() {
    let gateway = TestGateway::start("[fme.limits]\nping = \"10s\"\nidle = \"25s\"");
    let mut lively = on_stream(&gateway, "x").await.unwrap();
    let mut asked = on_stream(&gateway, "y").await.unwrap();
    for _ in 0..50 {
        gateway.advance(9 * SECOND);
        lively.barrier().await.unwrap();
        asked.barrier().await.unwrap();
    }
    assert_eq!((lively.pings(), lively.ended()), (0, None));
}

/// A client that answers nothing is closed after `idle`, is told why, and is cut when it does not answer that either.
#[tokio::test]
async fn an_idle_client_is_closed_and_cut() {
    let gateway = TestGateway::start("[fme.limits]\nping = \"10s\"\nidle = \"25s\"");
    let counted =
        async |name: &str, label: &str| gateway.metrics().await.unwrap().sum(name, &["dialect=\"fme\"", label]);
    let limited = async || counted("tieline_limits_reached_total", "limit=\"idle\"").await;
    let ended = async || counted("tieline_sessions_closed_total", "reason=\"idle\"").await;
    let before = (limited().await, ended().await);
    let mut mute = raw_on_stream(&gateway, "x").await.unwrap();
    gateway.advance(24 * SECOND);
    assert_eq!(mute.next().await.unwrap().opcode(), opcode::PING);
    gateway.advance(SECOND);
    let (code, reason, _) = mute.closed().await.unwrap();
    assert_eq!((code, reason.as_str()), (1001, "nothing heard for 25 seconds (limits.idle)"));
    assert_eq!(limited().await, before.0 + 1.0);
    // From the moment it was closed nobody counts it as listening.
    let mut other = gateway.client("fme").await.unwrap();
    other.say(r#"{"ws_op":"admin","ws_msg":"getnumchannels()"}"#).await.unwrap();
    other.expect(r#"{"numchannels":"0","streams":[]}"#).await.unwrap();
    other.close(1000).await.unwrap();
    drop(other);
    eventually("the other one's end", || gateway.open("fme") == 1).await.unwrap();
    // It does not answer: the first look notes the time, a later one cuts.
    eventually("the end of a closing that is not answered", || {
        gateway.advance(SECOND);
        gateway.open("fme") == 0
    })
    .await
    .unwrap();
    assert_eq!(ended().await, before.1 + 1.0);
    // The clock has gone far ahead; newcomers begin now.
    serves(&gateway).await.unwrap();
}

/// A message that has begun has to be complete in time; one that is, is nothing to the next.
#[tokio::test]
async fn a_message_that_does_not_come_whole() {
    let settings =
        "[fme.limits]\nmessage_time = \"10s\"\nping = \"0s\"\n[vxvue.limits]\nmessage_time = \"0s\"\nidle = \"0s\"";
    let gateway = TestGateway::start(settings);
    let mut subscriber = on_stream(&gateway, "x").await.unwrap();
    let mut slow = raw_on_stream(&gateway, "x").await.unwrap();
    let mut lively = raw_on_stream(&gateway, "x").await.unwrap();
    let mut off = gateway.raw("vxvue").await.unwrap();
    let text = send("in two pieces");
    let (first, second) = text.as_bytes().split_at(10);
    for client in [&mut slow, &mut lively, &mut off] {
        client.send(opcode::TEXT, first).await.unwrap();
        client.barrier().await.unwrap();
    }
    gateway.advance(9 * SECOND);
    // Its last piece and the first of the next come together.
    let both = [Raw::frame(0x80, second), Raw::frame(opcode::TEXT, first)].concat();
    lively.write(&both).await.unwrap();
    subscriber.expect("in two pieces").await.unwrap();
    lively.barrier().await.unwrap();
    slow.barrier().await.unwrap();
    gateway.advance(SECOND);
    let (code, reason, _) = slow.closed().await.unwrap();
    assert_eq!((code, reason.as_str()), (1008, "a message not complete after 10000 ms (limits.message_time)"));
    gateway.counts("tieline_limits_reached_total", &["limit=\"message_time\""], 1.0).await.unwrap();
    assert!(slow.end().await.unwrap().is_empty(), "nothing follows the close frame");
    // The other one's next message began nine seconds later, and ends in time.
    gateway.advance(8 * SECOND);
    lively.send(0x80, second).await.unwrap();
    subscriber.expect("in two pieces").await.unwrap();
    gateway.advance(100_000 * SECOND);
    off.barrier().await.unwrap();
}

/// A close frame that cannot be written is waited for as long as `drain`, and what is lost by that is counted.
#[tokio::test]
async fn a_goodbye_nobody_reads() {
    let settings = "[fme.limits]\ndrain = \"20s\"\nping = \"0s\"\nidle = \"0s\"\nqueue_bytes = 0";
    // One shard, so that a pong says that everybody has been offered what was said before.
    let gateway = TestGateway::with_shards(1, settings);
    let stuck = Raw::connect_narrow(gateway.address("fme")).await.unwrap().upgraded("").await.unwrap();
    let mut stuck = joined(stuck, "x").await.unwrap();
    let mut publisher = on_stream(&gateway, "x").await.unwrap();
    let filling = "x".repeat(64 << 10);
    // More than the buffer of its socket may still grow to take.
    while gateway.charged() < 6 << 20 {
        publisher.say(send(&filling)).await.unwrap();
        publisher.barrier().await.unwrap();
    }
    // It breaks the protocol: its goodbye waits behind all the rest.
    stuck.write(&[0x83, 0x80, 1, 2, 3, 4]).await.unwrap();
    let mut seconds = 0;
    eventually("the end of a closing that cannot be written", || {
        gateway.advance(SECOND);
        seconds += 1;
        gateway.open("fme") == 1
    })
    .await
    .unwrap();
    assert!(seconds > 20, "it was cut after {seconds} s already");
    let lost = gateway.metrics().await.unwrap().sum("tieline_messages_lost_total", &["reason=\"closing\""]);
    assert!(lost > 0.0);
    eventually("everything given back", || gateway.charged() == 0).await.unwrap();
}

#[tokio::test]
async fn off_is_never() {
    let gateway = TestGateway::start("[fme.limits]\nping = \"0s\"\nidle = \"0s\"");
    let mut silent = raw_on_stream(&gateway, "x").await.unwrap();
    for _ in 0..5 {
        gateway.advance(100_000 * SECOND);
    }
    let mut watcher = gateway.raw("fme").await.unwrap();
    watcher.barrier().await.unwrap();
    // The barrier of its own would show a ping that came before its pong.
    silent.send(0x80 | opcode::PING, b"").await.unwrap();
    assert_eq!(silent.next().await.unwrap().opcode(), opcode::PONG);
}

/// A ping has to be answered, on every dialect; who does not is closed, told why, and gone without having to answer that.
#[tokio::test]
async fn a_ping_that_is_not_answered_ends_the_session() {
    let gateway = TestGateway::start("[fme]\n[vxvue]\n[opcua]\n[mr]\n[inspect]");
    let ended = async |dialect: &str| {
        let label = format!("dialect=\"{dialect}\"");
        let metrics = gateway.metrics().await.unwrap();
        let closed = metrics.sum("tieline_sessions_closed_total", &[&label, "reason=\"pong\""]);
        (closed, metrics.sum("tieline_limits_reached_total", &[&label, "limit=\"pong\""]))
    };
    for dialect in ["fme", "vxvue", "opcua", "mr", "inspect"] {
        let before = ended(dialect).await;
        let mut mute = gateway.raw(dialect).await.unwrap();
        mute.barrier().await.unwrap();
        gateway.advance(30 * SECOND);
        while mute.next().await.unwrap().opcode() != opcode::PING {}
        gateway.advance(19 * SECOND);
        // Whatever is heard shows that it lives: it is asked again later.
        mute.barrier().await.unwrap();
        gateway.advance(30 * SECOND);
        while mute.next().await.unwrap().opcode() != opcode::PING {}
        gateway.advance(20 * SECOND);
        let (code, reason, _) = mute.closed().await.unwrap();
        assert_eq!((code, reason.as_str()), (1001, "a ping was not answered within 20 seconds (limits.pong)"));
        eventually("its end", || {
            gateway.advance(SECOND / 1000);
            gateway.open(dialect) == 0
        })
        .await
        .unwrap();
        let after = ended(dialect).await;
        assert_eq!(after, (before.0 + 1.0, before.1 + 1.0), "{dialect}");
    }
}

#[tokio::test]
async fn without_pong_a_silent_client_is_only_asked() {
    let gateway = TestGateway::start("[fme.limits]\nping = \"10s\"\npong = \"0s\"\nidle = \"0s\"");
    let mut mute = raw_on_stream(&gateway, "x").await.unwrap();
    for _ in 0..10 {
        gateway.advance(10 * SECOND);
        assert_eq!(mute.next().await.unwrap().opcode(), opcode::PING);
    }
    mute.barrier().await.unwrap();
}

/// Half open: the other end's kernel takes everything and its program says nothing, in the system's own time.
#[tokio::test]
async fn a_half_open_connection_is_gone() {
    let gateway = TestGateway::in_real_time("[fme.limits]\nping = \"1s\"\npong = \"1s\"");
    let silent = raw_on_stream(&gateway, "x").await.unwrap();
    eventually("the end of a half-open connection", || gateway.open("fme") == 0).await.unwrap();
    drop(silent);
}
