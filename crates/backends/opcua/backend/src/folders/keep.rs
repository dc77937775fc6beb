//! Keeps what folders hold up to date, and tells the dialect of it.
//!
//! Promises: nothing is looked at while the server is away; what the dialect is told are differences, in pieces of bounded
//! size; a folder that cannot be looked through keeps what it had. Runs until the link is gone.

use super::changes::Changes;
use opcua::types::StatusCode;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tieline_model::{Publisher, safe};
use tieline_opcua_client::folders::{Growth, Held, HeldVariable, look};
use tieline_opcua_client::structures;
use tieline_opcua_client::{Established, Link, aside, caught, is_lost};
use tieline_opcua_settings::{FolderSettings, Subscriptions};
use tieline_telemetry::events::{FolderIncomplete, FolderRead};
use tokio::time::{Instant, sleep_until};

/// After this long a folder that could not be looked through is tried again, and whether the server still tells of changes
/// is looked at.
const AGAIN: Duration = Duration::from_secs(5);
/// Changes come in swarms: so long is waited for the last of them.
const SETTLE: Duration = Duration::from_millis(300);
/// So many variables are told in one message.
const PIECE: usize = 500;

/// See the module.
pub(crate) async fn keep(link: Arc<Link>, publish: Arc<dyn Publisher>) {
    if link.plan.settings.folder.is_empty() {
        return;
    }
    let count = link.plan.settings.folder.len();
    let mut keeper = Keeper {
        link: link.clone(),
        publish,
        held: (0..count).map(|_| None).collect(),
        due: vec![None; count],
        seen: Weak::new(),
        failed: HashMap::new(),
    };
    let mut changes = Changes::default();
    let mut state = link.state();
    let mut wake = Instant::now();
    loop {
        let told = changes.told.clone();
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            _ = told.notified() => {
                tokio::time::sleep(SETTLE).await;
                keeper.due.fill(None);
            }
            _ = sleep_until(wake) => {}
        }
        wake = Instant::now() + AGAIN;
        let now = link.now();
        let Some(established) = now.established() else { continue };
        // A server that is to be polled is not asked for a subscription.
        if link.plan.settings.subscriptions != Subscriptions::Poll
            && caught(changes.listen(established)).await == Some(true)
        {
            keeper.due.fill(None);
        }
        let looked = caught(keeper.look(established)).await;
        wake = wake.min(looked.flatten().unwrap_or(wake));
    }
}

struct Keeper {
    link: Arc<Link>,
    publish: Arc<dyn Publisher>,
    /// What each folder held when it was looked through last.
    held: Vec<Option<Held>>,
    /// When each is looked through again; `None` is now.
    due: Vec<Option<Instant>>,
    /// The session, and the namespaces that its server had, when they were looked through last.
    seen: Weak<Established>,
    /// Why a folder could not be looked through.
    failed: HashMap<usize, StatusCode>,
}

impl Keeper {
    /// Looks through the folders whose time it is; when the next one's is.
    async fn look(&mut self, established: &Arc<Established>) -> Option<Instant> {
        let seen = Arc::downgrade(established);
        if !self.seen.ptr_eq(&seen) {
            self.seen = seen;
            self.due.fill(None);
        }
        let plan = self.link.plan.clone();
        let mut is_news = false;
        for (at, folder) in plan.settings.folder.iter().enumerate() {
            if self.due.get(at).is_some_and(|due| due.is_some_and(|due| due > Instant::now())) {
                continue;
            }
            let found = look(&established.asking, folder, &plan.settings.namespaces, &established.namespaces).await;
            let pause = if found.is_ok() { folder.renew } else { AGAIN };
            match found {
                Ok(held) => {
                    self.failed.remove(&at);
                    self.tell_cut(at, folder, &held);
                    let types: Vec<_> = held.variables.iter().filter_map(|one| one.structure.clone()).collect();
                    structures::learn_types(established, &types).await;
                    if let Some(place) = self.held.get_mut(at) {
                        *place = Some(held);
                    }
                    is_news = true;
                }
                // Lost meanwhile, which is told of the server.
                Err(status) if is_lost(status) => {}
                Err(status) => self.tell_failed(at, status),
            }
            if let Some(due) = self.due.get_mut(at) {
                *due = Some(Instant::now() + pause);
            }
        }
        if is_news {
            self.take(established).await;
        }
        self.due.iter().copied().flatten().min()
    }

