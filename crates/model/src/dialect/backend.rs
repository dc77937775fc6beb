//! What stands behind a dialect, a backend: it makes messages by itself and gives them to its dialect's topics.
//!
//! Promises: no thread and no file here. The registry joins a backend to the dialect it feeds ([`crate::Entry::backed_by`]);
//! the gateway starts it with a [`BackendPlan`] and stops it before the listeners.

use crate::settings::{Field, Values};
use crate::{Executor, Filter, Refusal, Safe, Service, Topic};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A backend as the registry lists it: its settings stand in its dialect's section.
#[derive(Clone, Copy)]
pub struct BackendEntry {
    /// What it is called in logs and metrics.
    pub name: &'static str,
    /// Its keys in the dialect's section, behind the dialect's own.
    pub fields: &'static [Field],
    /// Reads the files that the section names as further configuration, and puts what is in them into the values, before
    /// dialect and backend see them; tables come behind those that are there. What is odd in them but can be used comes back too.
    pub expand: fn(&mut Values) -> Vec<BadValue>,
    /// Puts what its simulated instruments have to offer into the values, for `tieline demo`, where nothing is configured.
    pub demo: fn(&mut Values),
    /// What is wrong with values that each fit their field: found by `tieline check`, which opens nothing else.
    pub check: fn(&Values) -> Vec<BadValue>,
    /// What in values that [`BackendEntry::check`] finds right has nothing to do with what is in the store's folder, as warnings;
    /// a store that is not there yet is not made.
    pub doubts: fn(&Values, store: &Path) -> Vec<BadValue>,
    /// Starts it.
    pub start: fn(BackendPlan<'_>) -> Result<Box<dyn Backend>, BackendFault>,
    /// Its part of the command line, `tieline <dialect> …` or under the tool's own name.
    pub tool: Option<Tool>,
}

/// One key whose value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadValue {
    /// The key within the section; inside lists of tables with the tables' places, counted from 0: `server.0.variable.3.node`;
    /// inside tables with names with these, as [`crate::settings::in_path`] writes them: `commands."a.b".program`.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// Whether it can be used all the same: then it is a warning.
    pub is_usable: bool,
}

/// What a backend is started with.
pub struct BackendPlan<'a> {
    /// Its dialect's section.
    pub values: &'a Values,
    /// The folder that holds everything that lasts (`store.path`).
    pub store: &'a Path,
    /// Where its messages go.
    pub publish: Arc<dyn Publisher>,
    /// Who hears them.
    pub interest: Arc<dyn Interest>,
    /// `Some`: the demo, which has nothing but this folder to write to; the backend brings its own instruments.
    pub demo: Option<PathBuf>,
}

/// Takes what a backend has to say.
pub trait Publisher: Send + Sync {
    /// Publishes `json`, in the words of the dialect's event form, on the topic of the dialect's name and these raw
    /// tokens. Waits as long as the hub asks publishers to wait; refused is what the dialect cannot make sense of.
    fn publish(&self, tokens: &[&str], json: &str) -> Result<(), Refusal>;

    /// Tells the dialect something of a topic that is no message ([`crate::Dialect::note`]); at once, and to no client.
    fn note(&self, _tokens: &[&str], _json: &str) {}

    /// What was published last on a topic may not be true any more, and nobody is told: newcomers hear nothing of it.
    fn forget(&self, _tokens: &[&str]) {}
}

/// Is told of a filter and whether somebody hears it now.
pub type InterestChanged = Box<dyn Fn(&Filter, bool) + Send + Sync>;

/// Who hears what a backend says: it need not ask its instruments for what nobody does.
pub trait Interest: Send + Sync {
    /// From now on tells `told` of each filter of the backend's dialect that somebody begins to hear (`true`), and that
    /// nobody hears any more (`false`); first of those that are heard now. Called in that order from any thread: `told`
    /// must neither block nor publish. Who only watches what passes by, such as a tail, does not count.
    fn watch(&self, told: InterestChanged);
}

/// Knows what a backend said last.
pub trait Remembers: Send + Sync {
    /// The JSON that was published last on a topic, unless that was less than `ago` ago. Must not block.
    fn last(&self, topic: &Topic, ago: Duration) -> Option<Arc<str>>;
}

/// A running backend.
pub trait Backend: Send {
    /// What it said last, for topics on which the hub keeps nothing any more.
    fn memory(&self) -> Option<Arc<dyn Remembers>> {
        None
    }

    /// What carries out its dialect's commands.
    fn executor(&self) -> Option<Arc<dyn Executor>> {
        None
    }

    /// What answers HTTP calls below `/api/<dialect>/`.
    fn service(&self) -> Option<Arc<dyn Service>> {
        None
    }

    /// Ends it; back within moments, after its last message.
    fn stop(self: Box<Self>);
}

/// Why a backend did not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct BackendFault {
    /// What failed, at which key, and what to do; for a person at a terminal, so paths may be named.
    pub what: String,
}

/// A backend's own part of the command line.
#[derive(Clone, Copy)]
pub struct Tool {
    /// What it is called on the command line; `None`: as its dialect is.
    pub name: Option<&'static str>,
    /// One line for the list of commands.
    pub about: &'static str,
    /// Does what the arguments after its name say, and gives the exit code: 0 well, 1 failed, 2 usage.
    pub run: fn(Vec<OsString>, &mut ToolContext<'_>) -> u8,
}

/// What a tool meets outside.
pub struct ToolContext<'a> {
    /// Data.
    pub out: &'a mut dyn Write,
    /// Talk.
    pub diagnostics: &'a mut dyn Write,
    /// Whether talk goes to a person's terminal.
    pub is_terminal: bool,
    /// Reads the configuration: a file (`None`: the usual one, or defaults when there is none) and `section.key=value`
    /// settings over it. What is wrong with it comes back as the text to print behind `error: `.
    pub configuration: &'a Configuration<'a>,
}

/// From a file's path and settings over it to what they say, or to what is wrong with them.
pub type Configuration<'a> = dyn Fn(Option<&Path>, &[String]) -> Result<ToolSettings, String> + 'a;

/// What a tool needs to know of the configuration.
#[derive(Debug, Clone)]
pub struct ToolSettings {
    /// The dialect's section; defaults when it is switched off.
    pub values: Values,
    /// `store.path`.
    pub store: PathBuf,
}

impl From<Safe> for BackendFault {
    fn from(what: Safe) -> BackendFault {
        BackendFault { what: what.to_string() }
    }
}
