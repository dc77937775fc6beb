//! One client's conversation: which type it is registered as, and what it asked for last (contract `vxvue`).
//!
//! Promises: nothing changes before the gateway has answered; whatever is refused is told with the number that was
//! asked. Called by transport's session through [`tieline_model::Conversation`].

use crate::wire::command::Command;
use crate::wire::envelope::{Envelope, Parts};
use crate::wire::participant::{self, CONSOLE, NOBODY, SERVER};
use crate::wire::reply::{PONG, REGISTERED, refused};
use crate::{NAME, Rules, relay};
use std::sync::Arc;
use tieline_model::json::check_depth;
use tieline_model::{Asked, Conversation, Filter, Frame, Intent, Outcome, Part, Reason, Refusal, Replies};
use tieline_model::{Recall, Right, Standing, Topic, Variant, safe};

/// What one client has said so far.
pub(crate) struct VxvueConversation {
    rules: Arc<Rules>,
    /// Its type; [`NOBODY`] until it has registered.
    registered: u32,
    asked: Question,
}

/// What the next answer is about.
#[derive(Debug, Clone, Copy, Default)]
enum Question {
    /// Nothing, or nothing that could be read.
    #[default]
    Nothing,
    Ping,
    /// To be of this type.
    Register(u32),
    /// A command to pass on, or one that was refused.
    Command(u32),
}

impl Question {
    fn number(self) -> u32 {
        match self {
            Question::Nothing => 0,
            Question::Ping => 1,
            Question::Register(_) => 11,
            Question::Command(number) => number,
        }
    }
}

impl VxvueConversation {
    /// A client that has said nothing yet.
    pub(crate) fn new(rules: Arc<Rules>) -> VxvueConversation {
        VxvueConversation { rules, registered: NOBODY, asked: Question::Nothing }
    }

    fn register(&mut self, envelope: &Envelope<'_>) -> Result<Asked, Refusal> {
        match envelope.sender {
            NOBODY => {
                return Err(Refusal::new(Reason::BadField, "`sender` must be the type to register, a positive number"));
            }
            SERVER => return Err(Refusal::new(Reason::NotPermitted, "type 1 is this server; register another type")),
            kind => self.asked = Question::Register(kind),
        }
        let kind = envelope.sender.to_string();
        let addressed = |to: &str| (Filter::new([Part::Token(NAME), Part::Token(to), Part::Any]), Variant::default());
        Ok(Asked {
            intent: Intent::Subscribe {
                filters: vec![addressed(&kind), addressed(&NOBODY.to_string())],
                kept: if self.rules.settings.replay_on_register { Recall::First } else { Recall::Never },
            },
            right: Some(Right {
                verb: "vxvue.register",
                topics: vec![Topic::new([NAME, &kind])],
                standing: Standing::Everyone,
            }),
        })
    }

    fn forward(&self, command: Command, envelope: &Envelope<'_>, text: &str) -> Result<Asked, Refusal> {
        relay::admit(&self.rules, command)?;
        self.may_say(command, envelope.sender)?;
        let message = relay::message(&self.rules, envelope, text)?;
        let right = Right { verb: "vxvue.send", topics: message.topics.clone(), standing: Standing::Everyone };
        Ok(Asked { intent: Intent::Publish(message), right: Some(right) })
    }

    /// A type cannot be borrowed, and what the console says only the console may say.
    fn may_say(&self, command: Command, sender: u32) -> Result<(), Refusal> {
        let (own, what) = (self.registered, participant::name(self.registered));
        if own == NOBODY {
            return Err(Refusal::new(Reason::TooEarly, "not registered; send command 11 first"));
        }
        if sender != own {
            let detail = safe!("`sender` must be {} ({}), the type this client registered as", own, what);
            return Err(Refusal::new(Reason::NotPermitted, detail));
        }
        if command.is_the_consoles() && own != CONSOLE {
            let detail = safe!("only type 2 (VXvue) may send this command; this client is type {} ({})", own, what);
            return Err(Refusal::new(Reason::NotPermitted, detail));
        }
        Ok(())
    }
}

impl Conversation for VxvueConversation {
    fn hear(&mut self, frame: Frame<'_>) -> Result<Asked, Refusal> {
        self.asked = Question::Nothing;
        let Frame::Text(text) = frame else {
            return Err(Refusal::new(Reason::Unsupported, "binary frames are not part of this protocol; send text"));
        };
        check_depth(text, self.rules.limits.json_depth)?;
        let parts = Parts::read(text)?;
        let number = parts.command()?;
        self.asked = Question::Command(number);
        let envelope = parts.envelope()?;
        match Command::of(number) {
            Command::Ping => {
                self.asked = Question::Ping;
                Ok(Asked::answer())
            }
            Command::RegisterClient => self.register(&envelope),
            command => self.forward(command, &envelope, text),
        }
    }

    fn answer(&mut self, outcome: Outcome<'_>, replies: &mut Replies) {
        // Taken, so that a refusal of something that was never heard (too large, too many) is told with number 0.
        let asked = std::mem::take(&mut self.asked);
        match (outcome, asked) {
            (Outcome::Refused(refusal), asked) => replies.text(refused(asked.number(), refusal)),
            (_, Question::Ping) => replies.text(PONG),
            (_, Question::Register(kind)) => {
                self.registered = kind;
                replies.text(REGISTERED);
            }
            (_, Question::Nothing | Question::Command(_)) => {}
        }
    }
}
