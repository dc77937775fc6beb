//! One client stops reading: nobody else notices, what waits for it is bounded, and each policy does what it says.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tieline_testkit::{Client, Done, Heard, Metrics, Raw, TestGateway, within};
use tieline_tests::{joined, on_stream, raw_on_stream, send};
use tokio::sync::Barrier;

const MESSAGES: usize = 300;
const QUEUE_BYTES: usize = 1 << 20;

/// What one run came to, besides what the healthy ones had to hear.
struct Run {
    slow: Raw,
    publisher: Client,
    before: Metrics,
    /// After its clients, so that it stops when they have gone.
    gateway: TestGateway,
    _turn: MutexGuard<'static, ()>,
}

/// One run after the other: they look at counters of the process.
static TURN: Mutex<()> = Mutex::new(());

impl Run {
    /// Three healthy clients and a slow one; 300 messages of 64 KiB, far more than sockets and the queue hold.
    #[expect(
        clippy::await_holding_lock,
        reason = "each test has a runtime of its own, so nobody on it waits for the lock"
    )]
    async fn new(policy: &str) -> Done<Run> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let settings = format!("[fme]\nlimits.queue_bytes = {QUEUE_BYTES}\nlimits.queue_full = \"{policy}\"");
        let gateway = TestGateway::start(&settings);
        let before = gateway.metrics().await?;
        let slow = Raw::connect_narrow(gateway.address("fme")).await?.upgraded("").await?;
        let slow = joined(slow, "x").await?;
        let (together, mut healthy) = (Arc::new(Barrier::new(4)), Vec::new());
        for _ in 0..3 {
            healthy.push(tokio::spawn(hear_all(raw_on_stream(&gateway, "x").await?, together.clone())));
        }
        let mut publisher = on_stream(&gateway, "x").await?;
        let filling = "x".repeat(64 << 10);
        for count in 0..MESSAGES {
            publisher.say(send(&format!("{count} {filling}"))).await?;
            // It is heard at once, whatever the slow one does.
            publisher.barrier().await?;
            keep_together(count, &together).await?;
        }
        for healthy in healthy {
            healthy.await.unwrap()?;
        }
        Ok(Run { slow, publisher, before, gateway, _turn: turn })
    }

    /// How much a counter has grown in this run.
    async fn grown(&self, name: &str, labels: &[&str]) -> f64 {
        self.gateway.metrics().await.unwrap().sum(name, labels) - self.before.sum(name, labels)
    }

    async fn queued(&self) -> f64 {
        self.grown("tieline_queued_bytes", &[]).await
    }

    /// Reads on; gives the numbers of the messages that come.
    async fn read_on(&mut self) -> Vec<usize> {
        self.slow.barrier().await.unwrap().iter().map(|text| count(text)).collect()
    }
}

fn count(text: &str) -> usize {
    let (count, filling) = text.split_once(' ').unwrap();
    assert_eq!(filling.len(), 64 << 10);
    count.parse().unwrap()
}

async fn hear_all(mut client: Raw, together: Arc<Barrier>) -> Done {
    for expected in 0..MESSAGES {
        assert_eq!(count(&client.receive().await?), expected);
        keep_together(expected, &together).await?;
    }
    Ok(())
}

/// Lets the publisher get a few messages ahead of the healthy ones at most, however busy the machine is.
async fn keep_together(count: usize, together: &Barrier) -> Done {
    if count % 8 == 7 {
        within("the healthy ones", together.wait()).await?;
    }
    Ok(())
}

/// How many messages come without a gap from the first.
fn unbroken(heard: &[usize]) -> usize {
    heard.iter().zip(0..).take_while(|(heard, expected)| **heard == *expected).count()
}

