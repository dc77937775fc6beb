//! A pong is a promise: what was published before the ping was heard comes before it, however busy a shard is.
//!
//! A shard serves a large group in several turns and hears its clients between them, so the last of three
//! thousand members can ask before its turn has come.
#![allow(clippy::unwrap_used)]

use futures_util::future::try_join_all;
use tieline_testkit::process::allow_files;
use tieline_testkit::{Raw, TestGateway, opcode};
use tieline_tests::{raw_on_stream, send};

const MEMBERS: usize = 3_000;
const CONFIG: &str = "[fme.limits]\nconnections_per_address = 0";

/// A publisher, and three thousand others on its stream and its shard.
async fn crowded(gateway: &TestGateway) -> (Raw, Vec<Raw>) {
    allow_files();
    let publisher = raw_on_stream(gateway, "x").await.unwrap();
    let mut members = Vec::with_capacity(MEMBERS);
    while members.len() < MEMBERS {
        members.extend(try_join_all((0..100).map(|_| raw_on_stream(gateway, "x"))).await.unwrap());
    }
    (publisher, members)
}

/// Says something; when this returns, it was published, and most members have not got it yet.
async fn publish(publisher: &mut Raw, text: &str) {
    let ping = Raw::frame(0x80 | opcode::PING, b"");
    let message = Raw::frame(0x80 | opcode::TEXT, send(text).as_bytes());
    publisher.write(&[message, ping].concat()).await.unwrap();
    assert_eq!(publisher.next().await.unwrap().opcode(), opcode::PONG);
}

#[tokio::test]
async fn a_pong_comes_after_what_was_published_before() {
    let gateway = TestGateway::with_shards(1, CONFIG);
    let (mut publisher, mut members) = crowded(&gateway).await;
    for round in 0..10 {
        let text = round.to_string();
        publish(&mut publisher, &text).await;
        // From the end, since that is whom the shard comes to last.
        for member in members.iter_mut().rev() {
            assert_eq!(member.barrier().await.unwrap(), [text.as_str()]);
        }
    }
}

#[tokio::test]
async fn a_farewell_comes_after_what_was_published_before() {
    for _ in 0..2 {
        let gateway = TestGateway::with_shards(1, CONFIG);
        let (mut publisher, members) = crowded(&gateway).await;
        publish(&mut publisher, "the last").await;
        let stopping = gateway.begin_stop();
        for mut member in members.into_iter().rev() {
            let (code, _, heard) = member.closed().await.unwrap();
            assert_eq!((code, heard), (1001, vec!["the last".to_owned()]));
        }
        drop(publisher);
        assert_eq!(stopping.farewell().await.unwrap().cut, 0);
    }
}
