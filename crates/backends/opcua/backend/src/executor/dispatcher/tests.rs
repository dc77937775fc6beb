//! The dispatcher with a server that fails.

use super::*;
use opcua::core::RequestMessage;
use opcua::types::{ByteString, Variant};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use tieline_model::{Answers, Done, SessionId};
use tieline_opcua_client::fake::{Fake, PATIENCE, Reply, link, until, work};

#[derive(Default)]
struct Heard(Mutex<Vec<(u64, String)>>);

impl Answers for Heard {
    fn put(&self, _session: SessionId, ticket: u64, answer: Result<Bytes, Refusal>) {
        self.0.lock().unwrap().push((ticket, String::from_utf8(answer.unwrap().to_vec()).unwrap()));
    }
}

/// As open62541 does: the connection ends over an answer that is too large, and whatever was under way is lost with it.
#[tokio::test]
async fn a_write_that_is_lost_with_the_connection_is_told_so_and_not_repeated() {
    let fake = Fake::start(|request, _| match request {
        RequestMessage::Write(_) => Reply::Nothing,
        _ => Reply::Plain,
    })
    .await;
    fake.known.most_answer.store(60_000, Ordering::Relaxed);
    let link = link(&fake, 2, |server| server.request_timeout = PATIENCE);
    let _work = work(&link);
    until("up", || link.now().established().is_some()).await;
    // Only now: types are read when the link comes up.
    let large = Variant::from(ByteString::from(vec![7u8; 100_000]));
    fake.known.values.lock().unwrap().insert(2, large);

    let heard = Arc::new(Heard::default());
    let (jobs, queue) = tokio::sync::mpsc::channel(8);
    let dispatcher = tokio::spawn(Dispatcher::new(link.clone(), None).run(queue));
    let ask = async |ticket, verb, variable, body: &'static str| {
        let done = Done::new(heard.clone(), SessionId::new(1, ticket), ticket);
        let body = Bytes::from_static(body.as_bytes());
        jobs.send(Job { verb, variable, body, done }).await.unwrap_or_else(|_| panic!("the dispatcher is gone"));
    };
    ask(1, Verb::Write, 0, r#"{"Value":{"Type":7,"Body":5}}"#).await;
    until("written", || fake.known.count("Write") == 1).await;
    ask(2, Verb::Read, 1, "").await;
    until("both are told", || heard.0.lock().unwrap().len() == 2).await;
    ask(3, Verb::Read, 0, "").await;
    until("the link serves again", || heard.0.lock().unwrap().len() == 3).await;

    let told = heard.0.lock().unwrap().clone();
    let of = |ticket| told.iter().find(|(number, _)| *number == ticket).map_or("", |(_, answer)| answer.as_str());
    assert!(of(1).contains("BadSessionClosed"), "{told:?}");
    assert!(of(2).contains("BadEncodingLimitsExceeded"), "{told:?}");
    assert!(of(3).contains(r#""Body":1"#), "{told:?}");
    assert_eq!(fake.known.count("Write"), 1, "it is repeated");
    drop(jobs);
    dispatcher.await.unwrap();
}
