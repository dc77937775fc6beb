//! What the record of jobs has no room for: what the client was told, and the file and the name it was about.
//!
//! Promises: bounded in number and in bytes, the newest stay; gone when the gateway ends. Written by the recorder, read by
//! pages.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

/// How many are kept.
const MOST: usize = 1000;
/// The longest text that is kept, in characters.
const LONGEST: usize = 1024;

/// A job that has ended, with all there is to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    /// Its number in the record; `None` when it could not be recorded.
    pub(crate) id: Option<i64>,
    /// When it ended, in milliseconds since 1970.
    pub(crate) at: i64,
    /// Its command.
    pub(crate) command: String,
    /// Who asked.
    pub(crate) by: String,
    /// `done`, `failed` or `busy`.
    pub(crate) state: String,
    /// How long it took, in milliseconds, without waiting.
    pub(crate) took_ms: u64,
    /// What the client was told; `None`: not known any more.
    pub(crate) reply: Option<String>,
    /// For those who run the gateway; may be empty.
    pub(crate) detail: String,
    /// The file it was about, as the client named it.
    pub(crate) file: Option<String>,
    /// The name it was about.
    pub(crate) name: Option<String>,
}

impl Note {
    /// As pages read it.
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "at": time(self.at), "command": self.command, "by": self.by, "state": self.state,
            "took_ms": self.took_ms, "reply": self.reply, "detail": Some(&self.detail).filter(|text| !text.is_empty()),
            "file": self.file, "name": self.name,
        })
    }
}

/// A time in milliseconds since 1970, as RFC 3339.
pub(super) fn time(at: i64) -> String {
    // Later than the year 9999 cannot be written so, and is no time of an import.
    let at = u64::try_from(at).unwrap_or(0).min(253_402_300_799_999);
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(at)).to_string()
}

/// The newest notes of jobs in the record.
#[derive(Default)]
pub(crate) struct Notes(Mutex<VecDeque<Note>>);

impl Notes {
    /// Keeps one.
    pub(crate) fn keep(&self, mut note: Note) {
        for text in [&mut note.reply, &mut note.file, &mut note.name].into_iter().flatten() {
            if let Some((end, _)) = text.char_indices().nth(LONGEST) {
                text.truncate(end);
                text.shrink_to_fit();
            }
        }
        // The record has this one whole.
        note.detail = String::new();
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() == MOST {
            notes.pop_front();
        }
        notes.push_back(note);
    }

    /// The note of the job of this number.
    pub(super) fn of(&self, id: i64) -> Option<Note> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.iter().rev().find(|note| note.id == Some(id)).cloned()
    }
}
