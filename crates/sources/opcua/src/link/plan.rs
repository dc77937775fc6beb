//! What the configuration says of one server, ready to be used.
//!
//! Promises: names, topics and node addresses are read once, when the source starts.

use crate::settings::{Deadband, NodeAddress, OpcuaSettings, ServerSettings, Trigger, VariableSettings};
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tieline_model::Topic;

/// One server.
pub(crate) struct ServerPlan {
    pub(crate) settings: ServerSettings,
    /// For the log.
    pub(crate) topic: Topic,
    pub(crate) variables: Vec<Variable>,
    /// The variable with a topic.
    pub(crate) by_topic: HashMap<Topic, usize>,
    /// The number of its first variable among those of all servers.
    pub(crate) first: usize,
    pub(crate) store: PathBuf,
    /// The longest pause between attempts.
    pub(crate) retry: Duration,
}

/// One variable of a server.
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) topic: Topic,
    /// `None`: its text cannot be read; the check of the configuration has said so.
    pub(crate) node: Option<NodeAddress>,
    pub(crate) history: bool,
    pub(crate) watching: Watching,
}

/// How a variable is watched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Watching {
    pub(crate) sampling: Duration,
    pub(crate) queue: u32,
    pub(crate) deadband: Option<Deadband>,
    pub(crate) trigger: Trigger,
}

impl Watching {
    /// As the configuration says; what cannot be read, the check of the configuration has said.
    pub(crate) fn of(variable: &VariableSettings, server: &ServerSettings) -> Watching {
        let queue = if variable.queue == 0 { server.queue } else { variable.queue };
        Watching {
            sampling: variable.sampling_or(server.sampling).unwrap_or(server.sampling),
            queue: u32::try_from(queue).unwrap_or(u32::MAX).max(1),
            deadband: Deadband::read(&variable.deadband).unwrap_or(None),
            trigger: variable.trigger,
        }
    }
}

impl ServerPlan {
    /// All servers of the section, in its order.
    pub(crate) fn all(settings: &OpcuaSettings, store: &Path) -> Vec<ServerPlan> {
        let mut first = 0;
        let plan = |server: &ServerSettings| {
            let variables = server.variable.iter().map(|variable| Variable {
                name: variable.name.clone(),
                topic: Topic::new([crate::NAME, &server.name, &variable.name]),
                node: NodeAddress::parse(&variable.node),
                history: variable.history,
                watching: Watching::of(variable, server),
            });
            let variables: Vec<Variable> = variables.collect();
            let plan = ServerPlan {
                topic: Topic::new([crate::NAME, &server.name]),
                by_topic: variables.iter().enumerate().map(|(at, variable)| (variable.topic.clone(), at)).collect(),
                first,
                store: store.to_owned(),
                retry: settings.retry,
                settings: server.clone(),
                variables,
            };
            first += plan.variables.len();
            plan
        };
        settings.server.iter().map(plan).collect()
    }

    /// The numbers of its variables among those of all servers.
    pub(crate) fn range(&self) -> Range<usize> {
        self.first..self.first + self.variables.len()
    }
}
