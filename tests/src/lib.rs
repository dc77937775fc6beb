//! Tests of the whole gateway from outside: transcripts in `conformance/`, one scenario per file in `tests/`.
//!
//! Here is what several scenarios say to a gateway. Clients, the gateway itself and the player are in the test kit.

use tieline_testkit::{Client, Done, Raw, TestGateway};

/// Opens a stream.
pub fn open(stream: &str) -> String {
    format!(r#"{{"ws_op":"open","ws_stream_ids":["{stream}"]}}"#)
}

/// Sends a text without quotes and backslashes on all open streams.
pub fn send(text: &str) -> String {
    format!(r#"{{"ws_op":"send","ws_msg":"{text}"}}"#)
}

/// A client that has opened a stream, and is known to the hub.
pub async fn on_stream(gateway: &TestGateway, stream: &str) -> Done<Client> {
    let mut client = gateway.client("fme").await?;
    client.say(open(stream)).await?;
    client.barrier().await?;
    Ok(client)
}

/// The same with a client that reads only when asked.
pub async fn raw_on_stream(gateway: &TestGateway, stream: &str) -> Done<Raw> {
    joined(gateway.raw("fme").await?, stream).await
}

/// Opens a stream on a connection that is there.
pub async fn joined(mut client: Raw, stream: &str) -> Done<Raw> {
    client.say(&open(stream)).await?;
    client.barrier().await?;
    Ok(client)
}

/// Proves that the gateway serves: a newcomer sends something to another on a stream of their own.
pub async fn serves(gateway: &TestGateway) -> Done {
    let mut subscriber = on_stream(gateway, "proof").await?;
    let mut sender = on_stream(gateway, "proof").await?;
    sender.say(send("well")).await?;
    subscriber.expect("well").await?;
    sender.close(1000).await?;
    subscriber.close(1000).await?;
    Ok(())
}
