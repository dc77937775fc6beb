//! Tests of watching against a server with the limits and faults of plants: what those who hear variables are told.

use super::arrivals::Arrivals;
use super::sink::Reports;
use super::*;
use opcua::core::RequestMessage;
use opcua::types::{
    DataChangeNotification, DataValue, DateTime, ExtensionObject, MonitoredItemNotification, NotificationMessage,
    RepublishResponse, ResponseHeader, StatusCode, Variant,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tieline_model::{Filter, Publisher, Refusal};
use tieline_opcua_client::Link;
use tieline_opcua_client::fake::{Fake, Known, Reply, Work, plan, things, until, work};
use tieline_opcua_settings::{ServerSettings, Subscriptions};

/// What was published, and how values come.
#[derive(Default)]
struct Heard {
    values: Mutex<Vec<(String, String)>>,
    delivery: Mutex<String>,
    forgotten: Mutex<Vec<String>>,
}

impl Publisher for Heard {
    fn publish(&self, tokens: &[&str], json: &str) -> Result<(), Refusal> {
        self.values.lock().unwrap().push((tokens[1].to_owned(), json.to_owned()));
        Ok(())
    }

    fn note(&self, _tokens: &[&str], json: &str) {
        *self.delivery.lock().unwrap() = json.to_owned();
    }

    fn forget(&self, tokens: &[&str]) {
        self.forgotten.lock().unwrap().push(tokens[1].to_owned());
    }
}

impl Heard {
    /// What was told of a variable: its values, and statuses by their names.
    fn of(&self, name: &str) -> Vec<String> {
        let values = self.values.lock().unwrap();
        let of = values.iter().filter(|(of, _)| of == name);
        of.map(|(_, json)| {
            let json: serde_json::Value = serde_json::from_str(json).unwrap();
            json.get("StatusCode").map_or_else(|| json["Value"]["Body"].to_string(), |code| code.to_string())
        })
        .map(|text| text.trim_matches('"').to_owned())
        .collect()
    }

    fn is_told(&self, variables: usize, of: impl Fn(usize) -> String) -> bool {
        (1..=variables).all(|number| self.of(&format!("v{number}")).last() == Some(&of(number)))
    }

    fn polls(&self) -> bool {
        *self.delivery.lock().unwrap() == r#"{"Delivery":"polling"}"#
    }
}

/// Everybody hears everything of a server.
struct Plant {
    heard: Arc<Heard>,
    interest: Arc<InterestSet>,
    link: Arc<Link>,
    feed: Arc<Feed>,
    _work: Work,
}

impl Plant {
    fn hears(&self, filter: &str, is_heard: bool) {
        self.interest.told(&Filter::parse(filter).unwrap(), is_heard);
    }
}

impl Drop for Plant {
    fn drop(&mut self) {
        self.feed.end();
    }
}

fn plant(fake: &Fake, variables: usize, set: impl FnOnce(&mut ServerSettings)) -> Plant {
    let plant = unheard(fake, variables, set);
    plant.hears("opcua.>", true);
    plant
}

/// Nobody hears anything of it yet.
fn unheard(fake: &Fake, variables: usize, set: impl FnOnce(&mut ServerSettings)) -> Plant {
    let plan = plan(fake, variables, set);
    let feed = Feed::new(plan.places());
    let link = Link::new(plan, feed.clone());
    let (heard, interest) = (Arc::<Heard>::default(), Arc::<InterestSet>::default());
    tokio::spawn(keep(link.clone(), feed.clone(), interest.clone(), None));
    tokio::spawn(release(feed.clone()));
    let (fed, targets, publisher) = (feed.clone(), Targets::new(vec![link.plan.clone()]), heard.clone());
    std::thread::spawn(move || deliver(&fed, &targets, &*publisher));
    let _work = work(&link);
    Plant { heard, interest, link, feed, _work }
}

const NUMBER: fn(usize) -> String = |number| number.to_string();

#[tokio::test]
async fn a_limit_per_call_that_nobody_told_is_found() {
    let answers = |request: &RequestMessage, _: &Known| match request {
        RequestMessage::CreateMonitoredItems(_) if things(request) > 3 => {
            Reply::Fault(StatusCode::BadTooManyOperations)
        }
        _ => Reply::Plain,
    };
    let fake = Fake::start(answers).await;
    let plant = plant(&fake, 20, |_| ());
    until("all are told", || plant.heard.is_told(20, NUMBER)).await;
    assert_eq!((plant.link.losses(), plant.heard.polls()), (0, false));
}

#[tokio::test]
async fn of_what_nobody_hears_any_more_nothing_is_known() {
    let fake = Fake::start(|_, _| Reply::Plain).await;
    let plant = plant(&fake, 2, |_| ());
    until("all are told", || plant.heard.is_told(2, NUMBER)).await;
    assert!(plant.heard.forgotten.lock().unwrap().is_empty());
    plant.hears("opcua.>", false);
    until("both are forgotten", || {
        let mut forgotten = plant.heard.forgotten.lock().unwrap().clone();
        forgotten.sort_unstable();
        forgotten == ["v1", "v2"]
    })
    .await;
}

fn report(sequence_number: u32, number: i32) -> NotificationMessage {
    let item = MonitoredItemNotification { client_handle: 1, value: DataValue::value_only(number) };
    let data = DataChangeNotification { monitored_items: Some(vec![item]), diagnostic_infos: None };
    let notification_data = Some(vec![ExtensionObject::from_message(data)]);
    NotificationMessage { sequence_number, publish_time: DateTime::now(), notification_data }
}

/// It is older than what those said first that have taken its place.
#[tokio::test]
async fn what_a_subscription_says_that_was_given_up_is_told_to_nobody() {
    let fake = Fake::start(|_, _| Reply::Plain).await;
    let plant = plant(&fake, 1, |_| ());
    until("its value is told", || plant.heard.is_told(1, NUMBER)).await;
    let reports = || {
        Reports::new(
            plant.link.clone(),
            Arrivals::new(plant.link.clone(), plant.feed.clone(), None),
            Arc::default(),
            false,
        )
    };
    let (old, new) = (reports(), reports());
    old.arrived(report(1, 77));
    old.end();
    old.arrived(report(2, 78));
    new.arrived(report(1, 79));
    until("the new one is heard", || plant.heard.of("v1").last().is_some_and(|last| last == "79")).await;
    assert_eq!(plant.heard.of("v1"), ["1", "77", "79"]);
}

/// Whatever the server does not answer: who waits for a first value behind it hears that it is late, and the value at last.
#[tokio::test]
async fn who_waits_behind_what_is_not_answered_is_told_so() {
    let is_slow = Arc::new(AtomicBool::new(true));
    let slow = is_slow.clone();
    let answers = move |request: &RequestMessage, _: &Known| match request {
        RequestMessage::DeleteMonitoredItems(_) if slow.load(Ordering::Relaxed) => Reply::Nothing,
        _ => Reply::Plain,
    };
    let fake = Fake::start(answers).await;
    let plant = unheard(&fake, 3, |server| server.request_timeout = Duration::from_millis(300));
    for name in ["v1", "v2"] {
        plant.hears(&format!("opcua.plant.{name}"), true);
    }
    until("both are told", || plant.heard.is_told(2, NUMBER)).await;
    plant.hears("opcua.plant.v1", false);
    until("v1 is given up", || fake.known.count("DeleteMonitoredItems") > 0).await;
    plant.hears("opcua.plant.v3", true);
    until("v3 is late", || plant.heard.of("v3") == ["BadTimeout"]).await;
    is_slow.store(false, Ordering::Relaxed);
    until("v3 is told", || plant.heard.of("v3") == ["BadTimeout", "3"]).await;
}

/// What the variables are called on the server in the next test.
fn long(number: usize) -> String {
    format!("ns=1;s={:060}", format!("v{number}"))
}

#[tokio::test]
async fn a_server_that_falls_over_large_requests_is_asked_for_less() {
    let fake = Fake::sized(0, 4000, |_, _| Reply::Plain).await;
    let plant = plant(&fake, 100, |server| {
        server.variable.iter_mut().zip(1..).for_each(|(variable, number)| variable.node = long(number));
    });
    until("all are told", || plant.heard.is_told(100, long)).await;
    is_asked_for_less(&plant).await;
}

/// This one keeps the session with what it has of it.
#[tokio::test]
async fn a_server_that_hangs_up_over_large_requests_is_asked_for_less() {
    let answers = |request: &RequestMessage, _: &Known| match request {
        RequestMessage::CreateMonitoredItems(_) if things(request) > 30 => Reply::HangUp,
        _ => Reply::Plain,
    };
    let fake = Fake::start(answers).await;
    let plant = plant(&fake, 100, |_| ());
    until("all are told", || plant.heard.is_told(100, NUMBER)).await;
    is_asked_for_less(&plant).await;
    assert_eq!(fake.known.made_sessions(), 1, "it was taken up again");
    // It may have made items before it hung up: they went with their subscription each time.
    assert_eq!(fake.known.count("CreateSubscription") as u64, plant.link.losses() + 1);
}

/// Of a hundred, after losses; and no more are lost.
async fn is_asked_for_less(plant: &Plant) {
    let (losses, most) = (plant.link.losses(), plant.link.learned.create.most(1000));
    assert!(losses > 1 && most < 100, "{losses}, {most}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(plant.link.losses(), losses);
}

#[tokio::test]
async fn a_server_without_subscriptions_is_polled_and_that_is_said() {
    let answers = |request: &RequestMessage, _: &Known| match request {
        RequestMessage::CreateSubscription(_) => Reply::Fault(StatusCode::BadServiceUnsupported),
        _ => Reply::Plain,
    };
    let fake = Fake::start(answers).await;
    let plant = plant(&fake, 5, |server| server.sampling = Duration::from_millis(50));
    until("all are told", || plant.heard.is_told(5, NUMBER)).await;
    assert!(plant.heard.polls());
    fake.known.values.lock().unwrap().insert(3, Variant::from(333i32));
    until("the change is told", || plant.heard.of("v3").last().unwrap() == "333").await;
    assert_eq!(plant.heard.of("v2"), ["2"], "what does not change is told once");
}

#[tokio::test]
async fn who_wants_polling_has_no_subscription() {
    let fake = Fake::start(|_, _| Reply::Plain).await;
    let plant = plant(&fake, 2, |server| server.subscriptions = Subscriptions::Poll);
    until("all are told", || plant.heard.is_told(2, NUMBER)).await;
    assert_eq!((fake.known.count("CreateSubscription"), plant.heard.polls()), (0, true));
}

#[tokio::test]
async fn what_a_server_refuses_as_a_whole_is_told_to_everybody() {
    let answers = |request: &RequestMessage, _: &Known| match request {
        RequestMessage::CreateMonitoredItems(_) => Reply::Fault(StatusCode::BadUserAccessDenied),
        _ => Reply::Plain,
    };
    let fake = Fake::start(answers).await;
    let plant = plant(&fake, 5, |_| ());
    until("all are told", || plant.heard.is_told(5, |_| "BadUserAccessDenied".to_owned())).await;
}

#[tokio::test]
async fn what_one_subscription_does_not_take_another_does() {
    let answers = |request: &RequestMessage, known: &Known| match request {
        RequestMessage::CreateMonitoredItems(asked) => known.with_at_most(4, asked),
        _ => Reply::Plain,
    };
    let fake = Fake::start(answers).await;
    let plant = plant(&fake, 10, |_| ());
    until("all are told", || plant.heard.is_told(10, NUMBER)).await;
    assert_eq!(fake.known.count("CreateSubscription"), 3);
}

#[tokio::test]
async fn one_value_that_is_too_large_is_left_out_and_the_others_live() {
    let fake = Fake::start(|_, _| Reply::Plain).await;
    fake.known.values.lock().unwrap().insert(3, Variant::from(vec![true; 1_100_000]));
    let plant = plant(&fake, 6, |_| ());
    let expected = |number: usize| match number {
        3 => "BadEncodingLimitsExceeded".to_owned(),
        number => number.to_string(),
    };
    until("all are told", || plant.heard.is_told(6, expected)).await;
    assert_eq!((plant.link.losses(), fake.known.made_sessions()), (0, 1), "nobody was cut off");
    for name in ["v1", "v6"] {
        let told: Vec<String> = plant.heard.of(name).into_iter().filter(|told| told != "BadNotConnected").collect();
        assert_eq!(told.len(), 1, "{name}: {told:?}");
    }
}

/// As open62541 does.
#[tokio::test]
async fn a_server_that_hangs_up_over_large_answers_is_asked_for_less_and_never_for_one_that_is_too_large_alone() {
    let fake = Fake::start(|_, _| Reply::Plain).await;
    fake.known.most_answer.store(60_000, Ordering::Relaxed);
    let large = |bytes: usize| Variant::from(opcua::types::ByteString::from(vec![7u8; bytes]));
    let values = (1..=20).map(|number| (number, large(if number == 7 { 100_000 } else { 5_000 })));
    fake.known.values.lock().unwrap().extend(values);
    let plant = plant(&fake, 20, |_| ());
    let has_come = |number: usize| {
        let last = plant.heard.of(&format!("v{number}")).pop();
        last.is_some_and(|last| if number == 7 { last == "BadEncodingLimitsExceeded" } else { last.len() > 1000 })
    };
    until("all are told", || (1..=20).all(has_come)).await;
    assert_eq!(fake.known.made_sessions(), 1, "the session was kept");
    assert!(!plant.heard.polls());
    // What was read after a return is told before reports are small enough.
    let mut losses = u64::MAX;
    while losses != plant.link.losses() {
        losses = plant.link.losses();
        assert!(losses < 20, "it is asked for again and again");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    until("all are told", || (1..=20).all(has_come)).await;
}

#[tokio::test]
async fn reports_that_are_too_large_together_are_asked_for_in_parts() {
    let fake = Fake::start(|_, _| Reply::Plain).await;
    // Each can be read; all together have more bytes than are read.
    let large = Variant::from(opcua::types::ByteString::from(vec![7u8; 8 << 20]));
    fake.known.values.lock().unwrap().extend((1..=10).map(|number| (number, large.clone())));
    let plant = plant(&fake, 10, |_| ());
    until("all are told", || {
        (1..=10).all(|number| plant.heard.of(&format!("v{number}")).last().is_some_and(|last| last.len() > 1000))
    })
    .await;
    assert_eq!(plant.link.losses(), 0);
}

#[tokio::test]
async fn a_server_that_never_answers_publish_is_polled() {
    let answers = |request: &RequestMessage, _: &Known| match request {
        RequestMessage::Publish(_) => Reply::Nothing,
        _ => Reply::Plain,
    };
    let fake = Fake::start(answers).await;
    let plant = plant(&fake, 3, |server| {
        server.publishing = Duration::from_millis(10);
        server.request_timeout = Duration::from_millis(400);
    });
    until("polled", || plant.heard.polls()).await;
    until("all are told", || plant.heard.is_told(3, NUMBER)).await;
}

/// The connection ends; the server keeps the session with its items.
#[tokio::test]
async fn after_a_return_the_present_value_is_told_once_and_no_old_one() {
    let is_cut = Arc::new(AtomicBool::new(false));
    let cut = is_cut.clone();
    let hang_up = move |_: &RequestMessage, _: &Known| match cut.swap(false, Ordering::Relaxed) {
        true => Reply::HangUp,
        false => Reply::Plain,
    };
    let fake = Fake::start(hang_up).await;
    let plant = plant(&fake, 2, |_| ());
    until("all are told", || plant.heard.is_told(2, NUMBER)).await;
    // Of this change nothing is reported.
    fake.known.values.lock().unwrap().insert(1, Variant::from(5i32));
    is_cut.store(true, Ordering::Relaxed);
    let told = |name: &str| {
        let told = plant.heard.of(name);
        told[told.iter().position(|told| told != "BadNotConnected").unwrap()..].to_vec()
    };
    until("back", || told("v1").len() == 3 && told("v2").len() == 3).await;
    assert_eq!(told("v1"), ["1", "BadNotConnected", "5"]);
    assert_eq!(told("v2"), ["2", "BadNotConnected", "2"]);
    assert_eq!((fake.known.made_sessions(), fake.known.count("CreateSubscription")), (1, 1), "it was taken up again");
}

#[tokio::test]
async fn a_first_report_numbered_0_counts() {
    let fake = Fake::start(|_, _| Reply::Plain).await;
    fake.known.first_report.store(0, Ordering::Relaxed);
    let plant = plant(&fake, 3, |_| ());
    until("all are told", || plant.heard.is_told(3, NUMBER)).await;
    assert_eq!(fake.known.count("CreateSubscription"), 1);
}

#[tokio::test]
async fn a_report_that_comes_again_empty_is_given_up() {
    let answers = |request: &RequestMessage, _: &Known| match request {
        RequestMessage::Republish(asked) => {
            let response_header = ResponseHeader::new_good(&asked.request_header);
            Reply::Message(RepublishResponse { response_header, ..Default::default() }.into())
        }
        _ => Reply::Plain,
    };
    let fake = Fake::start(answers).await;
    fake.known.first_report.store(3, Ordering::Relaxed);
    let plant = plant(&fake, 3, |_| ());
    until("all are told", || plant.heard.is_told(3, NUMBER)).await;
    assert!(fake.known.count("Republish") <= 4, "{}", fake.known.count("Republish"));
}
