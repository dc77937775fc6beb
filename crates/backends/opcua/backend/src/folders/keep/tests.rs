//! Tests of folders against a server with the limits of plants: what they hold is watched as the server's variables are.

use super::keep;
use crate::watch::{self, Feed, InterestSet, Targets, deliver, release};
use opcua::core::RequestMessage;
use opcua::types::{
    BrowseRequest, BrowseResponse, BrowseResult, ExpandedNodeId, Identifier, NodeClass, NodeId, QualifiedName,
    ReferenceDescription, ReferenceTypeId, ResponseHeader, StatusCode,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tieline_model::{Filter, Publisher, Refusal};
use tieline_opcua_client::Link;
use tieline_opcua_client::fake::{Fake, Known, PATIENCE, Reply, Work, plan, until, work};
use tieline_opcua_settings::{FolderSettings, ServerSettings, Subscriptions};
use tokio::time::timeout;

const FOLDER: u32 = 1_000_000;

/// A folder with so many variables, whose nodes have long names.
fn opened(asked: &BrowseRequest, count: usize) -> Reply {
    let one = |number: usize| ReferenceDescription {
        reference_type_id: ReferenceTypeId::Organizes.into(),
        is_forward: true,
        node_id: ExpandedNodeId::from(NodeId::new(1, format!("{number:0100}"))),
        browse_name: QualifiedName::new(1, format!("v{number}")),
        node_class: NodeClass::Variable,
        ..Default::default()
    };
    let is_folder = |node: &NodeId| node.identifier == Identifier::Numeric(FOLDER);
    let results = asked.nodes_to_browse.iter().flatten().map(|asked| BrowseResult {
        references: is_folder(&asked.node_id).then(|| (1..=count).map(one).collect()),
        ..Default::default()
    });
    let response_header = ResponseHeader::new_good(&asked.request_header);
    Reply::Message(BrowseResponse { response_header, results: Some(results.collect()), ..Default::default() }.into())
}

/// The newest of each variable, what was told of the server, and how values come.
#[derive(Default)]
struct Heard {
    values: Mutex<BTreeMap<String, String>>,
    told: Mutex<Vec<String>>,
    delivery: Mutex<String>,
}

impl Publisher for Heard {
    fn publish(&self, tokens: &[&str], json: &str) -> Result<(), Refusal> {
        match tokens {
            [_, variable] => drop(self.values.lock().unwrap().insert((*variable).to_owned(), json.to_owned())),
            _ => self.told.lock().unwrap().push(json.to_owned()),
        }
        Ok(())
    }

    fn note(&self, _tokens: &[&str], json: &str) {
        *self.delivery.lock().unwrap() = json.to_owned();
    }
}

impl Heard {
    fn good(&self) -> usize {
        self.values.lock().unwrap().values().filter(|json| json.starts_with("{\"Value\"")).count()
    }
}

struct Plant {
    heard: Arc<Heard>,
    link: Arc<Link>,
    feed: Arc<Feed>,
    _work: Work,
}

impl Drop for Plant {
    fn drop(&mut self) {
        self.feed.end();
    }
}

/// A link to it with this folder, and everybody hears everything.
fn plant(fake: &Fake, set: impl FnOnce(&mut ServerSettings)) -> Plant {
    let folder = FolderSettings {
        node: format!("ns=1;i={FOLDER}"),
        prefix: "line.".to_owned(),
        most: 1000,
        ..Default::default()
    };
    let plan = plan(fake, 0, |server| {
        (server.folder, server.queue, server.sampling) = (vec![folder], 7, Duration::from_millis(60));
        set(server);
    });
    let feed = Feed::new(plan.places());
    let link = Link::new(plan, feed.clone());
    let (heard, interest) = (Arc::<Heard>::default(), Arc::<InterestSet>::default());
    interest.told(&Filter::parse("opcua.>").unwrap(), true);
    tokio::spawn(watch::keep(link.clone(), feed.clone(), interest, None));
    tokio::spawn(release(feed.clone()));
    tokio::spawn(keep(link.clone(), heard.clone()));
    let (fed, targets, publisher) = (feed.clone(), Targets::new(vec![link.plan.clone()]), heard.clone());
    std::thread::spawn(move || deliver(&fed, &targets, &*publisher));
    let _work = work(&link);
    Plant { heard, link, feed, _work }
}

#[tokio::test]
async fn what_a_folder_holds_is_watched_as_the_servers_variables_are_and_in_requests_that_fit() {
    let wishes = Arc::<Mutex<Vec<(f64, u32)>>>::default();
    let seen = wishes.clone();
    let answers = move |request: &RequestMessage, _: &Known| match request {
        RequestMessage::Browse(asked) => opened(asked, 300),
        RequestMessage::CreateMonitoredItems(asked) => {
            let items = asked.items_to_create.iter().flatten().map(|item| &item.requested_parameters);
            let of_variables = items.filter(|wanted| wanted.client_handle != u32::MAX / 2);
            seen.lock().unwrap().extend(of_variables.map(|wanted| (wanted.sampling_interval, wanted.queue_size)));
            Reply::Plain
        }
        _ => Reply::Plain,
    };
    let fake = Fake::sized(8192, 8192, answers).await;
    let plant = plant(&fake, |_| ());
    until("all are told", || plant.heard.good() == 300).await;
    assert!(wishes.lock().unwrap().iter().all(|wish| *wish == (60.0, 7)));
    assert_eq!(*plant.heard.delivery.lock().unwrap(), r#"{"Delivery":"subscription"}"#);
    assert_eq!((plant.link.losses(), fake.known.made_sessions()), (0, 1), "every request fits");
    assert!(fake.known.most("CreateMonitoredItems") < 60);
    assert!(plant.heard.told.lock().unwrap().iter().any(|told| told.contains("line.v300")));
}

#[tokio::test]
async fn what_a_folder_of_a_polled_server_holds_is_polled() {
    let answers = |request: &RequestMessage, _: &Known| match request {
        RequestMessage::Browse(asked) => opened(asked, 100),
        _ => Reply::Plain,
    };
    let fake = Fake::sized(8192, 8192, answers).await;
    let plant = plant(&fake, |server| server.subscriptions = Subscriptions::Poll);
    until("all are told", || plant.heard.good() == 100).await;
    assert_eq!(*plant.heard.delivery.lock().unwrap(), r#"{"Delivery":"polling"}"#);
    assert_eq!((plant.link.losses(), fake.known.count("CreateSubscription")), (0, 0));
}

/// It has a subscription already, for what the server tells of its nodes.
#[tokio::test]
async fn a_server_with_one_subscription_has_it_for_variables() {
    let open = AtomicUsize::new(0);
    let answers = move |request: &RequestMessage, _: &Known| match request {
        RequestMessage::Browse(asked) => opened(asked, 10),
        RequestMessage::CreateSubscription(_) => match open.fetch_max(1, Ordering::Relaxed) {
            0 => Reply::Plain,
            _ => Reply::Fault(StatusCode::BadTooManySubscriptions),
        },
        RequestMessage::DeleteSubscriptions(_) => {
            open.store(0, Ordering::Relaxed);
            Reply::Plain
        }
        _ => Reply::Plain,
    };
    let fake = Fake::start(answers).await;
    let plant = plant(&fake, |_| ());
    until("all are told", || plant.heard.good() == 10).await;
    assert_eq!(*plant.heard.delivery.lock().unwrap(), r#"{"Delivery":"subscription"}"#);
}

/// A server may take one node at a time, and not say so.
#[tokio::test]
async fn a_folder_is_looked_through_in_parts_that_the_server_takes() {
    let answers = |request: &RequestMessage, _: &Known| match request {
        RequestMessage::Browse(asked) if asked.nodes_to_browse.iter().flatten().count() > 1 => {
            Reply::Fault(StatusCode::BadTooManyOperations)
        }
        RequestMessage::Read(asked) if asked.nodes_to_read.iter().flatten().count() > 1 => {
            Reply::Fault(StatusCode::BadTooManyOperations)
        }
        RequestMessage::Browse(asked) => opened(asked, 20),
        _ => Reply::Plain,
    };
    let fake = Fake::start(answers).await;
    let plant = plant(&fake, |_| ());
    until("all are told", || plant.heard.good() == 20).await;
}

/// It reads its address space while it answers already.
#[tokio::test]
async fn a_folder_in_a_namespace_that_comes_later_is_found_then() {
    let answers = |request: &RequestMessage, _: &Known| match request {
        RequestMessage::Browse(asked) => opened(asked, 5),
        _ => Reply::Plain,
    };
    let fake = Fake::start(answers).await;
    *fake.known.namespaces.lock().unwrap() = vec!["http://opcfoundation.org/UA/"];
    let plant = plant(&fake, |_| ());
    let mut state = plant.link.state();
    // What it lends holds up everybody, so it is given back at once.
    let is_up = timeout(PATIENCE, state.wait_for(|state| state.established().is_some())).await.is_ok();
    assert!(is_up);
    fake.known.namespaces.lock().unwrap().push("urn:plant");
    until("all are told", || plant.heard.good() == 5).await;
    assert_eq!((plant.link.losses(), fake.known.made_sessions()), (0, 1));
}