    /// Says why a folder cannot be looked through, once for each cause.
    fn tell_failed(&mut self, at: usize, status: StatusCode) {
        if self.failed.insert(at, status) != Some(status) {
            let (server, detail) = (self.link.plan.topic.clone(), safe!("{}: see `node`", status.sub_code().name()));
            FolderIncomplete { source: crate::NAME, server, folder: at + 1, detail }.emit();
        }
    }

    fn tell_cut(&self, at: usize, folder: &FolderSettings, held: &Held) {
        let was_cut = self.held.get(at).and_then(Option::as_ref).is_some_and(|before| before.is_cut);
        if held.is_cut && !was_cut {
            let detail = safe!("there are more than {} variables (`most`): the rest is left out", folder.most);
            FolderIncomplete { source: crate::NAME, server: self.link.plan.topic.clone(), folder: at + 1, detail }
                .emit();
        }
    }

    async fn take(&self, established: &Arc<Established>) {
        let plan = &self.link.plan;
        let folders = plan.settings.folder.iter().zip(&self.held);
        let all = folders.flat_map(|(folder, held)| {
            let variables = held.iter().flat_map(|held| &held.variables);
            variables.map(|one| (one.clone(), folder.writable && one.is_writable))
        });
        let all: Vec<_> = all.collect();
        let namespaces = &established.namespaces;
        let growth = plan.found.take(&plan.settings.name, &all, namespaces, |topic| plan.by_topic.contains_key(topic));
        let resolved = plan.found.resolve(namespaces);
        established.find(resolved);
        if growth.is_moved {
            self.link.remake.notify_one();
        }
        if growth.left > 0 {
            let detail = safe!("{} more variables have no place since others had them before", growth.left);
            FolderIncomplete { source: crate::NAME, server: plan.topic.clone(), folder: 0, detail }.emit();
        }
        if growth.appeared.is_empty() && growth.vanished.is_empty() {
            return;
        }
        let (appeared, vanished) = (growth.appeared.len(), growth.vanished.len());
        let detail = safe!("{} variables appeared, {} vanished", appeared, vanished);
        FolderRead { source: crate::NAME, server: plan.topic.clone(), folder: plan.settings.folder.len(), detail }
            .emit();
        self.publish(&growth, &all).await;
        self.link.grown.notify_one();
    }

    /// Tells the dialect, which has the names.
    async fn publish(&self, growth: &Growth, all: &[(HeldVariable, bool)]) {
        let plan = &self.link.plan;
        let by_name: HashMap<&str, &HeldVariable> = all.iter().rev().map(|(one, _)| (one.name.as_str(), one)).collect();
        let name = |at: &usize| plan.variable(*at).map(|one| one.name.as_str());
        let entry = |at: &usize| {
            let one = by_name.get(name(at)?)?;
            Some(json!({"Name": one.name, "Type": one.data_type, "IsArray": one.is_array}))
        };
        let mut messages: Vec<Json> = Vec::new();
        for piece in growth.vanished.chunks(PIECE) {
            messages.push(json!({"Vanished": piece.iter().filter_map(name).collect::<Vec<_>>()}));
        }
        for piece in growth.appeared.chunks(PIECE) {
            messages.push(json!({"Appeared": piece.iter().filter_map(entry).collect::<Vec<_>>()}));
        }
        let (publish, server) = (self.publish.clone(), plan.settings.name.clone());
        let topic = plan.topic.clone();
        aside(move || {
            for message in messages {
                if let Err(refusal) = publish.publish(&[&server], &message.to_string()) {
                    let (server, detail) = (topic.clone(), refusal.detail);
                    FolderIncomplete { source: crate::NAME, server, folder: 0, detail }.emit();
                }
            }
        })
        .await;
    }
}

#[cfg(test)]
mod tests;
