//! Tables for people: plain text, no colour, columns as wide as what is in them.
//!
//! Promises: nothing that a client or a file says can command a terminal. Called by the commands.

use comfy_table::{ContentArrangement, Table, presets};

/// A table with headings.
pub(super) struct Plain(Table);

impl Plain {
    /// An empty one.
    pub(super) fn new(headings: &[&str]) -> Plain {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled).set_header(headings.iter().copied());
        Plain(table)
    }

    /// Adds a line.
    pub(super) fn add<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.0.add_row(cells.into_iter().map(|cell| harmless(cell.as_ref())));
    }

    /// The lines, each with its end.
    pub(super) fn text(&self) -> String {
        self.0.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

/// Without control characters, those that turn the writing direction among them.
pub(super) fn harmless(text: &str) -> String {
    let is_harmful = |c: char| {
        c.is_control() || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect()
}
