//! Order under load: eight publishers, two hundred subscribers, four shards, a million deliveries.
//!
//! `TIELINE_TEST_MESSAGES` makes it longer: that many messages in all.
#![allow(clippy::unwrap_used, clippy::panic)]

use futures_util::future::try_join_all;
use std::hash::{DefaultHasher, Hash, Hasher};
use tieline_testkit::{Done, Failure, Raw, TestGateway, number};
use tieline_tests::{open, raw_on_stream, send};

const PUBLISHERS: usize = 8;
const SUBSCRIBERS: usize = 200;
/// Every tenth subscriber opens another stream after so many messages.
const RESTLESS: usize = 250;

// Several threads: two hundred busy readers on one would keep newcomers waiting in the test itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn everybody_hears_one_order() {
    let each = number("TIELINE_TEST_MESSAGES", 5_000) / PUBLISHERS;
    let gateway = TestGateway::with_shards(4, "[fme]\nlimits.queue_bytes = 0\nlimits.streams = 0");
    let mut subscribers = Vec::new();
    for count in 0..SUBSCRIBERS {
        let subscriber = raw_on_stream(&gateway, "x").await.unwrap();
        subscribers.push(tokio::spawn(subscribe(subscriber, each, count % 10 == 0)));
    }
    let mut publishers = Vec::new();
    for name in 0..PUBLISHERS {
        publishers.push(tokio::spawn(publish(raw_on_stream(&gateway, "x").await.unwrap(), name, each)));
    }
    let churn = churn(&gateway);
    let work = async {
        try_join_all(publishers).await.unwrap().into_iter().collect::<Done<Vec<Raw>>>().unwrap();
        try_join_all(subscribers).await.unwrap().into_iter().collect::<Done<Vec<u64>>>().unwrap()
    };
    let orders = tokio::select! { orders = work => orders, failure = churn => panic!("{failure}") };
    assert_eq!(orders.len(), SUBSCRIBERS);
    assert!(orders.iter().all(|order| *order == orders[0]), "subscribers heard different orders");
}

/// Sends numbered messages. It is on the stream itself, so it reads what the others send now and then.
async fn publish(mut client: Raw, name: usize, each: usize) -> Done<Raw> {
    for count in 0..each {
        client.say(&send(&format!("{name} {count}"))).await?;
        if count % 25 == 24 {
            client.barrier().await?;
        }
    }
    Ok(client)
}

/// Hears everything, holds each publisher to its order, and gives a number for the order of all.
async fn subscribe(mut client: Raw, each: usize, restless: bool) -> Done<u64> {
    let (mut order, mut next) = (DefaultHasher::new(), [0; PUBLISHERS]);
    for heard in 0..PUBLISHERS * each {
        let text = client.receive().await?;
        let numbers: Vec<usize> = text.split(' ').filter_map(|number| number.parse().ok()).collect();
        let &[name, count] = &numbers[..] else { return Err(Failure(format!("nobody sent {text:?}"))) };
        if next[name] != count {
            return Err(Failure(format!("publisher {name}: expected {}, got {count}", next[name])));
        }
        next[name] += 1;
        text.hash(&mut order);
        if restless && heard % RESTLESS == 0 {
            client.say(&open(&format!("other {heard}"))).await?;
        }
    }
    // Nothing twice either.
    match client.barrier().await?.first() {
        None => Ok(order.finish()),
        Some(text) => Err(Failure(format!("expected nothing more, got {text:?}"))),
    }
}

/// Clients that come to other streams, and to this one, and leave again, without end.
async fn churn(gateway: &TestGateway) -> Failure {
    loop {
        for stream in ["x", "y", "z"] {
            if let Err(failure) = raw_on_stream(gateway, stream).await {
                return failure;
            }
        }
    }
}
