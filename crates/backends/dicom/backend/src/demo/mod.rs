//! The demo's scanners: two stations that export small series into a folder, one series in three with a mistake.
//!
//! Promises: writes below its own folder only, which the gateway removes; never more than a few megabytes, since old series
//! go. Started by the backend when the gateway runs as a demo.

mod protocol;

use protocol::{MISTAKES, Mistake, Moment, SEQUENCES, Sequence, image};
use std::collections::VecDeque;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};
use tieline_dicom_judge::templates::acquisition;
use tieline_dicom_read::{ReadLimits, read_from};
use tieline_store::Store;

/// The scanners' names.
const STATIONS: [&str; 2] = ["AWP000001", "AWP000002"];
/// Between the images of a series.
const IMAGE: Duration = Duration::from_millis(180);
/// Between two series.
const PAUSE: Duration = Duration::from_millis(1200);
/// Folders of series that stay.
const KEPT: usize = 20;
/// How many acquisitions of each sequence the made-up archive holds.
const ARCHIVE: u32 = 12;

/// What the scanners have measured so far, and where they export it to.
pub(crate) struct Scanner {
    export: PathBuf,
    folders: VecDeque<PathBuf>,
    series: u32,
}

/// Scanners at work; they stop when this is dropped.
pub(crate) struct Running {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Scanner {
    /// Makes the folder to export to, and an archive's templates in the store that `folder` holds.
    pub(crate) fn prepare(folder: &Path) -> io::Result<Scanner> {
        let export = folder.join("dicomstream");
        std::fs::create_dir_all(&export)?;
        let mut store = Store::open(folder).map_err(io::Error::other)?;
        let mut found = Vec::new();
        for sequence in SEQUENCES.iter().filter(|sequence| sequence.has_template) {
            for number in 0..ARCHIVE {
                let date = format!("2026{:02}{:02}", 1 + number % 9, 1 + number * 2);
                let moment = Moment {
                    station: STATIONS[0],
                    study: 1000 + u64::from(number),
                    series: 1,
                    image: 1,
                    date: &date,
                    time: "101500",
                };
                let bytes = image(sequence, None, &moment);
                let length = bytes.len() as u64;
                let header = read_from(Cursor::new(bytes), length, &ReadLimits::default()).map_err(io::Error::other)?;
                found.extend(acquisition(store.key(), &header));
            }
        }
        store.templates().record(found, &[]).map_err(io::Error::other)?;
        Ok(Scanner { export, folders: VecDeque::new(), series: 0 })
    }

    /// Where it exports to.
    pub(crate) fn export(&self) -> &Path {
        &self.export
    }

    /// Begins to measure, on a thread of its own.
    pub(crate) fn start(mut self) -> io::Result<Running> {
        let (stop, stopped) = sync_channel::<()>(1);
        let wait = move |time| stopped.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
        let measure = move || {
            // A full disk ends the demo's scanners, not the demo.
            while let Ok(true) = self.measure(&wait) {}
        };
        let thread = std::thread::Builder::new().name("scanner".to_owned()).spawn(measure)?;
        Ok(Running { stop: Some(stop), thread: Some(thread) })
    }

    /// Exports the next series, image by image; `false` when it is to stop.
    fn measure(&mut self, wait: &dyn Fn(Duration) -> bool) -> io::Result<bool> {
        let (number, (sequence, mistake)) = (self.series, turn(self.series));
        self.series += 1;
        let round = u64::from(number) / (2 * SEQUENCES.len() as u64);
        let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let digits = |range: std::ops::Range<usize>| now.get(range).unwrap_or_default().replace(['-', ':'], "");
        let (date, time) = (digits(0..10), digits(11..19));
        let folder = self.export.join(format!("{number:06}_{}", sequence.name));
        std::fs::create_dir_all(&folder)?;
        self.folders.push_back(folder.clone());
        if self.folders.len() > KEPT
            && let Some(old) = self.folders.pop_front()
        {
            std::fs::remove_dir_all(old)?;
        }
        for at in 1..=sequence.images {
            let moment = Moment {
                station: STATIONS[number as usize % STATIONS.len()],
                study: 7 + 2 * round + u64::from(number) % 2,
                series: 1 + number / 2 % SEQUENCES.len() as u32,
                image: at,
                date: &date,
                time: &time,
            };
            let name = format!("001_{:06}_{at:06}.dcm", moment.series);
            std::fs::write(folder.join(name), image(sequence, mistake, &moment))?;
            if !wait(IMAGE) {
                return Ok(false);
            }
        }
        Ok(wait(PAUSE))
    }
}

/// Sequence and mistake of a series: both stations go through the study, and one series in three is wrong.
fn turn(number: u32) -> (&'static Sequence, Option<Mistake>) {
    let number = number as usize;
    let sequence = &SEQUENCES[number / STATIONS.len() % SEQUENCES.len()];
    let mistake = (number % 3 == 2).then(|| MISTAKES[number / 3 % MISTAKES.len()]);
    (sequence, mistake)
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_dicom_judge::templates::{Origin, Templates};
    use tieline_dicom_judge::{Judge, Verdict};

    #[test]
    fn one_series_in_three_is_wrong_and_the_judge_finds_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut scanner = Scanner::prepare(folder.path()).unwrap();
        let mut judge = Judge::new(Templates::new(Origin::open(folder.path(), "").unwrap()));
        for number in 0..30 {
            let (sequence, mistake) = turn(number);
            assert!(scanner.measure(&|_| true).unwrap());
            let series = scanner.folders.back().unwrap();
            for file in std::fs::read_dir(series).unwrap() {
                let header = tieline_dicom_read::read(&file.unwrap().path(), &ReadLimits::default()).unwrap();
                let expected = match (sequence.has_template, mistake) {
                    (false, _) => Verdict::NoTemplate,
                    (true, None) => Verdict::Conforms,
                    (true, Some(_)) => Verdict::Differs,
                };
                assert_eq!(judge.look(&header).unwrap().verdict, expected, "series {number}, {}", sequence.name);
            }
        }
        assert_eq!(std::fs::read_dir(scanner.export()).unwrap().count(), KEPT);
    }
}
