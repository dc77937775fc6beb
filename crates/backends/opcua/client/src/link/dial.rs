//! One attempt to connect, from nothing: asks for the server's endpoints, chooses one, checks its certificate, logs in.
//!
//! Promises: talks to the address that is configured, whatever the server calls itself (it may be behind a proxy or a port
//! mapping); never sends a password to a server that was not checked as configured; all steps together are over within
//! `connect_timeout`, and a session that comes to nothing is closed.

use super::check::{self, Expected};
use super::link_error::LinkError;
use super::plan::ServerPlan;
use super::wire::Wire;
use super::{MOST_ANSWER, aside, identity};
use crate::trust::{Folder, Own, Thumbprint, chain};
use futures_util::stream::{BoxStream, StreamExt};
use opcua::client::{Client, ClientBuilder, IdentityToken, Session, SessionPollResult};
use opcua::core::comms::url::hostname_port_from_url;
use opcua::crypto::{PrivateKey, SecurityPolicy};
use opcua::types::{EndpointDescription, Error, MessageSecurityMode, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tieline_model::{Safe, safe};
use tieline_opcua_settings::{SecurityMode, SecurityPolicy as Configured};
use tokio::time::{Instant, timeout_at};

/// Nothing bigger is read: an array of this many elements, a text of this many bytes.
const MOST_ELEMENTS: usize = 1_000_000;
const MOST_BYTES: usize = 16 << 20;
/// How long a server keeps a session, with its subscriptions, whose connection is gone.
pub(super) const SESSION: Duration = Duration::from_secs(60);

/// The library's event loop: nothing happens unless it is polled.
pub type Events = BoxStream<'static, Result<SessionPollResult, StatusCode>>;

/// A session that is on its way.
pub struct Dialled {
    /// It does nothing unless its events are polled.
    pub session: Arc<Session>,
    /// What becomes of it.
    pub events: Events,
    /// Its connection.
    pub wire: Wire,
    /// Our certificate, when one was shown.
    pub own: Option<Thumbprint>,
}

/// Prepares a session; the connection is made when its events are polled.
pub async fn dial(plan: &Arc<ServerPlan>) -> Result<Dialled, LinkError> {
    let until = Instant::now() + plan.settings.connect_timeout;
    let slow = |_| LinkError::Passing(Safe::from("the disk with opcua/pki does not answer"));
    let (own, key, token) = timeout_at(until, blocking(plan.clone(), prepare)).await.map_err(slow)??;
    let thumbprint = own.as_ref().map(|own| own.thumbprint);
    let offered = endpoints(plan, own.as_ref(), until).await.map_err(|error| unreachable(error.status()))?;
    let mut endpoint = choose(offered, plan)?;
    endpoint.endpoint_url = plan.settings.endpoint.as_str().into();
    let is_for_certificate = identity::choose(&mut endpoint, &token, plan.settings.insecure_password)?;
    // A password that is encrypted for whoever answers is read by whoever answers.
    let is_secret = is_for_certificate && !plan.settings.insecure_password;
    let shown = endpoint.server_certificate.as_ref().to_vec();
    // The library reads one certificate, and has all others of this server cut to it on their way.
    if let Some(first) = chain(&shown).first() {
        endpoint.server_certificate = first.to_vec().into();
    }
    if plan.settings.security_policy != Configured::None || is_secret {
        let configured = plan.settings.application_uri.clone();
        let uri = if configured.is_empty() { endpoint.server.application_uri.to_string() } else { configured };
        let host = hostname_port_from_url(&plan.settings.endpoint, 0).map(|(host, _)| host).unwrap_or_default();
        let expected = Expected { uri, host };
        let checked = blocking(plan.clone(), move |plan| {
            check::certificate(&Folder::of(&plan.store), &shown, &expected, chrono::Utc::now())
        });
        timeout_at(until, checked).await.map_err(slow)??;
    }
    let refused = |error: Error| LinkError::of(error.status(), thumbprint);
    let client = client(plan, own.as_ref(), -1)?;
    let wire = wire(plan, key, until);
    let builder = client.session_builder().connect_to_endpoint_directly(endpoint).map_err(refused)?;
    let builder = builder.user_identity_token(token).with_connector(wire.clone());
    let (session, events) = builder.build(client.certificate_store().clone()).map_err(refused)?;
    Ok(Dialled { session, events: events.enter().boxed(), wire, own: thumbprint })
}

/// What the server offers, asked for on a connection of its own.
pub async fn endpoints(
    plan: &ServerPlan,
    own: Option<&Own>,
    until: Instant,
) -> Result<Vec<EndpointDescription>, Error> {
    let no_client = |_| Error::new(StatusCode::BadTcpEndpointUrlInvalid, "the endpoint is no address");
    let finder = client(plan, own, 0).map_err(no_client)?;
    finder.get_server_endpoints_from_url(wire(plan, None, until)).await
}

fn wire(plan: &ServerPlan, key: Option<PrivateKey>, until: Instant) -> Wire {
    let settings = &plan.settings;
    Wire::new(&settings.endpoint, key, settings.connect_timeout, settings.request_timeout, until)
}

/// What is needed from files: our certificate and its key, where the server wants one, and who we are.
fn prepare(plan: &ServerPlan) -> Result<(Option<Own>, Option<PrivateKey>, IdentityToken), LinkError> {
    let folder = Folder::of(&plan.store);
    let broken = "opcua/pki in the store cannot be read or written: see its rights and its disk";
    folder.prepare().map_err(|_| LinkError::person("store", broken))?;
    let (own, key) = match plan.settings.security_policy {
        Configured::None => (None, None),
        _ => {
            let own = Own::ensure(&folder).map_err(|_| LinkError::person("store", broken))?;
            let key = PrivateKey::read_pem_file(&folder.path().join(Own::KEY));
            (Some(own), Some(key.map_err(|_| LinkError::person("store", broken))?))
        }
    };
    Ok((own, key, identity::token(&plan.settings)?))
}

/// Files may lie on a disk that does not answer; the other servers do not wait for it.
async fn blocking<T: Send + 'static>(
    plan: Arc<ServerPlan>,
    work: impl FnOnce(&ServerPlan) -> Result<T, LinkError> + Send + 'static,
) -> Result<T, LinkError> {
    let failed = || Err(LinkError::Passing(Safe::from("preparing the connection failed")));
    aside(move || work(&plan)).await.unwrap_or_else(failed)
}

