//! One browser's conversation: it hears what its path says, and nobody listens to what it says (contract `mr`).
//!
//! Called by transport's session through [`tieline_model::Conversation`].

use crate::NAME;
use crate::about::{Wish, heard};
use percent_encoding::percent_decode_str;
use tieline_model::{Asked, Conversation, Frame, Intent, Outcome, Reason, Recall, Refusal, Replies, Right};
use tieline_model::{DefaultGrant, Removal, Topic, Variant};

/// What one client hears.
pub(crate) struct MrConversation {
    /// Only this station, by its raw name.
    station: Option<Box<str>>,
    wish: Wish,
}

impl MrConversation {
    /// A client that connected to this path, percent-encoded: `/station/<name>`, or anything else for all stations. What it
    /// hears besides verdicts stands in the query.
    pub(crate) fn at(path: &str, query: &str) -> MrConversation {
        let name = path.strip_prefix("/station/").map(|name| name.strip_suffix('/').unwrap_or(name));
        MrConversation {
            station: name.map(|name| percent_decode_str(name).decode_utf8_lossy().into()),
            wish: Wish::of(query),
        }
    }
}

impl Conversation for MrConversation {
    fn begin(&mut self) -> Asked {
        let station = self.station.as_deref();
        let add = heard(station, self.wish).into_iter().map(|filter| (filter, Variant::default())).collect();
        Asked {
            intent: Intent::Subscribe { add, remove: Removal::Nothing, recall: Recall::Never },
            right: Some(Right {
                verb: "mr.watch",
                // The topic `mr` alone is all of them.
                topics: vec![Topic::new(std::iter::once(NAME).chain(station))],
                default_grant: DefaultGrant::Everyone,
            }),
        }
    }

    fn on_message(&mut self, _frame: Frame<'_>) -> Result<Asked, Refusal> {
        Ok(Asked::answer())
    }

    fn answer(&mut self, outcome: Outcome<'_>, replies: &mut Replies) {
        // The protocol has no words for it, and a client that may hear nothing has no reason to stay.
        if let Outcome::Refused(Refusal { reason: Reason::NotPermitted, .. }) = outcome {
            replies.close(1008, "not permitted");
        }
    }
}
