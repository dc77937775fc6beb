//! Tests of a link against a server with the faults of plants.

use super::*;
use crate::fake::{Fake, Known, PATIENCE, Reply, link, things, until, work};
use opcua::core::RequestMessage;
use opcua::types::{StatusCode, Variant};
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tieline_opcua_settings::VariableSettings;
use tokio::time::{sleep, timeout};

async fn up(link: &Link) -> Arc<Established> {
    let mut state = link.state();
    let state = timeout(PATIENCE, state.wait_for(|state| state.established().is_some())).await.unwrap().unwrap();
    state.established().unwrap().clone()
}

#[tokio::test]
async fn an_attempt_that_fails_leaves_no_session() {
    let is_refused = |request: &RequestMessage, known: &Known| match request {
        RequestMessage::ActivateSession(_) if known.made_sessions() < 20 => Reply::Fault(StatusCode::BadInternalError),
        _ => Reply::Plain,
    };
    let fake = Fake::start(is_refused).await;
    let link = link(&fake, 1, |_| ());
    let work = work(&link);
    up(&link).await;
    assert_eq!((fake.known.open_sessions(), fake.known.most_sessions(), fake.known.made_sessions()), (1, 1, 20));
    work.0.send(true).unwrap();
    until("goodbye", || fake.known.open_sessions() == 0).await;
}

#[tokio::test]
async fn a_session_that_is_never_activated_or_cannot_be_asked_is_closed() {
    for muted in ["ActivateSession", "Read"] {
        let answers = move |request: &RequestMessage, known: &Known| match request.type_name() == muted {
            true if known.made_sessions() < 4 => Reply::Nothing,
            _ => Reply::Plain,
        };
        let fake = Fake::start(answers).await;
        let link = link(&fake, 1, |server| {
            server.connect_timeout = Duration::from_millis(300);
            server.request_timeout = Duration::from_millis(200);
        });
        let _work = work(&link);
        up(&link).await;
        until("closed", || fake.known.open_sessions() == 1).await;
        assert!(fake.known.most_sessions() <= 2, "{muted}: {}", fake.known.most_sessions());
    }
}

#[tokio::test]
async fn a_session_that_is_made_too_late_is_closed() {
    let answers = |request: &RequestMessage, known: &Known| match request {
        RequestMessage::CreateSession(_) if known.made_sessions() < 2 => Reply::Late(Duration::from_millis(400)),
        _ => Reply::Plain,
    };
    let fake = Fake::start(answers).await;
    let link = link(&fake, 1, |server| {
        server.connect_timeout = Duration::from_millis(300);
        server.request_timeout = Duration::from_secs(5);
    });
    let _work = work(&link);
    up(&link).await;
    until("closed", || fake.known.open_sessions() == 1).await;
    assert!(fake.known.made_sessions() >= 3);
}

#[tokio::test]
async fn a_server_that_takes_one_node_at_a_time_is_connected() {
    let answers = |request: &RequestMessage, _: &Known| match request {
        RequestMessage::Read(_) if things(request) > 1 => Reply::Fault(StatusCode::BadTooManyOperations),
        _ => Reply::Plain,
    };
    let fake = Fake::start(answers).await;
    let link = link(&fake, 3, |_| ());
    let _work = work(&link);
    assert!(up(&link).await.nodes.iter().all(Option::is_some));
}