fn client(plan: &ServerPlan, own: Option<&Own>, attempts: i32) -> Result<Client, LinkError> {
    let folder = Folder::of(&plan.store);
    let uri = own.map_or("urn:tieline", |own| own.uri.as_str());
    let mut builder = ClientBuilder::new()
        .application_name("Tieline")
        .application_uri(uri)
        .product_uri("urn:tieline")
        .session_name("tieline")
        .pki_dir(folder.of_library())
        .create_sample_keypair(false)
        .trust_server_certs(false)
        .verify_server_certs(false)
        // Pauses between attempts are ours: the library begins the next one whenever it is polled.
        .session_retry_limit(attempts)
        .session_retry_initial(Duration::ZERO)
        .session_retry_max(Duration::ZERO)
        // Whether the server lives is asked by ourselves, too.
        .keep_alive_interval(Duration::from_secs(3600))
        .request_timeout(plan.settings.request_timeout)
        .session_timeout(SESSION.as_millis() as u32)
        .channel_lifetime(600_000)
        // After a session was taken up again its subscriptions are there: to transfer them would lose them.
        .recreate_subscriptions(false)
        .min_publish_interval(Duration::from_millis(10))
        .max_array_length(MOST_ELEMENTS)
        .max_string_length(MOST_BYTES)
        .max_byte_string_length(MOST_BYTES)
        .max_chunk_count(0)
        .max_message_size(MOST_ANSWER);
    if own.is_some() {
        // The library panics when it wants them and they are not there.
        let at = |name: &str| folder.path().join(name);
        builder = builder.certificate_path(at(Own::CERTIFICATE)).private_key_path(at(Own::KEY));
    }
    builder
        .client()
        .map_err(|_| LinkError::person("settings", "the settings of the server do not make a client: see `endpoint`"))
}

