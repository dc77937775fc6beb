//! One client's conversation: which type it is registered as, and what it asked for last (contract `vxvue`).
//!
//! Promises: nothing changes before the gateway has answered, but for a place that a console holds while it is asked for;
//! whatever is refused is told with the number that was asked, and when it may have been about the exam, the exam is not
//! known any more. Called by transport's session through [`tieline_model::Conversation`].

use crate::effect::{Effect, own_end};
use crate::wire::command::Command;
use crate::wire::envelope::{Envelope, Parts};
use crate::wire::participant::{self, CONSOLE, NOBODY, SERVER};
use crate::wire::reply::{PONG, REGISTERED, refused};
use crate::{NAME, Rules, presence, relay};
use std::net::SocketAddr;
use std::sync::Arc;
use tieline_model::{Asked, Conversation, Filter, Frame, Intent, Outcome, Part, Peer, Reason, Refusal, Replies};
use tieline_model::{DefaultGrant, Recall, Removal, Right, SessionId, Topic, Variant, safe};
use tieline_telemetry::events::Rivals;

/// What one client has said so far.
pub(crate) struct VxvueConversation {
    rules: Arc<Rules>,
    /// What only registering needs.
    aside: Box<Aside>,
    /// Its type; [`NOBODY`] until it has registered.
    registered: u32,
    asked: Question,
}

pub(crate) struct Aside {
    session: SessionId,
    address: SocketAddr,
    /// What it asked to be, while [`Question::Register`] waits for its answer.
    asked: Registering,
    /// What it said also registered it, and is to be heard now that it has.
    again: bool,
}

/// What the next answer is about.
#[derive(Debug, Clone, Copy, Default)]
enum Question {
    /// Nothing, or nothing that could be read.
    #[default]
    Nothing,
    Ping,
    /// To be of a type, with this command: 11, or another one that registers besides and is not answered.
    Register(u32),
    /// A command to pass on, or one that was refused.
    Command(u32),
}

#[derive(Debug, Clone, Copy, Default)]
struct Registering {
    kind: u32,
    /// Whether it is a page of ours that wants to know whether the console is there.
    presence: bool,
    /// What its former type may be showing, as [`crate::room::Room::shown_to`] says.
    shown: (bool, u64),
}

impl Question {
    fn number(self) -> u32 {
        match self {
            Question::Nothing => 0,
            Question::Ping => 1,
            Question::Register(number) | Question::Command(number) => number,
        }
    }

    /// Whether the console may have said something about the exam.
    fn may_be_of_the_exam(self) -> bool {
        let number = self.number();
        number == 0 || Command::of(number).is_the_consoles()
    }
}

impl VxvueConversation {
    /// A client that has said nothing yet.
    pub(crate) fn new(rules: Arc<Rules>, peer: &Peer) -> VxvueConversation {
        let (session, address) = (peer.session, peer.address);
        let aside = Box::new(Aside { session, address, asked: Registering::default(), again: false });
        VxvueConversation { rules, aside, registered: NOBODY, asked: Question::Nothing }
    }

    fn register(&mut self, envelope: &Envelope<'_>, presence: bool) -> Result<Asked, Refusal> {
        let kind = envelope.sender;
        match kind {
            NOBODY => {
                return Err(Refusal::new(Reason::BadField, "`sender` must be the type to register, a positive number"));
            }
            SERVER => return Err(Refusal::new(Reason::NotPermitted, "type 1 is this server; register another type")),
            CONSOLE => self.claim()?,
            _ => {}
        }
        let shown = self.rules.room.shown_to(self.registered);
        self.aside.asked = Registering { kind, presence, shown };
        self.asked = Question::Register(envelope.command);
        let name = kind.to_string();
        // The variant is the type: what this server itself says is addressed to each receiver.
        let variant = Variant(kind.into());
        let addressed = |to: &str| (Filter::new([Part::Token(NAME), Part::Token(to), Part::Any]), variant);
        let mut add = vec![addressed(&name), addressed(&NOBODY.to_string())];
        if presence {
            add.push((presence::filter(), variant));
        }
        Ok(Asked {
            intent: Intent::Subscribe {
                add,
                // Who registers as another type is that one alone.
                remove: Removal::Everything,
                recall: if self.rules.settings.replay_on_register { Recall::First } else { Recall::Never },
            },
            right: Some(Right {
                verb: "vxvue.register",
                topics: vec![Topic::new([NAME, &name])],
                default_grant: DefaultGrant::Everyone,
            }),
        })
    }

