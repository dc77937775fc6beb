//! The hand-over from the library's event loop, which must not wait, to the thread that publishes, which may have to.
//!
//! Promises: in order for each variable; bounded in values and bytes: beyond that the oldest of the same variable goes, and
//! is counted; a value of a server that is not connected is not told. Shared by all servers; variables are numbered over all.

mod deliver;
mod opening;
mod target;
#[cfg(test)]
mod tests;

pub(crate) use deliver::{deliver, release};
pub(crate) use target::Targets;

use super::arrivals::Told;
use opening::{HOLD, Opening, Step};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tieline_opcua_client::Follower;
use tieline_telemetry::Tally;
use tieline_telemetry::events::ValuesLost;
use tokio::sync::Notify;
use tokio::time::Instant;

/// At most this many values wait, and one of each variable beyond.
const MOST: usize = 100_000;
/// At most this many bytes of JSON wait, about.
const MOST_BYTES: usize = 256 << 20;
/// After this long a report is no leftover from before what was read: the source's clock was set back.
const LATE: Duration = Duration::from_secs(30);
/// What is told of a variable whose server is not connected.
const ABSENT: &str = r#"{"StatusCode":"BadNotConnected"}"#;

/// See the module.
pub(crate) struct Feed {
    state: Mutex<Queue>,
    ready: Condvar,
    /// Somebody has begun to hear something: look when its time comes.
    pub(super) opened: Notify,
    lost: Tally,
    late: Tally,
    most: usize,
}

#[derive(Default)]
struct Queue {
    /// Whose turn it is; as often as it has values waiting.
    order: VecDeque<usize>,
    items: Vec<Item>,
    bytes: usize,
    news: News,
    /// Openings and returns by their end, soonest first; some of them are over already.
    due: VecDeque<(Instant, usize)>,
    closed: bool,
}

/// What is to be told beside values, before them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// How values come now, by the first variable of a server; what the dialect was not told of yet.
    pub(super) deliveries: Vec<(usize, bool)>,
    /// Variables that are watched no more: what was published of them last may not be true any more.
    pub(super) closed: Vec<usize>,
}

#[derive(Default)]
struct Item {
    waiting: VecDeque<Arc<str>>,
    /// The newest the server has said, without when it said it.
    last: Option<Arc<str>>,
    /// What was published last, and when.
    told: Option<(Arc<str>, Instant)>,
    opening: Option<Opening>,
    /// The server is back with its memory, and what is current is not told yet.
    returning: Option<Returning>,
    watched: bool,
    connected: bool,
    /// What was read was told, and so long reports are not told that are older than this time of their source.
    read: Option<(i64, Instant)>,
    /// What the server says again is known: it is back with its memory, or its items were made again.
    is_same: bool,
}

impl Item {
    /// What was read is told.
    fn was_read(&mut self, at: Option<i64>, now: Instant) {
        self.read = at.map(|at| (at, now + LATE));
    }

    /// Whether a report of this time comes after what was read and is older. The first that is not ends the question.
    fn is_older_than_read(&mut self, at: Option<i64>, now: Instant) -> bool {
        let Some((read, until)) = self.read else { return false };
        let is_older = now < until && at.is_some_and(|at| at < read);
        if !is_older && at.is_some() {
            self.read = None;
        }
        is_older
    }
}

/// Until what is current is told.
#[derive(Default)]
struct Returning {
    /// A loss was told: what is current is news, also when it is what it was.
    is_news: bool,
    /// What was read, held back for the reports that the server kept meanwhile: they are older, and come first.
    held: Option<(Instant, Told)>,
}

impl Feed {
    /// For so many variables.
    pub(crate) fn new(variables: usize) -> Arc<Feed> {
        Arc::new(Feed::bounded(variables, MOST))
    }

    fn bounded(variables: usize, most: usize) -> Feed {
        let items = std::iter::repeat_with(Item::default).take(variables).collect();
        let lost = ValuesLost { source: crate::NAME, reason: "queue" }.handle();
        let state = Mutex::new(Queue { items, ..Queue::default() });
        let late = ValuesLost { source: crate::NAME, reason: "late" }.handle();
        Feed { state, ready: Condvar::new(), opened: Notify::new(), lost, late, most }
    }

