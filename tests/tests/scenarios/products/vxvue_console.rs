//! The X-ray console over real sockets: it crashes, comes back in time or does not; two of them are there; what displays
//! and Tieline's own pages are told of that. Clients lie on two shards; time is moved by the test.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::Value;
use std::time::Duration;
use tieline_testkit::{Done, Logs, Raw, TestGateway};

const REGISTERED: &str = r#"{"sender":1,"command":11,"data":{"status":1,"error":null}}"#;
const PATIENT: &str = r#"{"sender":2,"receiver":106,"command":101,"data":{"patientId":"P1"}}"#;
const START: &str = r#"{"sender":2,"receiver":106,"command":1001}"#;
const OWN_END: &str = r#"{"sender":1,"receiver":106,"command":1002}"#;

async fn registered(gateway: &TestGateway, kind: u32) -> Done<Raw> {
    let mut client = gateway.raw("vxvue").await?;
    client.say(&format!(r#"{{"sender":{kind},"command":11}}"#)).await?;
    assert_eq!(client.receive().await?, REGISTERED);
    Ok(client)
}

/// One of Tieline's own pages, and the presence it is told first.
async fn page(gateway: &TestGateway) -> Done<(Raw, Value)> {
    let mut page = gateway.raw("vxvue").await?;
    page.say(r#"{"sender":106,"command":11,"tieline":"presence"}"#).await?;
    assert_eq!(page.receive().await?, REGISTERED);
    let presence = presence(&mut page).await?;
    Ok((page, presence))
}

async fn presence(page: &mut Raw) -> Done<Value> {
    let text = page.receive().await?;
    let message: Value = serde_json::from_str(&text).unwrap();
    assert!(message["presence"].is_object(), "{text}");
    Ok(message["presence"].clone())
}

/// Moves the time on, in steps, until the client hears something: when a shard has seen a step is not for a test to know.
async fn hear_in_time(gateway: &TestGateway, client: &mut Raw, step: Duration) -> Done<String> {
    let heard = client.receive();
    tokio::pin!(heard);
    loop {
        gateway.advance(step);
        tokio::select! {
            biased;
            text = &mut heard => return text,
            () = tokio::task::yield_now() => {}
        }
    }
}

/// A gateway whose console has said who is on the table; its page and a display.
async fn in_an_exam(settings: &str) -> Done<(TestGateway, Raw, Raw, Raw)> {
    let gateway = TestGateway::start(&format!("[vxvue]\n{settings}\n[vxvue.limits]\nidle = \"0\"\nping = \"0\""));
    let (mut page, waiting) = page(&gateway).await?;
    assert_eq!((&waiting["state"], &waiting["nobody"]), (&"waiting".into(), &false.into()));
    let mut display = registered(&gateway, 106).await?;
    let mut console = registered(&gateway, 2).await?;
    for text in [PATIENT, START] {
        console.say(text).await?;
        assert_eq!(display.receive().await?, text);
        assert_eq!(page.receive().await?, text);
    }
    Ok((gateway, console, display, page))
}

#[tokio::test]
async fn a_console_that_returns_in_time_goes_on_as_if_nothing_had_been() -> Done {
    let (gateway, console, mut display, mut page) = in_an_exam("source_lost = \"0\"").await?;
    drop(console);
    // Told as soon as the socket is gone, without any time passing.
    let away = presence(&mut page).await?;
    assert_eq!((&away["state"], &away["hidden"]), (&"away".into(), &false.into()));
    assert!(away["since"].as_str().unwrap().ends_with('Z'));
    let hidden = hear_in_time(&gateway, &mut page, Duration::from_secs(1)).await?;
    assert!(hidden.contains(r#""hidden":true"#), "{hidden}");
    let console = registered(&gateway, 2).await?;
    let here = presence(&mut page).await?;
    assert_eq!((&here["state"], &here["hidden"]), (&"here".into(), &false.into()));
    let mut late = registered(&gateway, 106).await?;
    assert_eq!([late.receive().await?, late.receive().await?], [PATIENT, START]);
    assert_eq!(display.barrier().await?, [""; 0], "whoever was there heard nothing of all this");
    drop(console);
    Ok(())
}

#[tokio::test]
async fn a_console_that_stays_away_has_its_exam_ended() -> Done {
    let (gateway, console, mut display, mut page) = in_an_exam("hide_after = \"10s\"\nsource_lost = \"60s\"").await?;
    drop(console);
    assert_eq!(presence(&mut page).await?["state"], "away");
    assert_eq!(hear_in_time(&gateway, &mut display, Duration::from_millis(100)).await?, OWN_END);
    assert_eq!(presence(&mut page).await?["hidden"], true);
    assert_eq!(page.receive().await?, OWN_END);
    assert_eq!(registered(&gateway, 106).await?.barrier().await?, [""; 0], "nobody is shown that patient again");
    let mut console = registered(&gateway, 2).await?;
    assert_eq!(presence(&mut page).await?["state"], "here");
    console.say(r#"{"sender":2,"command":1002}"#).await?;
    assert_eq!(display.receive().await?, r#"{"sender":2,"command":1002}"#);
    Ok(())
}

/// The console's messages that cannot be read, as the limits refuse them before any dialect reads them.
#[tokio::test]
async fn what_the_limits_refuse_may_have_been_the_next_patient() -> Done {
    let gateway = TestGateway::start("[vxvue.limits]\nmessages_per_second = 3");
    let mut display = registered(&gateway, 106).await?;
    let mut console = registered(&gateway, 2).await?;
    console.say(PATIENT).await?;
    assert_eq!(display.receive().await?, PATIENT);
    console.say(r#"{"sender":2,"receiver":7,"command":50001}"#).await?;
    console.say(&PATIENT.replace("P1", "P2")).await?;
    assert!(console.receive().await?.contains(r#""error":7"#));
    assert_eq!(display.receive().await?, OWN_END);
    Ok(())
}

#[tokio::test]
async fn two_consoles_are_named_and_the_newest_message_counts() -> Done {
    let logs = Logs::capture();
    let gateway = TestGateway::start("[vxvue]");
    let (mut page, _) = page(&gateway).await?;
    let mut first = registered(&gateway, 2).await?;
    let mut second = registered(&gateway, 2).await?;
    let both = presence(&mut page).await?;
    assert_eq!((&both["consoles"], both["addresses"].as_array().unwrap().len()), (&2.into(), 2));
    let log = logs.text();
    let line = log.lines().find(|line| line.contains("two clients where one is expected")).unwrap();
    for address in both["addresses"].as_array().unwrap() {
        assert!(line.contains(address.as_str().unwrap()), "{line}");
    }
    first.say(PATIENT).await?;
    assert_eq!(page.receive().await?, PATIENT);
    let other = PATIENT.replace("P1", "P2");
    second.say(&other).await?;
    assert_eq!(page.receive().await?, other);
    drop(second);
    assert_eq!(presence(&mut page).await?["consoles"], 1);
    drop(first);
    assert_eq!(presence(&mut page).await?["state"], "away");
    Ok(())
}
