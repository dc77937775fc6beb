//! What ended jobs leave behind: a row in the store's record and an event on the command's topic.
//!
//! Promises: jobs in the order in which they ended, each once; the store and the hub are waited for here and nowhere else.
//! A job that cannot be recorded is told of all the same, without a number. A thread of its own.

use crate::http::{Note, Notes};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tieline_model::Publisher;
use tieline_store::Store;
use tieline_store::project::Job as Row;
use tieline_telemetry::events::{JobUnrecorded, JobUntold};
use tokio::sync::mpsc;

/// Ended jobs that may wait to be recorded; further ones keep their places until there is room.
const WAITING: usize = 64;

/// A job that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its command.
    pub(crate) command: Arc<str>,
    /// Who asked: a session, or who brought a file.
    pub(crate) by: String,
    /// Who waits until it is recorded.
    pub(crate) noted: Option<SyncSender<Note>>,
    /// When it ended, in milliseconds since 1970.
    pub(crate) at: i64,
    /// How long it took, in milliseconds, without waiting.
    pub(crate) took_ms: u64,
    /// `done` or `failed`.
    pub(crate) result: &'static str,
    /// The same, or `busy` when it waited too long.
    pub(crate) state: &'static str,
    /// What the client was told.
    pub(crate) reply: String,
    /// More of that; may be empty.
    pub(crate) detail: String,
    /// The file it was about, as the client named it.
    pub(crate) file: Option<String>,
    /// The name it was about.
    pub(crate) name: Option<String>,
}

/// What a recorder is made from.
pub(crate) struct RecordPlan {
    /// The store's folder.
    pub(crate) store: PathBuf,
    /// How many jobs the record keeps.
    pub(crate) most: u64,
    /// Where events go.
    pub(crate) publish: Arc<dyn Publisher>,
    /// Where pages find what the record has no room for.
    pub(crate) notes: Arc<Notes>,
}

/// Records jobs until the last sender has gone.
pub(crate) struct Recorder {
    thread: JoinHandle<()>,
    end: Receiver<()>,
}

impl Recorder {
    /// Starts one; jobs go to the sender.
    pub(crate) fn start(plan: RecordPlan) -> std::io::Result<(Recorder, mpsc::Sender<Ended>)> {
        let (sender, mut jobs) = mpsc::channel(WAITING);
        let (ended, end) = sync_channel(1);
        let thread = thread::Builder::new().name("jobs".to_owned()).spawn(move || {
            let mut book = Book { plan, store: None };
            while let Some(job) = jobs.blocking_recv() {
                book.keep(job);
            }
            let _ = ended.send(());
        })?;
        Ok((Recorder { thread, end }, sender))
    }

    /// Waits until all were recorded, so long at most; whether they were.
    pub(crate) fn finish(self, within: Duration) -> bool {
        if self.end.recv_timeout(within) == Err(RecvTimeoutError::Timeout) {
            return false;
        }
        self.thread.join().is_ok()
    }
}

/// The recorder's own side.
struct Book {
    plan: RecordPlan,
    /// Opened with the first job, and again after it failed.
    store: Option<Store>,
}

impl Book {
    fn keep(&mut self, job: Ended) {
        let number = self.record(&job);
        let mut event = json!({ "command": &*job.command });
        if let Some(number) = number {
            event["job"] = number.into();
        }
        event["result"] = job.result.into();
        for (key, value) in [("detail", Some(&job.detail)), ("file", job.file.as_ref()), ("name", job.name.as_ref())] {
            if let Some(value) = value.filter(|value| key == "name" || !value.is_empty()) {
                event[key] = value.as_str().into();
            }
        }
        event["took_ms"] = job.took_ms.into();
        if let Err(refusal) = self.plan.publish.publish(&[&job.command], &event.to_string()) {
            JobUntold { reason: refusal.reason.as_str(), detail: refusal.detail }.emit();
        }
        let Ended { command, by, noted, at, took_ms, state, reply, detail, file, name, .. } = job;
        let (command, state, reply) = (command.to_string(), state.to_owned(), Some(reply));
        let note = Note { id: number, at, command, by, state, took_ms, reply, detail, file, name };
        if number.is_some() {
            self.plan.notes.keep(note.clone());
        }
        if let Some(noted) = noted {
            // Nobody may wait for it any more.
            let _ = noted.try_send(note);
        }
    }