    /// A variable is watched from now on; `since`: when somebody began to hear it, `None` when it is watched for the record.
    pub(super) fn open(&self, variable: usize, since: Option<Instant>) {
        let mut queue = self.lock();
        let Queue { items, due, .. } = &mut *queue;
        let Some(item) = items.get_mut(variable) else { return };
        item.watched = true;
        let Some(since) = since else { return };
        let mut opening = Opening::new(since);
        if !item.connected {
            opening.absent(ABSENT.into());
        }
        due.push_back((opening.due, variable));
        item.opening = Some(opening);
        drop(queue);
        self.opened.notify_one();
    }

    /// A variable is not watched any more.
    pub(super) fn close(&self, variable: usize) {
        let mut queue = self.lock();
        let Some(item) = queue.items.get_mut(variable) else { return };
        let waiting = std::mem::take(item);
        item.connected = waiting.connected;
        // Nobody hears what still waits; its place in the line is passed over.
        queue.bytes -= waiting.waiting.iter().map(|json| json.len()).sum::<usize>();
        queue.news.closed.push(variable);
        drop(queue);
        self.ready.notify_one();
    }

    /// The server said this of a variable.
    pub(super) fn value(&self, variable: usize, told: Told) {
        let mut queue = self.lock();
        let Some(item) = queue.items.get_mut(variable).filter(|item| item.watched) else { return };
        if item.is_older_than_read(told.at, Instant::now()) {
            self.late.add(1);
            return;
        }
        // From a connection that has just been given up: what is current is told when there is another.
        let is_connected = item.connected;
        if item.is_same && item.last.as_deref() == Some(told.said()) {
            if is_connected {
                self.said_again(&mut queue, variable, told);
            }
            return;
        }
        item.returning = None;
        item.last = Some(told.said().into());
        let json = told.json;
        if !is_connected {
            return;
        }
        if let Some(opening) = &mut item.opening {
            match opening.value(&json, Instant::now()) {
                Step::Held => return,
                Step::Published => item.opening = None,
            }
        }
        self.push(&mut queue, variable, json);
        drop(queue);
        self.ready.notify_one();
    }

    /// A report of what is known. After a loss it is what is current, unless the server has kept it from before and only sends it
    /// once more: what is read says which, and where nothing is read it is told after a while.
    fn said_again(&self, queue: &mut Queue, variable: usize, told: Told) {
        let Queue { items, due, .. } = queue;
        let Some(item) = items.get_mut(variable) else { return };
        let Some(returning) = item.returning.as_mut().filter(|returning| returning.is_news) else { return };
        if let Some(opening) = &mut item.opening {
            opening.value(&told.json, Instant::now());
        } else if returning.held.is_none() {
            let until = Instant::now() + HOLD;
            returning.held = Some((until, told));
            due.push_back((until, variable));
            self.opened.notify_one();
        }
    }

    /// A server that is back with its memory holds this now.
    pub(super) fn present(&self, variable: usize, told: Told) {
        let mut queue = self.lock();
        let Queue { items, due, .. } = &mut *queue;
        let Some(item) = items.get_mut(variable).filter(|item| item.watched && item.connected) else { return };
        let Some(returning) = &mut item.returning else { return };
        if let Some(opening) = &mut item.opening {
            item.returning = None;
            opening.value(&told.json, Instant::now());
        } else if item.last.as_deref() == Some(told.said()) {
            item.was_read(told.at, Instant::now());
            if item.returning.take().is_some_and(|returning| returning.is_news) {
                self.push(&mut queue, variable, told.json);
            }
        } else {
            let until = Instant::now() + HOLD;
            returning.held = Some((until, told));
            due.push_back((until, variable));
        }
        drop(queue);
        self.ready.notify_one();
        self.opened.notify_one();
    }

    /// A report may be missing that will not come: what is current is read, and told where it is not known.
    pub(super) fn doubted(&self, variables: Range<usize>) {
        let mut queue = self.lock();
        for item in queue.items.get_mut(variables).into_iter().flatten().filter(|item| item.connected) {
            item.is_same = true;
            item.returning.get_or_insert_default();
        }
    }

    /// Items are made again on a connection that was not lost: what the server says again need not be told again.
    pub(super) fn again(&self, variables: Range<usize>) {
        let mut queue = self.lock();
        queue.items.get_mut(variables).into_iter().flatten().for_each(|item| item.is_same = true);
    }

    /// The values of the server with this first variable come because it is polled, or because it reports them.
    pub(super) fn delivered_by(&self, first: usize, is_polling: bool) {
        self.lock().news.deliveries.push((first, is_polling));
        self.ready.notify_one();
    }