fn choose(offered: Vec<EndpointDescription>, plan: &ServerPlan) -> Result<EndpointDescription, LinkError> {
    let policy = match plan.settings.security_policy {
        Configured::None => SecurityPolicy::None,
        Configured::Basic256Sha256 => SecurityPolicy::Basic256Sha256,
        Configured::Aes128Sha256RsaOaep => SecurityPolicy::Aes128Sha256RsaOaep,
        Configured::Aes256Sha256RsaPss => SecurityPolicy::Aes256Sha256RsaPss,
    };
    let mode = match plan.settings.security_mode {
        SecurityMode::None => MessageSecurityMode::None,
        SecurityMode::Sign => MessageSecurityMode::Sign,
        SecurityMode::SignAndEncrypt => MessageSecurityMode::SignAndEncrypt,
    };
    let is_binary = |endpoint: &EndpointDescription| {
        let profile = endpoint.transport_profile_uri.as_ref();
        profile.is_empty() || profile.ends_with("uatcp-uasc-uabinary")
    };
    let named = |endpoint: &EndpointDescription| SecurityPolicy::from_uri(endpoint.security_policy_uri.as_ref());
    let mut offered: Vec<_> = offered.into_iter().filter(is_binary).collect();
    if let Some(at) = offered.iter().position(|one| named(one) == policy && one.security_mode == mode) {
        return Ok(offered.swap_remove(at));
    }
    let mut have = Safe::from("the server does not offer this `security_policy` with this `security_mode`; it has");
    for (at, one) in offered.iter().enumerate().take(12) {
        let (mark, policy, mode) =
            (if at == 0 { " " } else { ", " }, policy_name(named(one)), mode_name(one.security_mode));
        have = safe!("{}{}{} with {}", have, mark, policy, mode);
    }
    Err(LinkError::person("policy", if offered.is_empty() { safe!("{} none", have) } else { have }))
}

/// The library's own way to a name does not take every policy.
fn policy_name(policy: SecurityPolicy) -> &'static str {
    match policy {
        SecurityPolicy::None => Configured::None.as_str(),
        SecurityPolicy::Basic256Sha256 => Configured::Basic256Sha256.as_str(),
        SecurityPolicy::Aes128Sha256RsaOaep => Configured::Aes128Sha256RsaOaep.as_str(),
        SecurityPolicy::Aes256Sha256RsaPss => Configured::Aes256Sha256RsaPss.as_str(),
        _ => "a policy that is not spoken here",
    }
}

fn mode_name(mode: MessageSecurityMode) -> &'static str {
    match mode {
        MessageSecurityMode::None => "None",
        MessageSecurityMode::Sign => "Sign",
        MessageSecurityMode::SignAndEncrypt => "SignAndEncrypt",
        MessageSecurityMode::Invalid => "an unknown mode",
    }
}

/// Nobody is there, or nobody who speaks OPC UA.
pub(super) fn unreachable(status: StatusCode) -> LinkError {
    let name = status.sub_code().name();
    LinkError::Passing(match status {
        StatusCode::BadTcpEndpointUrlInvalid => safe!("the host of `endpoint` has no address ({})", name),
        StatusCode::BadCommunicationError => safe!("nobody answers at `endpoint` ({}): is the server running?", name),
        StatusCode::BadTimeout => {
            safe!("no answer within `connect_timeout` or `request_timeout` ({}): raise them for a slow server", name)
        }
        _ => safe!("what answers at `endpoint` does not tell its endpoints ({})", name),
    })
}
