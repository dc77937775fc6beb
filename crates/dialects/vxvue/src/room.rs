//! The X-ray room: what the console has made known so far, to whom, and whether a console is there at all.
//!
//! Promises: what is said of a patient is decided in the order of the hub ([`tieline_model::Turn`]), so that two consoles
//! on two shards, a display that comes late and the clock agree about who was first; nobody keeps seeing a patient of whom
//! the hub does not know any more. No clock: time is told by `tick`. Shared by all conversations of a listener.

use crate::settings::{Consoles, VxvueSettings};
use crate::wire::participant::NOBODY;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tieline_model::SessionId;

/// Receivers told of one exam that are remembered one by one; with more of them, everybody counts as told.
const RECEIVERS: usize = 64;
/// Consoles whose addresses are shown.
pub(crate) const SHOWN: usize = 8;

/// One listener's room.
#[derive(Default)]
pub(crate) struct Room(Mutex<State>);

/// Whom the exam is about, as far as the hub knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Known {
    /// No console has said so yet, or what it said could not be read.
    #[default]
    Unknown,
    /// Nobody: the console has completed its exam.
    Nobody,
    /// The patient with this number.
    Patient(u64),
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) known: Known,
    /// Receivers that were told a patient in this exam.
    pub(crate) patients: Receivers,
    /// Receivers that were told anything of it.
    pub(crate) told: Receivers,
    /// Somebody knows the patient's id from a correction only.
    pub(crate) named_by_correction: bool,
    /// A correction gave some receivers another id than others still show.
    pub(crate) is_split: bool,
    /// How often somebody was told something.
    tellings: u64,
    /// Somebody came who was not told what others know: without replay.
    pub(crate) newcomers: bool,
    pub(crate) consoles: Vec<Console>,
    pub(crate) away: Option<Away>,
    /// Changes with every presence that is told.
    pub(crate) revision: u64,
}

/// Types of participants; 0 is everybody.
#[derive(Debug, Default, Clone)]
pub(crate) struct Receivers(BTreeSet<u32>);

impl Receivers {
    pub(crate) fn add(&mut self, receiver: u32) {
        if self.0.len() < RECEIVERS || receiver == NOBODY {
            self.0.insert(receiver);
        } else {
            self.0.insert(NOBODY);
        }
    }

    /// Whether clients of this type are among them.
    pub(crate) fn reach(&self, kind: u32) -> bool {
        self.0.contains(&kind) || self.0.contains(&NOBODY)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

/// A client that is registered as the console, or is about to be.
pub(crate) struct Console {
    session: SessionId,
    pub(crate) address: SocketAddr,
    /// Whether its registering was granted.
    pub(crate) granted: bool,
}

/// The last console has gone.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Away {
    /// Since when, for people; known once it was told.
    pub(crate) since: Option<SystemTime>,
    /// Since when by the clock of `tick`, which first saw it then.
    at: Option<Duration>,
    /// The patient is not shown any more.
    pub(crate) hidden: bool,
    /// The exam was given up.
    given_up: bool,
}

/// What the passing of time brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Pages stop showing the patient.
    Hide,
    /// The exam is given up.
    GiveUp,
}

impl Room {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client wants to be the console. With room for one only, the address of the one that is there comes back.
    pub(crate) fn claim(&self, limit: Consoles, session: SessionId, address: SocketAddr) -> Result<(), SocketAddr> {
        let mut state = self.lock();
        match state.consoles.iter().find(|console| console.session != session) {
            Some(other) if limit == Consoles::One => return Err(other.address),
            _ => {}
        }
        if state.consoles.iter().all(|console| console.session != session) {
            state.consoles.push(Console { session, address, granted: false });
        }
        Ok(())
    }

    /// It was granted. Gives the address of another console that is there, and whether pages have something to learn.
    pub(crate) fn grant(&self, session: SessionId) -> (Option<SocketAddr>, bool) {
        let mut state = self.lock();
        let mut is_new = false;
        for console in state.consoles.iter_mut().filter(|console| console.session == session) {
            is_new = !std::mem::replace(&mut console.granted, true);
        }
        if !is_new {
            return (None, false);
        }
        let was_away = state.away.take().is_some();
        let other = state.consoles.iter().find(|console| console.granted && console.session != session);
        let other = other.map(|console| console.address);
        (other, was_away || other.is_some())
    }

    /// It was not granted after all.
    pub(crate) fn withdraw(&self, session: SessionId) {
        self.lock().consoles.retain(|console| console.granted || console.session != session);
    }

    /// It is no console any more. Says whether it was one.
    pub(crate) fn leave(&self, session: SessionId) -> bool {
        let mut state = self.lock();
        let was_console = state.consoles.iter().any(|console| console.granted && console.session == session);
        state.consoles.retain(|console| console.session != session);
        if was_console && state.consoles.iter().all(|console| !console.granted) {
            state.away = Some(Away::default());
        }
        was_console
    }

