//! One client's conversation: which streams it has open, and what it asked for last (contract `fme`).
//!
//! Promises: nothing changes before the gateway has answered; a refused message is not relayed, and the connection and
//! its streams stay as they were. Called by transport's session through [`tieline_model::Conversation`].

use crate::opened::Opened;
use crate::wire::open::Streams;
use crate::wire::reply::{channel_info, error, number_of_channels};
use crate::wire::request::{Operation, Request};
use crate::{NAME, Rules, encode};
use std::sync::Arc;
use tieline_model::lenient::Lenient;
use tieline_model::{Asked, Conversation, Frame, Intent, Outcome, Reason, Refusal, Replies};
use tieline_model::{DefaultGrant, Recall, Removal, Right, Topic, Variant};

/// What one client has said so far.
pub(crate) struct FmeConversation {
    rules: Arc<Rules>,
    open: Opened,
    /// Those of them whose newest message is kept.
    kept: Box<[Topic]>,
    asked: Question,
}

/// What the next answer is about.
#[derive(Default)]
enum Question {
    /// Nothing that a client is told or that changes anything.
    #[default]
    Nothing,
    /// To have these open, too.
    Open(Vec<Topic>),
    /// To have none open.
    Close,
    NumberOfChannels,
    ChannelInfo,
}

impl FmeConversation {
    /// A client that has said nothing yet.
    pub(crate) fn new(rules: Arc<Rules>) -> FmeConversation {
        FmeConversation { rules, open: Opened::default(), kept: Box::default(), asked: Question::Nothing }
    }

    fn open(&mut self, request: &Request<'_>) -> Result<Asked, Refusal> {
        let mut streams = Streams::beside(&self.open, self.rules.limits.streams);
        streams.add(request.ids)?;
        streams.add(request.id)?;
        let added = streams.finish()?;
        if added.is_empty() {
            return Ok(Asked::answer());
        }
        let anything_kept = added.iter().any(|stream| self.rules.keep_last.keeps(stream));
        let recall = if anything_kept { Recall::First } else { Recall::Never };
        let add = added.iter().map(|topic| (topic.clone().into(), Variant::default())).collect();
        self.asked = Question::Open(added.clone());
        Ok(Asked {
            intent: Intent::Subscribe { add, remove: Removal::Nothing, recall },
            right: Some(Right { verb: "fme.open", topics: added, default_grant: DefaultGrant::Everyone }),
        })
    }

    fn send(&self, request: &Request<'_>) -> Result<Asked, Refusal> {
        if self.open.topics().is_empty() {
            return Err(Refusal::new(Reason::TooEarly, "no stream is open; send an open first"));
        }
        let Some(value) = request.message else {
            return Err(Refusal::new(Reason::BadField, "a send needs `ws_msg`"));
        };
        let mut message = encode::message(self.open.topics().to_vec(), value, request.notation)?;
        message.retain_on = self.kept.to_vec();
        message.echo = self.rules.echo;
        let right =
            Right { verb: "fme.send", topics: self.open.topics().to_vec(), default_grant: DefaultGrant::Everyone };
        Ok(Asked { intent: Intent::Publish(message), right: Some(right) })
    }

    fn close(&mut self) -> Asked {
        self.asked = Question::Close;
        Asked {
            intent: Intent::Subscribe { add: Vec::new(), remove: Removal::Everything, recall: Recall::Never },
            right: None,
        }
    }

    fn admin(&mut self, call: Option<Lenient<'_>>) -> Result<Asked, Refusal> {
        self.asked = match call.and_then(Lenient::text).as_deref() {
            Some("getnumchannels()") => Question::NumberOfChannels,
            Some("getchannelinfo()") => Question::ChannelInfo,
            _ => {
                let detail = "unknown admin call; `ws_msg` is getnumchannels() or getchannelinfo()";
                return Err(Refusal::new(Reason::Unknown, detail));
            }
        };
        let right = Right { verb: "fme.admin", topics: Vec::new(), default_grant: DefaultGrant::Loopback };
        Ok(Asked { intent: Intent::Channels(NAME), right: Some(right) })
    }
}

impl Conversation for FmeConversation {
    fn on_message(&mut self, frame: Frame<'_>) -> Result<Asked, Refusal> {
        self.asked = Question::Nothing;
        let Frame::Text(text) = frame else {
            return Err(Refusal::new(Reason::Unsupported, "binary frames are not part of this protocol; send text"));
        };
        let request = Request::read(text, self.rules.limits.json_depth)?;
        match request.operation()? {
            Operation::Send => self.send(&request),
            Operation::Open => self.open(&request),
            Operation::Close => Ok(self.close()),
            Operation::Admin => self.admin(request.message),
        }
    }

    fn answer(&mut self, outcome: Outcome<'_>, replies: &mut Replies) {
        match (outcome, std::mem::take(&mut self.asked)) {
            (Outcome::Refused(refusal), _) => replies.text(error(refusal)),
            (Outcome::Channels(channels), Question::NumberOfChannels) => replies.text(number_of_channels(channels)),
            (Outcome::Channels(channels), Question::ChannelInfo) => {
                replies.text(channel_info(channels, &self.rules.keep_last));
            }
            (_, Question::Open(added)) => {
                let kept = self.rules.keep_last.of(&added);
                if !kept.is_empty() {
                    self.kept = [&*self.kept, &kept].concat().into();
                }
                added.into_iter().for_each(|topic| self.open.add(topic));
            }
            (_, Question::Close) => (self.open, self.kept) = (Opened::default(), Box::default()),
            _ => {}
        }
    }
}