    /// The job's number.
    fn record(&mut self, job: &Ended) -> Option<i64> {
        let store = match self.store.take() {
            Some(store) => Ok(store),
            None => Store::open(&self.plan.store),
        };
        let row = Row {
            at: job.at,
            peer: &job.by,
            command: &job.command,
            took: job.took_ms,
            result: job.result,
            detail: &job.detail,
        };
        let kept = store.and_then(|mut store| {
            let number = store.project().jobs_add(&row, self.plan.most)?;
            self.store = Some(store);
            Ok(number)
        });
        // The store's own words may name a path; the program that opened it has said which file it is.
        kept.inspect_err(|_| JobUnrecorded {}.emit()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use tieline_model::{Reason, Refusal};

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Publisher for Heard {
        fn publish(&self, tokens: &[&str], json: &str) -> Result<(), Refusal> {
            let mut heard = self.0.lock().unwrap();
            heard.push(format!("{} {json}", tokens.join(".")));
            if heard.len() == 1 { Err(Refusal::new(Reason::TooLarge, "no")) } else { Ok(()) }
        }
    }

    fn ended(file: Option<&str>) -> Ended {
        Ended {
            command: "image".into(),
            by: "1-7".to_owned(),
            noted: None,
            at: 5,
            took_ms: 12,
            result: "done",
            state: "done",
            reply: "O.k.".to_owned(),
            detail: String::new(),
            file: file.map(str::to_owned),
            name: Some(String::new()),
        }
    }

    #[test]
    fn each_job_is_a_row_and_an_event() {
        let folder = tempfile::tempdir().unwrap();
        let heard = Arc::new(Heard::default());
        let plan =
            RecordPlan { store: folder.path().to_owned(), most: 1, publish: heard.clone(), notes: Arc::default() };
        let (recorder, jobs) = Recorder::start(plan).unwrap();
        jobs.blocking_send(ended(None)).unwrap();
        jobs.blocking_send(ended(Some("C:/a.jpg"))).unwrap();
        drop(jobs);
        assert!(recorder.finish(Duration::from_secs(60)));
        let told = heard.0.lock().unwrap().clone();
        let first = r#"image {"command":"image","job":1,"result":"done","name":"","took_ms":12}"#;
        let second = r#"image {"command":"image","job":2,"result":"done","file":"C:/a.jpg","name":"","took_ms":12}"#;
        assert_eq!(told, [first, second], "one that is refused does not keep the next back");
        let mut store = Store::open(folder.path()).unwrap();
        let rows = store.project().jobs(None, 10).unwrap();
        assert_eq!(rows.iter().map(|row| (row.id, row.peer.as_str())).collect::<Vec<_>>(), [(2, "1-7")]);
    }

    #[test]
    fn a_store_that_cannot_be_opened_keeps_no_event_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("no folder");
        std::fs::write(&file, "").unwrap();
        let heard = Arc::new(Heard::default());
        let (recorder, jobs) =
            Recorder::start(RecordPlan { store: file, most: 1, publish: heard.clone(), notes: Arc::default() })
                .unwrap();
        jobs.blocking_send(ended(None)).unwrap();
        drop(jobs);
        assert!(recorder.finish(Duration::from_secs(60)));
        let expected = r#"image {"command":"image","result":"done","name":"","took_ms":12}"#;
        assert_eq!(*heard.0.lock().unwrap(), [expected]);
    }
}
