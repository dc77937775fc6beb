//! The life of one server's session: dialled, up, lost, taken up again, dialled anew.
//!
//! Promises: the library's events are polled here and nowhere else, and whatever is awaited meanwhile is awaited beside
//! them, never instead; a session that was lost is taken up again as long as the server may still have it, so that nothing
//! it has kept is missed, unless nobody knows what it has kept; every loss is told once, with why. Runs until it is stopped.

use super::ask::Asking;
use super::backoff::Backoff;
use super::dial::{Dialled, Events, SESSION, dial, unreachable};
use super::link_error::LinkError;
use super::namespaces::{Missing, search};
use super::parts::is_too_much;
use super::pulse::pulse;
use super::setup::establish;
use super::{Established, Link, State, aside};
use crate::trust;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use opcua::client::transport::TransportPollResult;
use opcua::client::{SessionConnectMode, SessionPollResult, SubscriptionActivity};
use opcua::types::{NodeId, StatusCode};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tieline_model::{Safe, safe};
use tieline_telemetry::Tally;
use tieline_telemetry::events::{
    LinkAttemptsFailed, LinkDown, LinkRefused, LinkUnreachable, LinkUnsteady, LinkUp, LinksOpen,
};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

/// The pause where only a person can help: no server locks an account at this rate.
const SLOW: Duration = Duration::from_secs(60);
/// How often the list of trusted certificates is looked at meanwhile.
const LOOK: Duration = Duration::from_secs(1);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// Keeps the session of one server until `stop` says true or is gone.
pub async fn supervise(link: Arc<Link>, stop: watch::Receiver<bool>) {
    let mut driver = Driver::new(link, stop);
    loop {
        match driver.session().await {
            Ok(Next::Stop) => break,
            Ok(Next::Dial) => {}
            Err(link_error) => {
                driver.tell(&link_error);
                if driver.rest(&link_error).await == Next::Stop {
                    break;
                }
            }
        }
    }
}

/// What comes after a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Nothing: it is to end.
    Stop,
    /// Another one.
    Dial,
}

struct Driver {
    link: Arc<Link>,
    stop: watch::Receiver<bool>,
    backoff: Backoff,
    /// What was said last, so that it is not said again with every attempt.
    told: Option<LinkError>,
    failed: Tally,
    sessions: u64,
    missing: Missing,
    /// What was trusted before the last attempt.
    accepted: Option<Vec<trust::Certificate>>,
}

/// A session that is up, or was.
struct Live {
    dialled: Dialled,
    /// The server's name of the session that was established.
    session: NodeId,
    established: Arc<Established>,
}

impl Driver {
    fn new(link: Arc<Link>, stop: watch::Receiver<bool>) -> Driver {
        let backoff = Backoff::new(link.plan.retry);
        let failed = LinkAttemptsFailed { source: crate::NAME }.handle();
        Driver { link, stop, backoff, told: None, failed, sessions: 0, missing: Missing::default(), accepted: None }
    }

    /// One session from dialling to its end; an error is why there was none.
    async fn session(&mut self) -> Result<Next, LinkError> {
        let pause = self.backoff.pause();
        let mut stop = self.stop.clone();
        let opened = async {
            sleep(pause).await;
            self.open().await
        };
        let mut live = tokio::select! {
            _ = stopped(&mut stop) => return Ok(Next::Stop),
            opened = opened => opened?,
        };
        loop {
            let since = self.up(&live);
            let end = self.follow(&mut live).await;
            LinksOpen { source: crate::NAME }.handle().decrement(1.0);
            match end {
                End::Stop => return Ok(Next::Stop),
                End::Lost(why) => self.down(why, since.elapsed()),
                End::Useless(why) => {
                    self.down(why, since.elapsed());
                    part(&mut live.dialled).await;
                    return Ok(Next::Dial);
                }
            }
            match self.take_up(&mut live).await {
                Taken::Up => {}
                Taken::Not => return Ok(Next::Dial),
                Taken::Stop => return Ok(Next::Stop),
            }
        }
    }

    async fn open(&mut self) -> Result<Live, LinkError> {
        // Before the attempt: what a person does while it is under way is done after it.
        self.accepted = timeout(LOOK, accepted(&self.link)).await.ok().flatten();
        // In a box, since the compiler cannot follow its lifetime otherwise.
        let dialling: BoxFuture<'_, Result<Dialled, LinkError>> = Box::pin(dial(&self.link.plan));
        let mut dialled = dialling.await?;
        loop {
            match dialled.events.next().await {
                Some(Ok(SessionPollResult::Reconnected(_))) => break,
                Some(Ok(SessionPollResult::ReconnectFailed(status))) | Some(Err(status)) => {
                    return Err(turned_away(status, &dialled));
                }
                Some(Ok(_)) => {}
                None => return Err(LinkError::Passing(Safe::from("the connection ended"))),
            }
        }
        let (session, established) = self.establish(&mut dialled).await?;
        Ok(Live { dialled, session, established })
    }

