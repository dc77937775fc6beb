//! `tieline mr index`: counts the parameter sets of an archive into the store.
//!
//! One thread walks, several read, this one writes: batches of files and what they say are kept together, so that a run
//! that ends at any moment goes on where it was. Memory is bounded by the queues between the three.

mod progress;
mod sample;
mod tally;
mod walk;

use super::arguments::Index;
use super::{Context, Failure, Reader};
pub(super) use progress::Progress;
use sample::{Done, read_group};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
pub(super) use tally::Tally;
use tieline_commandline::{USAGE, WELL};
use tieline_dicom_backend::DicomSettings;
use tieline_store::{Store, StoreError};
use walk::{Group, Walk};
pub(super) use walk::{count, visit};

/// So many files, or so much time, are a batch: what a kill loses at most.
const BATCH: usize = 2000;
const BATCH_TIME: Duration = Duration::from_secs(1);

/// How often progress is shown.
const TICK: Duration = Duration::from_millis(200);

/// Counts, reports, and returns the exit code.
pub(super) fn index(arguments: &Index, context: &mut Context<'_>, reader: &Reader<'_>) -> Result<u8, Failure> {
    for folder in &arguments.folders {
        // Before anything is changed: a wrong name must not cost what was indexed.
        if let Err(error) = std::fs::read_dir(folder) {
            writeln!(context.diagnostics, "error: cannot read the folder {}: {error}", folder.display())?;
            return Ok(USAGE);
        }
    }
    let (folder, settings) = context.configured(&arguments.given)?;
    let mut store = Store::open(&folder)?;
    if !settings.templates.is_empty() {
        let templates = &settings.templates;
        let path = store.path().display();
        writeln!(
            context.diagnostics,
            "note: the gateway takes its templates from {templates}; this counts into {path}"
        )?;
    }
    if arguments.fresh {
        store.templates().forget()?;
    }
    let tally = fill(arguments, &settings, &mut store, context, reader)?;
    let totals = store.templates().totals()?;
    match arguments.json {
        true => writeln!(context.out, "{:#}", tally.json(&totals))?,
        false => write!(context.out, "{}", tally.text(&totals))?,
    }
    Ok(WELL)
}

/// Counts the archive into this store.
pub(super) fn fill(
    arguments: &Index,
    settings: &DicomSettings,
    store: &mut Store,
    context: &mut Context<'_>,
    reader: &Reader<'_>,
) -> Result<Tally, Failure> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let jobs = arguments.jobs.map_or(cores, usize::from);
    let progress = Progress::new(context.is_terminal);
    // Counted under the name that a study will be known by.
    let naming = settings.naming(&arguments.folders);
    let named = |path: &Path| {
        reader(path).map(|mut header| {
            naming.name(&mut header, path);
            header
        })
    };
    let tally = crew(arguments, jobs, store, &named, progress, context)?;
    store.templates().settle()?;
    Ok(tally)
}

/// The threads and the queues between them. When one ends early, its queue ends, and so do the others.
fn crew(
    arguments: &Index,
    jobs: usize,
    store: &mut Store,
    reader: &Reader<'_>,
    mut progress: Progress,
    context: &mut Context<'_>,
) -> Result<Tally, Failure> {
    let key = store.key();
    // The walker asks what is done already through a connection of its own.
    let folder = store.path().parent().unwrap_or(store.path()).to_path_buf();
    let (folders, all_files) = (&arguments.folders, arguments.all_files);
    let walk = Walk { folders, store: Store::open(&folder)?, all_files, counter: progress.counter() };
    let (to_readers, groups) = sync_channel::<Group>(jobs * 4);
    let (to_writer, done) = sync_channel::<Done>(jobs * 4);
    // It belongs to the readers alone: when they have ended, the walker's next group finds nobody.
    let groups = Arc::new(Mutex::new(groups));
    thread::scope(|scope| {
        if progress.is_drawn() {
            let counter = progress.counter();
            scope.spawn(move || walk::count(folders, &counter));
        }
        let walker = scope.spawn(move || walk.run(&to_readers));
        for _ in 0..jobs {
            let (groups, to_writer) = (groups.clone(), to_writer.clone());
            scope.spawn(move || {
                while let Some(group) = next(&groups) {
                    if to_writer.send(read_group(group, key, reader, all_files)).is_err() {
                        break;
                    }
                }
            });
        }
        drop((groups, to_writer));
        let written = write(store, &done, &mut progress, context);
        // From here on nobody takes anything any more: the readers end, and then the walker does.
        drop(done);
        progress.stop();
        let walked = walker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let mut tally = written?;
        tally.walked(walked?);
        Ok(tally)
    })
}

fn next(groups: &Mutex<Receiver<Group>>) -> Option<Group> {
    groups.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Writes what comes until all readers have ended.
fn write(
    store: &mut Store,
    done: &Receiver<Done>,
    progress: &mut Progress,
    context: &mut Context<'_>,
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let (mut files, mut acquisitions, mut since) = (Vec::new(), Vec::new(), Instant::now());
    let mut keep = |files: &mut Vec<_>, acquisitions: &mut Vec<_>| -> Result<(), StoreError> {
        store.templates().record(std::mem::take(acquisitions), files)?;
        files.clear();
        Ok(())
    };
    loop {
        let ended = match done.recv_timeout(TICK) {
            Ok(one) => {
                tally.add(&one);
                files.extend(one.files);
                acquisitions.extend(one.acquisitions);
                false
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        if ended || files.len() >= BATCH || since.elapsed() >= BATCH_TIME {
            keep(&mut files, &mut acquisitions)?;
            since = Instant::now();
        }
        progress.show(tally.seen(), context.diagnostics)?;
        if ended {
            return Ok(tally);
        }
    }
}
