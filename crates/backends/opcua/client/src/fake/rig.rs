//! A link to such a server, as tests want it.

use super::Fake;
use crate::link::{Follower, Link, ServerPlan, supervise};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tieline_opcua_settings::{OpcuaSettings, ServerSettings, VariableSettings};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// The longest a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Nobody follows the connection.
struct Nobody;

impl Follower for Nobody {
    fn connected(&self, _variables: Range<usize>) {}

    fn lost(&self, _variables: Range<usize>) {}

    fn back(&self, _variables: Range<usize>) {}
}

/// A link to a server, with so many variables.
pub fn link(fake: &Fake, variables: usize, set: impl FnOnce(&mut ServerSettings)) -> Arc<Link> {
    Link::new(plan(fake, variables, set), Arc::new(Nobody))
}

/// The plan of such a link, for who follows the connection.
pub fn plan(fake: &Fake, variables: usize, set: impl FnOnce(&mut ServerSettings)) -> Arc<ServerPlan> {
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
    Arc::new(ServerPlan::all(&settings, &store).remove(0))
}

/// The link at work, until it is dropped.
pub struct Work(
    /// Stops it when it is told true.
    pub watch::Sender<bool>,
);

/// Keeps the session of a link.
pub fn work(link: &Arc<Link>) -> Work {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(supervise(link.clone(), stopped));
    Work(stop)
}

/// Waits until something is so; panics with `what` when it never is.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let so = async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, so).await.unwrap_or_else(|_| panic!("never: {what}"));
}
