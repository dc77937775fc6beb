//! A link to such a server, as tests want it.

use super::Fake;
use crate::link::{Link, ServerPlan, supervise};
use crate::settings::{OpcuaSettings, ServerSettings, VariableSettings};
use crate::watch::Feed;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// The longest a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A link to a server, with so many variables.
pub(crate) fn link(fake: &Fake, variables: usize, set: impl FnOnce(&mut ServerSettings)) -> Arc<Link> {
    let variable = (1..=variables).map(|number| VariableSettings {
        name: format!("v{number}"),
        node: format!("ns=1;i={number}"),
        ..Default::default()
    });
    let mut server = ServerSettings {
        name: "plant".to_owned(),
        endpoint: fake.url.clone(),
        namespaces: vec!["urn:plant".to_owned()],
        variable: variable.collect(),
        ..Default::default()
    };
    set(&mut server);
    let settings = OpcuaSettings { retry: Duration::from_millis(10), server: vec![server], ..Default::default() };
    let store = tempfile::tempdir().unwrap().keep();
    let plan = ServerPlan::all(&settings, &store).remove(0);
    let feed = Feed::new(plan.places());
    Link::new(Arc::new(plan), feed)
}

/// The link at work, until it is dropped.
pub(crate) struct Work(pub(crate) watch::Sender<bool>);

pub(crate) fn work(link: &Arc<Link>) -> Work {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(supervise(link.clone(), stopped));
    Work(stop)
}

pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let so = async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, so).await.unwrap_or_else(|_| panic!("never: {what}"));
}
