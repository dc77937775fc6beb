//! Any bytes at all, before and after the handshake: the gateway answers or hangs up, and goes on serving others.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tieline_testkit::process::{processor_time, resident_bytes};
use tieline_testkit::{Done, Raw, TestGateway, deflated, eventually, number};
use tieline_tests::{open, send, serves};

/// What is tried on one connection.
#[derive(Debug, Clone)]
struct Attack {
    dialect: &'static str,
    /// Whether the handshake is made first, and whether with compression.
    handshake: Option<bool>,
    bytes: Vec<u8>,
}

/// Frames as they should be, in any order.
fn valid() -> impl Strategy<Value = Vec<u8>> {
    let message = prop_oneof![
        Just(open("x")),
        Just(send("y")),
        Just(r#"{"sender":2,"command":11}"#.to_owned()),
        Just(r#"{"sender":2,"receiver":106,"command":101,"data":{"patientId":"1"}}"#.to_owned()),
        any::<String>(),
    ];
    let first = prop_oneof![Just(0x81u8), Just(0x01), Just(0x80), Just(0x82), Just(0xC1), Just(0x89), any::<u8>()];
    let payload = (message, any::<bool>())
        .prop_map(|(text, compressed)| if compressed { deflated(text.as_bytes()) } else { text.into_bytes() });
    (first, payload).prop_map(|(first, payload)| Raw::frame(first, &payload))
}

/// Frames whose head promises more than comes, up to all of memory.
fn huge() -> impl Strategy<Value = Vec<u8>> {
    (any::<u8>(), any::<u64>(), proptest::collection::vec(any::<u8>(), 0..100)).prop_map(|(first, length, rest)| {
        let mut frame = vec![first, 0xFF];
        frame.extend((length >> (length % 60)).to_be_bytes());
        frame.extend(rest);
        frame
    })
}

/// Frames, some of their bytes changed, the end cut off.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (proptest::collection::vec(valid(), 1..5), changes, any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(frames, changes, end, cut)| {
            let mut bytes = frames.concat();
            changes.into_iter().for_each(|(at, byte)| *at.get_mut(&mut bytes) = byte);
            let end = if cut { end.index(bytes.len()) } else { bytes.len() };
            bytes.truncate(end);
            bytes
        },
    )
}

fn attack() -> impl Strategy<Value = Attack> {
    let request = (mutated(), any::<prop::sample::Index>()).prop_map(|(junk, at)| {
        let mut bytes = Raw::handshake("Sec-WebSocket-Extensions: permessage-deflate\r\n").into_bytes();
        let at = at.index(bytes.len());
        bytes.splice(at..at, junk);
        bytes
    });
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..2000),
        proptest::collection::vec(valid(), 0..10).prop_map(|frames| frames.concat()),
        mutated(),
        huge(),
        request,
    ];
    let dialect = prop_oneof![Just("fme"), Just("vxvue")];
    (dialect, any::<Option<bool>>(), bytes).prop_map(|(dialect, handshake, bytes)| Attack { dialect, handshake, bytes })
}

async fn try_it(gateway: &TestGateway, attack: &Attack) -> Done {
    let address = gateway.address(attack.dialect);
    let mut client = match attack.handshake {
        None => Raw::connect(address).await?,
        Some(false) => Raw::upgrade(address, "").await?,
        Some(true) => Raw::upgrade(address, "Sec-WebSocket-Extensions: permessage-deflate\r\n").await?,
    };
    // The gateway may hang up in the middle of it, and is free to.
    let _ = client.write(&attack.bytes).await;
    client.finish().await
}

/// Panics on any thread; those of a session's task would otherwise end the session only.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// The memory after so many attacks is what it may be at the end, but for a little.
const SETTLED: usize = 300;

#[test]
fn any_bytes() {
    let shown = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Relaxed);
        shown(panic);
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let gateway = TestGateway::start("[fme.limits]\nmessage_bytes = 65536\n[vxvue.limits]\nmessage_bytes = 65536");
    let cases = number("TIELINE_TEST_ATTACKS", 5_000) as u32;
    let (tried, memory) = (Cell::new(0), Cell::new(0));
    let work = async |attack: &Attack| -> Done {
        try_it(&gateway, attack).await?;
        tried.set(tried.get() + 1);
        if tried.get() == SETTLED {
            memory.set(resident_bytes(std::process::id()));
        }
        if tried.get() % 100 == 0 { serves(&gateway).await } else { Ok(()) }
    };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let done = runner.run(&attack(), |attack| {
        runtime.block_on(work(&attack)).map_err(|failure| TestCaseError::fail(failure.0))?;
        prop_assert_eq!(PANICS.load(Relaxed), 0, "something has panicked");
        Ok(())
    });
    done.unwrap();
    let grown = resident_bytes(std::process::id()).saturating_sub(memory.get());
    assert!(grown < 32 << 20, "memory grew by {grown} bytes from attack {SETTLED} on");
    // Both shards serve: of so many newcomers some are on each.
    assert_eq!(processor_time("shard-").1, 2, "a shard has died");
    runtime.block_on(async {
        for _ in 0..20 {
            serves(&gateway).await.unwrap();
        }
        eventually("the end of every attack", || gateway.open("fme") + gateway.open("vxvue") == 0).await.unwrap();
    });
    assert_eq!(PANICS.load(Relaxed), 0);
}
