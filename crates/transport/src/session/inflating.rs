//! A client's compressed message that takes more than one step: what is retained of it until it is whole.
//!
//! Promises: at most the payload, the inflated bytes and one work area of zlib a session; text is checked as it comes, so
//! that nonsense costs no more than its beginning. Owned by the session's talk, which decides when the next step is paid for.

use crate::shard::scheduler::cost;
use std::borrow::Cow;
use tieline_codec::{History, InflateError, Inflater, Inflation, Kind, Step};

/// One message of one session.
pub(crate) struct Inflating {
    kind: Kind,
    /// As it came, once it does not fit into one step.
    payload: Vec<u8>,
    inflater: Option<Inflater>,
    message: Inflation,
    /// Whether it refers back to what its client sent before.
    with_past: bool,
    /// How much of a text is known to be whole characters.
    checked: usize,
}

/// What came of a step.
pub(crate) enum Progress {
    /// The message is whole; `with_past`: it referred back to what its client sent before.
    Whole { kind: Kind, payload: Vec<u8>, with_past: bool },
    /// There is more to do.
    More(Box<Inflating>),
    /// It cannot be read.
    Refused(Wrong),
}

/// Why not.
pub(crate) enum Wrong {
    Inflate(InflateError),
    Utf8,
}

impl Inflating {
    /// Begins a message and does its first step, after which most are whole. Returns what that cost.
    pub(crate) fn begin(
        kind: Kind,
        payload: Cow<'_, [u8]>,
        limit: usize,
        shared: &mut Inflater,
        history: &History,
    ) -> (Progress, i64) {
        let message = shared.begin(history.known());
        let (payload_now, inflater, with_past) = (Vec::new(), None, history.keeps());
        let mut one = Inflating { kind, payload: payload_now, inflater, message, with_past, checked: 0 };
        let (step, paid) = one.step(shared, &payload, limit, history);
        match step {
            Ok(true) => (one.whole(), paid),
            Ok(false) => {
                // From here on it has an inflater of its own; the shard's next message begins with a new one.
                one.payload = payload.into_owned();
                one.inflater = Some(std::mem::take(shared));
                (Progress::More(Box::new(one)), paid)
            }
            Err(wrong) => (Progress::Refused(wrong), paid),
        }
    }

    /// Does one more step. Returns what that cost.
    pub(crate) fn go_on(mut self: Box<Self>, limit: usize, history: &History) -> (Progress, i64) {
        let (payload, mut inflater) = (std::mem::take(&mut self.payload), self.inflater.take().unwrap_or_default());
        let (step, paid) = self.step(&mut inflater, &payload, limit, history);
        (self.payload, self.inflater) = (payload, Some(inflater));
        match step {
            Ok(true) => (self.whole(), paid),
            Ok(false) => (Progress::More(self), paid),
            Err(wrong) => (Progress::Refused(wrong), paid),
        }
    }

    fn step(
        &mut self,
        inflater: &mut Inflater,
        payload: &[u8],
        limit: usize,
        history: &History,
    ) -> (Result<bool, Wrong>, i64) {
        match inflater.step(&mut self.message, payload, limit) {
            Ok(Step { done, read, made }) => {
                let out = (made / cost::INFLATED_BYTES_PER_NANOSECOND) as i64;
                let paid = read as i64 * cost::COMPRESSED_BYTE + out;
                let text = self.kind == Kind::Binary || self.check_text(done);
                (if text { Ok(done) } else { Err(Wrong::Utf8) }, paid)
            }
            Err(InflateError::Damaged) if !self.with_past && history.suspected().is_some() => {
                // Once more from its beginning, with the window that its client was to have let go.
                self.message = inflater.begin(history.suspected().unwrap_or_default());
                (self.with_past, self.checked) = (true, 0);
                (Ok(false), 0)
            }
            Err(error) => (Err(Wrong::Inflate(error)), 0),
        }
    }

    /// Checks what has come of a text since the last time; a character may be cut in two unless it is the end.
    fn check_text(&mut self, end: bool) -> bool {
        let made = self.message.made();
        match simdutf8::compat::from_utf8(&made[self.checked..]) {
            Ok(_) => self.checked = made.len(),
            Err(error) if error.error_len().is_none() && !end => self.checked += error.valid_up_to(),
            Err(_) => return false,
        }
        true
    }

    /// Bytes held for it: as it came, what was made of it, and the work area of zlib.
    pub(crate) fn held(&self) -> usize {
        const WORK_AREA: usize = 48 << 10;
        self.payload.capacity() + self.message.held() + WORK_AREA
    }

    fn whole(self) -> Progress {
        Progress::Whole { kind: self.kind, payload: self.message.into_made(), with_past: self.with_past }
    }
}