#[tokio::test]
async fn disconnect() {
    let mut run = Run::new("disconnect").await.unwrap();
    let queued = run.queued().await;
    assert!(queued <= (128 << 10) as f64, "only what was begun and the close frame wait: {queued}");
    let (code, reason, before) = run.slow.closed().await.unwrap();
    assert_eq!(code, 1008);
    assert_eq!(reason, format!("reads too slowly: more than {QUEUE_BYTES} bytes wait (limits.queue_bytes)"));
    let heard: Vec<usize> = before.iter().map(|text| count(text)).collect();
    assert_eq!(unbroken(&heard), heard.len(), "whole messages, in order, up to its end");
    assert_eq!(run.grown("tieline_losses_total", &["reason=\"disconnect\""]).await, 1.0);
    let lost = run.grown("tieline_messages_lost_total", &["reason=\"disconnect\""]).await;
    // What waited: the queue was just over its bound.
    let most = (QUEUE_BYTES + (128 << 10)).div_ceil(64 << 10) as f64;
    assert!(lost >= 1.0 && lost <= most, "{lost} lost");
    assert_eq!(run.grown("tieline_limits_reached_total", &["limit=\"queue_bytes\""]).await, 1.0);
}

#[tokio::test]
async fn drop_oldest() {
    let mut run = Run::new("drop_oldest").await.unwrap();
    let queued = run.queued().await;
    assert!(queued <= QUEUE_BYTES as f64, "{queued} bytes wait");
    let heard = run.read_on().await;
    let begun = unbroken(&heard);
    assert!(begun > 0 && begun < heard.len(), "first what was on its way, then a gap: {heard:?}");
    let newest: Vec<usize> = (MESSAGES - (heard.len() - begun)..MESSAGES).collect();
    assert_eq!(heard[begun..], newest, "after the gap the newest, all of them");
    let lost = run.grown("tieline_messages_lost_total", &["reason=\"drop_oldest\""]).await;
    assert_eq!(heard.len() + lost as usize, MESSAGES);
    still_hears(run).await;
}

#[tokio::test]
async fn drop_newest() {
    let mut run = Run::new("drop_newest").await.unwrap();
    let queued = run.queued().await;
    assert!(queued <= QUEUE_BYTES as f64, "{queued} bytes wait");
    let heard = run.read_on().await;
    assert!(heard.is_sorted() && unbroken(&heard) > 0 && heard.len() < MESSAGES, "{heard:?}");
    let lost = run.grown("tieline_messages_lost_total", &["reason=\"drop_newest\""]).await;
    assert_eq!(heard.len() + lost as usize, MESSAGES);
    still_hears(run).await;
}

/// Once it reads again it hears what is new.
async fn still_hears(mut run: Run) {
    run.publisher.say(send("again")).await.unwrap();
    run.publisher.barrier().await.unwrap();
    assert_eq!(run.slow.receive().await.unwrap(), "again");
}

/// While its queue is full, a client counts as not writable (contract `fme`).
#[tokio::test]
async fn a_full_queue_shows() {
    let mut run = Run::new("drop_oldest").await.unwrap();
    let question = r#"{"ws_op":"admin","ws_msg":"getchannelinfo()"}"#;
    let writable = async |run: &mut Run| {
        let mut asker = run.gateway.client("fme").await.unwrap();
        asker.say(question).await.unwrap();
        let Heard::Text(answer) = asker.receive().await.unwrap() else { panic!("a text") };
        asker.close(1000).await.unwrap();
        (answer.matches(r#""writable":"true""#).count(), answer.matches(r#""writable":"false""#).count())
    };
    // The publisher and the slow one; the healthy ones have gone by now.
    assert_eq!(writable(&mut run).await.1, 1);
    run.read_on().await;
    assert_eq!(writable(&mut run).await.1, 0);
}

/// A message may be larger than the queue: who reads it gets it whole and stays.
#[tokio::test]
async fn one_large_message_is_no_offence() {
    let gateway = TestGateway::start("[fme.limits]\nqueue_bytes = 100000");
    let mut reader = on_stream(&gateway, "x").await.unwrap();
    let mut publisher = on_stream(&gateway, "x").await.unwrap();
    let large = "x".repeat(12 << 20);
    publisher.say(send(&large)).await.unwrap();
    reader.expect(&large).await.unwrap();
    publisher.say(send("and on")).await.unwrap();
    reader.expect("and on").await.unwrap();
}