    /// Takes the console's place, when there is one.
    fn claim(&self) -> Result<(), Refusal> {
        self.rules.room.claim(self.rules.settings.consoles, self.aside.session, self.aside.address).map_err(|other| {
            let detail = safe!("a console is registered already, from {} (`consoles = \"one\"`)", other);
            Refusal::new(Reason::NotPermitted, detail)
        })
    }

    fn forward(&self, command: Command, envelope: &Envelope<'_>, text: &str) -> Result<Asked, Refusal> {
        relay::admit(&self.rules, command)?;
        self.may_say(command, envelope.sender)?;
        let message = relay::message(&self.rules, envelope, text)?;
        let right = Right { verb: "vxvue.send", topics: message.topics.clone(), default_grant: DefaultGrant::Everyone };
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

    /// It is of another type now, or of one at all.
    fn registered(&mut self, command: u32, replies: &mut Replies) {
        let registering = self.aside.asked;
        let former = std::mem::replace(&mut self.registered, registering.kind);
        let room = &self.rules.room;
        if Command::of(command) == Command::RegisterClient {
            replies.text(REGISTERED);
        }
        if !self.rules.settings.replay_on_register {
            room.newcomer();
        }
        if former != NOBODY && former != registering.kind {
            // It hears no more of what it may be showing. What was told in between, to whom ever, makes that sure.
            let (was_shown, tellings) = registering.shown;
            let (is_shown, now) = room.shown_to(former);
            if was_shown || is_shown || now != tellings {
                replies.text(own_end(registering.kind));
            }
            if former == CONSOLE && room.leave(self.aside.session) {
                replies.publish(Effect::Presence.message(&self.rules));
            }
        }
        if registering.kind == CONSOLE {
            let (other, is_news) = room.grant(self.aside.session);
            if let Some(other) = other {
                let detail = safe!("consoles at {} and {}; the newest message counts", other, self.aside.address);
                Rivals { dialect: NAME, detail }.emit();
            }
            if is_news {
                replies.publish(Effect::Presence.message(&self.rules));
            }
        }
        if registering.presence {
            let now = presence::describe(&self.rules, &room.lock());
            replies.text(presence::frame(registering.kind, &now));
        }
    }
}

impl Conversation for VxvueConversation {
    fn on_message(&mut self, frame: Frame<'_>) -> Result<Asked, Refusal> {
        self.asked = Question::Nothing;
        let Frame::Text(text) = frame else {
            return Err(Refusal::new(Reason::Unsupported, "binary frames are not part of this protocol; send text"));
        };
        let strict = Parts::strict(text, self.rules.limits.json_depth)?;
        let parts = Parts::read(&strict)?;
        let number = parts.command()?;
        self.asked = Question::Command(number);
        let envelope = parts.envelope()?;
        let command = Command::of(number);
        let speaks_first = self.registered == NOBODY && command != Command::RegisterClient && envelope.sender > SERVER;
        if speaks_first && self.rules.settings.register_by_sender {
            let asked = self.register(&envelope, false)?;
            self.aside.again = true;
            return Ok(asked);
        }
        match command {
            Command::Ping => {
                self.asked = Question::Ping;
                Ok(Asked::answer())
            }
            Command::RegisterClient => self.register(&envelope, parts.wants_presence()),
            command => self.forward(command, &envelope, text),
        }
    }

    fn answer(&mut self, outcome: Outcome<'_>, replies: &mut Replies) {
        // Taken, so that a refusal of something that was never heard (too large, too many) is told with number 0.
        let asked = std::mem::take(&mut self.asked);
        match (outcome, asked) {
            (Outcome::Refused(refusal), asked) => {
                self.aside.again = false;
                if matches!(asked, Question::Register(_)) {
                    self.rules.room.withdraw(self.aside.session);
                }
                // Displays that go on showing what was before would show a former patient beside the next one's step.
                if self.registered == CONSOLE && asked.may_be_of_the_exam() {
                    replies.publish(Effect::Unread.message(&self.rules));
                }
                replies.text(refused(asked.number(), refusal));
            }
            (_, Question::Ping) => replies.text(PONG),
            (_, Question::Register(command)) => self.registered(command, replies),
            (_, Question::Nothing | Question::Command(_)) => {}
        }
    }

    fn hears_again(&mut self) -> bool {
        std::mem::take(&mut self.aside.again)
    }

    fn ended(&mut self, replies: &mut Replies) {
        if self.rules.room.leave(self.aside.session) {
            replies.publish(Effect::Presence.message(&self.rules));
        }
    }
}
