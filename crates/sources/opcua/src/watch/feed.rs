//! The hand-over from the library's event loop, which must not wait, to the thread that publishes, which may have to.
//!
//! Promises: in order for each variable; bounded in values and bytes: beyond that the oldest of the same variable goes, and
//! is counted; a value of a server that is not connected is not told. Shared by all servers; variables are numbered over all.

use super::opening::{Opening, Step};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tieline_telemetry::Tally;
use tieline_telemetry::events::ValuesLost;
use tokio::sync::Notify;
use tokio::time::Instant;

/// At most this many values wait, and one of each variable beyond.
const MOST: usize = 100_000;
/// At most this many bytes of JSON wait, about.
const MOST_BYTES: usize = 256 << 20;
/// What is told of a variable whose server is not connected.
const ABSENT: &str = r#"{"StatusCode":"BadNotConnected"}"#;

/// See the module.
pub(crate) struct Feed {
    state: Mutex<Queue>,
    ready: Condvar,
    /// Somebody has begun to hear something: look when its time comes.
    pub(super) opened: Notify,
    lost: Tally,
    most: usize,
}

#[derive(Default)]
struct Queue {
    /// Whose turn it is; as often as it has values waiting.
    order: VecDeque<usize>,
    items: Vec<Item>,
    bytes: usize,
    /// Openings by their end, soonest first; some of them are over already.
    due: VecDeque<(Instant, usize)>,
    closed: bool,
}

