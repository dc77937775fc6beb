//! Files that people bring: kept in the store's folder until the job that they are for has ended.
//!
//! Promises: a body is never in memory as a whole, and never kept when it did not come whole; a bounded number of files at
//! the same time, the job's wait included; whatever becomes of the job, the file is removed. Called by `Http`.

use super::Note;
use super::Uploadable;
use super::parameters::{self, Wanted};
use crate::executor::Queues;
use crate::jobs::Job;
use bytes::Bytes;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Instant;
use tieline_model::dialect::service::{Call, Replied, Reply};
use tieline_model::{Answers, Done, Reason, Refusal, SessionId, Topic};

/// How many files may be there at the same time.
const AT_ONCE: usize = 4;
/// How much of a body is read at once.
const PIECE: usize = 64 * 1024;
/// Where they are, below the store.
const FOLDER: &str = "uploads";

/// Takes uploads.
pub(crate) struct Uploads {
    folder: PathBuf,
    most: u64,
    /// Each command, and whether it takes files of ours.
    commands: Vec<Uploadable>,
    queues: Arc<Queues>,
    taken: Arc<AtomicUsize>,
    count: AtomicU64,
}

/// A file that was brought; removed with this.
pub(crate) struct Upload {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it is called.
    pub(crate) name: String,
    /// Who brought it.
    pub(crate) by: String,
    /// Where the ended job goes.
    pub(crate) noted: SyncSender<Note>,
    _place: Place,
}

impl Drop for Upload {
    fn drop(&mut self) {
        // What cannot be removed now is removed at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// One of the places for files.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Takes the answer to an upload's job.
struct Waiting(SyncSender<Option<Refusal>>);

impl Answers for Waiting {
    fn put(&self, _session: SessionId, _ticket: u64, answer: Result<Bytes, Refusal>) {
        let _ = self.0.try_send(answer.err());
    }
}

impl Uploads {
    /// Files of up to `most` bytes below `store`, for these commands.
    pub(crate) fn new(store: &Path, most: u64, commands: Vec<Uploadable>, queues: Arc<Queues>) -> Uploads {
        Uploads { folder: store.join(FOLDER), most, commands, queues, taken: Arc::default(), count: AtomicU64::new(0) }
    }

    /// The largest file, in bytes.
    pub(super) fn most(&self) -> u64 {
        self.most
    }

    /// The commands that take files.
    pub(super) fn commands(&self) -> Vec<String> {
        self.commands.iter().filter(|one| one.takes).map(|one| one.name.clone()).collect()
    }

    /// Removes what is left of a gateway that was killed.
    pub(super) fn clear(&self) -> io::Result<()> {
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Takes a call; its body is read on a thread of its own.
    pub(super) fn take(self: &Arc<Self>, call: &Call, body: Box<dyn Read + Send>, replied: Replied) {
        let wanted = match parameters::wanted(&call.query, &self.commands) {
            Ok(wanted) => wanted,
            Err(reply) => return replied.tell(reply),
        };
        let more = |taken: usize| (taken < AT_ONCE).then_some(taken + 1);
        if self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_err() {
            return replied.tell(Reply::told(429, "too many files come at once; try again when one was imported"));
        }
        let place = Place(self.taken.clone());
        let (uploads, by) = (self.clone(), format!("upload {}", call.caller.address));
        let work = move || replied.tell(uploads.carried_out(wanted, by, body, place));
        // Without a thread the duty to answer is dropped, which says that nobody could.
        let _ = std::thread::Builder::new().name("upload".to_owned()).spawn(work);
    }

    fn carried_out(&self, wanted: Wanted, by: String, body: Box<dyn Read + Send>, place: Place) -> Reply {
        let Wanted { command, file: name, body: request } = wanted;
        let (noted, note) = sync_channel(1);
        let path = self.folder.join(format!("{}", self.count.fetch_add(1, Ordering::Relaxed)) + &ending(&name));
        let unkept = |error: io::Error| Reply::told(503, &format!("the file cannot be kept: {}", error.kind()));
        let file = match self.create(&path) {
            Ok(file) => file,
            Err(error) => return unkept(error),
        };
        // From here on it is removed, whatever happens.
        let upload = Upload { path, name, by, noted, _place: place };
        match self.receive(body, file) {
            Ok(()) => {}
            Err(Broken::Kept(error)) => return unkept(error),
            Err(Broken::Came(error)) if error.kind() == ErrorKind::FileTooLarge => {
                return Reply::told(413, &format!("the file has more than {} bytes (max_file_size)", self.most));
            }
            Err(Broken::Came(_)) => return Reply::told(400, "the file did not come whole"),
        }
        let (told, answer) = sync_channel(1);
        let done = Done::new(Arc::new(Waiting(told)), SessionId::NONE, 0);
        let topic = Topic::new(["upload", &command]);
        let upload = Some(Arc::new(upload));
        self.queues.take(&command, Job { topic, body: request, asked: Instant::now(), done, upload });
        match (note.recv(), answer.recv()) {
            (Ok(note), _) => Reply::json(status(&note.state), note.json().to_string()),
            // Not begun, so there is no job.
            (Err(_), Ok(Some(refusal))) if refusal.reason == Reason::TooMany => {
                Reply::told(429, &format!("busy, try again later: {}", refusal.detail))
            }
            _ => Reply::told(503, "not available now"),
        }
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
    }

    /// Writes the whole body into the file.
    fn receive(&self, mut body: Box<dyn Read + Send>, mut file: File) -> Result<(), Broken> {
        let (mut piece, mut length) = (vec![0; PIECE], 0);
        loop {
            let read = match body.read(&mut piece) {
                Ok(0) => return file.flush().map_err(Broken::Kept),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Broken::Came(error)),
            };
            length += read as u64;
            if length > self.most {
                return Err(Broken::Came(ErrorKind::FileTooLarge.into()));
            }
            file.write_all(piece.get(..read).unwrap_or_default()).map_err(Broken::Kept)?;
        }
    }
}

/// Why a file is not there as a whole.
enum Broken {
    /// It did not come.
    Came(io::Error),
    /// It cannot be written.
    Kept(io::Error),
}

fn status(state: &str) -> u16 {
    match state {
        "done" => 200,
        "busy" => 429,
        _ => 422,
    }
}

/// The ending of a file's name, with its dot, for programs that go by it.
fn ending(name: &str) -> String {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
    let is_plain = (1..=8).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_plain { format!(".{ending}") } else { String::new() }
}
