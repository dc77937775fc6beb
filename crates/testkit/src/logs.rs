//! What the process logs, kept for the test to search, or to tell when it fails.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

/// The log so far.
#[derive(Debug, Clone, Default)]
pub struct Logs(Arc<Mutex<Vec<u8>>>);

impl Logs {
    /// Begins to keep everything down to the last step, once for the process; libraries that log by `log` are in it as well.
    pub fn capture() -> Logs {
        Logs::down_to(tracing::Level::TRACE)
    }

    /// The same without the steps: what an operator is told by default.
    pub fn events() -> Logs {
        Logs::down_to(tracing::Level::INFO)
    }

    fn down_to(level: tracing::Level) -> Logs {
        static LOGS: OnceLock<Logs> = OnceLock::new();
        let begin = || {
            let logs = Logs::default();
            let subscriber = tracing_subscriber::fmt().with_max_level(level).with_ansi(false);
            subscriber.with_writer(logs.clone()).init();
            logs
        };
        LOGS.get_or_init(begin).clone()
    }

    /// What was written so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// The last so many lines.
    pub fn last(&self, lines: usize) -> String {
        let text = self.text();
        let all: Vec<&str> = text.lines().collect();
        all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
    }
}

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Logs {
    type Writer = Logs;
    fn make_writer(&'a self) -> Logs {
        self.clone()
    }
}
