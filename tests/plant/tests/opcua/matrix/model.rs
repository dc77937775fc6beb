//! What a client may hear of `Counter`, whose values only grow.
//!
//! Promises: whoever is told an older value than one that it has heard, or one from before a loss, is found out. Asked by
//! `bench.rs` and `chance.rs` with every update.

use super::table::AWAY;

/// One monitor of `Counter`.
#[derive(Debug)]
pub(crate) struct Watched {
    /// The handle of its updates.
    pub(crate) handle: String,
    /// The oldest value that may still be told.
    pub(crate) least: u64,
    /// The value that it was told last, if it was no code.
    told: Option<u64>,
    /// The newest value that it has ever been told.
    heard: Option<u64>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing, or a value without a loss before it.
    Fine,
    /// It was told that there is no value.
    Lost,
    /// This was the first value after that.
    Back(u64),
}

impl Watched {
    /// A monitor that has heard nothing yet.
    pub(crate) fn new(handle: String, least: u64) -> Watched {
        Watched { handle, least, told: None, heard: None, state: State::Fine }
    }

    /// Whether it was told last that there is no value.
    pub(crate) fn is_lost(&self) -> bool {
        self.state == State::Lost
    }

    /// Whether this is the value that it was told last.
    pub(crate) fn has(&self, value: u64) -> bool {
        self.told == Some(value)
    }

    /// The server has this value now and cannot be reached: when it is back, nothing that was told before may be told again.
    /// Changes that the server has kept meanwhile may, in their order.
    pub(crate) fn present(&mut self, value: u64) {
        assert!(self.is_lost(), "only what is lost has a value from before the loss");
        self.least = self.heard.map_or(self.least, |heard| value.min(heard + 1));
    }

    /// Takes an update; `newest` is the newest value there has been. What is wrong with it.
    pub(crate) fn hear(&mut self, update: &str, newest: u64, codes: &[&str]) -> Result<(), String> {
        self.told = update.parse().ok();
        let Some(value) = self.told else {
            self.state = State::Lost;
            return match AWAY.contains(&update) || codes.contains(&update) {
                true => Ok(()),
                false => Err(format!("a monitor is told {update}")),
            };
        };
        if value < self.least || value > newest {
            return Err(format!("a monitor is told {value} as current; it is from {} to {newest}", self.least));
        }
        let before = self.state;
        self.state = if before == State::Lost { State::Back(value) } else { State::Fine };
        (self.least, self.heard) = (value, Some(value));
        match before == State::Back(value) {
            true => Err(format!("a monitor is told twice of {value} after a loss")),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_grow() {
        let mut watched = Watched::new("1".to_owned(), 3);
        for value in ["3", "4", "4", "7"] {
            assert_eq!(watched.hear(value, 7, &[]), Ok(()));
        }
        assert!(watched.hear("6", 7, &[]).is_err(), "older than what was heard");
        assert!(watched.hear("8", 7, &[]).is_err(), "never there");
    }

    #[test]
    fn nothing_from_before_a_loss() {
        let mut watched = Watched::new("1".to_owned(), 0);
        assert_eq!(watched.hear("5", 5, &[]), Ok(()));
        assert!(watched.hear("BadOutOfMemory", 5, &[]).is_err());
        assert_eq!(watched.hear("BadNotConnected", 5, &[]), Ok(()));
        watched.present(6);
        assert!(watched.hear("5", 6, &[]).is_err(), "from before the loss");
        let mut watched = Watched::new("1".to_owned(), 0);
        assert_eq!(watched.hear("5", 5, &[]), Ok(()));
        assert_eq!(watched.hear("BadNotConnected", 5, &[]), Ok(()));
        watched.present(7);
        assert_eq!(watched.hear("6", 7, &[]), Ok(()), "a change that the server has kept");
        assert_eq!(watched.hear("7", 7, &[]), Ok(()));
        assert_eq!(watched.hear("BadNotConnected", 7, &[]), Ok(()));
        watched.present(8);
        assert!(watched.hear("7", 8, &[]).is_err(), "told before the loss");
        let mut watched = Watched::new("1".to_owned(), 6);
        assert_eq!(watched.hear("BadNotConnected", 6, &[]), Ok(()));
        assert_eq!(watched.hear("6", 6, &[]), Ok(()));
        assert!(watched.hear("6", 6, &[]).is_err(), "the present value comes once");
    }
}