    /// What was published last of a variable that is watched, unless that was less than `ago` ago.
    pub(crate) fn told(&self, variable: usize, ago: Duration) -> Option<Arc<str>> {
        let queue = self.lock();
        let (json, when) = queue.items.get(variable)?.told.as_ref()?;
        (when.elapsed() >= ago).then(|| json.clone())
    }

    /// Publishes first values whose time has come; when the next one's comes.
    pub(super) fn release(&self, now: Instant) -> Option<Instant> {
        let mut queue = self.lock();
        let next = loop {
            let Some((due, variable)) = queue.due.front().copied() else { break None };
            if due > now {
                break Some(due);
            }
            queue.due.pop_front();
            let Some(item) = queue.items.get_mut(variable) else { continue };
            let held = |returning: &mut Returning| returning.held.as_ref().is_some_and(|(until, _)| *until <= now);
            let present = item.returning.take_if(held).and_then(|returning| returning.held).map(|(_, told)| told);
            if let Some(told) = &present {
                item.last = Some(told.said().into());
                item.was_read(told.at, now);
            }
            // Another opening of the same variable has its own time.
            let opening = item.opening.take_if(|opening| opening.due <= now).and_then(Opening::over);
            for json in present.map(|told| told.json).into_iter().chain(opening) {
                self.push(&mut queue, variable, json);
            }
        };
        drop(queue);
        self.ready.notify_one();
        next
    }

    /// Waits for values; `None` when there are none and will be none. What is to be told before them.
    pub(super) fn take(&self, most: usize, into: &mut Vec<(usize, Arc<str>)>) -> Option<News> {
        let mut queue = self.lock();
        while queue.order.is_empty() && queue.news == News::default() {
            if queue.closed {
                return None;
            }
            queue = self.ready.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        let now = Instant::now();
        for _ in 0..most.min(queue.order.len()) {
            let Some(variable) = queue.order.pop_front() else { break };
            let Some(item) = queue.items.get_mut(variable) else { continue };
            let Some(json) = item.waiting.pop_front() else { continue };
            item.told = item.watched.then(|| (json.clone(), now));
            queue.bytes -= json.len();
            into.push((variable, json));
        }
        Some(std::mem::take(&mut queue.news))
    }

    /// No more values come.
    pub(crate) fn end(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
    }

    fn push(&self, queue: &mut Queue, variable: usize, json: Arc<str>) {
        let is_full = queue.order.len() >= self.most || queue.bytes >= MOST_BYTES;
        queue.bytes += json.len();
        let Some(item) = queue.items.get_mut(variable) else { return };
        let oldest = if is_full { item.waiting.pop_front() } else { None };
        item.waiting.push_back(json);
        match oldest {
            // The newer ones move up in the line, each to the place of the one before.
            Some(oldest) => {
                queue.bytes -= oldest.len();
                self.lost.add(1);
            }
            None => queue.order.push_back(variable),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Follower for Feed {
    /// A server is connected, and knows nothing of us: its values come when its items are made.
    fn connected(&self, variables: Range<usize>) {
        let mut queue = self.lock();
        for item in queue.items.get_mut(variables).into_iter().flatten() {
            // What was known is from before the loss: to hear it again is news, also when the items are made once more.
            (item.connected, item.is_same, item.returning, item.last, item.read) = (true, false, None, None, None);
        }
    }

    /// A server is not connected any more: told of everything that is watched there.
    fn lost(&self, variables: Range<usize>) {
        let mut queue = self.lock();
        for variable in variables {
            let Some(item) = queue.items.get_mut(variable) else { break };
            (item.connected, item.returning) = (false, None);
            match &mut item.opening {
                Some(opening) => opening.absent(ABSENT.into()),
                None if item.watched => self.push(&mut queue, variable, ABSENT.into()),
                None => {}
            }
        }
        drop(queue);
        self.ready.notify_one();
    }

    /// A server is connected again and has kept our items: what is current is read, and the changes that it has kept come
    /// by themselves.
    fn back(&self, variables: Range<usize>) {
        let mut queue = self.lock();
        for item in queue.items.get_mut(variables).into_iter().flatten() {
            (item.connected, item.is_same, item.returning) =
                (true, true, Some(Returning { is_news: true, held: None }));
        }
    }
}
