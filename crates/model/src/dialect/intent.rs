//! What a client wants, in words every dialect shares, and the right it needs for that.

use crate::{Command, Filter, Message, Topic, Variant};
use std::time::Duration;

/// What a client wants done.
#[derive(Debug)]
pub enum Intent {
    /// Nothing beyond an answer that the dialect gives by itself.
    Answer,
    /// Hear more, or less. It costs what changes, however much is heard already.
    Subscribe {
        /// What is heard from now on; what is heard already stays as it is.
        add: Vec<(Filter, Variant)>,
        /// What is heard no more, unless it is added.
        remove: Removal<(Filter, Variant)>,
        /// Whether what is retained on topics that were not heard before is wanted.
        recall: Recall,
    },
    /// Say this to everybody who hears its topics.
    Publish(Message),
    /// Who hears topics below this first token: answered with [`crate::Outcome::Channels`].
    Channels(&'static str),
    /// Have this carried out by what stands behind the dialect; answered later with [`crate::Outcome::Answered`], while the
    /// client may go on asking.
    Command(Command),
}

/// What is to go of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal<T> {
    /// Nothing.
    Nothing,
    /// These, where they are there.
    These(Vec<T>),
    /// All there is.
    Everything,
}

impl<T> Removal<T> {
    /// The same of something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Removal<U> {
        match self {
            Removal::Nothing => Removal::Nothing,
            Removal::These(these) => Removal::These(these.into_iter().map(change).collect()),
            Removal::Everything => Removal::Everything,
        }
    }
}

/// Whether, and when, a newcomer is told what is retained on its topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recall {
    /// Not at all.
    Never,
    /// First of all.
    First,
    /// After this long, unless something newer has come on that topic by then.
    After(Duration),
}

/// An intent together with the right it takes.
#[derive(Debug)]
pub struct Asked {
    /// What is wanted.
    pub intent: Intent,
    /// What the client must be permitted; `None` for what every client may do.
    pub right: Option<Right>,
}

impl Asked {
    /// An answer of the dialect's own, open to every client.
    pub fn answer() -> Asked {
        Asked { intent: Intent::Answer, right: None }
    }
}

/// `verb:topic` as in the `access` contract, and who has it when no rule says anything.
#[derive(Debug, Clone)]
pub struct Right {
    /// For example `fme.send`.
    pub verb: &'static str,
    /// What it is about; empty for verbs without a topic.
    pub topics: Vec<Topic>,
    /// Who has it without any rule.
    pub default_grant: DefaultGrant,
}

/// Who has a right when nothing is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultGrant {
    /// Every client that could connect.
    Everyone,
    /// Clients on this machine.
    Loopback,
}
