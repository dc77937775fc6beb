//! The rig itself: a server that answers, dies and comes back, and a proxy that does to connections what it is told.
#![allow(clippy::unwrap_used)]

use serde_json::json;
use tieline_opcua_tests::{Library, Plant, Proxy, types};
use tieline_testkit::within;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn a_server_holds_what_is_written_in_the_plant() {
    for library in Library::ALL {
        let mut plant = Plant::start(library, &[]).await.unwrap();
        for kind in types(library) {
            let (one, all) = (format!("Scalar.{}", kind.name), format!("Array.{}", kind.name));
            let found = plant.get(&one).await.unwrap();
            assert!(kind.is_same(&found["Body"], &kind.plain()[0]), "{one} of {library:?}: {found}");
            let found = plant.get(&all).await.unwrap();
            assert!(kind.is_same(&found["Body"], &json!(kind.plain())), "{all} of {library:?}: {found}");
        }
        plant.set("Counter", json!("7")).await.unwrap();
        assert_eq!(plant.get("Counter").await.unwrap()["Body"], "7");
        assert!(plant.ask(json!({ "do": "nothing" })).await.is_err());
        plant.kill().await.unwrap();
        assert!(plant.get("Counter").await.is_err());
        plant.again(&["--swap"]).await.unwrap();
        assert_eq!(plant.get("Counter").await.unwrap()["Body"], "0");
        plant.freeze().await.unwrap();
        plant.thaw().await.unwrap();
        plant.count(3, 1).await.unwrap();
        while plant.get("Counter").await.unwrap()["Body"] != "3" {}
    }
}

/// What a quirk refuses is seen through a gateway; here, that each server knows its own and no other.
#[tokio::test]
async fn a_server_has_its_quirks() {
    for (library, quirks) in [
        (Library::Quirky, &["read", "sessions", "message", "clock", "late", "lose", "number"][..]),
        (Library::Open62541, &["read", "sessions", "message", "queue"]),
        (Library::NodeOpcua, &["read", "sessions"]),
    ] {
        let mut plant = Plant::start(library, &[]).await.unwrap();
        plant.set("Counter", json!("7")).await.unwrap();
        assert_eq!(plant.get("Counter").await.unwrap(), json!({ "Type": 6, "Body": "7", "Status": 0 }), "{library:?}");
        plant.fill(10).await.unwrap();
        for quirk in quirks {
            plant.quirk(quirk, &json!(2)).await.unwrap();
            plant.quirk(quirk, &json!(null)).await.unwrap();
        }
        assert!(plant.quirk("none", &json!(2)).await.is_err(), "{library:?}");
        plant.forget().await.unwrap();
        assert_eq!(plant.stat("sessions").await.unwrap(), 0, "{library:?}");
        plant.kill().await.unwrap();
        plant.again(&["--swap"]).await.unwrap();
        assert_eq!(plant.get("Counter").await.unwrap()["Body"], "0", "{library:?}");
    }
}

/// A server that sends back what it hears.
async fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = socket.split();
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
        }
    });
    port
}

async fn comes_back(socket: &mut TcpStream, text: &[u8]) {
    let mut back = vec![0; text.len()];
    within("an echo", socket.read_exact(&mut back)).await.unwrap().unwrap();
    assert_eq!(back, text);
}

#[tokio::test]
async fn a_proxy_does_as_it_is_told() {
    let proxy = Proxy::start(echo().await).await.unwrap();
    let connect = || TcpStream::connect(("127.0.0.1", proxy.port()));
    let mut socket = connect().await.unwrap();
    socket.write_all(b"one").await.unwrap();
    comes_back(&mut socket, b"one").await;

    proxy.hold();
    socket.write_all(b"two").await.unwrap();
    let mut byte = [0];
    // Nothing that could be waited for: nobody says that nothing will come.
    let silence = std::time::Duration::from_millis(200);
    assert!(tokio::time::timeout(silence, socket.read(&mut byte)).await.is_err());
    proxy.pass();
    comes_back(&mut socket, b"two").await;

    proxy.cut();
    assert!(within("the cut", socket.read(&mut byte)).await.unwrap().is_err(), "a reset is an error");
    let mut socket = connect().await.unwrap();
    socket.write_all(b"three").await.unwrap();
    comes_back(&mut socket, b"three").await;

    proxy.refuse();
    assert!(within("the end", socket.read(&mut byte)).await.unwrap().is_err(), "a reset is an error");
    within("a refusal", async { while connect().await.is_ok() {} }).await.unwrap();
    proxy.pass();
    let again = async {
        loop {
            if let Ok(socket) = connect().await {
                break socket;
            }
        }
    };
    let mut socket = within("a listener", again).await.unwrap();
    socket.write_all(b"four").await.unwrap();
    comes_back(&mut socket, b"four").await;
    assert!(proxy.made() >= 3);
}
