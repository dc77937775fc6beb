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
    /// `mr.<station>.series`: how many images a series has by now, and how many of them differ.
    Series(String),
    /// `mr.<station>.session`: what a session that has ended lacks.
    Session(String),
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
            [NAME, _, "series"] => Ok(About::Series(station())),
            [NAME, _, "session"] => Ok(About::Session(station())),
            _ => {
                let detail = "the topic must be mr.STATION.new, .update, .series or .session, or mr.unreadable";
                Err(Refusal::new(Reason::BadField, detail))
            }
        }
    }
}

/// What a client asks for besides what everybody hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Wish {
    /// `series=1`.
    pub(crate) series: bool,
    /// `sessions=1`.
    pub(crate) sessions: bool,
}

impl Wish {
    /// Reads a query; what is not known in it means nothing.
    pub(crate) fn of(query: &str) -> Wish {
        let asks = |key: &str| query.split('&').any(|pair| pair.strip_prefix(key) == Some("=1"));
        Wish { series: asks("series"), sessions: asks("sessions") }
    }
}

/// What a client hears: of all stations or of one. Files that cannot be read belong to none.
pub(crate) fn heard(station: Option<&str>, wish: Wish) -> Vec<Filter> {
    let kinds = [Some("new"), Some("update"), wish.series.then_some("series"), wish.sessions.then_some("session")];
    let mut filters: Vec<_> = kinds.into_iter().flatten().map(|kind| of(station, kind)).collect();
    if station.is_none() {
        filters.push(Filter::new([Part::Token(NAME), Part::Token("unreadable")]));
    }
    filters
}

/// The topics of this kind, whose newest message is kept: the last of each station.
pub(crate) fn kept(kind: &'static str) -> Filter {
    of(None, kind)
}

fn of(station: Option<&str>, kind: &'static str) -> Filter {
    Filter::new([Part::Token(NAME), station.map_or(Part::Any, Part::Token), Part::Token(kind)])
}
