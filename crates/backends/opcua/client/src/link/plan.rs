//! What the configuration says of one server, ready to be used.
//!
//! Promises: names, topics and node addresses are read once, when the backend starts. What a folder is found to hold gets a
//! place behind them, and keeps it: places are kept free for as many as may be found.

use crate::folders::Found;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tieline_model::Topic;
use tieline_opcua_settings::{Deadband, NodeAddress, OpcuaSettings, ServerSettings, Trigger, VariableSettings};

/// One server.
pub struct ServerPlan {
    /// As the configuration has it.
    pub settings: ServerSettings,
    /// For the log.
    pub topic: Topic,
    /// Those of the configuration, then the methods.
    pub variables: Vec<Variable>,
    /// Those that folders hold, behind them.
    pub found: Found,
    /// The variable with a topic.
    pub by_topic: HashMap<Topic, usize, RandomState>,
    /// The number of its first variable among those of all servers.
    pub first: usize,
    /// The folder of the store, where the certificates are.
    pub(crate) store: PathBuf,
    /// The longest pause between attempts.
    pub(crate) retry: Duration,
}

/// One variable of a server.
pub struct Variable {
    /// What clients call it.
    pub name: String,
    /// Where its values are published.
    pub topic: Topic,
    /// `None`: its text cannot be read; the check of the configuration has said so.
    pub(crate) node: Option<NodeAddress>,
    /// Whether its values are kept in the store.
    pub history: bool,
    /// How it is watched.
    pub watching: Watching,
    /// The node of the method that it is; `node` is its object's then.
    pub method: Option<NodeAddress>,
    /// Whether it may be written, as far as we know.
    pub is_writable: bool,
}

/// How a variable is watched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Watching {
    /// How often the server looks at it; zero is as often as it can.
    pub sampling: Duration,
    /// How many of its changes the server holds until it reports.
    pub queue: u32,
    /// Smaller changes are not reported.
    pub deadband: Option<Deadband>,
    /// What counts as a change.
    pub trigger: Trigger,
}

impl Watching {
    /// As the configuration says; what cannot be read, the check of the configuration has said.
    pub fn of(variable: &VariableSettings, server: &ServerSettings) -> Watching {
        let queue = if variable.queue == 0 { server.queue } else { variable.queue };
        Watching {
            sampling: variable.sampling_or(server.sampling).unwrap_or(server.sampling),
            queue: u32::try_from(queue).unwrap_or(u32::MAX).max(1),
            deadband: Deadband::read(&variable.deadband).unwrap_or(None),
            trigger: variable.trigger,
        }
    }

    /// As a server's variables are that have no settings of their own.
    pub fn usual(server: &ServerSettings) -> Watching {
        Watching::of(&VariableSettings::default(), server)
    }
}

impl ServerPlan {
    /// All servers of the section, in its order.
    pub fn all(settings: &OpcuaSettings, store: &Path) -> Vec<ServerPlan> {
        let mut first = 0;
        let plan = |server: &ServerSettings| {
            let variables = server.variable.iter().map(|variable| Variable {
                name: variable.name.clone(),
                topic: Topic::new([crate::NAME, &server.name, &variable.name]),
                node: NodeAddress::parse(&variable.node),
                history: variable.history,
                watching: Watching::of(variable, server),
                method: None,
                is_writable: true,
            });
            let methods = server.method.iter().map(|method| Variable {
                name: method.name.clone(),
                topic: Topic::new([crate::NAME, &server.name, &method.name]),
                node: NodeAddress::parse(&method.object),
                history: false,
                watching: Watching::usual(server),
                method: NodeAddress::parse(&method.method),
                is_writable: true,
            });
            let variables: Vec<Variable> = variables.chain(methods).collect();
            let places = server.folder.iter().map(|folder| usize::try_from(folder.most).unwrap_or(0)).sum();
            let plan = ServerPlan {
                topic: Topic::new([crate::NAME, &server.name]),
                by_topic: variables.iter().enumerate().map(|(at, variable)| (variable.topic.clone(), at)).collect(),
                first,
                store: store.to_owned(),
                retry: settings.retry,
                settings: server.clone(),
                found: Found::new(variables.len(), places, Watching::usual(server)),
                variables,
            };
            first += plan.places();
            plan
        };
        settings.server.iter().map(plan).collect()
    }

    /// A server without its variables, for who asks for them himself; `retry` is the longest pause between attempts.
    pub fn bare(server: ServerSettings, topic: Topic, store: &Path, retry: Duration) -> ServerPlan {
        ServerPlan {
            topic,
            variables: Vec::new(),
            found: Found::new(0, 0, Watching::usual(&server)),
            by_topic: HashMap::default(),
            first: 0,
            store: store.to_owned(),
            retry,
            settings: server,
        }
    }

    /// The numbers of its variables among those of all servers.
    pub fn range(&self) -> Range<usize> {
        self.first..self.first + self.places()
    }

    /// How many variables it may have.
    pub fn places(&self) -> usize {
        self.variables.len() + self.found.places()
    }

    /// The variable at a place, when there is one by now.
    pub fn variable(&self, at: usize) -> Option<&Variable> {
        self.variables.get(at).or_else(|| self.found.get(at))
    }

    /// The place of the variable with a topic.
    pub fn place(&self, topic: &Topic) -> Option<usize> {
        self.by_topic.get(topic).copied().or_else(|| self.found.place(topic))
    }
}
