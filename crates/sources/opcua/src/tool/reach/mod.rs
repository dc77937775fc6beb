//! A session for one command: dialled as the link dials, opened within a time limit, and closed politely.
//!
//! Promises: what is reached here is reached by the gateway too, with the same settings; where no security is asked for,
//! what fits of the offers is taken; every failure says what to do. Called by the commands that talk to a server.

mod offers;
mod refused;

use super::Trouble;
use super::target::Target;
use crate::folders::Found;
use crate::link::dial::{Events, client, dial};
use crate::link::{ServerPlan, identity, reached, texts, value_of};
use crate::settings::{SecurityMode, SecurityPolicy};
use futures_util::StreamExt;
use opcua::client::{IdentityToken, Session, SessionPollResult};
use opcua::types::{
    DataValue, EndpointDescription, NodeId, ReadValueId, StatusCode, TimestampsToReturn, UserTokenType, VariableId,
    Variant,
};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tieline_model::Topic;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// The longest that each step of connecting may take.
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
pub(super) async fn connect(target: &Target, store: &Path) -> Result<Connected, Trouble> {
    let token = match identity::token(&target.server) {
        Ok(IdentityToken::UserName(..)) => UserTokenType::UserName,
        Ok(IdentityToken::X509(..)) => UserTokenType::Certificate,
        Ok(_) => UserTokenType::Anonymous,
        Err(trouble) => return Err(refused::nobody(target, &trouble)),
    };
    let mut plan = plan(target, store);
    let offers = offers(target, &plan).await?;
    let security = target.security.or_else(|| offers::choose(&offers, token));
    let Some(security) = security else { return Err(refused::no_offer(target, &offers)) };
    (plan.settings.security_policy, plan.settings.security_mode) = security;
    if token == UserTokenType::UserName && offers::lacks_key(&offers, security) {
        return Err(refused::no_key(target));
    }
    let dialled = timeout(LIMIT, dial(&Arc::new(plan))).await;
    let dialled = dialled.map_err(|_| refused::unreachable(target, SILENT))?;
    let mut dialled = dialled.map_err(|trouble| refused::here(target, &trouble, token, &offers, store))?;
    let reached = timeout(LIMIT, reached(&mut dialled.events)).await;
    reached
        .unwrap_or(Err(StatusCode::BadTimeout))
        .map_err(|status| refused::by_server(target, status, dialled.own, store))?;
    // A command that began with one session does not go on with another.
    dialled.session.disable_reconnects();
    let mut connected = Connected {
        session: dialled.session.clone(),
        namespaces: Vec::new(),
        server_name: offers.first().map(|offer| offer.server.application_name.text.to_string()).unwrap_or_default(),
        security,
        most_read: PER_REQUEST,
        most_browse: PER_REQUEST,
        most_items: PER_REQUEST,
        lost: tokio::spawn(follow(dialled.session, dialled.events)),
    };
    connected.ask_about_itself().await?;
    Ok(connected)
}

/// Why there is no answer, where the server does not say.
const SILENT: &str = "no answer within 10 seconds";

/// What the server offers.
async fn offers(target: &Target, plan: &ServerPlan) -> Result<Vec<EndpointDescription>, Trouble> {
    let finder = client(plan, None, 0).map_err(|trouble| Trouble::Failed(trouble.detail().to_string()))?;
    match timeout(LIMIT, finder.get_server_endpoints_from_url(target.server.endpoint.as_str())).await {
        Ok(Ok(offers)) => Ok(offers),
        Ok(Err(error)) => Err(refused::unreachable(target, &error.to_string())),
        Err(_) => Err(refused::unreachable(target, SILENT)),
    }
}

/// The server without its variables: they are asked for by the command.
fn plan(target: &Target, store: &Path) -> ServerPlan {
    ServerPlan {
        settings: target.server.clone(),
        topic: Topic::new([crate::NAME, &target.typed]),
        variables: Vec::new(),
        found: Found::new(0, 0),
        by_topic: HashMap::new(),
        first: 0,
        store: store.to_owned(),
        retry: LIMIT,
        timeout: LIMIT,
    }
}

/// Lets the library work until the connection is lost, or the server does not answer any more.
async fn follow(session: Arc<Session>, mut events: Events) {
    let lost = async {
        while let Some(Ok(event)) = events.next().await {
            if matches!(event, SessionPollResult::ConnectionLost(_)) {
                break;
            }
        }
    };
    let dead = async {
        let state = [value_of(NodeId::from(VariableId::Server_ServerStatus_State))];
        while session.read(&state, TimestampsToReturn::Neither, 0.0).await.is_ok() {
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
    pub(super) async fn read(&self, nodes: &[ReadValueId]) -> Result<Vec<DataValue>, Trouble> {
        let mut values = Vec::with_capacity(nodes.len());
        for chunk in nodes.chunks(self.most_read) {
            let answers = self.session.read(chunk, TimestampsToReturn::Both, 0.0).await;
            let answers = answers.map_err(|error| Trouble::Failed(format!("the server cannot be read: {error}")))?;
            if answers.len() != chunk.len() {
                return Err(Trouble::Failed("the server answered to other nodes than were asked for".to_owned()));
            }
            values.extend(answers);
        }
        Ok(values)
    }

    /// Its namespaces and its bounds.
    async fn ask_about_itself(&mut self) -> Result<(), Trouble> {
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