    /// Time has passed: what is due now, each once.
    pub(crate) fn tick(&self, settings: &VxvueSettings, now: Duration) -> Vec<Due> {
        let mut state = self.lock();
        let Some(away) = &mut state.away else { return Vec::new() };
        let gone = now.saturating_sub(*away.at.get_or_insert(now));
        let mut due = Vec::new();
        if gone >= settings.hide_after && !std::mem::replace(&mut away.hidden, true) {
            due.push(Due::Hide);
        }
        let is_lost = !settings.source_lost.is_zero() && gone >= settings.source_lost;
        if is_lost && !std::mem::replace(&mut away.given_up, true) {
            due.push(Due::GiveUp);
        }
        due
    }

    /// Whether clients of this type may be showing something of the exam, and how often anybody was told something: a client
    /// that changes its type compares the two.
    pub(crate) fn shown_to(&self, kind: u32) -> (bool, u64) {
        let state = self.lock();
        (kind != NOBODY && state.told.reach(kind), state.tellings)
    }

    /// A client came that is not told what was said before.
    pub(crate) fn newcomer(&self) {
        self.lock().newcomers = true;
    }
}

impl State {
    /// Something of the exam is being told to this receiver.
    pub(crate) fn tell(&mut self, receiver: u32) {
        self.told.add(receiver);
        self.tellings += 1;
    }

    /// The exam has ended, or is not known any more; gives who was told of it.
    pub(crate) fn end(&mut self, known: Known) -> Receivers {
        self.known = known;
        self.patients = Receivers::default();
        self.newcomers = false;
        self.named_by_correction = false;
        self.is_split = false;
        std::mem::take(&mut self.told)
    }

    /// Whether the exam was given up because the console is away, as [`Room::tick`] found.
    pub(crate) fn is_given_up(&self) -> bool {
        self.away.is_some_and(|away| away.given_up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(number: u64) -> SessionId {
        SessionId::new(0, number)
    }
    fn address(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_console_that_is_away_is_hidden_and_given_up_once_each() {
        let (room, settings) = (Room::default(), VxvueSettings::default());
        assert_eq!(room.tick(&settings, 9999 * SECOND), [], "before any console was there, nobody is away");
        room.claim(Consoles::Many, session(1), address(1)).unwrap();
        assert_eq!(room.grant(session(1)), (None, false));
        assert!(room.leave(session(1)) && !room.leave(session(1)));
        assert_eq!(room.tick(&settings, 10_000 * SECOND), [], "the time runs from here");
        assert_eq!(room.tick(&settings, 10_059 * SECOND), []);
        assert_eq!(room.tick(&settings, 10_060 * SECOND), [Due::Hide]);
        assert_eq!(room.tick(&settings, 10_599 * SECOND), []);
        assert_eq!(room.tick(&settings, 10_600 * SECOND), [Due::GiveUp]);
        assert_eq!(room.tick(&settings, 20_000 * SECOND), []);
        room.claim(Consoles::Many, session(2), address(2)).unwrap();
        assert_eq!(room.grant(session(2)), (None, true), "it is back, and pages are told");
        assert!(!room.lock().is_given_up());
    }

    #[test]
    fn nothing_is_given_up_when_that_is_switched_off() {
        let settings = VxvueSettings { source_lost: Duration::ZERO, hide_after: Duration::ZERO, ..Default::default() };
        let room = Room::default();
        room.claim(Consoles::One, session(1), address(1)).unwrap();
        room.grant(session(1));
        room.leave(session(1));
        assert_eq!(room.tick(&settings, SECOND), [Due::Hide]);
        assert_eq!(room.tick(&settings, 1_000_000 * SECOND), []);
    }

    #[test]
    fn one_console_at_a_time_when_there_is_room_for_one() {
        let room = Room::default();
        room.claim(Consoles::One, session(1), address(1)).unwrap();
        assert_eq!(room.claim(Consoles::One, session(2), address(2)), Err(address(1)), "even before it was granted");
        room.withdraw(session(1));
        room.claim(Consoles::One, session(2), address(2)).unwrap();
        room.grant(session(2));
        room.claim(Consoles::One, session(2), address(2)).unwrap();
        room.withdraw(session(2));
        assert_eq!(room.claim(Consoles::One, session(1), address(1)), Err(address(2)), "once granted it stays");
        assert!(room.leave(session(2)));
        room.claim(Consoles::One, session(1), address(1)).unwrap();
    }

    #[test]
    fn of_many_consoles_the_last_one_counts() {
        let room = Room::default();
        for (number, other) in [(1, None), (2, Some(address(1)))] {
            room.claim(Consoles::Many, session(number), address(number as u16)).unwrap();
            assert_eq!(room.grant(session(number)).0, other);
        }
        room.leave(session(1));
        assert!(room.lock().away.is_none());
        room.leave(session(2));
        assert!(room.lock().away.is_some());
    }

    #[test]
    fn receivers_are_bounded() {
        let mut receivers = Receivers::default();
        (100..100 + RECEIVERS as u32).for_each(|kind| receivers.add(kind));
        assert!(!receivers.reach(7));
        receivers.add(99);
        assert!(receivers.reach(7) && receivers.iter().count() <= RECEIVERS + 1);
    }
}