#[tokio::test]
async fn a_slow_server_is_waited_for() {
    let slow = |_: &RequestMessage, _: &Known| Reply::Late(Duration::from_millis(100));
    let fake = Fake::start(slow).await;
    let link = link(&fake, 1, |server| server.request_timeout = Duration::from_millis(3000));
    let _work = work(&link);
    up(&link).await;
    // The pulse is answered late, too, and the connection is not given up for it.
    let losses = link.losses();
    sleep(Duration::from_secs(3)).await;
    assert_eq!((link.losses(), losses), (0, 0));
    assert_eq!(fake.known.made_sessions(), 1);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_fails_alone() {
    let fake = Fake::start(|_, _| Reply::Plain).await;
    fake.known.values.lock().unwrap().insert(2, Variant::from(vec![true; 1_100_000]));
    let link = link(&fake, 3, |_| ());
    let _work = work(&link);
    let established = up(&link).await;
    let nodes: Vec<_> = established.nodes.iter().flatten().cloned().map(value_of).collect();
    let values = established.asking.read(&nodes, 1000).await.unwrap();
    let shown: Vec<_> = values.iter().map(|value| (value.status.unwrap(), value.value.is_some())).collect();
    assert_eq!(
        shown,
        [(StatusCode::Good, true), (StatusCode::BadEncodingLimitsExceeded, false), (StatusCode::Good, true)]
    );
    assert_eq!((link.losses(), fake.known.made_sessions()), (0, 1));
}

#[tokio::test]
async fn requests_fit_into_what_the_server_said() {
    let fake = Fake::sized(8192, 8192, |_, _| Reply::Plain).await;
    let link = link(&fake, 0, |server| {
        server.variable = (0..500)
            .map(|number| VariableSettings {
                name: number.to_string(),
                node: format!("ns=1;s={number:0100}"),
                ..Default::default()
            })
            .collect();
    });
    let _work = work(&link);
    let established = up(&link).await;
    let nodes: Vec<_> = established.nodes.iter().flatten().cloned().map(value_of).collect();
    assert_eq!(established.asking.read(&nodes, 1000).await.unwrap().len(), 500);
    assert_eq!(link.losses(), 0);
    assert!(fake.known.most("Read") < 100);
}

#[tokio::test]
async fn a_namespace_that_comes_later_is_found() {
    let fake = Fake::start(|_, _| Reply::Plain).await;
    *fake.known.namespaces.lock().unwrap() = vec!["http://opcfoundation.org/UA/"];
    let link = link(&fake, 1, |_| ());
    let _work = work(&link);
    assert!(up(&link).await.nodes[0].is_none());
    fake.known.namespaces.lock().unwrap().extend(["urn:other", "urn:plant"]);
    until("the node is found", || link.now().established().is_some_and(|now| now.nodes[0].is_some())).await;
    assert_eq!(link.now().established().unwrap().nodes[0].as_ref().unwrap().namespace, 2);
    assert_eq!((link.losses(), fake.known.made_sessions()), (0, 1));
}

/// What was asked with the connection that is lost is not asked of a server that does not know the session yet: it would be refused as
/// a stranger's.
#[tokio::test]
async fn nothing_is_asked_before_the_session_is_taken_up_again() {
    let (cut, slow) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (is_cut, is_slow) = (cut.clone(), slow.clone());
    let fake = Fake::start(move |request, _| match request {
        RequestMessage::Read(_) if is_cut.swap(false, Ordering::Relaxed) => Reply::HangUp,
        RequestMessage::ActivateSession(_) if is_slow.load(Ordering::Relaxed) => {
            Reply::Late(Duration::from_millis(500))
        }
        _ => Reply::Plain,
    })
    .await;
    let link = link(&fake, 1, |server| server.request_timeout = PATIENCE);
    let _work = work(&link);
    until("up", || link.now().established().is_some()).await;
    let established = link.now().established().unwrap().clone();
    let read = async || established.asking.read(&[value_of(established.node(0).unwrap())], 1).await;
    slow.store(true, Ordering::Relaxed);
    cut.store(true, Ordering::Relaxed);
    assert!(is_lost(read().await.unwrap_err()));
    until("it is being taken up again", || fake.known.count("ActivateSession") == 2).await;
    let before = fake.known.count("Read");
    assert!(is_lost(read().await.unwrap_err()));
    assert_eq!(fake.known.count("Read"), before, "the server was asked");
    until("up again", || link.now().established().is_some()).await;
    read().await.unwrap();
}

/// Of a session that was begun and lost before it was activated the server has nothing of ours, though it can be taken up.
#[tokio::test]
async fn a_session_that_was_lost_at_its_beginning_is_another_one() {
    let cut = Arc::new(AtomicBool::new(false));
    let is_cut = cut.clone();
    let fake = Fake::start(move |request, known| match (request, known.count("ActivateSession")) {
        (RequestMessage::Read(_), _) if is_cut.swap(false, Ordering::Relaxed) => Reply::HangUp,
        (RequestMessage::ActivateSession(_), 2) => Reply::Fault(StatusCode::BadSessionIdInvalid),
        (RequestMessage::ActivateSession(_), 3) => Reply::HangUp,
        _ => Reply::Plain,
    })
    .await;
    let link = link(&fake, 1, |_| ());
    let _work = work(&link);
    let before = up(&link).await.number;
    cut.store(true, Ordering::Relaxed);
    until("it is lost and taken up", || fake.known.count("ActivateSession") == 4).await;
    let mut state = link.state();
    let is_another = |state: &State| state.established().is_some_and(|now| now.number != before);
    timeout(PATIENCE, state.wait_for(is_another)).await.unwrap().unwrap();
    assert_eq!(fake.known.made_sessions(), 2);
}

#[tokio::test]
async fn many_requests_at_once_are_all_sent() {
    let fake = Fake::start(|_, _| Reply::Plain).await;
    let link = link(&fake, 1, |_| ());
    let _work = work(&link);
    let established = up(&link).await;
    let nodes = [value_of(established.node(0).unwrap())];
    let answers = futures_util::future::join_all((0..200).map(|_| established.asking.read(&nodes, 1))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 200);
}

/// What the library does by itself after such an answer is not taken for what comes of our own attempt.
#[tokio::test]
async fn a_session_that_the_server_has_forgotten_is_replaced() {
    let forget = Arc::new(AtomicBool::new(false));
    let is_forgotten = forget.clone();
    let fake = Fake::start(move |request, _| match request {
        RequestMessage::Publish(_) if is_forgotten.swap(false, Ordering::Relaxed) => {
            Reply::Last(StatusCode::BadSessionIdInvalid)
        }
        _ => Reply::Plain,
    })
    .await;
    let link = link(&fake, 1, |_| ());
    let _work = work(&link);
    for losses in 1..=20 {
        let established = up(&link).await;
        forget.store(true, Ordering::Relaxed);
        established.asking.session.trigger_publish_now();
        until("it is lost", || link.losses() == losses).await;
        let back = async { up(&link).await };
        timeout(Duration::from_secs(10), back).await.unwrap();
    }
}
