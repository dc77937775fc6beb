//! A session for one command: dialled, checked, opened within a time limit, and closed politely.
//!
//! Promises: it dials the URL that was given, whatever address the server tells of itself; a certificate that nobody
//! trusts is refused and remembered; every failure says what to do. Called by the commands that talk to a server.

mod offers;
mod refused;

use super::Trouble;
use super::pending::{self, Own};
use super::target::Target;
use crate::import::password;
use crate::settings::{SecurityMode, SecurityPolicy};
use offers::{choose, is_readable, mode, policy, takes};
use opcua::client::{Client, ClientBuilder, IdentityToken, Password, Session};
use opcua::types::{
    DataValue, EndpointDescription, NodeId, ReadValueId, StatusCode, TimestampsToReturn, UserTokenType, VariableId,
    Variant,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The longest that connecting may take, and the longest wait for an answer.
const LIMIT: Duration = Duration::from_secs(10);
/// The longest that a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// The largest text or byte string that is taken, in bytes, and the most elements of an array.
const LARGEST: usize = 16 << 20;
const MOST_ELEMENTS: usize = 1_000_000;
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
    pub(super) security: Option<(SecurityPolicy, SecurityMode)>,
    /// How many nodes one Read may name.
    pub(super) most_read: usize,
    /// How many nodes one Browse may name.
    pub(super) most_browse: usize,
    /// How many monitored items one request may make.
    pub(super) most_items: usize,
    /// Ends when the connection is lost.
    pub(super) lost: JoinHandle<StatusCode>,
}

/// Opens a session.
pub(super) async fn connect(target: &Target, store: &Path) -> Result<Connected, Trouble> {
    let server = &target.server;
    let (token, identity) = identity(target)?;
    let finder = client(store, None)?;
    let offers = within(finder.get_server_endpoints_from_url(server.endpoint.as_str())).await;
    let offers = match offers {
        Some(Ok(offers)) => offers,
        Some(Err(error)) => return Err(refused::unreachable(target, &error.to_string())),
        None => return Err(refused::unreachable(target, "no answer within 10 seconds")),
    };
    let Some(offer) = choose(&offers, target.security, token) else { return Err(refused::no_offer(target, &offers)) };
    if !takes(offer, token) {
        return Err(refused::no_login(target, token, &offers));
    }
    if token == UserTokenType::UserName && is_readable(offer) && !server.insecure_password {
        return Err(refused::readable(target, &offers));
    }
    let uri = offer.server.application_uri.as_ref();
    if !server.application_uri.is_empty() && server.application_uri != uri {
        return Err(refused::other_server(target, uri));
    }
    let own = match policy(offer) {
        Some(SecurityPolicy::None) => None,
        _ => {
            let trusted =
                pending::is_trusted(store, offer.server_certificate.as_ref(), uri).map_err(Trouble::Failed)?;
            trusted.map_err(|doubt| refused::untrusted(target, &doubt))?;
            Some(pending::own(store).map_err(Trouble::Failed)?)
        }
    };
    // The address that the server tells of itself may not lead there from here.
    let endpoint = EndpointDescription { endpoint_url: server.endpoint.as_str().into(), ..offer.clone() };
    let opened = client(store, own.as_ref())?.connect_to_endpoint_directly(endpoint, identity);
    let (session, events) = opened.map_err(|error| refused::unreachable(target, &error.to_string()))?;
    let mut lost = events.spawn();
    let ended = tokio::select! {
        _ = session.wait_for_connection() => None,
        status = &mut lost => Some(status.unwrap_or(StatusCode::BadUnexpectedError)),
        () = tokio::time::sleep(LIMIT) => Some(StatusCode::BadTimeout),
    };
    if let Some(status) = ended {
        lost.abort();
        return Err(refused::by_server(target, status, own.as_ref()));
    }
    // A command that began with one session does not go on with another.
    session.disable_reconnects();
    let server_name = offer.server.application_name.text.as_ref().to_owned();
    let mut connected = Connected {
        session,
        namespaces: Vec::new(),
        server_name,
        security: policy(offer).zip(mode(offer)),
        most_read: PER_REQUEST,
        most_browse: PER_REQUEST,
        most_items: PER_REQUEST,
        lost,
    };
    connected.ask_about_itself().await?;
    Ok(connected)
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
        let nodes = variables.map(|variable| ReadValueId::from(NodeId::from(variable)));
        let answers = self.read(&nodes).await?;
        let bound = |at: usize| match answers.get(at).and_then(|answer| answer.value.as_ref()) {
            Some(Variant::UInt32(bound)) if *bound > 0 => PER_REQUEST.min(*bound as usize),
            _ => PER_REQUEST,
        };
        (self.most_read, self.most_browse, self.most_items) = (bound(1), bound(2), bound(3));
        if let Some(Variant::Array(array)) = answers.first().and_then(|answer| answer.value.as_ref()) {
            let text = |value: &Variant| match value {
                Variant::String(text) => text.as_ref().to_owned(),
                _ => String::new(),
            };
            self.namespaces = array.values.iter().map(text).collect();
        }
        Ok(())
    }
}

fn client(store: &Path, own: Option<&Own>) -> Result<Client, Trouble> {
    let mut builder = ClientBuilder::new()
        .application_name("Tieline")
        .application_uri(own.map_or("urn:tieline", |own| own.uri.as_str()))
        .product_uri("urn:tieline")
        .pki_dir(pending::pki(store))
        .trust_server_certs(false)
        // Time and application URI are checked where trust is; the library wants the URI to be a certificate's first name.
        .verify_server_certs(false)
        .create_sample_keypair(false)
        .session_name("tieline opcua")
        .session_retry_limit(0)
        .session_timeout(60_000)
        .request_timeout(LIMIT)
        .keep_alive_interval(Duration::from_secs(2))
        .max_failed_keep_alive_count(2)
        .recreate_subscriptions(false)
        .min_publish_interval(Duration::from_millis(10))
        .max_array_length(MOST_ELEMENTS)
        .max_string_length(LARGEST)
        .max_byte_string_length(LARGEST)
        .max_chunk_count(0)
        .max_message_size(0);
    if let Some(own) = own {
        // The library takes a relative path from its folder of certificates on.
        let pki = pending::pki(store);
        let within = |path: &Path| path.strip_prefix(&pki).unwrap_or(path).to_owned();
        builder = builder.certificate_path(within(&own.certificate)).private_key_path(within(&own.key));
    }
    builder.client().map_err(|problems| Trouble::Failed(format!("cannot connect: {}", problems.join("; "))))
}

fn identity(target: &Target) -> Result<(UserTokenType, IdentityToken), Trouble> {
    let server = &target.server;
    if !server.user_certificate.is_empty() {
        let token = IdentityToken::new_x509_path(&server.user_certificate, &server.user_key).map_err(|error| {
            Trouble::Usage(format!("user_certificate and user_key of {} cannot be used: {error}", target.typed))
        })?;
        return Ok((UserTokenType::Certificate, token));
    }
    if server.user.is_empty() {
        return Ok((UserTokenType::Anonymous, IdentityToken::Anonymous));
    }
    let password = password(Path::new(&server.password_file)).map_err(|error| Trouble::Usage(error.to_string()))?;
    Ok((UserTokenType::UserName, IdentityToken::UserName(server.user.clone(), Password::new(password.reveal()))))
}

async fn within<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(LIMIT, work).await.ok()
}