    async fn establish(&mut self, dialled: &mut Dialled) -> Result<(NodeId, Arc<Established>), LinkError> {
        self.sessions += 1;
        let name = dialled.session.server_session_id();
        let (session, wire) = (dialled.session.clone(), dialled.wire.clone());
        let patience = self.link.plan.settings.request_timeout;
        let asking = Asking::new(session, wire, patience, false);
        let asked = establish(asking, &self.link.plan, self.sessions);
        match beside(&mut dialled.events, asked).await {
            Ok(Ok(established)) => {
                self.link.follower.connected(self.link.plan.range());
                Ok((name, Arc::new(established)))
            }
            Ok(Err(status)) | Err(status) => Err(LinkError::of(status, dialled.own)),
        }
    }

    /// A session that was lost is taken up again, or replaced by one on the same way.
    async fn take_up(&mut self, live: &mut Live) -> Taken {
        let lost = Instant::now();
        while lost.elapsed() < SESSION {
            let pause = self.backoff.pause();
            let mut stop = self.stop.clone();
            let attempt = async {
                sleep(pause).await;
                reached(&mut live.dialled.events).await
            };
            let reached = tokio::select! {
                _ = stopped(&mut stop) => return Taken::Stop,
                reached = attempt => reached,
            };
            match reached {
                Ok(SessionConnectMode::ReactivatedSession(session)) if session == live.session => {
                    // Subscriptions that nobody here knows of would be served for as long as the session lasts.
                    if live.established.asking.is_unsure() {
                        part(&mut live.dialled).await;
                        return Taken::Not;
                    }
                    // The library sends no Publish of its own accord after this.
                    live.dialled.session.trigger_publish_now();
                    self.link.follower.back(self.link.plan.range());
                    return Taken::Up;
                }
                // Or one that an attempt before this has begun, and lost before it was activated: the server has nothing of ours
                // in it.
                Ok(SessionConnectMode::NewSession(_) | SessionConnectMode::ReactivatedSession(_)) => {
                    let Ok(established) = self.establish(&mut live.dialled).await else { return Taken::Not };
                    (live.session, live.established) = established;
                    return Taken::Up;
                }
                Err(status) if LinkError::leaves_the_session(status) => self.tell(&unreachable(status)),
                // Dialling from nothing finds out what is wrong: the server may have another certificate by now.
                Err(_) => return Taken::Not,
            }
        }
        Taken::Not
    }

    fn up(&mut self, live: &Live) -> Instant {
        self.told = None;
        self.link.heard();
        LinksOpen { source: crate::NAME }.handle().increment(1.0);
        LinkUp { source: crate::NAME, server: self.link.plan.topic.clone() }.emit();
        self.link.state.send_replace(State::Up(live.established.clone()));
        Instant::now()
    }

    fn down(&mut self, why: StatusCode, lasted: Duration) {
        self.link.losses.fetch_add(1, Ordering::Relaxed);
        self.link.state.send_replace(State::Down);
        self.link.follower.lost(self.link.plan.range());
        let server = self.link.plan.topic.clone();
        LinkDown { source: crate::NAME, server: server.clone(), detail: safe!("{}", why.sub_code().name()) }.emit();
        if self.backoff.lasted(lasted) {
            LinkUnsteady { source: crate::NAME, server }.emit();
        }
    }

    /// Follows the events of a session that is up.
    async fn follow(&mut self, live: &mut Live) -> End {
        let mut heart = Box::pin(pulse(live.established.asking.clone(), self.link.clone()));
        self.missing.tell(&self.link, &live.established);
        let mut searching = Box::pin(search(live.established.clone(), self.link.clone()));
        let (mut unread, mut seen) = (live.dialled.wire.unread(), live.dialled.wire.large().seen());
        loop {
            let event = tokio::select! {
                biased;
                _ = stopped(&mut self.stop) => {
                    part(&mut live.dialled).await;
                    return End::Stop;
                }
                event = live.dialled.events.next() => event,
                why = &mut heart => {
                    cut(&mut live.dialled).await;
                    return End::Lost(why);
                }
                _ = self.link.redial.notified() => return End::Useless(StatusCode::BadNoSubscription),
                found = &mut searching => {
                    self.missing.tell(&self.link, &found);
                    live.established = found.clone();
                    searching = Box::pin(search(found.clone(), self.link.clone()));
                    self.link.state.send_replace(State::Up(found));
                    continue;
                }
            };
            match event {
                Some(Ok(SessionPollResult::Transport(TransportPollResult::IncomingMessage))) => self.link.heard(),
                Some(Ok(SessionPollResult::Subscription(SubscriptionActivity::PublishFailed(
                    StatusCode::BadNoSubscription,
                )))) => {
                    self.link.doubted.notify_one();
                }
                Some(Ok(SessionPollResult::Subscription(SubscriptionActivity::PublishFailed(status)))) => {
                    // Whoever waited for an answer that cannot be read is told that there is none.
                    let is_unread = status == StatusCode::BadConnectionClosed && live.dialled.wire.unread() != unread;
                    unread = live.dialled.wire.unread();
                    let now = live.dialled.wire.large().seen();
                    let is_large = now.reports_since(std::mem::replace(&mut seen, now));
                    if is_unread || is_large || is_too_much(status) {
                        self.link.too_large.notify_one();
                    }
                }
                Some(Ok(SessionPollResult::Subscription(SubscriptionActivity::FatalFailure(status)))) => {
                    cut(&mut live.dialled).await;
                    return End::Lost(status);
                }
                Some(Ok(SessionPollResult::ConnectionLost(status))) => return End::Lost(status),
                Some(Ok(_)) => {}
                Some(Err(status)) => return End::Useless(status),
                None => return End::Useless(StatusCode::BadConnectionClosed),
            }
        }
    }

