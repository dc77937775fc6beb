//! Markers through every field that may identify a person, in right and in malformed messages: whom they are addressed
//! to gets them byte for byte; no log line, metric, error reply or live tail has any of them.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::json;
use std::fmt::Write;
use tieline_testkit::{Failure, Logs, Raw, TestGateway};

/// Every marker begins so.
const MARKER: &str = "MRKR";
const CONFIG: &str = "[fme]\n[vxvue]";

/// Every field of contract `access` with its other spellings, alone or within others, each with a marker of its own.
fn fields() -> Vec<(&'static str, String)> {
    let names =
        ["patientId", "patientID", "patientName", "patientBirth", "patientBirthDate", "patientSex", "accession"];
    let mut fields: Vec<(&str, String)> = names
        .into_iter()
        .zip(1..)
        .map(|(name, count)| (name, json!(format!("{MARKER}{count}^X")).to_string()))
        .collect();
    fields.push(("other", json!({ "deep": [{ "patientName": format!("{MARKER}50") }] }).to_string()));
    fields.push(("escaped", format!(r#""{MARKER}\u00c4\u0051{MARKER}""#)));
    fields
}

/// Right messages of the console, as they are to arrive.
fn right() -> Vec<String> {
    let mut messages = Vec::new();
    for (name, value) in fields() {
        let date = name.starts_with("patientBirth");
        let id = if name == "patientId" || name == "patientID" {
            String::new()
        } else {
            format!(r#""patientId":"{MARKER}80","#)
        };
        // A birth date is tried as a date, with its marker beside it, and as none at all, which passes too.
        if date {
            messages.push(format!(r#"{{"sender":2,"receiver":106,"command":101,"data":{{{id}"{name}":{value}}}}}"#));
        }
        let value = if date { r#""1971-03-02""#.to_owned() } else { value };
        messages.push(format!(
            r#"{{"sender":2,"receiver":106,"command":101,"data":{{{id}"{name}":{value},"note":"{MARKER}81"}}}}"#
        ));
        messages.push(format!(
            r#"{{"sender":2,"receiver":106,"command":50001,"data":{{"{name}":{value}}},"{MARKER}82":1}}"#
        ));
    }
    for odd in [
        format!(r#""patientId":"{MARKER}1","patientID":"{MARKER}2""#),
        format!(r#""patientId":["{MARKER}1"]"#),
        format!(r#""patientId":"{MARKER}1","patientName":{{"{MARKER}5":1}}"#),
        format!(r#""patientId":"{MARKER}1","patientId":"{MARKER}2","#),
    ] {
        messages.push(format!(
            r#"{{"sender":2,"receiver":106,"command":101,"data":{{{odd}}} /* {MARKER}6 */, "{MARKER}7":1,}}"#
        ));
    }
    messages.push(format!(r#"{{"sender":2,"receiver":106,"command":102,"data":{{"patientName":"{MARKER}85"}}}}"#));
    messages.push(format!(
        r#"{{"sender":2,"receiver":106,"command":601,"data":{{"bodypartAlias":"HAND","who":"{MARKER}83"}}}}"#
    ));
    messages.push(format!(r#"{{"sender":2,"receiver":106,"command":1002,"data":{{"who":"{MARKER}84"}}}}"#));
    messages
}

/// Messages that are refused, each for a reason of its own.
fn wrong() -> Vec<String> {
    let data = format!(r#"{{"patientId":"{MARKER}1","patientName":"{MARKER}2"}}"#);
    let say = |fields: &str| format!(r#"{{"sender":2,"receiver":106,"command":101,"data":{{{fields}}}}}"#);
    vec![
        say(&format!(r#""patientName":"{MARKER}2""#)),
        say(&format!(r#""patientId":"","patientBirth":"{MARKER}3""#)),
        say(&format!(r#""patientId":null,"patientName":{{"{MARKER}5":1}}"#)),
        // Loosely written, and wrong even so.
        format!(r#"{{"sender":2,"command":101,"data":{data},, /* {MARKER}13 */}}"#),
        format!(r#"{{"sender":106,"command":101,"data":{data}}}"#),
        format!(r#"{{"sender":2,"receiver":"{MARKER}6","command":101,"data":{data}}}"#),
        format!(r#"{{"sender":"{MARKER}7","command":101,"data":{data}}}"#),
        format!(r#"{{"sender":2,"command":"{MARKER}8","data":{data}}}"#),
        format!(r#"{{"sender":2,"command":101,"data":"{MARKER}9"}}"#),
        format!(r#"{{"sender":2,"command":101,"data":{data}"#),
        format!(r#"{{"sender":2,"command":101,"data":{data}}} {MARKER}10"#),
        format!("{MARKER}11"),
        format!(r#"["{MARKER}12"]"#),
    ]
}

/// What a tail of the console has shown so far; it is complete when `until` is in it.
async fn tailed(tail: &mut Raw, until: &str) -> String {
    let mut text = String::new();
    while !text.contains(until) {
        text += &tail.piece().await.unwrap();
    }
    text
}

/// A client of a type; one that logs nothing itself, since its words would be in the log of this process.
async fn registered(gateway: &TestGateway, kind: u32) -> Raw {
    let mut client = gateway.raw("vxvue").await.unwrap();
    client.say(&format!(r#"{{"sender":{kind},"command":11}}"#)).await.unwrap();
    assert_eq!(client.receive().await.unwrap(), r#"{"sender":1,"command":11,"data":{"status":1,"error":null}}"#);
    client
}

async fn tail(gateway: &TestGateway) -> Raw {
    let mut tail = Raw::connect(gateway.console()).await.unwrap();
    tail.write(b"GET /api/tail HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.unwrap();
    assert_eq!(tail.answer().await.unwrap().status, 200);
    tail
}

/// Fails when a marker is in what anybody may see; shows where.
fn holds_no_marker(what: &str, text: &str) {
    assert!(text.len() > 20, "{what} is as good as empty: {text:?}");
    if let Some(line) = text.lines().find(|line| line.contains(MARKER)) {
        panic!("a marker in {what}: {line}");
    }
}

#[tokio::test]
async fn right_messages_reach_their_receivers_only() {
    let logs = Logs::capture();
    let gateway = TestGateway::start(CONFIG);
    let mut tail = tail(&gateway).await;
    let mut display = registered(&gateway, 106).await;
    let mut stranger = registered(&gateway, 107).await;
    let mut console = registered(&gateway, 2).await;
    for message in right() {
        console.say(&message).await.unwrap();
        assert_eq!(display.receive().await.unwrap(), message);
    }
    assert_eq!(console.barrier().await.unwrap(), [""; 0]);
    assert_eq!(stranger.barrier().await.unwrap(), [""; 0]);
    // A display that comes late is shown what is kept; here the exam is over.
    assert_eq!(registered(&gateway, 106).await.barrier().await.unwrap(), [""; 0]);
    console.say(r#"{"sender":2,"receiver":107,"command":1001}"#).await.unwrap();
    let shown = tailed(&mut tail, r#""receiver":107"#).await;
    assert_eq!(shown.matches("event: message").count(), right().len() + 1, "everything was tailed");
    assert!(shown.contains("[patient data]"));
    holds_no_marker("the tail", &shown);
    holds_no_marker("the metrics", gateway.metrics().await.unwrap().text());
    holds_no_marker("the log", &logs.text());
}

#[tokio::test]
async fn refused_messages_are_told_without_repeating_them() {
    let logs = Logs::capture();
    let gateway = TestGateway::start(CONFIG);
    let mut display = registered(&gateway, 106).await;
    let mut console = registered(&gateway, 2).await;
    let mut told = String::new();
    for message in wrong() {
        console.say(&message).await.unwrap();
        let reply = console.receive().await.unwrap();
        assert!(reply.contains(r#""status":0"#), "{message} was not refused: {reply}");
        writeln!(told, "{reply}").unwrap();
    }
    assert_eq!(display.barrier().await.unwrap(), [""; 0]);
    holds_no_marker("replies", &told);
    holds_no_marker("the metrics", gateway.metrics().await.unwrap().text());
    let log = logs.text();
    // Every one of them was logged, so that a line that was thinned out hides nothing.
    let lines = log.lines().filter(|line| line.contains(" refused ") && line.contains("dialect=\"vxvue\"")).count();
    assert!(lines >= wrong().len(), "{lines} lines for {} refusals:\n{log}", wrong().len());
    holds_no_marker("the log", &log);
}

/// What ends a connection: too large, not text, broken frames, queries and headers of a handshake that is refused.
#[tokio::test]
async fn what_ends_a_connection_is_not_repeated() {
    let logs = Logs::capture();
    let gateway = TestGateway::start("[vxvue.limits]\nmessage_bytes = 200\nmessages_per_second = 3");
    let address = gateway.address("vxvue");
    let marker = format!(r#"{{"sender":2,"command":101,"data":{{"patientId":"{MARKER}1"}}}}"#);
    let mut told = String::new();
    for (first, payload) in [
        (0x81, marker.clone().repeat(5).into_bytes()),
        (0x81, [marker.as_bytes(), b"\xFF"].concat()),
        (0x82, marker.clone().into_bytes()),
        (0xC1, marker.clone().into_bytes()),
        (0x88, [&[0, 1], marker.as_bytes()].concat()),
        (0x88, [&1000u16.to_be_bytes()[..], MARKER.as_bytes()].concat()),
    ] {
        let mut client = Raw::upgrade(address, "").await.unwrap();
        client.send(first, &payload).await.unwrap();
        let (code, reason, before) = client.closed().await.unwrap();
        writeln!(told, "{code} {reason} {before:?}").unwrap();
    }
    let mut hasty = gateway.raw("vxvue").await.unwrap();
    for _ in 0..4 {
        hasty.say(&marker).await.unwrap();
        writeln!(told, "{}", hasty.receive().await.unwrap()).unwrap();
    }
    for request in [
        Raw::handshake(&format!("Origin: http://{MARKER}.example\r\n")),
        Raw::handshake("").replace("127.0.0.1", &format!("{MARKER}.example")),
        Raw::handshake("").replace("Version: 13", &format!("Version: {MARKER}")),
        Raw::handshake("").replace("Key: ", &format!("Key: {MARKER}")),
        format!("{MARKER}\r\n\r\n"),
        format!(
            "GET /{MARKER}?{MARKER}={MARKER} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {MARKER}\r\n\r\n"
        ),
    ] {
        let mut client = Raw::connect(address).await.unwrap();
        client.write(request.as_bytes()).await.unwrap();
        let answer = client.answer().await.unwrap();
        assert!(answer.status >= 400, "{request}: {answer:?}");
        writeln!(told, "{answer:?}").unwrap();
    }
    holds_no_marker("what was told", &told);
    holds_no_marker("the metrics", gateway.metrics().await.unwrap().text());
    holds_no_marker("the log", &logs.text());
}

/// What the console is asked to send goes to its receivers, and into no refusal.
#[tokio::test]
async fn the_consoles_own_messages() -> Result<(), Failure> {
    let logs = Logs::capture();
    let gateway = TestGateway::start(CONFIG);
    let mut display = registered(&gateway, 106).await;
    let send = async |topic: &str, body: &str| {
        let mut client = Raw::connect(gateway.console()).await?;
        let head = "Host: 127.0.0.1\r\nContent-Type: application/json";
        client
            .write(
                format!(
                    "POST /api/send?topic={topic} HTTP/1.1\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )
                .as_bytes(),
            )
            .await?;
        client.answer().await
    };
    let sent = send("vxvue.106.101", &format!(r#"{{"patientId":"{MARKER}1"}}"#)).await?;
    assert_eq!(sent.status, 200, "{sent:?}");
    let text = display.receive().await?;
    assert!(text.contains(&format!(r#""patientId":"{MARKER}1""#)), "{text}");
    let mut told = format!("{sent:?}\n");
    for message in [format!(r#"{{"patientName":"{MARKER}2"}}"#), format!(r#""{MARKER}3""#), format!("{MARKER}4")] {
        let refused = send("vxvue.106.101", &message).await?;
        assert!(refused.status >= 400, "{refused:?}");
        writeln!(told, "{refused:?}").unwrap();
    }
    holds_no_marker("what was told", &told);
    holds_no_marker("the log", &logs.text());
    Ok(())
}