#[derive(Default)]
struct Item {
    waiting: VecDeque<Arc<str>>,
    /// The newest the server has said, for when it comes back with its memory.
    last: Option<Arc<str>>,
    opening: Option<Opening>,
    watched: bool,
    connected: bool,
    /// The session was lost and taken up again: what was last said was told again then, and some servers say it again, too.
    taken_up: bool,
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
        Feed { state, ready: Condvar::new(), opened: Notify::new(), lost, most }
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
        if let Some(item) = self.lock().items.get_mut(variable) {
            (item.watched, item.opening, item.last) = (false, None, None);
        }
    }

    /// The server said this of a variable.
    pub(super) fn value(&self, variable: usize, json: Arc<str>) {
        let mut queue = self.lock();
        let Some(item) = queue.items.get_mut(variable).filter(|item| item.watched) else { return };
        let is_known = item.taken_up && item.last.as_deref().is_some_and(|last| said(last) == said(&json));
        item.last = Some(json.clone());
        if is_known {
            return;
        }
        // From a connection that has just been given up: what is current is told when there is another.
        if !item.connected {
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

    /// A server is connected, and knows nothing of us: its values come when its items are made.
    pub(crate) fn connected(&self, variables: Range<usize>) {
        let mut queue = self.lock();
        queue
            .items
            .get_mut(variables)
            .into_iter()
            .flatten()
            .for_each(|item| (item.connected, item.taken_up) = (true, false));
    }

    /// A server is not connected any more: told of everything that is watched there.
    pub(crate) fn lost(&self, variables: Range<usize>) {
        let mut queue = self.lock();
        for variable in variables {
            let Some(item) = queue.items.get_mut(variable) else { break };
            item.connected = false;
            match &mut item.opening {
                Some(opening) => opening.absent(ABSENT.into()),
                None if item.watched => self.push(&mut queue, variable, ABSENT.into()),
                None => {}
            }
        }
        drop(queue);
        self.ready.notify_one();
    }

    /// A server is connected again and has kept our items: what they last said is current, until the changes come that it
    /// has kept with them.
    pub(crate) fn back(&self, variables: Range<usize>) {
        let mut queue = self.lock();
        for variable in variables {
            let Some(item) = queue.items.get_mut(variable) else { break };
            (item.connected, item.taken_up) = (true, true);
            match (&mut item.opening, item.last.clone()) {
                (Some(opening), Some(last)) => {
                    opening.value(&last, Instant::now());
                }
                (None, Some(last)) if item.watched => self.push(&mut queue, variable, last),
                _ => {}
            }
        }
        drop(queue);
        self.ready.notify_one();
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
            // Another opening of the same variable has its own time.
            let Some(opening) = item.opening.take_if(|opening| opening.due <= now) else { continue };
            if let Some(json) = opening.over() {
                self.push(&mut queue, variable, json);
            }
        };
        drop(queue);
        self.ready.notify_one();
        next
    }

    /// Waits for values; false when there are none and will be none.
    pub(super) fn take(&self, most: usize, into: &mut Vec<(usize, Arc<str>)>) -> bool {
        let mut queue = self.lock();
        while queue.order.is_empty() {
            if queue.closed {
                return false;
            }
            queue = self.ready.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        for _ in 0..most.min(queue.order.len()) {
            let Some(variable) = queue.order.pop_front() else { break };
            let Some(json) = queue.items.get_mut(variable).and_then(|item| item.waiting.pop_front()) else { continue };
            queue.bytes -= json.len();
            into.push((variable, json));
        }
        true
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

/// A value without the moment at which the server sent it, which is the last thing in it.
fn said(json: &str) -> &str {
    json.split_once(r#","ServerTimestamp":""#).map_or(json, |(said, _)| said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn taken(feed: &Feed) -> Vec<(usize, String)> {
        let mut values = Vec::new();
        feed.release(Instant::now());
        if !feed.lock().order.is_empty() {
            feed.take(usize::MAX, &mut values);
        }
        values.into_iter().map(|(variable, json)| (variable, json.to_string())).collect()
    }

    fn watched(variables: usize, most: usize) -> Feed {
        let feed = Feed::bounded(variables, most);
        feed.connected(0..variables);
        (0..variables).for_each(|variable| feed.open(variable, None));
        feed
    }

    fn say(feed: &Feed, variable: usize, json: &str) {
        feed.value(variable, json.into());
    }

    #[test]
    fn when_it_is_full_the_oldest_of_the_same_variable_goes() {
        let feed = watched(2, 3);
        for (variable, json) in [(0, "a1"), (1, "b1"), (0, "a2"), (0, "a3"), (1, "b2"), (0, "a4")] {
            say(&feed, variable, json);
        }
        let values: Vec<String> = taken(&feed).into_iter().map(|(_, json)| json).collect();
        assert_eq!(values, ["a3", "b2", "a4"], "each variable in its order, its newest kept");
        assert_eq!((feed.lost.total(), feed.lock().bytes), (3, 0));
    }

    #[test]
    fn a_loss_is_told_once_behind_what_came_before_and_the_return_with_what_is_current() {
        let feed = watched(2, 100);
        feed.close(1);
        say(&feed, 0, "1");
        feed.lost(0..2);
        say(&feed, 0, "2");
        assert_eq!(taken(&feed), [(0, "1".to_owned()), (0, ABSENT.to_owned())]);
        feed.back(0..2);
        say(&feed, 0, "3");
        assert_eq!(taken(&feed), [(0, "2".to_owned()), (0, "3".to_owned())]);
        feed.lost(0..2);
        feed.connected(0..2);
        say(&feed, 0, "3");
        assert_eq!(taken(&feed), [(0, ABSENT.to_owned()), (0, "3".to_owned())], "equal, but told again");
    }

    #[test]
    fn what_a_server_says_again_after_its_return_is_told_once() {
        let feed = watched(1, 100);
        let value = |source: u32, sent: u32| {
            format!(r#"{{"Value":{{"Type":6,"Body":1}},"SourceTimestamp":"{source}","ServerTimestamp":"{sent}"}}"#)
        };
        [(1, 1), (1, 2)].iter().for_each(|(source, sent)| say(&feed, 0, &value(*source, *sent)));
        feed.lost(0..1);
        feed.back(0..1);
        [(1, 3), (2, 4), (2, 5), (3, 6)].iter().for_each(|(source, sent)| say(&feed, 0, &value(*source, *sent)));
        feed.lost(0..1);
        feed.connected(0..1);
        say(&feed, 0, &value(3, 7));
        let told: Vec<String> = taken(&feed).into_iter().map(|(_, json)| json).collect();
        let (absent, again) = (ABSENT.to_owned(), value(1, 2));
        let expected =
            [value(1, 1), again.clone(), absent.clone(), again, value(2, 4), value(3, 6), absent, value(3, 7)];
        assert_eq!(told, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn who_begins_to_hear_is_told_after_half_a_second() {
        let feed = Feed::bounded(2, 100);
        feed.open(0, Some(Instant::now()));
        assert_eq!(taken(&feed), []);
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(taken(&feed), [(0, ABSENT.to_owned())], "nobody is there");
        feed.connected(0..2);
        feed.open(1, Some(Instant::now()));
        say(&feed, 0, "0");
        say(&feed, 1, "1");
        assert_eq!(taken(&feed), [(0, "0".to_owned())]);
        feed.lost(0..2);
        feed.back(0..2);
        tokio::time::advance(Duration::from_millis(500)).await;
        let told: Vec<String> = taken(&feed).into_iter().filter(|(at, _)| *at == 1).map(|(_, json)| json).collect();
        assert_eq!(told, ["1"]);
    }

    #[test]
    fn the_end_comes_after_the_last_value() {
        let feed = watched(1, 10);
        say(&feed, 0, "1");
        feed.end();
        let mut values = Vec::new();
        assert!(feed.take(10, &mut values));
        assert!(!feed.take(10, &mut values));
        assert_eq!(values.len(), 1);
    }
}