    /// Says what is wrong, unless it has just been said.
    fn tell(&mut self, link_error: &LinkError) {
        self.failed.add(1);
        if self.told.as_ref() == Some(link_error) {
            return;
        }
        self.told = Some(link_error.clone());
        let (server, detail) = (self.link.plan.topic.clone(), link_error.detail().clone());
        match link_error {
            LinkError::Passing(_) => LinkUnreachable { source: crate::NAME, server, detail }.emit(),
            LinkError::Person { reason, .. } => LinkRefused { source: crate::NAME, reason, server, detail }.emit(),
        }
    }

    /// Where only a person can help, waits long, or until that has been done.
    async fn rest(&mut self, link_error: &LinkError) -> Next {
        let LinkError::Person { awaits, .. } = link_error else { return Next::Dial };
        let awaits = awaits.is_some();
        let cured = async {
            if !awaits {
                std::future::pending::<()>().await;
            }
            loop {
                sleep(LOOK).await;
                if accepted(&self.link).await != self.accepted {
                    break;
                }
            }
        };
        tokio::select! {
            _ = stopped(&mut self.stop) => return Next::Stop,
            _ = sleep(SLOW) => {}
            _ = cured => {}
        }
        self.backoff = Backoff::new(self.link.plan.retry);
        Next::Dial
    }
}

/// What became of a session that was lost.
enum Taken {
    /// It is up again, or another one in its place.
    Up,
    /// It is gone.
    Not,
    /// It is to stop.
    Stop,
}

/// How following a session ended.
#[derive(Clone, Copy)]
enum End {
    /// It is to stop; goodbye was said.
    Stop,
    /// The connection is gone; the server may still have the session.
    Lost(StatusCode),
    /// Another session is needed.
    Useless(StatusCode),
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Awaits something that needs the events to be polled meanwhile.
async fn beside<T>(events: &mut Events, work: impl Future<Output = T>) -> Result<T, StatusCode> {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok(done),
            event = events.next() => match event {
                Some(Ok(SessionPollResult::ConnectionLost(status))) | Some(Err(status)) => return Err(status),
                None => return Err(StatusCode::BadConnectionClosed),
                Some(Ok(_)) => {}
            },
        }
    }
}

/// What the attempt that the library makes now comes to.
pub async fn reached(events: &mut Events) -> Result<SessionConnectMode, StatusCode> {
    loop {
        match events.next().await {
            Some(Ok(SessionPollResult::Reconnected(how))) => return Ok(how),
            Some(Ok(SessionPollResult::ReconnectFailed(status))) | Some(Err(status)) => return Err(status),
            Some(Ok(_)) => {}
            None => return Err(StatusCode::BadShutdown),
        }
    }
}

/// Ends the connection from our side, so that the library begins another; what comes of that is not looked at here.
async fn cut(dialled: &mut Dialled) {
    dialled.wire.cut();
    let _ = timeout(GOODBYE, beside(&mut dialled.events, std::future::pending::<()>())).await;
}

/// What a person trusts now, and with which faults.
async fn accepted(link: &Link) -> Option<Vec<trust::Certificate>> {
    let store = link.plan.store.clone();
    let list = move || {
        let listed = trust::list(&store).unwrap_or_default();
        listed.into_iter().filter(|one| one.state != trust::State::Rejected).collect()
    };
    aside(list).await
}

/// Closes the session, with what the server keeps for it.
async fn part(dialled: &mut Dialled) {
    let session = dialled.session.clone();
    let closing = async move { session.disconnect().await };
    let _ = timeout(GOODBYE, beside(&mut dialled.events, closing)).await;
}

/// A session was refused although the server has just told its endpoints.
fn turned_away(status: StatusCode, dialled: &Dialled) -> LinkError {
    match dialled.own {
        Some(own) if LinkError::leaves_the_session(status) => {
            let own = own.safe();
            let what = "the server hung up when it saw our certificate: it may have to trust opcua/pki/own/cert.der of the store, thumbprint";
            LinkError::Passing(safe!("{} {}", what, own))
        }
        own => LinkError::of(status, own),
    }
}

#[cfg(test)]
mod tests;
