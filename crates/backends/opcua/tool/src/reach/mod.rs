//! A session for one command: dialled as the link dials, opened within a time limit, and closed politely.
//!
//! Promises: what is reached here is reached by the gateway too, with the same settings; where no security is asked for,
//! what fits of the offers is taken; every failure says what to do. Called by the commands that talk to a server.

mod offers;
mod refused;

use super::target::Target;
use futures_util::StreamExt;
use opcua::client::{IdentityToken, Session, SessionConnectMode, SessionPollResult};
use opcua::types::{
    DataValue, EndpointDescription, NodeId, ReadValueId, TimestampsToReturn, UserTokenType, VariableId, Variant,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tieline_commandline::Failure;
use tieline_model::Topic;
use tieline_opcua_client::{
    Asking, Events, ServerPlan, Wire, dial, endpoints, reached, structures, texts, token, value_of,
};
use tieline_opcua_settings::{SecurityMode, SecurityPolicy};
use tieline_opcua_values::Structures;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// The pause between attempts, of which there is one.
const LIMIT: Duration = Duration::from_secs(10);
/// The longest that a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// How often a server is asked whether it still lives.
const LOOK: Duration = Duration::from_secs(2);
/// How many nodes are asked for in one request where a server sets no bound of its own.
const PER_REQUEST: usize = 200;

/// An open session.
pub(super) struct Connected {
    /// The session.
    pub(super) session: Arc<Session>,
    /// How it is asked.
    pub(super) asking: Asking,
    /// The server's own structures, as far as they were met.
    pub(super) structures: Arc<Structures>,
    /// What the server is called.
    pub(super) topic: Topic,
    /// The server's namespaces, by their index.
    pub(super) namespaces: Vec<String>,
    /// What the server calls itself.
    pub(super) server_name: String,
    /// The security that was taken.
    pub(super) security: (SecurityPolicy, SecurityMode),
    /// How many nodes one Read may name.
    pub(super) most_read: usize,
    /// How many nodes one Browse may name.
    pub(super) most_browse: usize,
    /// How many monitored items one request may make.
    pub(super) most_items: usize,
    /// Ends when the connection is lost.
    pub(super) lost: JoinHandle<()>,
}

/// Opens a session.
pub(super) async fn connect(target: &Target, store: &Path) -> Result<Connected, Failure> {
    let token = match token(&target.server) {
        Ok(IdentityToken::UserName(..)) => UserTokenType::UserName,
        Ok(IdentityToken::X509(..)) => UserTokenType::Certificate,
        Ok(_) => UserTokenType::Anonymous,
        Err(failure) => return Err(refused::nobody(target, &failure)),
    };
    let mut plan = plan(target, store);
    let offers = offers(target, &plan).await?;
    let security = target.security.or_else(|| offers::choose(&offers, token));
    let Some(security) = security else { return Err(refused::no_offer(target, &offers)) };
    (plan.settings.security_policy, plan.settings.security_mode) = security;
    if token == UserTokenType::UserName && offers::lacks_key(&offers, security) {
        return Err(refused::no_key(target));
    }
    let patience = plan.settings.request_timeout;
    let dialled = dial(&Arc::new(plan)).await;
    let mut dialled = dialled.map_err(|failure| refused::here(target, &failure, token, &offers, store))?;
    let reached = reached(&mut dialled.events).await;
    reached.map_err(|status| refused::by_server(target, status, dialled.own, store))?;
    let lost = tokio::spawn(follow(dialled.session.clone(), dialled.wire.clone(), dialled.events));
    let mut connected = Connected {
        asking: Asking::new(dialled.session.clone(), dialled.wire, patience, true),
        session: dialled.session.clone(),
        structures: Arc::default(),
        topic: topic(target),
        namespaces: Vec::new(),
        server_name: offers.first().map(|offer| offer.server.application_name.text.to_string()).unwrap_or_default(),
        security,
        most_read: PER_REQUEST,
        most_browse: PER_REQUEST,
        most_items: PER_REQUEST,
        lost,
    };
    connected.ask_about_itself().await?;
    Ok(connected)
}

/// What the server offers.
async fn offers(target: &Target, plan: &ServerPlan) -> Result<Vec<EndpointDescription>, Failure> {
    let until = Instant::now() + plan.settings.connect_timeout;
    endpoints(plan, None, until).await.map_err(|error| refused::unreachable(target, &error.to_string()))
}

fn topic(target: &Target) -> Topic {
    Topic::new([tieline_opcua_client::NAME, &target.typed])
}

/// The server without its variables: they are asked for by the command.
fn plan(target: &Target, store: &Path) -> ServerPlan {
    ServerPlan::bare(target.server.clone(), topic(target), store, LIMIT)
}

/// Lets the library work until the connection is lost, or the server does not answer any more. A server that ended the
/// connection over a question, which may have been too large, is asked for less with the same session; a command does not
/// go on with another one.
async fn follow(session: Arc<Session>, wire: Wire, mut events: Events) {
    let lost = async {
        while let Some(Ok(event)) = events.next().await {
            let is_over = match event {
                SessionPollResult::ConnectionLost(_) => !wire.is_asked(),
                SessionPollResult::Reconnected(how) => !matches!(how, SessionConnectMode::ReactivatedSession(_)),
                SessionPollResult::ReconnectFailed(_) => true,
                _ => false,
            };
            if is_over {
                break;
            }
        }
    };
    let dead = async {
        let state = [value_of(NodeId::from(VariableId::Server_ServerStatus_State))];
        while session.read(&state, TimestampsToReturn::Neither, 0.0).await.is_ok() || wire.is_asked() {
            sleep(LOOK).await;
        }
    };
    tokio::select! {
        () = lost => {}
        () = dead => {}
    }
}

impl Connected {
    /// Closes the session.
    pub(super) async fn close(self) {
        // Whoever does not answer a goodbye is gone.
        let _ = tokio::time::timeout(GOODBYE, self.session.disconnect()).await;
        self.lost.abort();
    }

    /// Reads attributes, as many requests as the server needs for them; as many answers as questions.
    pub(super) async fn read(&self, nodes: &[ReadValueId]) -> Result<Vec<DataValue>, Failure> {
        let answers = self.asking.read(nodes, self.most_read).await;
        answers.map_err(|status| Failure::Failed(format!("the server cannot be read: {}", status.sub_code().name())))
    }

    /// Asks for the structures in these values that are not known yet.
    pub(super) async fn learn(&self, values: &[DataValue]) {
        structures::learn_in(&self.asking, &self.structures, values, &self.topic).await;
    }

    /// Its namespaces and its bounds.
    async fn ask_about_itself(&mut self) -> Result<(), Failure> {
        let variables = [
            VariableId::Server_NamespaceArray,
            VariableId::Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
            VariableId::Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse,
            VariableId::Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
        ];
        let nodes = variables.map(|variable| value_of(NodeId::from(variable)));
        let answers = self.read(&nodes).await?;
        let bound = |at: usize| match answers.get(at).and_then(|answer| answer.value.as_ref()) {
            Some(Variant::UInt32(bound)) if *bound > 0 => PER_REQUEST.min(*bound as usize),
            _ => PER_REQUEST,
        };
        (self.most_read, self.most_browse, self.most_items) = (bound(1), bound(2), bound(3));
        self.namespaces = texts(answers.first().and_then(|answer| answer.value.as_ref()));
        Ok(())
    }
}
