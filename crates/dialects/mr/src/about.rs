//! The topics of this dialect: what a message is about, and which of them a listener hears.
//!
//! Called by `compose`, the conversation and the site.

use crate::NAME;
use tieline_model::{Filter, Part, Reason, Refusal, Topic};

/// What a topic says a message is about. Stations are raw names, as the headers have them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// `mr.<station>.new`: a verdict on a series.
    New(String),
    /// `mr.<station>.update`: one more file of the series.
    Update(String),
    /// `mr.unreadable`: a file that nobody could read, so no station is known.
    Unreadable,
}

impl About {
    /// Reads a topic.
    pub(crate) fn of(topic: &Topic) -> Result<About, Refusal> {
        let tokens: Vec<&str> = topic.tokens().collect();
        let station = || topic.token(1).unwrap_or_default().into_owned();
        match tokens[..] {
            [NAME, "unreadable"] => Ok(About::Unreadable),
            [NAME, _, "new"] => Ok(About::New(station())),
            [NAME, _, "update"] => Ok(About::Update(station())),
            _ => {
                let detail = "the topic must be mr.STATION.new, mr.STATION.update or mr.unreadable";
                Err(Refusal::new(Reason::BadField, detail))
            }
        }
    }
}

/// Everything, or everything of one station: files that cannot be read belong to none.
pub(crate) fn heard(station: Option<&str>) -> Filter {
    match station {
        None => Filter::new([Part::Token(NAME), Part::Rest]),
        Some(station) => Filter::new([Part::Token(NAME), Part::Token(station), Part::Any]),
    }
}

/// The topics whose newest message is kept: the last verdict of each station.
pub(crate) fn verdicts() -> Filter {
    Filter::new([Part::Token(NAME), Part::Any, Part::Token("new")])
}
