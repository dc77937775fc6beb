//! How far an index is: a bar with rate and time left on a terminal, a line now and then elsewhere.

use super::walk::Counter;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a line is written where there is no terminal.
const LINE: Duration = Duration::from_secs(10);

/// Shows progress.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    counter: Arc<Counter>,
    began: Instant,
    line: Instant,
}

impl Progress {
    /// Progress of a run that begins now.
    pub(crate) fn new(is_terminal: bool) -> Progress {
        let bar = is_terminal.then(|| {
            let style = style("{spinner} {human_pos} files, {rate}, {elapsed} so far; counting the archive");
            ProgressBar::no_length().with_style(style)
        });
        let now = Instant::now();
        Progress { bar, counter: Arc::default(), began: now, line: now }
    }

    /// Whether a bar is drawn.
    pub(crate) fn is_drawn(&self) -> bool {
        self.bar.is_some()
    }

    /// Where the size of the archive is told.
    pub(crate) fn counter(&self) -> Arc<Counter> {
        self.counter.clone()
    }

    /// Shows that so many files were looked at, besides those that were done before.
    pub(crate) fn show(&mut self, looked_at: u64, diagnostics: &mut dyn Write) -> io::Result<()> {
        let seen = looked_at + self.counter.done_before();
        let Some(bar) = &self.bar else {
            if self.line.elapsed() >= LINE {
                self.line = Instant::now();
                let rate = seen as f64 / self.began.elapsed().as_secs_f64();
                writeln!(diagnostics, "{seen} files, {rate:.0} a second")?;
            }
            return Ok(());
        };
        if let (None, Some(total)) = (bar.length(), self.counter.total()) {
            bar.set_style(style("{bar:30} {human_pos} of {human_len} files, {rate}, {eta} left"));
            bar.set_length(total);
        }
        bar.set_position(seen);
        bar.tick();
        Ok(())
    }

    /// Takes the bar away: the report follows.
    pub(crate) fn stop(&self) {
        self.counter.stop();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // What cannot be drawn is no loss: the report follows.
        let _ = write!(out, "{:.0} a second", state.per_sec());
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key("rate", rate)
}
