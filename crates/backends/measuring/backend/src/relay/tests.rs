//! A stand-in for a measuring program, in all the ways one can behave.

use super::*;
use bytes::Bytes;
use tieline_model::Reason;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_tungstenite::accept_async;

const LONG: Duration = Duration::from_secs(60);
const IMAGE: &str = r#"{"image": {"file":"C:/temp/ü.jpg","name":"", "focal_length":50,"camera":"left"},"job":"17"}"#;

fn image() -> Request {
    Request::read(&"image".into(), &Bytes::from_static(IMAGE.as_bytes()), false).unwrap()
}

fn custom(number: u32) -> Request {
    Request::read(&"weld".into(), &Bytes::from(format!(r#"{{"weld":{number}}}"#)), false).unwrap()
}

async fn listen() -> (TcpListener, Server) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    (listener, Server::new(Address::read(&url).unwrap()))
}

/// A server that says these for each request and tells what it was asked.
fn serve(listener: TcpListener, says: fn(&str) -> Vec<Message>) -> mpsc::Receiver<String> {
    let (heard, hearing) = mpsc::channel(100);
    tokio::spawn(async move {
        // One after the other, as the product does it.
        while let Ok((stream, _)) = listener.accept().await {
            let mut socket = accept_async(stream).await.unwrap();
            while let Some(Ok(message)) = socket.next().await {
                let Message::Text(text) = message else { continue };
                for one in says(&text) {
                    let _ = socket.send(one).await;
                }
                let _ = heard.send(text.as_str().to_owned()).await;
            }
        }
    });
    hearing
}

fn reply(text: &str) -> Outcome {
    Outcome::new(Answer::Reply(text.to_owned()), "")
}

fn reason(outcome: &Outcome) -> Option<Reason> {
    if let Answer::Refused(refusal) = &outcome.answer { Some(refusal.reason) } else { None }
}

fn error(outcome: &Outcome) -> &str {
    let Answer::Error(text) = &outcome.answer else { panic!("{outcome:?}") };
    text
}

#[tokio::test]
async fn a_request_goes_there_and_its_reply_comes_back() {
    let (listener, server) = listen().await;
    let mut heard = serve(listener, |_| vec![Message::Ping(Bytes::new()), Message::text("O.k.")]);
    assert_eq!(server.ask(&image(), LONG).await, reply("O.k."));
    // The product's own documents write the focal length as a text.
    let expected = IMAGE;
    assert_eq!(heard.recv().await.unwrap(), expected);
    assert_eq!(server.ask(&custom(1), LONG).await, reply("O.k."));
    assert_eq!(heard.recv().await.unwrap(), r#"{"weld":1}"#);
}

#[tokio::test]
async fn requests_go_one_by_one_and_a_second_reply_is_nobodys() {
    let (listener, server) = listen().await;
    let _heard = serve(listener, |text| vec![Message::text(format!("to {text}")), Message::text("late")]);
    let asked = (0..20).map(|number| {
        let server = &server;
        async move { assert_eq!(server.ask(&custom(number), LONG).await, reply(&format!(r#"to {{"weld":{number}}}"#))) }
    });
    // The stand-in takes one connection at a time, so all of them only come through in turns.
    futures_util::future::join_all(asked).await;
}

#[tokio::test]
async fn a_reply_that_comes_too_late_is_nobodys() {
    let (listener, server) = listen().await;
    let (answer, mut answers) = mpsc::channel::<()>(1);
    tokio::spawn(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = accept_async(stream).await.unwrap();
            let _ = socket.next().await;
            if number == 0 {
                answers.recv().await;
            }
            let _ = socket.send(Message::text(format!("reply {number}"))).await;
        }
    });
    let late = server.ask(&custom(0), Duration::from_millis(100)).await;
    assert_eq!(error(&late), "The measuring program did not reply within 100ms. It may still do it.");
    answer.send(()).await.unwrap();
    assert_eq!(server.ask(&custom(1), LONG).await, reply("reply 1"));
}

#[tokio::test]
async fn one_that_is_away_is_told_of_at_once_and_found_again() {
    let (listener, server) = listen().await;
    let address = listener.local_addr().unwrap();
    drop(listener);
    let away = server.ask(&image(), LONG).await;
    assert_eq!((reason(&away), away.detail.as_str()), (Some(Reason::Unavailable), "no connection: connection refused"));
    // For a moment it is not even asked.
    let listener = TcpListener::bind(address).await.unwrap();
    let again = server.ask(&image(), LONG).await;
    assert_eq!(again.detail, "the measuring program was away a moment ago");
    let until = server.away.lock().unwrap().take().unwrap();
    assert!(until <= Instant::now() + AWAY);
    let _heard = serve(listener, |_| vec![Message::text("O.k.")]);
    assert_eq!(server.ask(&image(), LONG).await, reply("O.k."));
}

#[tokio::test]
async fn what_is_no_reply_is_an_error() {
    for (says, why) in [
        ((|_| vec![Message::binary("O.k.")]) as fn(&str) -> Vec<Message>, "it replied with bytes"),
        (|_| vec![Message::Close(None)], "it closed the connection"),
        (|_| vec![Message::text("x".repeat(REPLY + 1))], "its reply is longer than 65536 bytes"),
    ] {
        let (listener, server) = listen().await;
        let _heard = serve(listener, says);
        let outcome = server.ask(&custom(0), LONG).await;
        let expected = format!("The measuring program did not reply: {why}. It may have done it all the same.");
        assert_eq!((error(&outcome), outcome.detail.as_str()), (expected.as_str(), why));
    }
    // One that breaks off without a word.
    let (listener, server) = listen().await;
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        let _ = socket.next().await;
    });
    assert!(error(&server.ask(&custom(0), LONG).await).contains("broke off"));
}

#[tokio::test]
async fn one_that_does_not_shake_hands_was_asked_nothing() {
    let (listener, server) = listen().await;
    let silent = server.ask(&image(), Duration::from_millis(100)).await;
    assert_eq!((reason(&silent), silent.detail.as_str()), (Some(Reason::Unavailable), "no handshake in time"));
    drop(listener);
    let (listener, server) = listen().await;
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1024]).await;
        stream.write_all(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    });
    let other = server.ask(&image(), LONG).await;
    assert_eq!(
        (reason(&other), other.detail.as_str()),
        (Some(Reason::Unavailable), "no handshake: it answers HTTP 503 instead")
    );
}

#[tokio::test]
async fn whoever_waits_for_a_turn_waits_no_longer_than_its_limit() {
    let (_listener, server) = listen().await;
    let _turn = server.turn.clone().acquire_owned().await.unwrap();
    assert_eq!(server.ask(&image(), Duration::from_millis(50)).await, Outcome::too_late());
}
