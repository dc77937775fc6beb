//! Frames on their way to one group, joined into one buffer.
//!
//! Promises: who must not get all of them (it said some itself, or came after some) gets the rest in as few pieces as that leaves,
//! in the same order; nobody holds more than twice the memory of what it is owed. Called by the fan-out.

use crate::session::conn::Conn;
use bytes::Bytes;
use foldhash::fast::RandomState;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use tieline_budget::Memory;
use tieline_hub::Sink;
use tieline_model::SessionId;

/// Frames are joined up to this many bytes.
const JOIN_BYTES: usize = 128 << 10;

/// A frame that waits for its group.
pub(super) struct Pending {
    pub(super) origin: SessionId,
    pub(super) frame: Bytes,
    /// What the hub counts it as.
    pub(super) size: usize,
}

/// Frames that are being written to a subscriber group.
pub(super) struct Batch {
    pub(super) frames: Vec<Pending>,
    pub(super) joined: Bytes,
    origins: Origins,
    /// The next member to serve, and the first one that came too late for this batch.
    pub(super) next: usize,
    pub(super) end: usize,
}

/// Sessions that said something in a batch.
enum Origins {
    None,
    Few(Vec<SessionId>),
    Many(HashSet<SessionId, RandomState>),
}

impl Batch {
    /// Takes the first of those that wait, up to the joining bound and one at least, for so many members.
    pub(super) fn take(pending: &mut VecDeque<Pending>, members: usize, memory: &Arc<Memory>) -> Batch {
        let mut bytes = 0;
        let mut frames: Vec<Pending> = Vec::with_capacity(pending.len());
        while let Some(first) = pending.front() {
            if !frames.is_empty() && bytes + first.frame.len() > JOIN_BYTES {
                break;
            }
            bytes += first.frame.len();
            frames.extend(pending.pop_front());
        }
        if pending.is_empty() {
            *pending = VecDeque::new();
        }
        let joined = match frames.as_slice() {
            [only] => only.frame.clone(),
            frames => {
                let mut joined = Vec::with_capacity(bytes);
                frames.iter().for_each(|pending| joined.extend_from_slice(&pending.frame));
                memory.keep(joined.into())
            }
        };
        let origins = Origins::of(&frames);
        Batch { frames, joined, origins, next: 0, end: members }
    }

    /// Offers a member what it is owed; returns how many messages.
    pub(super) fn serve(&self, conn: &Conn, sink: &Sink) -> u64 {
        if conn.skip.get() > 0 || self.origins.contains(conn.session) {
            return self.serve_apart(conn, sink);
        }
        let messages = self.frames.len() as u32;
        if conn.offer_shared(&self.joined, messages, self.end as u32, sink) { u64::from(messages) } else { 0 }
    }

    /// The same without what the member said itself and what came before it joined.
    pub(super) fn serve_apart(&self, conn: &Conn, sink: &Sink) -> u64 {
        let skip = (conn.skip.get() as usize).min(self.frames.len());
        conn.skip.set(conn.skip.get() - skip as u32);
        let mut served = 0;
        conn.cork();
        for (piece, messages) in self.pieces(conn.session, skip) {
            if conn.offer_shared(&piece, messages, self.end as u32, sink) {
                served += u64::from(messages);
            }
        }
        conn.uncork(sink);
        served
    }

    /// What a session is owed of the frames behind the first `skip`, in order, each piece with how many messages it holds.
    fn pieces(&self, session: SessionId, skip: usize) -> Vec<(Bytes, u32)> {
        let (before, frames) = self.frames.split_at(skip);
        let is_owed = |pending: &Pending| pending.origin != session;
        // A piece of the joined buffer keeps all of it, so who is owed little of it gets the frames themselves.
        let is_most =
            frames.iter().filter(|frame| is_owed(frame)).map(Pending::len).sum::<usize>() * 2 >= self.joined.len();
        let mut at: usize = before.iter().map(Pending::len).sum();
        let mut pieces = Vec::new();
        for run in frames.chunk_by(|one, next| is_owed(one) == is_owed(next)) {
            let end = at + run.iter().map(Pending::len).sum::<usize>();
            match run.first() {
                Some(first) if !is_owed(first) => {}
                _ if is_most => pieces.push((self.joined.slice(at..end), run.len() as u32)),
                _ => pieces.extend(run.iter().map(|pending| (pending.frame.clone(), 1))),
            }
            at = end;
        }
        pieces
    }
}

impl Pending {
    fn len(&self) -> usize {
        self.frame.len()
    }
}

impl Origins {
    fn of(frames: &[Pending]) -> Origins {
        const FEW: usize = 4;
        let mut few: Vec<SessionId> = Vec::new();
        for pending in frames {
            if pending.origin != SessionId::NONE && !few.contains(&pending.origin) {
                if few.len() == FEW {
                    return Origins::Many(frames.iter().map(|pending| pending.origin).collect());
                }
                few.push(pending.origin);
            }
        }
        if few.is_empty() { Origins::None } else { Origins::Few(few) }
    }

    fn contains(&self, session: SessionId) -> bool {
        match self {
            Origins::None => false,
            Origins::Few(few) => few.contains(&session),
            Origins::Many(many) => many.contains(&session),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Three sessions that say frames of such lengths.
    fn batch(said: &[(u64, usize)]) -> Batch {
        let pending = |(number, (who, length)): (usize, &(u64, usize))| Pending {
            origin: SessionId::new(0, *who),
            frame: vec![number as u8; *length].into(),
            size: *length,
        };
        let mut waiting = said.iter().enumerate().map(pending).collect();
        Batch::take(&mut waiting, 3, &Memory::new(0))
    }

    fn said() -> impl Strategy<Value = Vec<(u64, usize)>> {
        proptest::collection::vec((1..4_u64, 1..300_usize), 1..60)
    }

    proptest! {
        #[test]
        fn everybody_gets_what_the_others_said_and_holds_no_more_than_twice_that(said in said(), skip in 0..60_usize) {
            let (batch, skip) = (batch(&said), skip.min(said.len()));
            for who in 0..4 {
                let session = SessionId::new(0, who);
                let pieces = batch.pieces(session, skip);
                let owed = batch.frames[skip..].iter().filter(|pending| pending.origin != session);
                let owed: Vec<&Bytes> = owed.map(|pending| &pending.frame).collect();
                let heard: Vec<u8> = pieces.iter().flat_map(|(piece, _)| piece.to_vec()).collect();
                prop_assert_eq!(&heard, &owed.iter().flat_map(|frame| frame.to_vec()).collect::<Vec<u8>>());
                prop_assert_eq!(pieces.iter().map(|(_, messages)| *messages as usize).sum::<usize>(), owed.len());
                let is_of_joined = |piece: &Bytes| batch.joined.as_ptr_range().contains(&piece.as_ptr());
                let holds = if pieces.iter().any(|(piece, _)| is_of_joined(piece)) { batch.joined.len() } else { heard.len() };
                prop_assert!(holds <= 2 * heard.len(), "{} for {}", holds, heard.len());
            }
        }
    }

    #[test]
    fn who_said_little_gets_the_rest_in_few_pieces() {
        let mut said = vec![(1, 50); 1000];
        said[500].0 = 2;
        let batch = batch(&said);
        let lengths =
            |who| batch.pieces(SessionId::new(0, who), 0).iter().map(|(piece, _)| piece.len()).collect::<Vec<_>>();
        assert_eq!(lengths(3), [50_000]);
        assert_eq!(lengths(2), [25_000, 24_950]);
        assert_eq!(lengths(1), [50]);
    }
}
